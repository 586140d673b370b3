// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/model/Task.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emulator::model {

/// What the control plane knows of a replica that it wants; an order is made of it.
struct ReplicaBrief {
    std::string replicaId;
    std::string token; ///< secret: proves to be that replica
    std::string appName;
    std::string functionName;
    std::string deployment; ///< app id and version
    std::uint32_t version = 0;
    Resources resources;
    std::vector<std::string> excludedNodes;
};

/// One replica to start: a worker process, somewhere, that dials the control plane and runs one
/// task. Nothing in it is secret: orders end up in scripts, accounting and other users' squeue.
struct ReplicaOrder {
    std::string replicaId; ///< re-…, unique for ever; also what find() looks for
    std::string name; ///< "slipway-<app>-<function>-v<version>"
    std::string comment; ///< the deployment's id
    Resources resources;
    std::vector<std::string> excludedNodes; ///< have just failed
    std::uint32_t timeLimitSeconds = 0; ///< 0: the engine's own
    std::vector<std::string> command; ///< argv of the worker, absolute paths on the node
    std::map<std::string, std::string> environment; ///< all of it; nothing is inherited
    std::string outputFile; ///< the worker's own log, on the node or a shared file system
};

enum class JobState {
    Pending,
    Held, ///< will never start by itself: cancel it and submit again
    Running,
    Completing, ///< has ended; the engine cleans up
    Ended, ///< by itself or cancelled
    NodeFailed,
};

/// What an engine says of a job of ours.
struct Job {
    std::string id; ///< the engine's: "4711"
    std::string replicaId;
    JobState state = JobState::Pending;
    std::string node; ///< once it has one
    std::string reason; ///< why it waits or how it ended, in the engine's words: "Resources"
    Micros submittedAt = 0;
    Micros startedAt = 0; ///< 0: not yet
    Micros endedAt = 0; ///< 0: not yet
};

/// A node and what it has.
struct NodeSummary {
    std::string name;
    std::string state; ///< the engine's word: "idle", "mixed", "down", "drained"
    std::string reason; ///< why it is down
    bool usable = true;
    std::uint32_t cpus = 0;
    std::uint32_t cpusAllocated = 0;
    std::uint64_t memoryMb = 0;
    std::uint64_t memoryMbAllocated = 0;
    std::map<std::string, std::uint32_t> gpus; ///< type in lower case → count; "" when untyped
    std::map<std::string, std::uint32_t> gpusAllocated;
};

/// What the engine's own accounting has for a job that has ended.
struct JobUsage {
    std::string jobId;
    std::string state; ///< "COMPLETED", "NODE_FAIL", …
    Micros startedAt = 0;
    Micros endedAt = 0;
    std::int64_t elapsedSeconds = 0;
    std::uint32_t cpus = 0; ///< allocated
    std::uint64_t memoryMb = 0;
    std::string gpuType;
    std::uint32_t gpus = 0;
};

/// Who starts workers elsewhere. Every call blocks, for at most the engine's own time-out
/// (Unavailable then, with what it waited for); all run on any thread.
class Engine {
public:
    virtual ~Engine() = default;

    /// "Slurm 22.05.8 (CLI)", for people.
    [[nodiscard]] virtual Result<std::string> describe() = 0;

    /// The job's id. After Unavailable the job may exist all the same: ask find() before repeating.
    /// Invalid: can never run here, with the reason; ResourceExhausted: a limit holds it back.
    [[nodiscard]] virtual Result<std::string> submit(const ReplicaOrder& order) = 0;
    [[nodiscard]] virtual Result<std::optional<std::string>> find(const std::string& replicaId) = 0;

    /// Ends a job, waiting or running; one that is not there any more is a success.
    [[nodiscard]] virtual Result<> cancel(const std::string& jobId) = 0;

    /// Our jobs: all that live, and those that ended a short while ago.
    [[nodiscard]] virtual Result<std::vector<Job>> list() = 0;
    [[nodiscard]] virtual Result<std::vector<NodeSummary>> nodes() = 0;

    /// Those of the jobs that accounting knows and that have ended.
    [[nodiscard]] virtual Result<std::vector<JobUsage>>
    usage(const std::vector<std::string>& jobIds) = 0;

    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

protected:
    Engine() = default;
};

} // namespace emulator::model
