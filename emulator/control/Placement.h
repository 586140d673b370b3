// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/EngineThread.h"
#include "emulator/control/State.h"
#include "emulator/control/TaskRules.h"
#include "emulator/model/Engine.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace emulator::control {

/// Has an engine start a replica for each task that waits, and keeps its jobs and our tasks in
/// agreement: every few seconds, and first of all after a start, it compares the engine's list with
/// the tasks. Jobs of ours that no live task wants are cancelled; tasks whose job has gone are lost
/// or have failed to start; a node that failed is avoided for a while.
///
/// Calls of the engine block, so they run on a thread of their own and come back through the
/// strand. Everything else belongs to the strand's thread.
class Placement {
public:
    struct Options {
        model::Engine* engine = nullptr; ///< outlives us
        /// Makes what the replica needs (its file with the token) and the order; on the engine's
        /// thread, like `discard`, which is told when a replica needs it no more.
        std::function<Result<model::ReplicaOrder>(const model::ReplicaBrief&)> prepare;
        std::function<void(const std::string& replicaId)> discard;
        Micros reconcileEvery = 5'000'000;
        Micros nodesEvery = 15'000'000;
    };

    Placement(State& state, TaskRules& rules, Options options);

    /// Does what is due; called at the end of each batch.
    void step();
    /// When to be called although nothing happens.
    [[nodiscard]] Micros nextDue() const { return m_nextReconcile; }
    /// Ends the engine's thread after the call that it is in.
    void stop() { m_thread.stop(); }

    [[nodiscard]] const std::string& engine() const { return m_engine; }
    /// Why the engine does not answer; empty when it does.
    [[nodiscard]] const std::string& problem() const { return m_problem; }
    [[nodiscard]] const std::vector<model::NodeSummary>& nodes() const { return m_nodes; }

    static constexpr Micros dialLimit = 90'000'000; ///< from a job's start to its worker's call
    static constexpr Micros leaveLimit = 15'000'000; ///< from a task's end to its job's
    static constexpr Micros hangLimit = 60'000'000; ///< from the order to stop to the hard one
    static constexpr Micros avoidFor = 300'000'000; ///< a node that failed
    static constexpr Micros accountingLimit = 3600LL * 1'000'000; ///< then our own figures stay

private:
    void submitDue();
    void submit(const store::TaskRecord& task);
    void submitted(const std::string& taskId, const std::string& replicaId,
                   const Result<std::string>& job);
    void reconcile();
    void compare(const std::vector<model::Job>& jobs, Micros askedAt);
    void follow(const store::TaskRecord& task, const model::Job& job);
    void jobGone(const store::TaskRecord& task, const std::string& how);
    void avoid(const std::string& node);
    void cancelUnwanted();
    void cancel(const std::string& jobId);
    void settleAccounts();
    void settle(store::TaskRecord task);
    void askForNodes();
    void note(const Error& error);

    [[nodiscard]] model::ReplicaBrief briefOf(const store::TaskRecord& task);
    [[nodiscard]] bool isUnwanted(const model::Job& job) const;

    State& m_state;
    TaskRules& m_rules;
    Options m_options;
    std::string m_engine;
    std::string m_problem;
    std::vector<model::NodeSummary> m_nodes;

    bool m_compared = false; ///< since this process started: before that nothing is submitted
    bool m_asking = false;
    Micros m_nextReconcile = 0;
    Micros m_nextNodes = 0;
    std::set<std::string> m_submitting; ///< tasks
    struct Retry {
        Micros at = 0;
        std::uint32_t failures = 0;
        bool uncertain = false; ///< the job may exist
    };
    std::map<std::string, Retry> m_retries; ///< by task
    std::map<std::string, model::Job> m_jobs; ///< as listed last, that have not ended
    std::set<std::string> m_cancelling; ///< jobs
    std::map<std::string, Micros> m_avoided; ///< nodes, until when
    EngineThread m_thread; ///< last: it ends first
};

} // namespace emulator::control
