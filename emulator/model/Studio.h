// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/model/Image.h"
#include "emulator/model/Task.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the Studio API tells the command line and the window.
namespace emulator::model {

struct FunctionSummary {
    std::string id;
    std::string name; ///< "train", "Model.*"
    std::string gpu; ///< "H100:2", empty without
};

struct AppSummary {
    std::string id;
    std::string description;
    std::string state; ///< "running", "detached", "deployed", "stopped"
    std::string runId; ///< the x-slipway-run header of the client that made it
    Micros createdAt = 0;
    Micros stoppedAt = 0; ///< 0 while it lives
    std::vector<FunctionSummary> functions;
    std::uint32_t tasksRunning = 0;
    std::int64_t costMicros = 0;
};

struct TaskSummary {
    std::string id;
    std::string appId;
    std::string functionId;
    std::string functionName;
    std::string imageId;
    std::string gpu;
    std::uint32_t version = 0; ///< of the deployment that it belongs to; 0: of none
    std::string node; ///< where it runs; empty on this machine or before it has a place
    std::string jobId; ///< the engine's; empty on this machine
    std::string waitReason; ///< why the engine holds it back, in its words: "Resources"
    TaskState state = TaskState::Queued;
    Micros createdAt = 0; ///< until startedAt it waits in a queue
    Micros readyAt = 0; ///< it asked for inputs the first time
    Micros startedAt = 0;
    Micros finishedAt = 0;
    TaskEnd end;
    UsageSample usage; ///< the latest
    std::int64_t costMicros = 0;
};

struct CallSummary {
    std::string id; ///< fc-…
    std::string appId;
    std::string functionId;
    std::string functionName; ///< with the method: "Model.infer"
    std::string runId;
    std::uint32_t inputs = 0;
    std::uint32_t succeeded = 0;
    std::uint32_t failed = 0;
    Micros createdAt = 0;
    Micros finishedAt = 0; ///< 0 while inputs are pending
};

/// One output of a call.
struct CallOutput {
    std::uint32_t index = 0;
    std::string status; ///< "success", "failure", "timeout", "terminated", …
    std::uint32_t dataFormat = 1; ///< 1 pickle, 4 CBOR
    std::string data; ///< the payload, out of the blob store when it is there
    std::string exception;
    std::string traceback;
};

struct ImageSummary {
    std::string id;
    std::string state; ///< "building", "ready", "failed"
    std::string pythonVersion;
    std::uint32_t layers = 0;
    Micros createdAt = 0;
    std::string error;
};

/// One stored log line; `sequence` grows by one a line over the whole control plane.
struct LogLine {
    std::uint64_t sequence = 0;
    Micros time = 0;
    std::string appId;
    std::string functionId;
    std::string taskId;
    std::string imageId; ///< a build's line
    std::int32_t descriptor = 1; ///< 1 stdout, 2 stderr, 3 Slipway
    std::string text; ///< without the line feed
};

struct LogQuery {
    std::string subject; ///< ap-…, ta-…, im-…, fu-… or empty for all
    std::uint64_t afterSequence = 0;
    Micros since = 0;
    bool follow = false;
};

struct CostLine {
    std::string appId;
    std::string appName;
    std::string functionName;
    std::string gpu;
    std::string day; ///< "2026-11-24"
    double seconds = 0; ///< of task time
    std::int64_t costMicros = 0; ///< micro-dollars
};

/// What tasks cost within one stretch of time: a point of a graph.
struct CostPoint {
    Micros from = 0; ///< its stretch begins here
    std::string appId;
    std::string functionName;
    std::string gpu; ///< "H100", empty without
    std::uint32_t version = 0; ///< of the deployment
    double seconds = 0; ///< of task time
    std::int64_t costMicros = 0; ///< micro-dollars
};

struct DeployedFunction {
    std::string id;
    std::string name;
    std::string gpu; ///< "H100:2", empty without
    std::string imageId;
    std::string manifest; ///< "sha256:…" of the image; empty where none was exported
    std::uint32_t revision = 0; ///< grows with every publish of the function
    std::int64_t microsPerHour = 0; ///< micro-dollars an hour for one replica
    Resources resources;
    std::uint32_t minContainers = 0;
    std::string code; ///< digest of the user's files, the same on every control plane
    std::string settings; ///< digest of all else but image, GPU and the values of secrets
};

/// How a function differs from the one that is live under its name.
struct FunctionChange {
    std::string change = "unchanged"; ///< "new", "changed", "unchanged", "removed"
    std::vector<std::string> what; ///< of a changed one: "image", "gpu", "code", "settings"
};

/// Compares a function that is to be deployed with the live one of its name; null: there is none.
[[nodiscard]] FunctionChange changeOf(const DeployedFunction& next, const DeployedFunction* live);

/// One version of a deployed app.
struct DeploymentSummary {
    std::string appId;
    std::string appName;
    std::string environment;
    std::uint32_t version = 0;
    std::string state; ///< "live", "superseded", "stopped"
    std::uint32_t rolledBackTo = 0; ///< the version that this one repeats; 0: none
    Micros deployedAt = 0;
    std::string tag;
    std::string gitCommit; ///< empty outside a repository
    bool gitDirty = false;
    std::string clientVersion;
    std::vector<DeployedFunction> functions;
    std::uint32_t replicas = 0; ///< tasks of this version that have not ended
    std::int64_t costMicros = 0; ///< of this version so far
    std::int64_t budgetMicros = 0; ///< of the app; 0: none
    std::int64_t appCostMicros = 0; ///< of the app so far, which the budget bounds
    std::string heldBack; ///< why no replica is started: the budget, an engine's limit
    std::string strategy; ///< "rolling", "recreate"
};

struct StagedFunction {
    DeployedFunction function;
    FunctionChange change; ///< against the live version of the same control plane
};

/// An image under the id that its recipe gives it everywhere.
struct KeptImage {
    std::string id;
    Image image;
    std::string builderVersion; ///< "2025.06": what the client makes of the image depends on it
};

/// The stock client's package for one of its versions and one Python, as an image of its own.
struct RuntimeImage {
    std::string clientVersion; ///< "1.6.4"
    std::string pythonSeries; ///< "3.11"
    std::string manifest;
};

/// "client-1.6.4-3.11": what such an image and its only layer are called.
[[nodiscard]] std::string runtimeName(std::string_view clientVersion,
                                      std::string_view pythonSeries);

/// What a client has published under a nonce and nobody can call yet.
struct StagedApp {
    std::string appId;
    std::string appName;
    std::string environment;
    std::string clientVersion;
    std::uint32_t liveVersion = 0; ///< 0: there is none
    std::vector<StagedFunction> functions; ///< those that are removed as well
    std::vector<KeptImage> images; ///< of the functions, and what these were made from
};

/// One step of a promotion.
struct PromoteProgress {
    std::string stage; ///< "probe", "switch", "live"
    std::string state; ///< "queued", "starting", "ready"; of the others "running", "done"
    std::string functionName; ///< of a probe
    std::string taskId; ///< of a probe
    std::string text; ///< a sentence for people
    std::uint32_t version = 0; ///< once it is live
};

/// What an app may cost, what it has cost, and whether that holds it back.
struct Budget {
    std::string appId;
    std::int64_t budgetMicros = 0; ///< 0: none
    std::int64_t costMicros = 0;
    std::string heldBack;
};

/// A place that apps run at.
struct TargetSummary {
    std::string name; ///< "local", "hpc"
    std::string kind; ///< "local", "ssh", "socket"
    std::string address; ///< of ssh or the socket
    std::string state; ///< "connected", "connecting", "offline"
    std::string reason; ///< of the last failure, with what to do
    Micros since = 0; ///< of the state
    std::string engine; ///< "local", "Slurm 22.05.8 (CLI)"
    std::string serverUrl; ///< MODAL_SERVER_URL on this machine
    std::string tokenId;
    std::string tokenSecret;
    std::string socket; ///< of its Studio API on this machine
    std::string registryUrl; ///< where images are pushed to, as this machine reaches it
};

struct MethodSummary {
    std::string name;
    bool served = false;
    std::uint64_t calls = 0;
    std::uint64_t errors = 0;
};

struct DaemonStatus {
    std::string version;
    std::int64_t pid = 0;
    std::string home;
    std::string serverUrl; ///< what MODAL_SERVER_URL is set to
    Micros startedAt = 0;
    bool workerConnected = false;
    std::uint32_t appsRunning = 0;
    std::uint32_t tasksRunning = 0;
    std::uint32_t callsPending = 0;
    std::vector<std::string> notes; ///< the worker's capability notes
    std::string engine = "local"; ///< "Slurm 22.05.8 (CLI)"
    std::string engineProblem; ///< why the engine does not answer; empty when it does
};

} // namespace emulator::model
