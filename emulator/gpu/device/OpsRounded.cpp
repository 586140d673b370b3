// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// f32 and f64 arithmetic with .rz, .rm and .rp: the processor's rounding mode is switched for the
// instruction. Built with -frounding-math.

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"
#include "emulator/gpu/device/Rounding.h"

#include <bit>
#include <cmath>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Rounding;
using ptx::Type;

template<class T>
T compute(Opcode opcode, T a, T b, T c)
{
    switch (opcode) {
    case Opcode::Add:
        return a + b;
    case Opcode::Sub:
        return a - b;
    case Opcode::Mul:
        return a * b;
    case Opcode::Div:
        return a / b;
    case Opcode::Rcp:
        return T {1} / a;
    case Opcode::Sqrt:
        return std::sqrt(a);
    default:
        return std::fma(a, b, c);
    }
}

float flush(float x)
{
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return (bits & 0x7F80'0000U) == 0 ? std::bit_cast<float>(bits & 0x8000'0000U) : x;
}
double flush(double x)
{
    return x;
}

template<class T>
void rounded(Warp& warp, const Op& op, std::uint32_t exec)
{
    const RoundingMode mode(op.source->modifier<Rounding>(Mod::Rounding));
    const bool ftz = op.source->has(Mod::Ftz);
    const bool sat = op.source->modifier(Mod::Sat) == 1;
    const auto read = [&](Row row, unsigned lane) {
        const T value = row == noRow ? T {0} : laneValue<T>(warp.row(row), lane);
        return ftz ? flush(value) : value;
    };
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        T result = compute(op.source->opcode, read(op.a, lane), read(op.b, lane), read(op.c, lane));
        if (ftz)
            result = flush(result);
        if (sat)
            result = result > T {0} ? (result < T {1} ? result : T {1}) : T {0};
        if constexpr (sizeof(T) == 4) {
            if (result != result)
                result = std::bit_cast<float>(0x7FFF'FFFFU);
        }
        setLane(warp.row(op.d), lane, result);
    }
}

} // namespace

Handler roundedHandler(const ptx::Instruction& instruction)
{
    const auto rounding = instruction.modifier<Rounding>(Mod::Rounding);
    if (rounding != Rounding::Rz && rounding != Rounding::Rm && rounding != Rounding::Rp)
        return nullptr;
    switch (instruction.opcode) {
    case Opcode::Add:
    case Opcode::Sub:
    case Opcode::Mul:
    case Opcode::Div:
    case Opcode::Rcp:
    case Opcode::Sqrt:
    case Opcode::Fma:
    case Opcode::Mad:
        break;
    default:
        return nullptr;
    }
    if (instruction.types[0] == Type::F32)
        return &rounded<float>;
    return instruction.types[0] == Type::F64 ? &rounded<double> : nullptr;
}

} // namespace emulator::gpu::device
