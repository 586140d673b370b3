// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// f16, bf16 and their pairs (PTX ISA 9.7.4): computed wider, rounded once.

#include "emulator/gpu/device/Half.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <cmath>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Type;

HalfBits rounded(double value, HalfBits)
{
    return toHalf(value);
}
BrainBits rounded(double value, BrainBits)
{
    return toBrain(value);
}

template<class H>
double smallest(double a, double b, bool nan, bool largest)
{
    if (a != a || b != b)
        return nan ? std::nan("") : (a != a ? b : a);
    if (a == b)
        return std::signbit(a) != largest ? a : b;
    return (a < b) != largest ? a : b;
}

template<class H>
H compute(const ptx::Instruction& instruction, H ah, H bh, H ch)
{
    const double a = toFloat(ah);
    const double b = toFloat(bh);
    double result = 0;
    switch (instruction.opcode) {
    case Opcode::Neg:
        return {static_cast<std::uint16_t>(ah.bits ^ 0x8000U)};
    case Opcode::Abs:
        return {static_cast<std::uint16_t>(ah.bits & 0x7FFFU)};
    case Opcode::Add:
        result = a + b;
        break;
    case Opcode::Sub:
        result = a - b;
        break;
    case Opcode::Mul:
        result = a * b;
        break;
    case Opcode::Fma:
        result = std::fma(a, b, static_cast<double>(toFloat(ch)));
        break;
    case Opcode::Min:
    case Opcode::Max:
        result = smallest<H>(a, b, instruction.has(Mod::Nan), instruction.opcode == Opcode::Max);
        break;
    case Opcode::Ex2:
        result = std::exp2(a);
        break;
    default: // Tanh
        result = std::tanh(a);
        break;
    }
    if (instruction.modifier(Mod::Sat) == 1)
        result = result > 0 ? std::min(result, 1.0) : 0;
    if (instruction.has(Mod::Relu) && result <= 0)
        result = 0;
    H made = rounded(result, H {});
    if (instruction.has(Mod::Ftz) && std::is_same_v<H, HalfBits> && (made.bits & 0x7C00U) == 0)
        made.bits &= 0x8000U;
    return made;
}

template<class H, unsigned count>
void halves(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto read = [&](Row row, unsigned at) {
        return row == noRow ? H {0} : laneValue<H>(warp.row(row), at);
    };
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        for (unsigned i = 0; i < count; ++i) {
            const unsigned at = lane * count + i;
            setLane(warp.row(op.d), at,
                    compute<H>(*op.source, read(op.a, at), read(op.b, at), read(op.c, at)));
        }
    }
}

} // namespace

Handler halfHandler(const ptx::Instruction& instruction)
{
    switch (instruction.opcode) {
    case Opcode::Neg:
    case Opcode::Abs:
    case Opcode::Add:
    case Opcode::Sub:
    case Opcode::Mul:
    case Opcode::Fma:
    case Opcode::Min:
    case Opcode::Max:
    case Opcode::Ex2:
    case Opcode::Tanh:
        break;
    default:
        return nullptr;
    }
    if (instruction.has(Mod::XorSign) || instruction.operands.size() > 4)
        return nullptr;
    switch (instruction.types[0]) {
    case Type::F16:
        return &halves<HalfBits, 1>;
    case Type::F16x2:
        return &halves<HalfBits, 2>;
    case Type::Bf16:
        return &halves<BrainBits, 1>;
    case Type::Bf16x2:
        return &halves<BrainBits, 2>;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
