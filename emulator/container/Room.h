// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

#include <filesystem>
#include <vector>

namespace emulator::container {

/// All that is needed to make a room: a container with an init and no first process yet, whose
/// namespaces a zygote's child enters.
struct RoomOrder {
    const ContainerPlan& plan;
    const Capability& capability;
    const std::filesystem::path& stateFolder;
    std::vector<std::filesystem::path> doors; ///< see Group
    int zygote
        = -1; ///< pidfd of the zygote's init: the room's pid namespace is made inside its own
    /// Socket to the helper: {"builder": pid}; {"init": pid}; {"room": identity} + descriptors of
    /// the namespaces, that of users first; {"error"}.
    int status = -1;
};

/// Makes the room: the calling process, which has a mount namespace of its own, starts those that
/// do it and ends.
[[noreturn]] void buildRoom(const RoomOrder& order);

} // namespace emulator::container
