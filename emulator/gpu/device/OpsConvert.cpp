// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// cvt (PTX ISA 9.7.9.21). The conversions that compilers write most have vector loops; all others
// go lane by lane through one exact path. Built with -frounding-math.

#include "emulator/gpu/device/Half.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"
#include "emulator/gpu/device/Rounding.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Rounding;
using ptx::Type;

struct Cast {
    static constexpr bool slow = false;
    template<class D, class S>
    SLIPWAY_INLINE D apply(S value)
    {
        return static_cast<D>(value);
    }
};
struct HalfToFloat {
    static constexpr bool slow = false;
    template<class D, class S>
    SLIPWAY_INLINE D apply(S value)
    {
        return toFloat(value);
    }
};

bool isInteger(Type type)
{
    return type >= Type::U8 && type <= Type::B64;
}

struct Range {
    std::int64_t low;
    std::uint64_t high;
};

Range rangeOf(Type type)
{
    const unsigned width = ptx::sizeOf(type) * 8;
    if (ptx::isSigned(type))
        return {width == 64 ? std::numeric_limits<std::int64_t>::min()
                            : -(std::int64_t {1} << (width - 1)),
                (std::uint64_t {1} << (width - 1)) - 1};
    return {0, width == 64 ? ~std::uint64_t {0} : (std::uint64_t {1} << width) - 1};
}

std::uint64_t readBits(const std::byte* row, unsigned lane, std::uint32_t size)
{
    std::uint64_t bits = 0;
    std::memcpy(&bits, row + std::size_t {lane} * size, size);
    return bits;
}

std::uint64_t extended(std::uint64_t bits, Type type)
{
    const unsigned unused = 64 - ptx::sizeOf(type) * 8;
    if (!ptx::isSigned(type) || unused == 0)
        return bits;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(bits << unused)
                                      >> static_cast<int>(unused));
}

double realOf(std::uint64_t bits, Type type, bool ftz)
{
    switch (type) {
    case Type::F16:
        return toFloat(HalfBits {static_cast<std::uint16_t>(bits)});
    case Type::Bf16:
        return toFloat(BrainBits {static_cast<std::uint16_t>(bits)});
    case Type::F64:
        return std::bit_cast<double>(bits);
    default: {
        auto word = static_cast<std::uint32_t>(bits);
        if (ftz && (word & 0x7F80'0000U) == 0)
            word &= 0x8000'0000U;
        return std::bit_cast<float>(word);
    }
    }
}

/// To an integer: rounded first, then clamped to the range; NaN becomes 0 (top bit for 64-bit).
std::uint64_t integerOf(double value, Type type, Rounding rounding)
{
    if (value != value)
        return ptx::sizeOf(type) == 8 ? std::uint64_t {1} << 63U : 0;
    const RoundingMode mode(rounding == Rounding::None ? Rounding::Rzi : rounding);
    const double whole = std::nearbyint(value);
    const Range range = rangeOf(type);
    if (whole <= static_cast<double>(range.low))
        return static_cast<std::uint64_t>(range.low);
    if (whole
        >= std::ldexp(1.0, static_cast<int>(ptx::sizeOf(type) * 8) - (ptx::isSigned(type) ? 1 : 0)))
        return range.high;
    return ptx::isSigned(type) ? static_cast<std::uint64_t>(static_cast<std::int64_t>(whole))
                               : static_cast<std::uint64_t>(whole);
}

std::uint64_t tf32Of(double value, Rounding rounding)
{
    const auto word = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    if ((word & 0x7F80'0000U) == 0x7F80'0000U)
        return word;
    if (rounding == Rounding::Rna)
        return (word + 0x1000U) & ~0x1FFFU;
    if (rounding == Rounding::Rz)
        return word & ~0x1FFFU;
    return (word + 0xFFFU + ((word >> 13U) & 1U)) & ~0x1FFFU;
}

struct Conversion {
    Type to;
    Type from;
    Rounding rounding;
    bool ftz;
    bool sat;
    bool finite;
    bool relu;
};

std::uint64_t realBits(double value, const Conversion& how)
{
    if (how.sat)
        value = value > 0 ? std::min(value, 1.0) : 0;
    if (how.relu && !(value > 0))
        value = value != value ? value : 0;
    const Rounding rounding = how.rounding == Rounding::None ? Rounding::Rn : how.rounding;
    std::uint64_t bits = 0;
    switch (how.to) {
    case Type::F16:
        bits = toHalf(value, rounding).bits;
        if (how.finite && (bits & 0x7FFFU) == 0x7C00U)
            --bits;
        return bits;
    case Type::Bf16:
        bits = toBrain(value, rounding).bits;
        if (how.finite && (bits & 0x7FFFU) == 0x7F80U)
            --bits;
        return bits;
    case Type::Tf32:
        return tf32Of(value, rounding);
    case Type::F64:
        return std::bit_cast<std::uint64_t>(value);
    default: {
        const RoundingMode mode(rounding);
        // The compiler must not fold this into code that ran under another mode.
        volatile double wide = value;
        auto word = std::bit_cast<std::uint32_t>(static_cast<float>(wide));
        if (value != value)
            word = 0x7FFF'FFFFU;
        if (how.ftz && (word & 0x7F80'0000U) == 0)
            word &= 0x8000'0000U;
        return word;
    }
    }
}

std::uint64_t fromInteger(std::uint64_t bits, const Conversion& how)
{
    const std::uint64_t value = extended(bits, how.from);
    if (isInteger(how.to)) {
        if (!how.sat)
            return value;
        const Range range = rangeOf(how.to);
        if (ptx::isSigned(how.from)) {
            const auto number = static_cast<std::int64_t>(value);
            if (number < range.low)
                return static_cast<std::uint64_t>(range.low);
            return number > 0 && value > range.high ? range.high : value;
        }
        return std::min(value, range.high);
    }
    const RoundingMode mode(how.rounding);
    volatile std::uint64_t opaque = value;
    if (how.to == Type::F64) {
        const double real = ptx::isSigned(how.from)
            ? static_cast<double>(static_cast<std::int64_t>(opaque))
            : static_cast<double>(opaque);
        return std::bit_cast<std::uint64_t>(real);
    }
    if (how.to == Type::F32) {
        const float real = ptx::isSigned(how.from)
            ? static_cast<float>(static_cast<std::int64_t>(opaque))
            : static_cast<float>(opaque);
        return std::bit_cast<std::uint32_t>(real);
    }
    // Halves overflow long before 2^53 matters; sticky rounding keeps the rest exact.
    const std::uint64_t magnitude
        = ptx::isSigned(how.from) && (value >> 63U) != 0 ? 0 - value : value;
    const std::uint64_t cut
        = magnitude >> 53U != 0 ? (magnitude & ~std::uint64_t {0xFFF}) | 0x800U : magnitude;
    const auto real = static_cast<double>(cut);
    return realBits(magnitude == value ? real : -real, how);
}

std::uint64_t convert(std::uint64_t bits, const Conversion& how)
{
    if (isInteger(how.from))
        return fromInteger(bits, how);
    double value = realOf(bits, how.from, how.ftz);
    if (isInteger(how.to))
        return integerOf(value, how.to, how.rounding);
    // .rni to .rpi between reals: round to a whole number.
    if (how.rounding >= Rounding::Rni && how.rounding <= Rounding::Rpi) {
        const RoundingMode mode(how.rounding);
        value = std::nearbyint(value);
        Conversion rest = how;
        rest.rounding = Rounding::Rn;
        return realBits(value, rest);
    }
    if (how.from == how.to && how.from == Type::F64)
        return std::bit_cast<std::uint64_t>(how.sat ? (value > 0 ? std::min(value, 1.0) : 0.0)
                                                    : value);
    return realBits(value, how);
}

Conversion conversionOf(const ptx::Instruction& instruction)
{
    return {instruction.types[0],
            instruction.types[1],
            instruction.modifier<Rounding>(Mod::Rounding),
            instruction.has(Mod::Ftz),
            instruction.modifier(Mod::Sat) == 1,
            instruction.modifier(Mod::Sat) == 2,
            instruction.has(Mod::Relu)};
}

void anyConversion(Warp& warp, const Op& op, std::uint32_t exec)
{
    const Conversion how = conversionOf(*op.source);
    const std::uint32_t from = ptx::sizeOf(how.from);
    const std::uint32_t to = ptx::sizeOf(how.to);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        const std::uint64_t bits = convert(readBits(warp.row(op.a), lane, from), how);
        std::memcpy(warp.row(op.d) + std::size_t {lane} * to, &bits, to);
    }
}

/// cvt.rn.f16x2.f32 d, a, b: a becomes the upper half.
void pairConversion(Warp& warp, const Op& op, std::uint32_t exec)
{
    Conversion how = conversionOf(*op.source);
    how.to = how.to == Type::F16x2 ? Type::F16 : Type::Bf16;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        const auto upper = convert(readBits(warp.row(op.a), lane, 4), how);
        const auto lower = convert(readBits(warp.row(op.b), lane, 4), how);
        setLane(warp.row(op.d), lane, static_cast<std::uint32_t>((upper << 16U) | lower));
    }
}

template<class S>
Handler integerTo(Type to)
{
    switch (ptx::sizeOf(to)) {
    case 1:
        return elementwise<Cast, std::uint8_t, S>();
    case 2:
        return elementwise<Cast, std::uint16_t, S>();
    case 4:
        return elementwise<Cast, std::uint32_t, S>();
    default:
        return elementwise<Cast, std::uint64_t, S>();
    }
}

Handler betweenIntegers(Type to, Type from)
{
    const bool isSigned = ptx::isSigned(from);
    switch (ptx::sizeOf(from)) {
    case 1:
        return isSigned ? integerTo<std::int8_t>(to) : integerTo<std::uint8_t>(to);
    case 2:
        return isSigned ? integerTo<std::int16_t>(to) : integerTo<std::uint16_t>(to);
    case 4:
        return isSigned ? integerTo<std::int32_t>(to) : integerTo<std::uint32_t>(to);
    default:
        return isSigned ? integerTo<std::int64_t>(to) : integerTo<std::uint64_t>(to);
    }
}

} // namespace

Handler convertHandler(const ptx::Instruction& instruction)
{
    if (instruction.opcode != ptx::Opcode::Cvt)
        return nullptr;
    const Conversion how = conversionOf(instruction);
    const bool plain = !how.ftz && !how.sat && !how.relu && !how.finite;
    if (how.to == Type::F16x2 || how.to == Type::Bf16x2)
        return how.from == Type::F32 && instruction.operands.size() == 3 ? &pairConversion
                                                                         : nullptr;
    for (const Type type : {how.to, how.from}) {
        if (type == Type::E4m3x2 || type == Type::E5m2x2 || type == Type::F16x2
            || type == Type::Bf16x2)
            return nullptr;
    }
    if (how.from == Type::Tf32 || instruction.operands.size() != 2)
        return nullptr;
    if (plain && isInteger(how.to) && isInteger(how.from))
        return betweenIntegers(how.to, how.from);
    const bool nearest = plain && how.rounding == Rounding::Rn;
    if (nearest && how.to == Type::F32 && how.from == Type::S32)
        return elementwise<Cast, float, std::int32_t>();
    if (nearest && how.to == Type::F32 && how.from == Type::U32)
        return elementwise<Cast, float, std::uint32_t>();
    if (nearest && how.to == Type::F64 && how.from == Type::S32)
        return elementwise<Cast, double, std::int32_t>();
    if (plain && how.to == Type::F64 && how.from == Type::F32 && how.rounding == Rounding::None)
        return elementwise<Cast, double, float>();
    if (plain && how.to == Type::F32 && how.from == Type::F16)
        return elementwise<HalfToFloat, float, HalfBits>();
    if (plain && how.to == Type::F32 && how.from == Type::Bf16)
        return elementwise<HalfToFloat, float, BrainBits>();
    return &anyConversion;
}

} // namespace emulator::gpu::device
