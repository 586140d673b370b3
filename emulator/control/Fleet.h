// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/model/WorkerPorts.h"
#include "emulator/store/Records.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// Tasks, and the worker that runs them. A command is repeated after a lost connection unless the
/// worker says that it has it; so records say what is wanted, and attach() compares. Belongs to
/// the strand's thread.
class Fleet {
public:
    using Composer = std::function<Result<model::TaskSpec>(const store::TaskRecord&)>;
    using CommandSink = std::function<void(const model::WorkerCommand&)>;

    Fleet(Context& context, Composer composer)
        : m_context(context)
        , m_composer(std::move(composer))
        , m_tasks(context.database)
        , m_workers(context.database)
    {
    }

    void load();

    // ---- tasks ----

    /// What a task is for.
    struct Purpose {
        std::int32_t version = 0; ///< of the app's deployments; 0: none
        std::string staging; ///< tries this one out instead of serving
    };
    /// Makes a task and sends it to the worker; its id. A task that cannot be described ends at
    /// once: the error is what to tell its callers.
    [[nodiscard]] Result<std::string> start(const store::FunctionRecord& function,
                                            const Purpose& purpose);
    /// The task gets no more inputs; the worker is told to stop it if it is still there after
    /// `grace`.
    void drain(const std::string& taskId, Micros grace = drainGrace);
    struct Stop {
        model::EndReason reason = model::EndReason::Stopped;
        bool graceful = true;
        std::string message;
    };
    void stop(const std::string& taskId, const Stop& stop);
    /// Tells the worker what has come due.
    void sendDueStops();

    [[nodiscard]] Result<const store::TaskRecord*> find(std::string_view id) const;
    [[nodiscard]] const std::map<std::string, store::TaskRecord>& all() const { return m_records; }
    [[nodiscard]] const std::set<std::string>& live() const { return m_live; }
    [[nodiscard]] std::vector<const store::TaskRecord*> liveOf(std::string_view functionId) const;
    [[nodiscard]] std::vector<const store::TaskRecord*> liveOfApp(std::string_view appId) const;

    // Each stores the task.
    void markStarted(const std::string& taskId, Micros time);
    void markReady(const std::string& taskId);
    void countInputs(const std::string& taskId, std::uint32_t count);
    void update(const store::TaskRecord& task);
    void finish(const std::string& taskId, const model::TaskEnd& end, Micros time);

    void beat(const std::string& taskId) { m_beats[taskId] = m_context.now(); }
    [[nodiscard]] Micros lastBeat(const store::TaskRecord& task) const;
    void setIdleSince(const std::string& taskId, Micros time) { m_idleSince[taskId] = time; }
    [[nodiscard]] Micros idleSince(const store::TaskRecord& task) const;

    // ---- the worker ----

    /// A worker (re)connects: gives the tasks that are lost for certain.
    [[nodiscard]] std::vector<std::string> attach(const model::WorkerHello& hello,
                                                  std::uint64_t connection, CommandSink sink);
    /// Its stream broke; ignored when a newer one is there.
    void detach(std::uint64_t connection);
    [[nodiscard]] bool connected() const { return m_sink != nullptr; }
    [[nodiscard]] std::vector<std::string> notes() const;
    void send(const model::WorkerCommand& command);
    /// Tasks that are lost by now: their worker has been away too long, or does not name them.
    [[nodiscard]] std::vector<std::string> lost() const;

    /// Whether an event is new; notes it as seen.
    [[nodiscard]] std::uint64_t nextSequence(const std::string& workerId) const;
    void setNextSequence(const std::string& workerId, std::uint64_t sequence);

    static constexpr Micros drainGrace = 30'000'000;
    static constexpr Micros workerGrace = 30'000'000;
    static constexpr Micros suspectGrace = 3'000'000;

private:
    [[nodiscard]] Result<> sendStart(store::TaskRecord& task);
    void sendStop(store::TaskRecord& task);
    store::TaskRecord* get(const std::string& id);
    void save(const store::TaskRecord& task);

    Context& m_context;
    Composer m_composer;
    store::Table<store::TaskRecord> m_tasks;
    store::Table<store::WorkerRecord> m_workers;
    std::map<std::string, store::TaskRecord> m_records;
    std::set<std::string> m_live;
    std::map<std::string, store::WorkerRecord> m_workerRecords;
    std::map<std::string, Micros> m_beats;
    std::map<std::string, Micros> m_idleSince;
    std::map<std::string, Micros> m_suspects; ///< lost after this unless their end is reported
    CommandSink m_sink;
    std::string m_workerId;
    std::uint64_t m_connection = 0;
    Micros m_awaySince = 0;
    Micros m_loadedAt = 0;
};

} // namespace emulator::control
