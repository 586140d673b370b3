// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

#include <filesystem>

namespace emulator::container {

/// The folders that hold a container's writes: `writes` itself and the work folder beside it.
[[nodiscard]] std::filesystem::path workFolder(const ContainerPlan& plan);

/// Makes the folders under `stateFolder` that every container mounts over in its own namespace.
[[nodiscard]] Result<> prepareMountPoints(const std::filesystem::path& stateFolder);

/// Turns the mount namespace of the calling process (its own already) into the container's:
/// overlay of the layers, /dev, /sys, name files, the plan's mounts; then makes it the root.
/// /proc shows this process's own pid namespace and is masked. One thread, before any privilege
/// is given up.
[[nodiscard]] Result<> enterRoot(const ContainerPlan& plan, const Capability& capability,
                                 const std::filesystem::path& stateFolder);

/// Mounts a /proc of the caller's pid namespace on /proc of the root it stands in, and masks it.
[[nodiscard]] Result<> mountProc(int root);

} // namespace emulator::container
