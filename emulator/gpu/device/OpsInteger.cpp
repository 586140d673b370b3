// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Integer arithmetic (PTX ISA 9.7.1). Everything wraps; nothing is undefined.

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <limits>
#include <type_traits>

namespace emulator::gpu::device {
namespace {

using ptx::Half;
using ptx::Mod;
using ptx::Opcode;
using ptx::Type;

template<class T>
using Unsigned = std::make_unsigned_t<T>;
/// What products of T are computed in: no promotion to int on the way.
template<class T>
using Wrap = std::conditional_t<sizeof(T) < 4, std::uint32_t, Unsigned<T>>;
template<class T>
using Twice
    = std::conditional_t<sizeof(T) == 2,
                         std::conditional_t<std::is_signed_v<T>, std::int32_t, std::uint32_t>,
                         std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

template<class T>
SLIPWAY_INLINE T highProduct(T a, T b)
{
    if constexpr (sizeof(T) < 8) {
        return static_cast<T>((static_cast<Twice<T>>(a) * static_cast<Twice<T>>(b))
                              >> (sizeof(T) * 8));
    } else {
        const auto ua = static_cast<std::uint64_t>(a);
        const auto ub = static_cast<std::uint64_t>(b);
        const std::uint64_t al = ua & 0xFFFF'FFFFU;
        const std::uint64_t ah = ua >> 32U;
        const std::uint64_t bl = ub & 0xFFFF'FFFFU;
        const std::uint64_t bh = ub >> 32U;
        const std::uint64_t middle = ah * bl + ((al * bl) >> 32U);
        const std::uint64_t other = al * bh + (middle & 0xFFFF'FFFFU);
        std::uint64_t high = ah * bh + (middle >> 32U) + (other >> 32U);
        if constexpr (std::is_signed_v<T>) {
            high -= a < 0 ? ub : 0;
            high -= b < 0 ? ua : 0;
        }
        return static_cast<T>(high);
    }
}

#define SLIPWAY_OPERATION(name, isSlow, ...)                                                       \
    struct name {                                                                                  \
        static constexpr bool slow = isSlow;                                                       \
        template<class D, class T>                                                                 \
        SLIPWAY_INLINE D apply(__VA_ARGS__)

SLIPWAY_OPERATION(Add, false, T a, T b)
{
    return static_cast<D>(Wrap<T>(a) + Wrap<T>(b));
}
};
SLIPWAY_OPERATION(Sub, false, T a, T b)
{
    return static_cast<D>(Wrap<T>(a) - Wrap<T>(b));
}
};
SLIPWAY_OPERATION(MulLo, false, T a, T b)
{
    return static_cast<D>(Wrap<T>(a) * Wrap<T>(b));
}
}
;
SLIPWAY_OPERATION(MulHi, false, T a, T b)
{
    return highProduct(a, b);
}
}
;
SLIPWAY_OPERATION(MadLo, false, T a, T b, T c)
{
    return static_cast<D>(Wrap<T>(a) * Wrap<T>(b) + Wrap<T>(c));
}
}
;
SLIPWAY_OPERATION(MadHi, false, T a, T b, T c)
{
    return static_cast<D>(Wrap<T>(highProduct(a, b)) + Wrap<T>(c));
}
}
;
SLIPWAY_OPERATION(Min, false, T a, T b)
{
    return b < a ? b : a;
}
}
;
SLIPWAY_OPERATION(Max, false, T a, T b)
{
    return b > a ? b : a;
}
}
;
SLIPWAY_OPERATION(Neg, false, T a)
{
    return static_cast<D>(Wrap<T>(0) - Wrap<T>(a));
}
}
;
SLIPWAY_OPERATION(Abs, false, T a)
{
    return static_cast<D>(a < 0 ? Wrap<T>(0) - Wrap<T>(a) : Wrap<T>(a));
}
}
;
SLIPWAY_OPERATION(Sad, false, T a, T b, T c)
{
    return static_cast<D>(Wrap<T>(c) + (a < b ? Wrap<T>(b) - Wrap<T>(a) : Wrap<T>(a) - Wrap<T>(b)));
}
}
;
// Division by zero has no result in PTX; the cards give all ones, and so do we.
SLIPWAY_OPERATION(Div, true, T a, T b)
{
    if (b == 0)
        return static_cast<D>(~Wrap<T>(0));
    if constexpr (std::is_signed_v<T>) {
        if (b == -1)
            return static_cast<D>(Wrap<T>(0) - Wrap<T>(a));
    }
    return static_cast<D>(a / b);
}
}
;
SLIPWAY_OPERATION(Rem, true, T a, T b)
{
    if (b == 0)
        return static_cast<D>(a);
    if constexpr (std::is_signed_v<T>) {
        if (b == -1)
            return 0;
    }
    return static_cast<D>(a % b);
}
}
;
SLIPWAY_OPERATION(AddSat, false, T a, T b)
{
    const std::int64_t sum = std::int64_t {a} + std::int64_t {b};
    return static_cast<D>(sum < std::numeric_limits<T>::min()       ? std::numeric_limits<T>::min()
                              : sum > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max()
                                                                    : sum);
}
}
;
SLIPWAY_OPERATION(SubSat, false, T a, T b)
{
    const std::int64_t sum = std::int64_t {a} - std::int64_t {b};
    return static_cast<D>(sum < std::numeric_limits<T>::min()       ? std::numeric_limits<T>::min()
                              : sum > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max()
                                                                    : sum);
}
}
;
SLIPWAY_OPERATION(MadHiSat, false, T a, T b, T c)
{
    const std::int64_t sum = std::int64_t {highProduct(a, b)} + std::int64_t {c};
    return static_cast<D>(sum < std::numeric_limits<T>::min()       ? std::numeric_limits<T>::min()
                              : sum > std::numeric_limits<T>::max() ? std::numeric_limits<T>::max()
                                                                    : sum);
}
}
;

struct MulWide {
    static constexpr bool slow = false;
    template<class D, class T>
    SLIPWAY_INLINE D apply(T a, T b)
    {
        return static_cast<D>(static_cast<D>(a) * static_cast<D>(b));
    }
};
struct MadWide {
    static constexpr bool slow = false;
    template<class D, class T, class C>
    SLIPWAY_INLINE D apply(T a, T b, C c)
    {
        using U = Unsigned<D>;
        return static_cast<D>(static_cast<U>(static_cast<D>(a) * static_cast<D>(b))
                              + static_cast<U>(c));
    }
};
template<bool high>
struct Mul24 {
    static constexpr bool slow = false;
    template<class T>
    SLIPWAY_INLINE std::int64_t product(T a, T b)
    {
        const auto cut = [](T x) {
            return std::is_signed_v<T>
                ? std::int64_t {static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << 8U) >> 8}
                : std::int64_t {static_cast<std::uint32_t>(x) & 0xFFFFFFU};
        };
        const std::int64_t value = cut(a) * cut(b);
        return high ? value >> 16 : value;
    }
    template<class D, class T>
    SLIPWAY_INLINE D apply(T a, T b)
    {
        return static_cast<D>(product(a, b));
    }
    template<class D, class T>
    SLIPWAY_INLINE D apply(T a, T b, T c)
    {
        return static_cast<D>(static_cast<std::uint32_t>(product(a, b))
                              + static_cast<std::uint32_t>(c));
    }
};
/// Two halves at once: u16x2, s16x2.
template<class F, class H>
struct Packed {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b)
    {
        const auto low = F::template apply<H>(static_cast<H>(a), static_cast<H>(b));
        const auto high = F::template apply<H>(static_cast<H>(a >> 16U), static_cast<H>(b >> 16U));
        return static_cast<std::uint16_t>(low)
            | (static_cast<std::uint32_t>(static_cast<std::uint16_t>(high)) << 16U);
    }
};
template<bool aSigned, bool bSigned>
struct Dp4a {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c)
    {
        for (unsigned i = 0; i < 32; i += 8) {
            const auto x = static_cast<std::uint8_t>(a >> i);
            const auto y = static_cast<std::uint8_t>(b >> i);
            const int p = (aSigned ? static_cast<std::int8_t>(x) : int {x})
                * (bSigned ? static_cast<std::int8_t>(y) : int {y});
            c += static_cast<std::uint32_t>(p);
        }
        return c;
    }
};
template<bool aSigned, bool bSigned, bool high>
struct Dp2a {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c)
    {
        for (unsigned i = 0; i < 2; ++i) {
            const auto x = static_cast<std::uint16_t>(a >> (i * 16));
            const auto y = static_cast<std::uint8_t>(b >> (i * 8 + (high ? 16 : 0)));
            const std::int64_t p
                = (aSigned ? std::int64_t {static_cast<std::int16_t>(x)} : std::int64_t {x})
                * (bSigned ? std::int64_t {static_cast<std::int8_t>(y)} : std::int64_t {y});
            c += static_cast<std::uint32_t>(p);
        }
        return c;
    }
};

template<class F>
Handler unary(Type type)
{
    switch (type) {
    case Type::S16:
        return elementwise<F, std::int16_t, std::int16_t>();
    case Type::S32:
        return elementwise<F, std::int32_t, std::int32_t>();
    case Type::S64:
        return elementwise<F, std::int64_t, std::int64_t>();
    default:
        return nullptr;
    }
}

template<class F>
Handler binary(Type type)
{
    switch (type) {
    case Type::U16:
        return elementwise<F, std::uint16_t, std::uint16_t, std::uint16_t>();
    case Type::S16:
        return elementwise<F, std::int16_t, std::int16_t, std::int16_t>();
    case Type::U32:
        return elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t>();
    case Type::S32:
        return elementwise<F, std::int32_t, std::int32_t, std::int32_t>();
    case Type::U64:
        return elementwise<F, std::uint64_t, std::uint64_t, std::uint64_t>();
    case Type::S64:
        return elementwise<F, std::int64_t, std::int64_t, std::int64_t>();
    case Type::U16x2:
    case Type::S16x2:
        if constexpr (!F::slow) {
            if (type == Type::U16x2)
                return elementwise<Packed<F, std::uint16_t>, std::uint32_t, std::uint32_t,
                                   std::uint32_t>();
            return elementwise<Packed<F, std::int16_t>, std::uint32_t, std::uint32_t,
                               std::uint32_t>();
        }
        return nullptr;
    default:
        return nullptr;
    }
}

template<class F>
Handler ternary(Type type)
{
    switch (type) {
    case Type::U16:
        return elementwise<F, std::uint16_t, std::uint16_t, std::uint16_t, std::uint16_t>();
    case Type::S16:
        return elementwise<F, std::int16_t, std::int16_t, std::int16_t, std::int16_t>();
    case Type::U32:
        return elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>();
    case Type::S32:
        return elementwise<F, std::int32_t, std::int32_t, std::int32_t, std::int32_t>();
    case Type::U64:
        return elementwise<F, std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t>();
    case Type::S64:
        return elementwise<F, std::int64_t, std::int64_t, std::int64_t, std::int64_t>();
    default:
        return nullptr;
    }
}

Handler wide(Type type, bool adds)
{
    switch (type) {
    case Type::U16:
        return adds
            ? elementwise<MadWide, std::uint32_t, std::uint16_t, std::uint16_t, std::uint32_t>()
            : elementwise<MulWide, std::uint32_t, std::uint16_t, std::uint16_t>();
    case Type::S16:
        return adds ? elementwise<MadWide, std::int32_t, std::int16_t, std::int16_t, std::int32_t>()
                    : elementwise<MulWide, std::int32_t, std::int16_t, std::int16_t>();
    case Type::U32:
        return adds
            ? elementwise<MadWide, std::uint64_t, std::uint32_t, std::uint32_t, std::uint64_t>()
            : elementwise<MulWide, std::uint64_t, std::uint32_t, std::uint32_t>();
    case Type::S32:
        return adds ? elementwise<MadWide, std::int64_t, std::int32_t, std::int32_t, std::int64_t>()
                    : elementwise<MulWide, std::int64_t, std::int32_t, std::int32_t>();
    default:
        return nullptr;
    }
}

template<bool high>
Handler mul24(Type type, bool adds)
{
    using F = Mul24<high>;
    if (type == Type::S32)
        return adds ? elementwise<F, std::int32_t, std::int32_t, std::int32_t, std::int32_t>()
                    : elementwise<F, std::int32_t, std::int32_t, std::int32_t>();
    return adds ? elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>()
                : elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t>();
}

template<class F>
Handler dot()
{
    return elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>();
}

template<bool high>
Handler dot2(bool a, bool b)
{
    if (a)
        return b ? dot<Dp2a<true, true, high>>() : dot<Dp2a<true, false, high>>();
    return b ? dot<Dp2a<false, true, high>>() : dot<Dp2a<false, false, high>>();
}

Handler dot4(bool a, bool b)
{
    if (a)
        return b ? dot<Dp4a<true, true>>() : dot<Dp4a<true, false>>();
    return b ? dot<Dp4a<false, true>>() : dot<Dp4a<false, false>>();
}

} // namespace

Handler integerHandler(const ptx::Instruction& instruction)
{
    const Type type = instruction.types[0];
    const auto half = instruction.modifier<Half>(Mod::Half);
    const bool sat = instruction.has(Mod::Sat);
    if (ptx::isFloat(type) || (sat && type != Type::S32))
        return nullptr;
    switch (instruction.opcode) {
    case Opcode::Add:
        if (sat)
            return elementwise<AddSat, std::int32_t, std::int32_t, std::int32_t>();
        return binary<Add>(type);
    case Opcode::Sub:
        if (sat)
            return elementwise<SubSat, std::int32_t, std::int32_t, std::int32_t>();
        return binary<Sub>(type);
    case Opcode::Mul:
        if (half == Half::Wide)
            return wide(type, false);
        return half == Half::Hi ? binary<MulHi>(type)
            : half == Half::Lo  ? binary<MulLo>(type)
                                : nullptr;
    case Opcode::Mad:
        if (half == Half::Wide)
            return wide(type, true);
        if (sat)
            return half == Half::Hi
                ? elementwise<MadHiSat, std::int32_t, std::int32_t, std::int32_t, std::int32_t>()
                : nullptr;
        return half == Half::Hi ? ternary<MadHi>(type)
            : half == Half::Lo  ? ternary<MadLo>(type)
                                : nullptr;
    case Opcode::Mul24:
    case Opcode::Mad24:
        return half == Half::Hi ? mul24<true>(type, instruction.opcode == Opcode::Mad24)
                                : mul24<false>(type, instruction.opcode == Opcode::Mad24);
    case Opcode::Min:
        return instruction.has(Mod::Relu) ? nullptr : binary<Min>(type);
    case Opcode::Max:
        return instruction.has(Mod::Relu) ? nullptr : binary<Max>(type);
    case Opcode::Div:
        return binary<Div>(type);
    case Opcode::Rem:
        return binary<Rem>(type);
    case Opcode::Sad:
        return ternary<Sad>(type);
    case Opcode::Neg:
        return unary<Neg>(type);
    case Opcode::Abs:
        return unary<Abs>(type);
    case Opcode::Dp4a:
        return dot4(ptx::isSigned(type), ptx::isSigned(instruction.types[1]));
    case Opcode::Dp2a:
        return instruction.modifier(Mod::Selector) == 2
            ? dot2<true>(ptx::isSigned(type), ptx::isSigned(instruction.types[1]))
            : dot2<false>(ptx::isSigned(type), ptx::isSigned(instruction.types[1]));
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
