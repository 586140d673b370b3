// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/protocol/Messages.h"

#include <algorithm>
#include <cstdint>

namespace emulator::gpu::protocol {

/// What the hardware keeps of each block's shared memory for itself (compute capability 8.0 on).
inline std::int32_t reservedSharedBytes(const DeviceFigures& figures)
{
    return figures.computeMajor >= 8 ? 1024 : 0;
}

/// Blocks of `threads` threads of a kernel that fit one multiprocessor at a time: the least that
/// its thread slots, block slots, registers (allocated by warp in units of 256) and shared memory
/// allow (CUDA C++ Programming Guide, Multiprocessor Level).
inline std::int32_t residentBlocks(const DeviceFigures& figures, const Function& function,
                                   std::int32_t threads, std::uint64_t dynamicSharedBytes)
{
    if (threads <= 0 || threads > 1024)
        return 0;
    const std::int32_t warps = (threads + 31) / 32;
    std::int32_t blocks
        = std::min(figures.blocksPerMultiprocessor, figures.threadsPerMultiprocessor / 32 / warps);
    const auto registers = static_cast<std::int32_t>(std::min(function.registers, 255U));
    const std::int32_t perWarp = (registers * 32 + 255) / 256 * 256;
    if (perWarp > 0)
        blocks = std::min(blocks, figures.registersPerMultiprocessor / (perWarp * warps));
    const std::uint64_t unit = figures.computeMajor >= 8 ? 128 : 256;
    std::uint64_t shared = function.staticSharedBytes + dynamicSharedBytes;
    if (shared > static_cast<std::uint64_t>(figures.sharedBytesPerBlockOptin))
        return 0;
    shared = (shared + static_cast<std::uint64_t>(reservedSharedBytes(figures)) + unit - 1) / unit
        * unit;
    if (shared > 0)
        blocks = std::min(
            blocks,
            static_cast<std::int32_t>(
                static_cast<std::uint64_t>(figures.sharedBytesPerMultiprocessor) / shared));
    return blocks;
}

} // namespace emulator::gpu::protocol
