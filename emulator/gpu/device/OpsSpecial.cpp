// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Special registers (PTX ISA 10), moves, and changes of a row's width.

#include "emulator/gpu/device/Block.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <chrono>

namespace emulator::gpu::device {
namespace {

using ptx::Special;

/// A counter at the card's clock, so that clock differences look like cycles.
std::uint64_t cycles(const DeviceTraits& traits)
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto nanoseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    return nanoseconds / 1000 * traits.clockKhz / 1000
        + nanoseconds % 1000 * traits.clockKhz / 1'000'000;
}

std::uint64_t globalTimer()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

std::uint64_t envreg(const Launch& launch, std::uint32_t number)
{
    // Cooperative groups find the grid barrier's workspace in 1 (high half) and 2 (low half).
    if (number == 1)
        return launch.gridWorkspace >> 32U;
    return number == 2 ? launch.gridWorkspace & 0xFFFF'FFFFU : 0;
}

std::uint64_t uniformValue(Warp& warp, const Op& op)
{
    Launch& launch = warp.launch();
    const LaunchPlan& plan = launch.plan;
    Block& block = warp.block();
    const std::uint32_t perBlock = (block.threads() + warpSize - 1) / warpSize;
    const std::uint64_t flatBlock = block.index().x
        + std::uint64_t {plan.grid.x}
            * (block.index().y + std::uint64_t {plan.grid.y} * block.index().z);
    switch (static_cast<Special>(op.imm)) {
    case Special::NtidX:
        return plan.block.x;
    case Special::NtidY:
        return plan.block.y;
    case Special::NtidZ:
        return plan.block.z;
    case Special::CtaidX:
        return block.index().x;
    case Special::CtaidY:
        return block.index().y;
    case Special::CtaidZ:
        return block.index().z;
    case Special::NctaidX:
        return plan.grid.x;
    case Special::NctaidY:
        return plan.grid.y;
    case Special::NctaidZ:
        return plan.grid.z;
    case Special::WarpId:
        return warp.index();
    case Special::NWarpId:
        return std::max(perBlock, launch.traits.maxThreadsPerMultiprocessor / warpSize);
    case Special::SmId:
        return flatBlock % std::max(launch.traits.multiprocessors, 1U);
    case Special::NSmId:
        return launch.traits.multiprocessors;
    case Special::GridId:
        return launch.number;
    case Special::Clock:
        return cycles(launch.traits) & 0xFFFF'FFFFU;
    case Special::ClockHi:
        return cycles(launch.traits) >> 32U;
    case Special::Clock64:
        return cycles(launch.traits);
    case Special::GlobalTimer:
        return globalTimer();
    case Special::GlobalTimerLo:
        return globalTimer() & 0xFFFF'FFFFU;
    case Special::GlobalTimerHi:
        return globalTimer() >> 32U;
    case Special::Envreg:
        return envreg(launch, op.target);
    case Special::DynamicSharedSize:
        return plan.dynamicSharedBytes;
    case Special::TotalSharedSize:
    case Special::AggregatedSharedSize:
        return block.sharedBytes();
    case Special::One:
        return 1;
    default:
        return 0;
    }
}

std::uint64_t laneOwn(Warp& warp, Special special, unsigned lane)
{
    switch (special) {
    case Special::TidX:
        return warp.threadOf(lane).x;
    case Special::TidY:
        return warp.threadOf(lane).y;
    case Special::TidZ:
        return warp.threadOf(lane).z;
    case Special::LaneId:
        return lane;
    case Special::MaskEq:
        return 1U << lane;
    case Special::MaskLe:
        return everyLane >> (31 - lane);
    case Special::MaskLt:
        return (1U << lane) - 1;
    case Special::MaskGe:
        return everyLane << lane;
    default: // MaskGt
        return (everyLane << lane) & ~(1U << lane);
    }
}

void readSpecial(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto special = static_cast<Special>(op.imm);
    const bool isWide = special == Special::Clock64 || special == Special::GlobalTimer
        || special == Special::GridId;
    const bool own = special <= Special::TidZ || special == Special::LaneId
        || (special >= Special::MaskEq && special <= Special::MaskGt);
    const std::uint64_t common = own ? 0 : uniformValue(warp, op);
    std::byte* d = warp.row(op.d);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        const std::uint64_t value = own ? laneOwn(warp, special, lane) : common;
        if (isWide)
            setLane(d, lane, value);
        else
            setLane(d, lane, static_cast<std::uint32_t>(value));
    }
}

struct Keep {
    static constexpr bool slow = false;
    template<class D, class S>
    SLIPWAY_INLINE D apply(S value)
    {
        return static_cast<D>(value);
    }
};

template<class S, class D>
Handler resize()
{
    return elementwise<Keep, D, S>();
}

template<class S>
Handler resizeFrom(std::uint32_t to)
{
    switch (to) {
    case 1:
        return resize<S, std::uint8_t>();
    case 2:
        return resize<S, std::uint16_t>();
    case 4:
        return resize<S, std::uint32_t>();
    case 8:
        return resize<S, std::uint64_t>();
    default:
        return nullptr;
    }
}

struct Wide {
    std::uint64_t low;
    std::uint64_t high;
};

void copyPredicate(Warp& warp, const Op& op, std::uint32_t exec)
{
    const std::uint32_t value = warp.predicate(op.a) ^ (op.negatedC ? everyLane : 0);
    std::uint32_t& d = warp.predicate(op.d);
    d = (d & ~exec) | (value & exec);
}

void localAddress32(Warp& warp, const Op& op, std::uint32_t exec)
{
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) != 0)
            setLane(warp.row(op.d), lane,
                    static_cast<std::uint32_t>(op.imm + warp.frame().localBase));
    }
}

void localAddress64(Warp& warp, const Op& op, std::uint32_t exec)
{
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) != 0)
            setLane(warp.row(op.d), lane, op.imm + warp.frame().localBase);
    }
}

/// One row of count × imm octets a lane against `count` rows of imm octets.
template<bool packs>
void repack(Warp& warp, const Op& op, std::uint32_t exec)
{
    const Row* parts = warp.frame().code->lists.data() + op.list;
    const std::size_t size = op.imm;
    const std::size_t whole = size * op.count;
    std::byte pieces[warpSize * 16];
    std::byte* row = warp.row(packs ? op.d : op.a);
    // Through a copy: a part may be the row that is taken apart.
    std::memcpy(pieces, row, warpSize * whole);
    for (std::size_t i = 0; i < op.count; ++i) {
        std::byte* part = warp.row(parts[i]);
        for (unsigned lane = 0; lane < warpSize; ++lane) {
            if (((exec >> lane) & 1U) == 0)
                continue;
            if constexpr (packs)
                std::memcpy(pieces + lane * whole + i * size, part + lane * size, size);
            else
                std::memcpy(part + lane * size, pieces + lane * whole + i * size, size);
        }
    }
    if constexpr (packs)
        std::memcpy(row, pieces, warpSize * whole);
}

} // namespace

Handler specialHandler()
{
    return &readSpecial;
}

Handler resizeHandler(std::uint32_t from, std::uint32_t to, bool withSign)
{
    switch (from) {
    case 1:
        return withSign ? resizeFrom<std::int8_t>(to) : resizeFrom<std::uint8_t>(to);
    case 2:
        return withSign ? resizeFrom<std::int16_t>(to) : resizeFrom<std::uint16_t>(to);
    case 4:
        return withSign ? resizeFrom<std::int32_t>(to) : resizeFrom<std::uint32_t>(to);
    case 8:
        return resizeFrom<std::uint64_t>(to);
    default:
        return nullptr;
    }
}

Handler localAddressHandler(std::uint32_t size)
{
    return size == 4 ? &localAddress32 : size == 8 ? &localAddress64 : nullptr;
}

Handler copyHandler(std::uint32_t size)
{
    switch (size) {
    case 0:
        return &copyPredicate;
    case 1:
        return resize<std::uint8_t, std::uint8_t>();
    case 2:
        return resize<std::uint16_t, std::uint16_t>();
    case 4:
        return resize<std::uint32_t, std::uint32_t>();
    case 8:
        return resize<std::uint64_t, std::uint64_t>();
    default:
        return elementwise<Keep, Wide, Wide>();
    }
}

Handler packHandler()
{
    return &repack<true>;
}
Handler unpackHandler()
{
    return &repack<false>;
}

} // namespace emulator::gpu::device
