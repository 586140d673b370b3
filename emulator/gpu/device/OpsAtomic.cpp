// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// atom and red (PTX ISA 9.7.13). All lanes of a warp in lane order, each one indivisible.

#include "emulator/gpu/device/Access.h"
#include "emulator/gpu/device/Half.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

namespace emulator::gpu::device {
namespace {

using ptx::Atomic;
using ptx::Mod;
using ptx::Type;

constexpr int waitingCost = 64;

/// What an operand's bits mean, and how two of them combine.
template<class T, class Bits>
Bits combine(Atomic operation, Bits oldBits, Bits valueBits)
{
    const T old = std::bit_cast<T>(oldBits);
    const T value = std::bit_cast<T>(valueBits);
    if constexpr (std::is_integral_v<T>) {
        switch (operation) {
        case Atomic::And:
            return oldBits & valueBits;
        case Atomic::Or:
            return oldBits | valueBits;
        case Atomic::Xor:
            return oldBits ^ valueBits;
        case Atomic::Inc:
            return old >= value ? 0 : static_cast<Bits>(oldBits + 1);
        case Atomic::Dec:
            return old == 0 || old > value ? valueBits : static_cast<Bits>(oldBits - 1);
        case Atomic::Add:
            return static_cast<Bits>(oldBits + valueBits);
        default:
            break;
        }
    } else if (operation == Atomic::Add) {
        return std::bit_cast<Bits>(static_cast<T>(old + value));
    }
    if (operation == Atomic::Min)
        return std::bit_cast<Bits>(value < old ? value : old);
    if (operation == Atomic::Max)
        return std::bit_cast<Bits>(value > old ? value : old);
    return valueBits; // exch
}

template<class H>
H half(Atomic operation, H old, H value)
{
    const double a = toFloat(old);
    const double b = toFloat(value);
    double result = a + b;
    if (operation == Atomic::Min)
        result = std::fmin(a, b);
    else if (operation == Atomic::Max)
        result = std::fmax(a, b);
    if constexpr (std::is_same_v<H, HalfBits>)
        return toHalf(result);
    else
        return toBrain(result);
}

template<class H>
struct Pair { };

template<class H>
std::uint32_t combinePair(Atomic operation, std::uint32_t old, std::uint32_t value)
{
    const H low = half(operation, H {static_cast<std::uint16_t>(old)},
                       H {static_cast<std::uint16_t>(value)});
    const H high = half(operation, H {static_cast<std::uint16_t>(old >> 16U)},
                        H {static_cast<std::uint16_t>(value >> 16U)});
    return low.bits | (std::uint32_t {high.bits} << 16U);
}

template<class T, class Bits>
Bits apply(Atomic operation, Bits old, Bits value)
{
    if constexpr (std::is_same_v<T, HalfBits> || std::is_same_v<T, BrainBits>)
        return half(operation, T {old}, T {value}).bits;
    else if constexpr (std::is_same_v<T, Pair<HalfBits>>)
        return combinePair<HalfBits>(operation, old, value);
    else if constexpr (std::is_same_v<T, Pair<BrainBits>>)
        return combinePair<BrainBits>(operation, old, value);
    else
        return combine<T, Bits>(operation, old, value);
}

template<class T, class Bits>
void atomic(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto operation = op.source->modifier<Atomic>(Mod::Atomic);
    const auto space = op.source->modifier<ptx::Space>(Mod::Space);
    warp.tire(waitingCost);
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const auto lane = static_cast<unsigned>(std::countr_zero(rest));
        std::byte* at = resolve(warp, op, lane, space, laneAddress(warp, op, lane), sizeof(Bits));
        if (at == nullptr)
            return;
        // Shared and local memory belong to the core that runs the block; one way serves all.
        const std::atomic_ref<Bits> place(*reinterpret_cast<Bits*>(at));
        const Bits value = laneValue<Bits>(warp.row(op.b), lane);
        Bits old = 0;
        if (operation == Atomic::Cas) {
            old = value;
            place.compare_exchange_strong(old, laneValue<Bits>(warp.row(op.c), lane));
        } else if (operation == Atomic::Exch) {
            old = place.exchange(value);
        } else if (operation == Atomic::Add && std::is_integral_v<T>) {
            old = place.fetch_add(value);
        } else {
            old = place.load();
            while (!place.compare_exchange_weak(old, apply<T, Bits>(operation, old, value))) { }
        }
        if (op.d != noRow)
            setLane(warp.row(op.d), lane, old);
    }
}

bool isLogic(Atomic operation)
{
    return operation == Atomic::And || operation == Atomic::Or || operation == Atomic::Xor
        || operation == Atomic::Cas || operation == Atomic::Exch;
}

} // namespace

Handler atomicHandler(const ptx::Instruction& instruction)
{
    const auto operation = instruction.modifier<Atomic>(Mod::Atomic);
    const Type type = instruction.types[0];
    const bool isBits = type == Type::B16 || type == Type::B32 || type == Type::B64;
    if (operation == Atomic::None || (isBits && !isLogic(operation)))
        return nullptr;
    if ((operation == Atomic::Inc || operation == Atomic::Dec) && type != Type::U32)
        return nullptr;
    switch (type) {
    case Type::B16:
        return &atomic<std::uint16_t, std::uint16_t>;
    case Type::U32:
    case Type::B32:
        return &atomic<std::uint32_t, std::uint32_t>;
    case Type::S32:
        return &atomic<std::int32_t, std::uint32_t>;
    case Type::U64:
    case Type::B64:
        return &atomic<std::uint64_t, std::uint64_t>;
    case Type::S64:
        return &atomic<std::int64_t, std::uint64_t>;
    case Type::F32:
        return isLogic(operation) ? nullptr : &atomic<float, std::uint32_t>;
    case Type::F64:
        return isLogic(operation) ? nullptr : &atomic<double, std::uint64_t>;
    case Type::F16:
        return isLogic(operation) ? nullptr : &atomic<HalfBits, std::uint16_t>;
    case Type::Bf16:
        return isLogic(operation) ? nullptr : &atomic<BrainBits, std::uint16_t>;
    case Type::F16x2:
        return isLogic(operation) ? nullptr : &atomic<Pair<HalfBits>, std::uint32_t>;
    case Type::Bf16x2:
        return isLogic(operation) ? nullptr : &atomic<Pair<BrainBits>, std::uint32_t>;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
