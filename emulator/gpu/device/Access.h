// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Block.h"

#include <cstdint>

namespace emulator::gpu::device {

/// The allocation that holds all of [address, address + size), from the warp's cache or from the
/// memory; null when there is none.
[[nodiscard]] const AllocationCache::Entry* findAllocation(Warp& warp, std::uint64_t address,
                                                           std::uint64_t size);

/// Where `lane` may touch `size` octets at `address` of `space`; null, without any report, when it
/// may not.
[[nodiscard]] std::byte* tryResolve(Warp& warp, unsigned lane, ptx::Space space,
                                    std::uint64_t address, std::uint64_t size);

/// The same; reports the fault of `op`: misaligned or illegal address.
[[nodiscard]] std::byte* resolve(Warp& warp, const Op& op, unsigned lane, ptx::Space space,
                                 std::uint64_t address, std::uint64_t size);

/// Whether an access of this kind ends in another block's reach (global memory) or not.
[[nodiscard]] bool isPrivate(ptx::Space space, std::uint64_t address);

/// The address that lane `lane` of `op` forms: row a plus imm.
[[nodiscard]] std::uint64_t laneAddress(Warp& warp, const Op& op, unsigned lane);

} // namespace emulator::gpu::device
