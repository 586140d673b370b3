// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/gpu/device/Image.h"

namespace emulator::gpu::device {

/// Decodes a kernel and every function it may reach: operands become rows, names become addresses,
/// each instruction gets the handler of its types. Unsupported names module, line and instruction.
[[nodiscard]] Result<std::unique_ptr<Program>> lower(const LoadedModule::Image& image,
                                                     std::uint32_t kernel);

} // namespace emulator::gpu::device
