// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/base/Result.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

namespace emulator::container {

/// For whom a filter is: a zygote also enters namespaces, which its children could not otherwise.
enum class FilterUse { Function, Build, Zygote };

/// Compiles the allow-list of system calls to seccomp BPF (an array of sock_filter); 3–9 ms, so
/// it is done once for each use. Without root, a build's filter answers what one id cannot do
/// (chown, setuid, mknod of devices) with success and does nothing.
[[nodiscard]] Result<Bytes> compileFilter(FilterUse use, Capability::Way way);

} // namespace emulator::container
