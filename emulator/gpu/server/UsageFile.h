// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/server/Device.h"

#include <filesystem>
#include <thread>

namespace emulator::gpu::server {

/// Appends one JSON line a second to `path` until the thread is stopped: for each device its
/// utilization (0 to 1), memory in use and kernels that ended. A file that cannot be written is
/// logged once.
[[nodiscard]] std::jthread writeUsage(std::filesystem::path path, Devices& devices);

} // namespace emulator::gpu::server
