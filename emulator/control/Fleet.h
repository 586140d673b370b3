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

/// Tasks, and the workers that run them: one for all tasks on this machine, or one replica a task
/// that an engine starts elsewhere. A command is repeated after a lost connection unless the worker
/// says that it has it; so records say what is wanted, and attach() compares. Belongs to the
/// strand's thread.
class Fleet {
public:
    using Composer = std::function<Result<model::TaskSpec>(const store::TaskRecord&)>;
    using CommandSink = std::function<void(const model::WorkerCommand&)>;
    enum class Workers {
        Shared, ///< one runs all tasks
        Replicas, ///< each runs one, and dials in once its engine has started it
    };

    Fleet(Context& context, Composer composer, Workers workers = Workers::Shared)
        : m_context(context)
        , m_composer(std::move(composer))
        , m_mode(workers)
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
    /// Makes a task, and sends it to the worker if that is there; its id. A task that cannot be
    /// described ends at once: the error is what to tell its callers.
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
    /// Ended tasks whose engine's accounting has not been asked yet.
    [[nodiscard]] const std::set<std::string>& unsettled() const { return m_unsettled; }
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

    // ---- workers ----

    /// The shared worker (re)connects: gives the tasks that are lost for certain.
    [[nodiscard]] std::vector<std::string> attach(const model::WorkerHello& hello,
                                                  std::uint64_t connection, CommandSink sink);
    /// A replica (re)connects for its task: gives that task when it is lost for certain.
    [[nodiscard]] std::vector<std::string> attachReplica(const std::string& taskId,
                                                         const model::WorkerHello& hello,
                                                         std::uint64_t connection,
                                                         CommandSink sink);
    /// The task of a replica. Denied when the token is wrong, the task has ended, or another
    /// worker process has used the token: such a replica has been superseded.
    [[nodiscard]] Result<std::string> admitReplica(std::string_view replicaId,
                                                   std::string_view token,
                                                   std::string_view workerId) const;
    /// Gives a task that waits for its replica a new one: nothing of the old one counts any more.
    void replaceReplica(const std::string& taskId, std::string reason);
    /// Also of tasks that have ended; null when no task ever had it.
    [[nodiscard]] const store::TaskRecord* findByReplica(const std::string& replicaId) const;
    /// A worker's stream broke; ignored when a newer one is there.
    void detach(std::uint64_t connection);
    [[nodiscard]] Workers mode() const { return m_mode; }
    [[nodiscard]] bool connected() const { return m_mode == Workers::Replicas || m_shared.sink; }
    [[nodiscard]] bool connected(const std::string& taskId) const;
    [[nodiscard]] std::vector<std::string> notes() const;
    /// To the shared worker.
    void send(const model::WorkerCommand& command);
    /// Tasks that are lost by now: their worker has been away too long, or does not name them.
    [[nodiscard]] std::vector<std::string> lost() const;

    /// Whether an event is new; notes it as seen.
    [[nodiscard]] std::uint64_t nextSequence(const std::string& workerId) const;
    void setNextSequence(const std::string& workerId, std::uint64_t sequence);

    static constexpr Micros drainGrace = 30'000'000;
    static constexpr Micros workerGrace = 30'000'000;
    static constexpr Micros suspectGrace = 3'000'000;
    static constexpr std::uint32_t smallestReplicaMb = 256; ///< worker and client need some
    static constexpr Micros replicaGrace = 2'000'000; ///< on top of what noticing takes

private:
    struct Connection {
        std::uint64_t number = 0;
        std::string workerId;
        CommandSink sink; ///< null: not connected
        Micros awaySince = 0;
    };

    void nameReplica(store::TaskRecord& task);
    void remember(const model::WorkerHello& hello);
    [[nodiscard]] bool isAway(const store::TaskRecord& task) const;
    [[nodiscard]] const Connection* connectionOf(const store::TaskRecord& task) const;
    void sendTo(const store::TaskRecord& task, const model::WorkerCommand& command);
    [[nodiscard]] Result<> sendStart(store::TaskRecord& task);
    void sendStop(store::TaskRecord& task);
    store::TaskRecord* get(const std::string& id);
    void save(const store::TaskRecord& task);

    Context& m_context;
    Composer m_composer;
    const Workers m_mode;
    store::Table<store::TaskRecord> m_tasks;
    store::Table<store::WorkerRecord> m_workers;
    std::map<std::string, store::TaskRecord> m_records;
    std::set<std::string> m_live;
    std::set<std::string> m_unsettled;
    std::map<std::string, store::WorkerRecord> m_workerRecords;
    std::map<std::string, Micros> m_beats;
    std::map<std::string, Micros> m_idleSince;
    std::map<std::string, Micros> m_suspects; ///< lost after this unless their end is reported
    std::map<std::string, std::string> m_byReplica; ///< tasks, ended ones too
    Connection m_shared;
    std::map<std::string, Connection> m_replicas; ///< by task
    Micros m_loadedAt = 0;
};

} // namespace emulator::control
