// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Loads and stores (PTX ISA 9.7.9). One check per warp when all lanes stay in one allocation; one
// copy when they touch neighbours in order.

#include "emulator/gpu/device/Access.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Order;
using ptx::Space;

constexpr int waitingCost = 32; ///< a volatile or acquiring load is most likely part of a spin

/// The addresses of all lanes, and what is known of them.
struct Addresses {
    std::uint64_t at[warpSize];
    std::uint64_t lowest = 0;
    std::uint64_t highest = 0;
    bool contiguous = false; ///< all lanes, each `size` behind its neighbour
    bool uniform = false; ///< all lanes at one place
    bool aligned = false;
};

template<std::uint64_t size>
[[gnu::always_inline]] inline void form(Warp& warp, const Op& op, std::uint32_t exec,
                                        Addresses& out)
{
    const std::byte* row = warp.row(op.a);
    if (op.narrowAddress) {
        for (unsigned i = 0; i < warpSize; ++i)
            out.at[i] = (laneValue<std::uint32_t>(row, i) + op.imm) & 0xFFFF'FFFFU;
    } else {
        for (unsigned i = 0; i < warpSize; ++i)
            out.at[i] = laneValue<std::uint64_t>(row, i) + op.imm;
    }
    if (exec == everyLane) {
        std::uint64_t apart = 0;
        std::uint64_t different = 0;
        for (unsigned i = 0; i < warpSize; ++i) {
            apart |= out.at[i] ^ (out.at[0] + i * size);
            different |= out.at[i] ^ out.at[0];
        }
        out.contiguous = apart == 0;
        out.uniform = different == 0;
        if (out.contiguous || out.uniform) {
            out.lowest = out.at[0];
            out.highest = out.at[warpSize - 1];
            out.aligned = (out.lowest & (size - 1)) == 0;
            return;
        }
    }
    std::uint64_t low = ~std::uint64_t {0};
    std::uint64_t high = 0;
    std::uint64_t any = 0;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const std::uint64_t address = out.at[std::countr_zero(rest)];
        low = std::min(low, address);
        high = std::max(high, address);
        any |= address;
    }
    out.lowest = low;
    out.highest = high;
    out.aligned = (any & (size - 1)) == 0;
}

/// A pointer p so that p + (address - lowest) is good for every lane, or null: look at each lane.
template<std::uint64_t size>
[[gnu::always_inline]] inline std::byte* common(Warp& warp, Space space, const Addresses& addresses)
{
    if (!addresses.aligned || addresses.highest < addresses.lowest)
        return nullptr;
    const std::uint64_t span = addresses.highest - addresses.lowest + size;
    if (space == Space::Local || space == Space::Param)
        return nullptr;
    if (space == Space::Generic && addresses.lowest < window::end
        && (addresses.lowest >= window::local || addresses.highest >= window::local))
        return nullptr;
    return tryResolve(warp, 0, space, addresses.lowest, span);
}

template<class T>
void load(Warp& warp, const Op& op, std::uint32_t exec, Space space)
{
    Addresses addresses;
    form<sizeof(T)>(warp, op, exec, addresses);
    std::byte* d = warp.row(op.d);
    if (const std::byte* from = common<sizeof(T)>(warp, space, addresses)) {
        if (addresses.contiguous) {
            std::memcpy(d, from, sizeof(T) * warpSize);
        } else if (addresses.uniform) {
            T value;
            std::memcpy(&value, from, sizeof value);
            for (unsigned i = 0; i < warpSize; ++i)
                setLane(d, i, value);
        } else {
            for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
                const auto lane = static_cast<unsigned>(std::countr_zero(rest));
                std::memcpy(d + lane * sizeof(T), from + (addresses.at[lane] - addresses.lowest),
                            sizeof(T));
            }
        }
        return;
    }
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        const std::byte* from = resolve(warp, op, lane, space, addresses.at[lane], sizeof(T));
        if (from == nullptr)
            return;
        std::memcpy(d + lane * sizeof(T), from, sizeof(T));
    }
}

template<class T>
void store(Warp& warp, const Op& op, std::uint32_t exec, Space space)
{
    Addresses addresses;
    form<sizeof(T)>(warp, op, exec, addresses);
    const std::byte* values = warp.row(op.d);
    if (std::byte* to = common<sizeof(T)>(warp, space, addresses)) {
        if (addresses.contiguous) {
            std::memcpy(to, values, sizeof(T) * warpSize);
            return;
        }
        // In lane order: of several lanes at one place the highest wins.
        for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
            const auto lane = static_cast<unsigned>(std::countr_zero(rest));
            std::memcpy(to + (addresses.at[lane] - addresses.lowest), values + lane * sizeof(T),
                        sizeof(T));
        }
        return;
    }
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        std::byte* to = resolve(warp, op, lane, space, addresses.at[lane], sizeof(T));
        if (to == nullptr)
            return;
        std::memcpy(to, values + lane * sizeof(T), sizeof(T));
    }
}

/// Vectors: each lane's elements move as one piece of `size` octets, so that a 16-octet flag and
/// value pair (look-back scans) is never seen half written.
template<std::size_t size>
void moveVector(Warp& warp, const Op& op, std::uint32_t exec, Space space, bool loads)
{
    Addresses addresses;
    form<size>(warp, op, exec, addresses);
    std::byte* base = common<size>(warp, space, addresses);
    const std::uint32_t element = static_cast<std::uint32_t>(size) / op.count;
    const Row* rows = warp.frame().code->lists.data() + op.list;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        std::byte* at = base != nullptr ? base + (addresses.at[lane] - addresses.lowest)
                                        : resolve(warp, op, lane, space, addresses.at[lane], size);
        if (at == nullptr)
            return;
        alignas(32) std::byte piece[size];
        if (loads)
            std::memcpy(piece, at, size);
        for (unsigned i = 0; i < op.count; ++i) {
            std::byte* value = warp.row(rows[i]) + std::size_t {lane} * element;
            if (loads)
                std::memcpy(value, piece + i * element, element);
            else
                std::memcpy(piece + i * element, value, element);
        }
        if (!loads)
            std::memcpy(at, piece, size);
    }
}

/// A kernel's parameter at a fixed place: the same for all lanes.
void loadParameter(Warp& warp, const Op& op, std::uint32_t exec, std::uint32_t element)
{
    const std::uint64_t address = laneAddress(warp, op, 0);
    const Row* rows = warp.frame().code->lists.data() + op.list;
    const std::byte* from = warp.parameterAt(0, address, std::uint64_t {element} * op.count);
    if (from == nullptr) {
        warp.fault(FaultKind::IllegalAddress, op, static_cast<unsigned>(std::countr_zero(exec)),
                   address, "illegal address: outside the kernel's parameters");
        return;
    }
    for (unsigned i = 0; i < op.count; ++i) {
        std::byte* d = warp.row(rows[i]);
        for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
            std::memcpy(d + static_cast<std::size_t>(std::countr_zero(rest)) * element,
                        from + std::size_t {i} * element, element);
    }
}

struct Wide {
    std::uint64_t low;
    std::uint64_t high;
};

void count(Warp& warp, Space space, bool loads)
{
    if (space != Space::Global && space != Space::Generic)
        return;
    if (loads)
        ++warp.counters.globalLoads;
    else
        ++warp.counters.globalStores;
}

template<std::size_t element, bool loads>
void access(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto space = op.source->modifier<Space>(Mod::Space);
    count(warp, space, loads);
    if (space == Space::Param && (op.a & constantRow) != 0
        && laneAddress(warp, op, 0) < window::frameParameters) {
        if constexpr (loads)
            return loadParameter(warp, op, exec, element);
        warp.fault(FaultKind::IllegalAddress, op, static_cast<unsigned>(std::countr_zero(exec)),
                   laneAddress(warp, op, 0), "store to a kernel's parameter");
        return;
    }
    const auto order = op.source->modifier<Order>(Mod::Order);
    if (loads && order >= Order::Relaxed)
        warp.tire(waitingCost);
    if (op.count > 1) {
        if (op.count * element == 2)
            return moveVector<2>(warp, op, exec, space, loads);
        if (op.count * element == 4)
            return moveVector<4>(warp, op, exec, space, loads);
        if (op.count * element == 8)
            return moveVector<8>(warp, op, exec, space, loads);
        if (op.count * element == 16)
            return moveVector<16>(warp, op, exec, space, loads);
        return moveVector<32>(warp, op, exec, space, loads);
    }
    using T = std::conditional_t<
        element == 1, std::uint8_t,
        std::conditional_t<
            element == 2, std::uint16_t,
            std::conditional_t<element == 4, std::uint32_t,
                               std::conditional_t<element == 8, std::uint64_t, Wide>>>>;
    if constexpr (loads)
        load<T>(warp, op, exec, space);
    else
        store<T>(warp, op, exec, space);
}

void asyncCopy(Warp& warp, const Op& op, std::uint32_t exec)
{
    ++warp.counters.globalLoads;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        const std::uint64_t source = laneValue<std::uint64_t>(warp.row(op.b), lane)
            + static_cast<std::uint64_t>(static_cast<std::int64_t>(
                static_cast<std::int32_t>(op.list)));
        const std::uint32_t size = op.target;
        const std::uint32_t given
            = op.c == noRow ? size : std::min(size, laneValue<std::uint32_t>(warp.row(op.c), lane));
        std::byte* to = resolve(warp, op, lane, Space::Shared, laneAddress(warp, op, lane), size);
        if (to == nullptr)
            return;
        std::byte piece[16] = {};
        if (given != 0) {
            const std::byte* from = tryResolve(warp, lane, Space::Global, source, given);
            if (from == nullptr || (source & (size - 1)) != 0) {
                warp.fault(from == nullptr ? FaultKind::IllegalAddress
                                           : FaultKind::MisalignedAddress,
                           op, lane, source, "cp.async: the source cannot be read");
                return;
            }
            std::memcpy(piece, from, given);
        }
        std::memcpy(to, piece, size);
    }
}

} // namespace

Handler memoryHandler(const ptx::Instruction& instruction)
{
    if (instruction.opcode == Opcode::CpAsync)
        return &asyncCopy;
    const bool loads = instruction.opcode != Opcode::St;
    const std::size_t lanes = std::max<std::size_t>(instruction.modifier(Mod::Vector), 1);
    const std::uint32_t size = ptx::sizeOf(instruction.types[0]);
    if (lanes * size > 32)
        return nullptr;
    switch (size) {
    case 1:
        return loads ? &access<1, true> : &access<1, false>;
    case 2:
        return loads ? &access<2, true> : &access<2, false>;
    case 4:
        return loads ? &access<4, true> : &access<4, false>;
    case 8:
        return loads ? &access<8, true> : &access<8, false>;
    case 16:
        return loads ? &access<16, true> : &access<16, false>;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
