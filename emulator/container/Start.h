// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/base/Result.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Identity.h"
#include "emulator/container/Launcher.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace emulator::container {

/// All that the first process of a new pid namespace needs to become a container.
struct StartOrder {
    const ContainerPlan& plan;
    const Capability& capability;
    const std::filesystem::path& stateFolder;
    const Bytes& filter; ///< seccomp BPF for the user's process
    std::vector<std::filesystem::path> doors; ///< see Group; empty when already inside
    int status = -1; ///< socket to the helper: {"started"} + pidfd, {"error"}, {"exit"}
    std::map<int, int> descriptors; ///< the user's process: its number → ours
    bool outlivesFirst = false; ///< a zygote's: stays for the children of a first process that died
};

/// The flags of the clone3 that makes the process for runContainer.
[[nodiscard]] std::uint64_t namespaceFlags(const ContainerPlan& plan);

/// Makes the calling process, alone and first in its pid namespace, the container's init: sets
/// the root up, starts plan.argv as the user, reaps orphans, reports how the first process ended
/// and ends with it, which ends all others.
[[noreturn]] void runContainer(const StartOrder& order);

/// What an init does for the rest of its life: gives up its privileges and descriptors, reaps,
/// reports on `status` when `first` ends and then, unless it `outlivesFirst`, ends itself. Ends
/// when the helper is gone.
[[noreturn]] void stayAsInit(int status, std::optional<pid_t> first, bool outlivesFirst);

/// The plan's user as the /etc/passwd of the root we stand in knows it.
[[nodiscard]] Result<Identity> identityOf(const ContainerPlan& plan);

/// Sets signals back to what a fresh program expects, none blocked.
void resetSignals();

/// Hostname and loopback of the namespaces that the calling process has to itself.
[[nodiscard]] Result<> nameAndConnect(const ContainerPlan& plan);

} // namespace emulator::container
