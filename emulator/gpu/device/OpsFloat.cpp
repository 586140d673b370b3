// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// f32 and f64 arithmetic rounded to nearest (PTX ISA 9.7.3); other roundings are in
// OpsRounded.cpp. Approximations are the C library's functions: closer than PTX asks for.

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <bit>
#include <cmath>
#include <limits>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Rounding;
using ptx::Type;

SLIPWAY_INLINE float flushed(float x)
{
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return (bits & 0x7F80'0000U) == 0 ? std::bit_cast<float>(bits & 0x8000'0000U) : x;
}
SLIPWAY_INLINE double flushed(double x)
{
    return x;
}

/// The result of an arithmetic operation that is a NaN is the canonical one.
SLIPWAY_INLINE float canonical(float x)
{
    return x != x ? std::bit_cast<float>(0x7FFF'FFFFU) : x;
}
SLIPWAY_INLINE double canonical(double x)
{
    return x;
}

template<class T>
SLIPWAY_INLINE T saturated(T x)
{
    // NaN becomes +0.
    return x > T {0} ? (x < T {1} ? x : T {1}) : T {0};
}

#define SLIPWAY_OPERATION(name, isSlow, ...)                                                       \
    struct name {                                                                                  \
        static constexpr bool slow = isSlow;                                                       \
        template<class T>                                                                          \
        SLIPWAY_INLINE T compute(__VA_ARGS__)

SLIPWAY_OPERATION(Add, false, T a, T b)
{
    return canonical(a + b);
}
};
SLIPWAY_OPERATION(Sub, false, T a, T b)
{
    return canonical(a - b);
}
};
SLIPWAY_OPERATION(Mul, false, T a, T b)
{
    return canonical(a * b);
}
}
;
SLIPWAY_OPERATION(Div, false, T a, T b)
{
    return canonical(a / b);
}
}
;
SLIPWAY_OPERATION(Rcp, false, T a)
{
    return canonical(T {1} / a);
}
}
;
SLIPWAY_OPERATION(Fma, false, T a, T b, T c)
{
    if constexpr (sizeof(T) == 4)
        return canonical(__builtin_fmaf(a, b, c));
    else
        return __builtin_fma(a, b, c);
}
}
;
SLIPWAY_OPERATION(Sqrt, false, T a)
{
    return canonical(std::sqrt(a));
}
}
;
SLIPWAY_OPERATION(Rsqrt, false, T a)
{
    return canonical(T {1} / std::sqrt(a));
}
}
;
SLIPWAY_OPERATION(Min, false, T a, T b)
{
    return a != a ? canonical(b) : b != b ? a : (a < b || (a == b && std::signbit(a))) ? a : b;
}
}
;
SLIPWAY_OPERATION(Max, false, T a, T b)
{
    return a != a ? canonical(b) : b != b ? a : (a > b || (a == b && !std::signbit(a))) ? a : b;
}
}
;
SLIPWAY_OPERATION(MinNan, false, T a, T b)
{
    return a != a || b != b ? canonical(a + b) : (a < b || (a == b && std::signbit(a))) ? a : b;
}
}
;
SLIPWAY_OPERATION(MaxNan, false, T a, T b)
{
    return a != a || b != b ? canonical(a + b) : (a > b || (a == b && !std::signbit(a))) ? a : b;
}
}
;
SLIPWAY_OPERATION(Neg, false, T a)
{
    return -a;
}
}
;
SLIPWAY_OPERATION(Abs, false, T a)
{
    return std::fabs(a);
}
}
;
SLIPWAY_OPERATION(Copysign, false, T a, T b)
{
    return std::copysign(b, a);
}
}
;
SLIPWAY_OPERATION(Ex2, true, T a)
{
    return canonical(std::exp2(a));
}
}
;
SLIPWAY_OPERATION(Lg2, true, T a)
{
    return canonical(std::log2(a));
}
}
;
SLIPWAY_OPERATION(Sin, true, T a)
{
    return canonical(std::sin(a));
}
}
;
SLIPWAY_OPERATION(Cos, true, T a)
{
    return canonical(std::cos(a));
}
}
;
SLIPWAY_OPERATION(Tanh, true, T a)
{
    return canonical(std::tanh(a));
}
}
;

template<class F, bool ftz, bool sat>
struct Finished {
    static constexpr bool slow = F::slow;
    template<class D, class... T>
    SLIPWAY_INLINE D apply(T... values)
    {
        D result;
        if constexpr (ftz)
            result = flushed(F::template compute<D>(flushed(values)...));
        else
            result = F::template compute<D>(values...);
        if constexpr (sat)
            result = saturated(result);
        return result;
    }
};

template<class F, class... T>
Handler single(const ptx::Instruction& instruction)
{
    const bool sat = instruction.modifier(Mod::Sat) == 1;
    if (instruction.has(Mod::Ftz))
        return sat ? elementwise<Finished<F, true, true>, float, T...>()
                   : elementwise<Finished<F, true, false>, float, T...>();
    return sat ? elementwise<Finished<F, false, true>, float, T...>()
               : elementwise<Finished<F, false, false>, float, T...>();
}

template<class F>
Handler one(const ptx::Instruction& instruction)
{
    return instruction.types[0] == Type::F64
        ? elementwise<Finished<F, false, false>, double, double>()
        : single<F, float>(instruction);
}

template<class F>
Handler two(const ptx::Instruction& instruction)
{
    return instruction.types[0] == Type::F64
        ? elementwise<Finished<F, false, false>, double, double, double>()
        : single<F, float, float>(instruction);
}

template<class F>
Handler three(const ptx::Instruction& instruction)
{
    return instruction.types[0] == Type::F64
        ? elementwise<Finished<F, false, false>, double, double, double, double>()
        : single<F, float, float, float>(instruction);
}

template<class T>
void testProperty(Warp& warp, const Op& op, std::uint32_t exec)
{
    using P = ptx::Property;
    const auto property = op.source->modifier<P>(Mod::Property);
    std::uint32_t mask = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        const T x = laneValue<T>(warp.row(op.a), lane);
        const int kind = std::fpclassify(x);
        const bool is = property == P::Finite ? kind != FP_NAN && kind != FP_INFINITE
            : property == P::Infinite         ? kind == FP_INFINITE
            : property == P::Number           ? kind != FP_NAN
            : property == P::NotANumber       ? kind == FP_NAN
            : property == P::Normal           ? kind == FP_NORMAL
                                              : kind == FP_SUBNORMAL;
        mask |= is ? 1U << lane : 0;
    }
    std::uint32_t& d = warp.predicate(op.d);
    d = (d & ~exec) | (mask & exec);
}

} // namespace

Handler floatHandler(const ptx::Instruction& instruction)
{
    const Type type = instruction.types[0];
    if (type != Type::F32 && type != Type::F64)
        return nullptr;
    if (instruction.has(Mod::Relu) || instruction.has(Mod::XorSign))
        return nullptr;
    const bool nan = instruction.has(Mod::Nan);
    switch (instruction.opcode) {
    case Opcode::Add:
        return two<Add>(instruction);
    case Opcode::Sub:
        return two<Sub>(instruction);
    case Opcode::Mul:
        return two<Mul>(instruction);
    case Opcode::Div:
        return two<Div>(instruction);
    case Opcode::Fma:
    case Opcode::Mad:
        return three<Fma>(instruction);
    case Opcode::Rcp:
        return one<Rcp>(instruction);
    case Opcode::Sqrt:
        return one<Sqrt>(instruction);
    case Opcode::Rsqrt:
        return one<Rsqrt>(instruction);
    case Opcode::Min:
        if (instruction.operands.size() != 3)
            return nullptr;
        return nan ? two<MinNan>(instruction) : two<Min>(instruction);
    case Opcode::Max:
        if (instruction.operands.size() != 3)
            return nullptr;
        return nan ? two<MaxNan>(instruction) : two<Max>(instruction);
    case Opcode::Neg:
        return one<Neg>(instruction);
    case Opcode::Abs:
        return one<Abs>(instruction);
    case Opcode::Copysign:
        return two<Copysign>(instruction);
    case Opcode::Ex2:
        return single<Ex2, float>(instruction);
    case Opcode::Lg2:
        return single<Lg2, float>(instruction);
    case Opcode::Sin:
        return single<Sin, float>(instruction);
    case Opcode::Cos:
        return single<Cos, float>(instruction);
    case Opcode::Tanh:
        return single<Tanh, float>(instruction);
    case Opcode::Testp:
        return type == Type::F64 ? &testProperty<double> : &testProperty<float>;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
