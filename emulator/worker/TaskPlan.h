// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Builder.h"
#include "emulator/model/Task.h"

#include <filesystem>
#include <string>
#include <vector>

namespace emulator::worker {

/// What lies ready on this host for one task.
struct TaskFiles {
    std::vector<std::filesystem::path> imageLayers; ///< lowest first
    std::filesystem::path clientLayer; ///< /pkg and /__modal/deps
    std::filesystem::path driverLayer; ///< the emulated driver; empty without a GPU
    std::vector<std::filesystem::path> mountLayers; ///< the user's code
    std::filesystem::path writes; ///< for the container's own changes
    std::filesystem::path socket; ///< the relay's, this task's identity
    std::filesystem::path arguments; ///< serialized ContainerArguments
    std::filesystem::path gpuSocket; ///< empty without a GPU
};

/// A task as a container, and the zygote that may serve it.
struct TaskPlan {
    container::ContainerPlan container;
    container::ZygotePlan zygote;
    bool forked = false; ///< through the zygote: only the client's own runtime is preloaded
};

/// Decides mounts, environment, limits and command of a task's container (the container contract
/// of the client, 1.5 and 1.6). Pure.
[[nodiscard]] TaskPlan planTask(const model::TaskSpec& spec, const TaskFiles& files,
                                const image::NetworkSettings& network);

} // namespace emulator::worker
