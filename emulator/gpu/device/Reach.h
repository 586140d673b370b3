// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Image.h"

#include <map>
#include <vector>

namespace emulator::gpu::device {

/// What one kernel uses: the functions it may call, directly or through a table, and the shared
/// variables of all of them, laid out one after the other with the dynamic part last.
struct Reach {
    std::vector<std::uint32_t> functions; ///< numbers in the image; the kernel is the first
    std::map<const ptx::Variable*, std::uint32_t> sharedOffsets;
    std::uint32_t staticSharedBytes = 0;
};

[[nodiscard]] Reach findReach(const LoadedModule::Image& image, std::uint32_t kernel);

} // namespace emulator::gpu::device
