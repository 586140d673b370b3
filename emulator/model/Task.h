// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/model/Image.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emulator::model {

/// What a function asks for.
struct Resources {
    std::uint32_t milliCpu = 0; ///< requested; 0: the default of 125
    std::uint32_t milliCpuMax = 0; ///< 0: no limit
    std::uint32_t memoryMb = 0; ///< requested; 0: the default of 128
    std::uint32_t memoryMbMax = 0; ///< hard limit; 0: none
    std::string gpu; ///< a card of gpus.json ("H100"); empty: none
    std::uint32_t gpuCount = 0;
};

/// One task to run: everything a worker needs, decided by the control plane.
struct TaskSpec {
    std::string id; ///< ta-…
    std::string appId;
    std::string functionId;
    std::string functionName;
    Image image;
    std::vector<std::vector<MountFile>> mounts; ///< one list a mount
    std::string clientVersion; ///< of the stock client that made the app: "1.6.4"
    Image runtime; ///< that client as an image; without a manifest the worker installs it
    std::map<std::string, std::string> environment; ///< secrets, later ones win
    std::string containerArguments; ///< serialized ContainerArguments of the client's protocol
    std::vector<std::string> command; ///< empty: the client's container runtime
    Resources resources;
    std::uint32_t timeoutSeconds = 300; ///< an attempt of one input
    std::uint32_t startupTimeoutSeconds = 300;
    bool blockNetwork = false;
};

enum class TaskState { Queued, Starting, Running, Stopping, Finished };

enum class EndReason {
    Exited, ///< by itself, see the exit code
    OutOfMemory,
    TimedOut,
    Stopped, ///< asked for: scale-down, stop, the app's end
    StartFailed, ///< the container never ran; see the message
    WorkerLost, ///< its worker died
};

/// How a task ended.
struct TaskEnd {
    EndReason reason = EndReason::Exited;
    std::int32_t exitCode = 0;
    std::string message; ///< a sentence for the user when the reason is not Exited
};

/// A piece of a task's output, as a worker reports it.
struct OutputPiece {
    std::string taskId;
    std::int32_t descriptor = 1; ///< 1, 2, or 3 for words of Slipway itself
    Micros time = 0;
    std::string text; ///< at most 64 KiB, not always whole lines
};

/// What a task has used, sampled once a second and at its end.
struct UsageSample {
    std::uint64_t sequence = 0; ///< given by the control plane when it is stored
    std::string taskId;
    std::string appId;
    Micros time = 0;
    std::uint64_t cpuMicros = 0; ///< since the task started
    std::uint64_t memoryBytes = 0;
    std::uint64_t memoryPeakBytes = 0;
    double gpuUtilisation = 0; ///< 0…1, emulated
    std::uint64_t gpuMemoryBytes = 0;
    std::int64_t costMicros = 0; ///< micro-dollars so far, filled in by the ledger
};

/// An image to build on a worker.
struct BuildOrder {
    std::string imageId;
    ImageRecipe recipe;
};

} // namespace emulator::model
