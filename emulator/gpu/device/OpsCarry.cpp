// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Arithmetic with the carry flag CC.CF, one bit a lane (PTX ISA 9.7.2).

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

namespace emulator::gpu::device {
namespace {

using ptx::Half;
using ptx::Mod;
using ptx::Opcode;

template<class T>
T highProduct(T a, T b, bool isSigned)
{
    if constexpr (sizeof(T) == 4) {
        if (isSigned)
            return static_cast<T>(
                (std::int64_t {static_cast<std::int32_t>(a)} * static_cast<std::int32_t>(b)) >> 32);
        return static_cast<T>((std::uint64_t {a} * b) >> 32U);
    } else {
        const std::uint64_t al = a & 0xFFFF'FFFFU;
        const std::uint64_t ah = a >> 32U;
        const std::uint64_t bl = b & 0xFFFF'FFFFU;
        const std::uint64_t bh = b >> 32U;
        const std::uint64_t middle = ah * bl + ((al * bl) >> 32U);
        const std::uint64_t other = al * bh + (middle & 0xFFFF'FFFFU);
        std::uint64_t high = ah * bh + (middle >> 32U) + (other >> 32U);
        if (isSigned) {
            high -= (a >> 63U) != 0 ? b : 0;
            high -= (b >> 63U) != 0 ? a : 0;
        }
        return high;
    }
}

template<class T>
void withCarry(Warp& warp, const Op& op, std::uint32_t exec)
{
    const Opcode opcode = op.source->opcode;
    const bool sets = op.source->has(Mod::Carry);
    const bool uses = opcode == Opcode::Addc || opcode == Opcode::Subc || opcode == Opcode::Madc;
    const bool subtracts = opcode == Opcode::Sub || opcode == Opcode::Subc;
    const bool multiplies = opcode == Opcode::Mad || opcode == Opcode::Madc;
    const bool high = op.source->modifier<Half>(Mod::Half) == Half::Hi;
    const bool isSigned = ptx::isSigned(op.source->types[0]);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        T a = laneValue<T>(warp.row(op.a), lane);
        T b = laneValue<T>(warp.row(op.b), lane);
        if (multiplies) {
            a = high ? highProduct(a, b, isSigned) : static_cast<T>(a * b);
            b = laneValue<T>(warp.row(op.c), lane);
        }
        const T in = uses ? (warp.carry() >> lane) & 1U : 0;
        T result = 0;
        bool out = false;
        if (subtracts) {
            result = a - b - in;
            out = a < b || (a == b && in != 0);
        } else {
            result = a + b + in;
            out = result < a || (result == a && in != 0 && b == static_cast<T>(~T {0}));
        }
        if (sets)
            warp.carry() = (warp.carry() & ~(1U << lane)) | (out ? 1U << lane : 0);
        setLane(warp.row(op.d), lane, result);
    }
}

} // namespace

Handler carryHandler(const ptx::Instruction& instruction)
{
    switch (instruction.opcode) {
    case Opcode::Add:
    case Opcode::Sub:
    case Opcode::Mad:
        if (!instruction.has(Mod::Carry))
            return nullptr;
        break;
    case Opcode::Addc:
    case Opcode::Subc:
    case Opcode::Madc:
        break;
    default:
        return nullptr;
    }
    if (ptx::isFloat(instruction.types[0]))
        return nullptr;
    switch (ptx::sizeOf(instruction.types[0])) {
    case 4:
        return &withCarry<std::uint32_t>;
    case 8:
        return &withCarry<std::uint64_t>;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
