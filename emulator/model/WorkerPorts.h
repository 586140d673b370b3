// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Task.h"

#include <string>
#include <variant>
#include <vector>

namespace emulator::model {

/// control → worker.
struct StartTask {
    TaskSpec spec;
};
struct StopTask {
    std::string taskId;
    bool graceful = true; ///< SIGINT and 30 s for exit hooks; else SIGKILL at once
    EndReason reason = EndReason::Stopped;
    std::string message;
};
struct BuildImage {
    BuildOrder order;
};
struct CancelBuild {
    std::string imageId;
};
using WorkerCommand = std::variant<StartTask, StopTask, BuildImage, CancelBuild>;

/// worker → control.
struct TaskStarted {
    std::string taskId;
    Micros time = 0;
};
struct TaskOutput {
    OutputPiece piece;
};
struct TaskUsage {
    UsageSample sample;
};
struct TaskEnded {
    std::string taskId;
    Micros time = 0;
    TaskEnd end;
};
struct BuildOutput {
    std::string imageId;
    Micros time = 0;
    std::string text;
};
struct BuildFinished {
    std::string imageId;
    Image image; ///< when `error` is empty
    std::string error;
};
using WorkerEvent
    = std::variant<TaskStarted, TaskOutput, TaskUsage, TaskEnded, BuildOutput, BuildFinished>;

/// How a worker introduces itself. A command that was sent before the connection broke is sent
/// again unless its task is in `runningTasks`; a task that the control plane thinks is running and
/// the worker does not name is lost.
struct WorkerHello {
    std::string workerId; ///< one per worker process
    std::vector<std::string> runningTasks;
    std::vector<std::string> capabilityNotes;
    std::string node; ///< of a replica: the host's name
    std::string jobId; ///< of a replica: the engine's job
};

} // namespace emulator::model
