// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Access.h"

#include "emulator/gpu/device/Lanes.h"

namespace emulator::gpu::device {

using ptx::Space;

const AllocationCache::Entry* findAllocation(Warp& warp, std::uint64_t address, std::uint64_t size)
{
    AllocationCache& cache = warp.cache;
    const Memory& memory = warp.launch().memory;
    const std::uint64_t generation = memory.generation();
    if (generation != cache.generation) {
        cache.entries = {};
        cache.generation = generation;
    }
    for (const auto& entry : cache.entries) {
        if (address >= entry.begin && address < entry.end && entry.end - address >= size)
            return &entry;
    }
    const auto found = memory.find(address);
    if (!found || found->size - (address - found->address) < size)
        return nullptr;
    auto& slot = cache.entries[cache.next++ % cache.entries.size()];
    slot = {found->address, found->address + found->size};
    return &slot;
}

std::byte* tryResolve(Warp& warp, unsigned lane, Space space, std::uint64_t address,
                      std::uint64_t size)
{
    if (space == Space::Generic && address >= window::begin && address < window::end) {
        if (address < window::local) {
            space = Space::Shared;
            address -= window::shared;
        } else if (address < window::parameter) {
            space = Space::Local;
            address -= window::local;
        } else if (address < window::function) {
            space = Space::Param;
            address -= window::parameter;
        } else {
            return nullptr;
        }
    }
    switch (space) {
    case Space::Shared: {
        Block& block = warp.block();
        if (address > block.sharedBytes() || block.sharedBytes() - address < size)
            return nullptr;
        return block.shared() + address;
    }
    case Space::Local:
        return warp.localAt(lane, address, size);
    case Space::Param:
        return warp.parameterAt(lane, address, size);
    default:
        if (findAllocation(warp, address, size) == nullptr)
            return nullptr;
        return reinterpret_cast<std::byte*>(address); // NOLINT(performance-no-int-to-ptr)
    }
}

std::byte* resolve(Warp& warp, const Op& op, unsigned lane, Space space, std::uint64_t address,
                   std::uint64_t size)
{
    if ((address & (size - 1)) != 0) {
        warp.fault(FaultKind::MisalignedAddress, op, lane, address,
                   "misaligned address: access of " + std::to_string(size) + " octets");
        return nullptr;
    }
    std::byte* where = tryResolve(warp, lane, space, address, size);
    if (where == nullptr)
        warp.fault(FaultKind::IllegalAddress, op, lane, address,
                   "illegal address: access of " + std::to_string(size)
                       + " octets outside every allocation");
    return where;
}

bool isPrivate(Space space, std::uint64_t address)
{
    if (space == Space::Generic)
        return address >= window::begin && address < window::end;
    return space != Space::Global && space != Space::Const;
}

std::uint64_t laneAddress(Warp& warp, const Op& op, unsigned lane)
{
    const std::byte* row = warp.row(op.a);
    if (op.narrowAddress)
        return (laneValue<std::uint32_t>(row, lane) + op.imm) & 0xFFFF'FFFFU;
    return laneValue<std::uint64_t>(row, lane) + op.imm;
}

} // namespace emulator::gpu::device
