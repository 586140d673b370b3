// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Autoscaler.h"
#include "emulator/control/State.h"

#include <map>
#include <string>
#include <vector>

namespace emulator::control {

/// How tasks get inputs, live and end. Belongs to the strand's thread.
class TaskRules {
public:
    TaskRules(State& state, const Fleetwide& limits)
        : m_state(state)
        , m_limits(limits)
    {
    }

    /// What a container that asks for inputs gets: some, the order to leave, or nothing yet.
    struct Handout {
        std::vector<LeasedInput> inputs;
        bool leave = false;
    };
    [[nodiscard]] Handout handOut(const std::string& taskId, const std::string& key,
                                  std::uint32_t limit);

    /// A container gives results. For each input its first result counts.
    void takeResult(const std::string& taskId, const std::string& inputId, std::uint32_t attempt,
                    store::Outcome outcome);

    /// A container reports that its own start (import, enter hooks) or end failed.
    void initialisationFailed(const std::string& taskId, const store::Outcome& outcome);

    /// Events of a worker, numbered from `first`; those seen before are skipped. Gives the number
    /// of the next.
    std::uint64_t report(const std::string& workerId, std::uint64_t first,
                         const std::vector<model::WorkerEvent>& events);
    void attach(const model::WorkerHello& hello, std::uint64_t connection, Fleet::CommandSink sink);
    void attachReplica(const std::string& taskId, const model::WorkerHello& hello,
                       std::uint64_t connection, Fleet::CommandSink sink);

    /// A task ended without a word of its worker: its inputs go to others.
    void lose(const std::string& taskId, const model::TaskEnd& end);
    /// No engine will ever run this task; its function's callers are told why.
    void refuse(const std::string& taskId, const std::string& why);

    /// Time-outs, lost tasks, unhealthy containers.
    void sweep();
    /// Starts and drains containers of the functions that changed, or of all.
    enum class Scope { Changed, All };
    void scale(Scope scope);

    static constexpr Micros heartbeatLimit = 300'000'000;
    static constexpr Micros cancelGrace = 30'000'000;
    static constexpr Micros timeoutGrace = 3'000'000; ///< for exit hooks after a time-out
    static constexpr std::uint32_t startBudget = 3;

private:
    struct Starts {
        std::uint32_t failures = 0; ///< in a row
        Micros notBefore = 0;
    };

    void handle(const model::TaskStarted& event);
    void handle(const model::TaskOutput& event);
    void handle(const model::TaskUsage& event);
    void handle(const model::TaskEnded& event);
    void handle(const model::BuildOutput& event);
    void handle(const model::BuildFinished& event);

    void ended(const std::string& taskId, const model::TaskEnd& end, Micros time);
    void settleLeases(const store::TaskRecord& task, const model::TaskEnd& end);
    void countStartFailure(const store::TaskRecord& task, const model::TaskEnd& end);
    void sweepTask(const std::string& taskId);
    [[nodiscard]] FunctionLoad loadOf(const store::FunctionRecord& function) const;
    [[nodiscard]] bool accepting(const store::TaskRecord& task) const;
    [[nodiscard]] LogHub::Source sourceOf(const store::TaskRecord& task) const;

    State& m_state;
    Fleetwide m_limits;
    std::map<std::string, Starts> m_starts; ///< by function
};

/// A sentence for the user about how a task ended.
[[nodiscard]] std::string describeEnd(const model::TaskEnd& end);

} // namespace emulator::control
