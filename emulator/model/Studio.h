// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/model/Task.h"

#include <cstdint>
#include <string>
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
    TaskState state = TaskState::Queued;
    Micros createdAt = 0;
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
};

} // namespace emulator::model
