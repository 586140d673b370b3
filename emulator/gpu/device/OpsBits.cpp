// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Logic, shifts, bit fields, selection (PTX ISA 9.7.1, 9.7.7, 9.7.8).

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Type;

#define SLIPWAY_OPERATION(name, isSlow, ...)                                                       \
    struct name {                                                                                  \
        static constexpr bool slow = isSlow;                                                       \
        template<class D, class T>                                                                 \
        SLIPWAY_INLINE D apply(__VA_ARGS__)

SLIPWAY_OPERATION(And, false, T a, T b)
{
    return static_cast<D>(a & b);
}
};
SLIPWAY_OPERATION(Or, false, T a, T b)
{
    return static_cast<D>(a | b);
}
};
SLIPWAY_OPERATION(Xor, false, T a, T b)
{
    return static_cast<D>(a ^ b);
}
}
;
SLIPWAY_OPERATION(Not, false, T a)
{
    return static_cast<D>(~a);
}
}
;
SLIPWAY_OPERATION(Cnot, false, T a)
{
    return static_cast<D>(a == 0 ? 1 : 0);
}
}
;
SLIPWAY_OPERATION(Shl, false, T a, std::uint32_t b)
{
    return static_cast<D>(b >= sizeof(T) * 8 ? T {0}
                                             : static_cast<T>(a << (b & (sizeof(T) * 8 - 1))));
}
}
;
SLIPWAY_OPERATION(Shr, false, T a, std::uint32_t b)
{
    constexpr std::uint32_t width = sizeof(T) * 8;
    if constexpr (std::is_signed_v<T>)
        return static_cast<D>(a >> (b >= width ? width - 1 : b));
    else
        return static_cast<D>(b >= width ? T {0} : static_cast<T>(a >> (b & (width - 1))));
}
}
;
SLIPWAY_OPERATION(Popc, false, T a)
{
    return static_cast<D>(std::popcount(a));
}
}
;
SLIPWAY_OPERATION(Clz, false, T a)
{
    return static_cast<D>(std::countl_zero(a));
}
}
;
template<bool isShift>
struct Bfind {
    static constexpr bool slow = false;
    template<class D, class T>
    SLIPWAY_INLINE D apply(T a)
    {
        using U = std::make_unsigned_t<T>;
        const auto value = static_cast<U>(std::is_signed_v<T> && a < 0 ? ~a : a);
        const int zeros = std::countl_zero(value);
        if (value == 0)
            return static_cast<D>(~0U);
        return static_cast<D>(isShift ? zeros : static_cast<int>(sizeof(T) * 8) - 1 - zeros);
    }
};
SLIPWAY_OPERATION(Brev, false, T a)
{
    const auto swap = [](T x, T mask, unsigned by) {
        return static_cast<T>(((x >> by) & mask) | ((x & mask) << by));
    };
    a = swap(a, static_cast<T>(0x5555'5555'5555'5555U), 1);
    a = swap(a, static_cast<T>(0x3333'3333'3333'3333U), 2);
    a = swap(a, static_cast<T>(0x0F0F'0F0F'0F0F'0F0FU), 4);
    a = swap(a, static_cast<T>(0x00FF'00FF'00FF'00FFU), 8);
    a = swap(a, static_cast<T>(0x0000'FFFF'0000'FFFFU), 16);
    if constexpr (sizeof(T) == 8)
        a = static_cast<T>((a >> 32U) | (a << 32U));
    return static_cast<D>(a);
}
}
;
SLIPWAY_OPERATION(Bfe, false, T a, std::uint32_t pos, std::uint32_t len)
{
    using U = std::make_unsigned_t<T>;
    constexpr std::uint32_t width = sizeof(T) * 8;
    pos &= 0xFFU;
    len &= 0xFFU;
    const auto bits = static_cast<U>(a);
    const U shifted = pos >= width ? U {0} : static_cast<U>(bits >> (pos & (width - 1)));
    const U mask = len >= width ? ~U {0} : static_cast<U>((U {1} << (len & (width - 1))) - 1);
    U result = shifted & mask;
    if constexpr (std::is_signed_v<T>) {
        // The sign is the field's top bit, or the value's own when the field runs over it.
        const std::uint32_t top = std::min(pos + len - 1, width - 1);
        const bool negative = len != 0 && ((bits >> (top & (width - 1))) & 1U) != 0;
        if (negative) {
            const std::uint32_t have = pos >= width ? 0 : std::min(len, width - pos);
            result |= have >= width ? U {0} : static_cast<U>(~U {0} << (have & (width - 1)));
        }
    }
    return static_cast<D>(result);
}
}
;
SLIPWAY_OPERATION(Bfi, false, T a, T b, std::uint32_t pos, std::uint32_t len)
{
    constexpr std::uint32_t width = sizeof(T) * 8;
    pos &= 0xFFU;
    len &= 0xFFU;
    const T field = len >= width ? static_cast<T>(~T {0})
                                 : static_cast<T>((T {1} << (len & (width - 1))) - 1);
    const T mask = pos >= width ? T {0} : static_cast<T>(field << (pos & (width - 1)));
    const T value = pos >= width ? T {0} : static_cast<T>(a << (pos & (width - 1)));
    return static_cast<D>((b & ~mask) | (value & mask));
}
}
;
struct Lop3 {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t table)
    {
        std::uint32_t result = 0;
        for (unsigned i = 0; i < 8; ++i) {
            const std::uint32_t here
                = ((i & 4U) != 0 ? a : ~a) & ((i & 2U) != 0 ? b : ~b) & ((i & 1U) != 0 ? c : ~c);
            result |= here & (0 - ((table >> i) & 1U));
        }
        return result;
    }
};
template<bool left, bool clamps>
struct Funnel {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c)
    {
        const std::uint64_t both = (std::uint64_t {b} << 32U) | a;
        const std::uint32_t by = clamps ? std::min(c, 32U) : c & 31U;
        return left ? static_cast<std::uint32_t>((both << by) >> 32U)
                    : static_cast<std::uint32_t>(both >> by);
    }
};
struct Prmt {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c)
    {
        const std::uint64_t both = (std::uint64_t {b} << 32U) | a;
        std::uint32_t result = 0;
        for (unsigned i = 0; i < 4; ++i) {
            const std::uint32_t selector = c >> (i * 4);
            std::uint32_t octet = static_cast<std::uint32_t>(both >> ((selector & 7U) * 8)) & 0xFFU;
            const std::uint32_t sign = 0 - ((octet >> 7U) & 1U);
            octet = (selector & 8U) != 0 ? sign & 0xFFU : octet;
            result |= octet << (i * 8);
        }
        return result;
    }
};
template<ptx::Permute mode>
struct PrmtMode {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b, std::uint32_t c)
    {
        using P = ptx::Permute;
        const unsigned n = c & 3U;
        std::uint32_t selector = 0;
        for (unsigned i = 0; i < 4; ++i) {
            unsigned from = 0;
            if (mode == P::F4e)
                from = n + i;
            else if (mode == P::B4e)
                from = (n + 8 - i) & 7U;
            else if (mode == P::Rc8)
                from = n;
            else if (mode == P::Ecl)
                from = std::max(n, i);
            else if (mode == P::Ecr)
                from = std::min(n, i);
            else
                from = (n & 1U) * 2 + (i & 1U);
            selector |= from << (i * 4);
        }
        return Prmt::apply<D>(a, b, selector);
    }
};
template<bool clamps>
struct Bmsk {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t a, std::uint32_t b)
    {
        const std::uint32_t pos = clamps ? std::min(a, 32U) : a & 31U;
        const std::uint32_t len = clamps ? std::min(b, 32U) : b & 31U;
        return static_cast<std::uint32_t>(((std::uint64_t {1} << len) - 1) << pos);
    }
};
template<bool clamps, class T>
struct Szext {
    static constexpr bool slow = false;
    template<class D>
    SLIPWAY_INLINE D apply(T a, std::uint32_t b)
    {
        const std::uint32_t n = clamps ? std::min(b, 32U) : b & 31U;
        const auto bits = static_cast<std::int64_t>(static_cast<std::uint32_t>(a));
        const auto low = static_cast<std::uint64_t>(bits) & ((std::uint64_t {1} << n) - 1);
        if constexpr (std::is_signed_v<T>) {
            const bool negative = n != 0 && ((low >> (n - 1)) & 1U) != 0;
            return static_cast<D>(negative ? low | (~std::uint64_t {0} << n) : low);
        }
        return static_cast<D>(low);
    }
};
struct Fns {
    static constexpr bool slow = true;
    template<class D>
    SLIPWAY_INLINE D apply(std::uint32_t mask, std::uint32_t base, std::int32_t offset)
    {
        const int step = offset < 0 ? -1 : 1;
        int left = offset == 0 ? 1 : (offset < 0 ? -offset : offset);
        if (offset == 0)
            return ((mask >> (base & 31U)) & 1U) != 0 ? base : ~0U;
        for (int at = static_cast<int>(base & 31U); at >= 0 && at < 32; at += step) {
            if (((mask >> at) & 1U) != 0 && --left == 0)
                return static_cast<D>(at);
        }
        return ~0U;
    }
};
struct Slct {
    static constexpr bool slow = false;
    template<class D, class T, class C>
    SLIPWAY_INLINE D apply(T a, T b, C c)
    {
        return c >= 0 ? a : b;
    }
};

/// d = c ? a : b, with c a predicate.
template<class T>
struct Select {
    [[gnu::always_inline]] static inline void body(Warp& warp, const Op& op, std::uint32_t exec)
    {
        const std::uint32_t mask = warp.predicate(op.c) ^ (op.negatedC ? everyLane : 0);
        T a[warpSize];
        T b[warpSize];
        std::memcpy(a, warp.row(op.a), sizeof a);
        std::memcpy(b, warp.row(op.b), sizeof b);
        T results[warpSize];
        for (unsigned i = 0; i < warpSize; ++i)
            results[i] = ((mask >> i) & 1U) != 0 ? a[i] : b[i];
        storeLanes(warp.row(op.d), results, exec);
    }
    static void base(Warp& warp, const Op& op, std::uint32_t exec) { body(warp, op, exec); }
    SLIPWAY_WIDE static void wide(Warp& warp, const Op& op, std::uint32_t exec)
    {
        body(warp, op, exec);
    }
};

template<class T>
Handler select()
{
    return hasWideVectors() ? &Select<T>::wide : &Select<T>::base;
}

template<class F>
void predicates(Warp& warp, const Op& op, std::uint32_t exec)
{
    const std::uint32_t b = op.b == noRow ? 0 : warp.predicate(op.b);
    const std::uint32_t value = F::calculate(warp.predicate(op.a), b);
    std::uint32_t& d = warp.predicate(op.d);
    d = (d & ~exec) | (value & exec);
}
struct PredicateAnd {
    static std::uint32_t calculate(std::uint32_t a, std::uint32_t b) { return a & b; }
};
struct PredicateOr {
    static std::uint32_t calculate(std::uint32_t a, std::uint32_t b) { return a | b; }
};
struct PredicateXor {
    static std::uint32_t calculate(std::uint32_t a, std::uint32_t b) { return a ^ b; }
};
struct PredicateNot {
    static std::uint32_t calculate(std::uint32_t a, std::uint32_t b) { return ~a | b; }
};

template<class F>
Handler logic(Type type, bool isUnary)
{
    switch (ptx::sizeOf(type)) {
    case 2:
        return isUnary ? nullptr : elementwise<F, std::uint16_t, std::uint16_t, std::uint16_t>();
    case 4:
        return isUnary ? nullptr : elementwise<F, std::uint32_t, std::uint32_t, std::uint32_t>();
    case 8:
        return isUnary ? nullptr : elementwise<F, std::uint64_t, std::uint64_t, std::uint64_t>();
    default:
        return nullptr;
    }
}

template<class F>
Handler unaryLogic(Type type)
{
    switch (ptx::sizeOf(type)) {
    case 2:
        return elementwise<F, std::uint16_t, std::uint16_t>();
    case 4:
        return elementwise<F, std::uint32_t, std::uint32_t>();
    case 8:
        return elementwise<F, std::uint64_t, std::uint64_t>();
    default:
        return nullptr;
    }
}

Handler shift(Opcode opcode, Type type)
{
    const bool left = opcode == Opcode::Shl;
    switch (type) {
    case Type::S16:
        return elementwise<Shr, std::int16_t, std::int16_t, std::uint32_t>();
    case Type::S32:
        return elementwise<Shr, std::int32_t, std::int32_t, std::uint32_t>();
    case Type::S64:
        return elementwise<Shr, std::int64_t, std::int64_t, std::uint32_t>();
    default:
        break;
    }
    switch (ptx::sizeOf(type)) {
    case 2:
        return left ? elementwise<Shl, std::uint16_t, std::uint16_t, std::uint32_t>()
                    : elementwise<Shr, std::uint16_t, std::uint16_t, std::uint32_t>();
    case 4:
        return left ? elementwise<Shl, std::uint32_t, std::uint32_t, std::uint32_t>()
                    : elementwise<Shr, std::uint32_t, std::uint32_t, std::uint32_t>();
    default:
        return left ? elementwise<Shl, std::uint64_t, std::uint64_t, std::uint32_t>()
                    : elementwise<Shr, std::uint64_t, std::uint64_t, std::uint32_t>();
    }
}

template<class F>
Handler counting(Type type)
{
    switch (type) {
    case Type::S32:
        if constexpr (!std::is_same_v<F, Popc> && !std::is_same_v<F, Clz>)
            return elementwise<F, std::uint32_t, std::int32_t>();
        return nullptr;
    case Type::S64:
        if constexpr (!std::is_same_v<F, Popc> && !std::is_same_v<F, Clz>)
            return elementwise<F, std::uint32_t, std::int64_t>();
        return nullptr;
    default:
        return ptx::sizeOf(type) == 8 ? elementwise<F, std::uint32_t, std::uint64_t>()
                                      : elementwise<F, std::uint32_t, std::uint32_t>();
    }
}

Handler extract(Type type)
{
    using U = std::uint32_t;
    switch (type) {
    case Type::S32:
        return elementwise<Bfe, std::int32_t, std::int32_t, U, U>();
    case Type::S64:
        return elementwise<Bfe, std::int64_t, std::int64_t, U, U>();
    case Type::U64:
        return elementwise<Bfe, std::uint64_t, std::uint64_t, U, U>();
    default:
        return elementwise<Bfe, U, U, U, U>();
    }
}

Handler permute(ptx::Permute mode)
{
    using P = ptx::Permute;
    using U = std::uint32_t;
    switch (mode) {
    case P::F4e:
        return elementwise<PrmtMode<P::F4e>, U, U, U, U>();
    case P::B4e:
        return elementwise<PrmtMode<P::B4e>, U, U, U, U>();
    case P::Rc8:
        return elementwise<PrmtMode<P::Rc8>, U, U, U, U>();
    case P::Ecl:
        return elementwise<PrmtMode<P::Ecl>, U, U, U, U>();
    case P::Ecr:
        return elementwise<PrmtMode<P::Ecr>, U, U, U, U>();
    case P::Rc16:
        return elementwise<PrmtMode<P::Rc16>, U, U, U, U>();
    default:
        return elementwise<Prmt, U, U, U, U>();
    }
}

Handler funnel(const ptx::Instruction& instruction)
{
    using U = std::uint32_t;
    const bool clamps = instruction.modifier<ptx::Wrap>(Mod::Wrap) == ptx::Wrap::Clamp;
    if (instruction.modifier<ptx::Direction>(Mod::Direction) == ptx::Direction::Left)
        return clamps ? elementwise<Funnel<true, true>, U, U, U, U>()
                      : elementwise<Funnel<true, false>, U, U, U, U>();
    return clamps ? elementwise<Funnel<false, true>, U, U, U, U>()
                  : elementwise<Funnel<false, false>, U, U, U, U>();
}

template<class C>
Handler slct(std::uint32_t size)
{
    switch (size) {
    case 2:
        return elementwise<Slct, std::uint16_t, std::uint16_t, std::uint16_t, C>();
    case 4:
        return elementwise<Slct, std::uint32_t, std::uint32_t, std::uint32_t, C>();
    default:
        return elementwise<Slct, std::uint64_t, std::uint64_t, std::uint64_t, C>();
    }
}

Handler isspacep(ptx::Space space);

/// Whether a generic address lies in the window of a space.
template<ptx::Space space>
void isInSpace(Warp& warp, const Op& op, std::uint32_t exec)
{
    std::uint32_t mask = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        const auto at = laneValue<std::uint64_t>(warp.row(op.a), lane);
        const bool shared = at >= window::shared && at < window::local;
        const bool local = at >= window::local && at < window::parameter;
        const bool parameter = at >= window::parameter && at < window::function;
        const bool is = space == ptx::Space::Shared ? shared
            : space == ptx::Space::Local            ? local
            : space == ptx::Space::Param            ? parameter
            : space == ptx::Space::Global           ? !shared && !local && !parameter
                                                    : false;
        mask |= is ? 1U << lane : 0;
    }
    std::uint32_t& d = warp.predicate(op.d);
    d = (d & ~exec) | (mask & exec);
}

Handler isspacep(ptx::Space space)
{
    switch (space) {
    case ptx::Space::Shared:
        return &isInSpace<ptx::Space::Shared>;
    case ptx::Space::Local:
        return &isInSpace<ptx::Space::Local>;
    case ptx::Space::Param:
        return &isInSpace<ptx::Space::Param>;
    case ptx::Space::Global:
        return &isInSpace<ptx::Space::Global>;
    case ptx::Space::Const:
        return &isInSpace<ptx::Space::Const>;
    default:
        return nullptr;
    }
}

template<std::uint64_t base, bool adds, class T>
void shiftWindow(Warp& warp, const Op& op, std::uint32_t exec)
{
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        if (((exec >> lane) & 1U) == 0)
            continue;
        const T from = laneValue<T>(warp.row(op.a), lane);
        setLane(warp.row(op.d), lane, static_cast<T>(adds ? from + base : from - base));
    }
}

Handler cvta(const ptx::Instruction& instruction)
{
    using T = std::uint64_t;
    if (instruction.types[0] != Type::U64)
        return nullptr;
    const bool from = instruction.has(Mod::To);
    switch (instruction.modifier<ptx::Space>(Mod::Space)) {
    case ptx::Space::Global:
    case ptx::Space::Const:
        return copyHandler(8);
    case ptx::Space::Shared:
        return from ? &shiftWindow<window::shared, false, T>
                    : &shiftWindow<window::shared, true, T>;
    case ptx::Space::Local:
        return from ? &shiftWindow<window::local, false, T> : &shiftWindow<window::local, true, T>;
    case ptx::Space::Param:
        return from ? &shiftWindow<window::parameter, false, T>
                    : &shiftWindow<window::parameter, true, T>;
    default:
        return nullptr;
    }
}

} // namespace

Handler bitHandler(const ptx::Instruction& instruction)
{
    using U = std::uint32_t;
    const Type type = instruction.types[0];
    const bool clamps = instruction.modifier<ptx::Wrap>(Mod::Wrap) == ptx::Wrap::Clamp;
    switch (instruction.opcode) {
    case Opcode::And:
        return type == Type::Pred ? &predicates<PredicateAnd> : logic<And>(type, false);
    case Opcode::Or:
        return type == Type::Pred ? &predicates<PredicateOr> : logic<Or>(type, false);
    case Opcode::Xor:
        return type == Type::Pred ? &predicates<PredicateXor> : logic<Xor>(type, false);
    case Opcode::Not:
        return type == Type::Pred ? &predicates<PredicateNot> : unaryLogic<Not>(type);
    case Opcode::Cnot:
        return unaryLogic<Cnot>(type);
    case Opcode::Shl:
    case Opcode::Shr:
        return shift(instruction.opcode, type);
    case Opcode::Popc:
        return counting<Popc>(type);
    case Opcode::Clz:
        return counting<Clz>(type);
    case Opcode::Bfind:
        return instruction.has(Mod::ShiftAmount) ? counting<Bfind<true>>(type)
                                                 : counting<Bfind<false>>(type);
    case Opcode::Brev:
        return unaryLogic<Brev>(type);
    case Opcode::Bfe:
        return extract(type);
    case Opcode::Bfi:
        return type == Type::B64
            ? elementwise<Bfi, std::uint64_t, std::uint64_t, std::uint64_t, U, U>()
            : elementwise<Bfi, U, U, U, U, U>();
    case Opcode::Lop3:
        return elementwise<Lop3, U, U, U, U, U>();
    case Opcode::Prmt:
        return permute(instruction.modifier<ptx::Permute>(Mod::Permute));
    case Opcode::Shf:
        return funnel(instruction);
    case Opcode::Bmsk:
        return clamps ? elementwise<Bmsk<true>, U, U, U>() : elementwise<Bmsk<false>, U, U, U>();
    case Opcode::Szext:
        if (type == Type::S32)
            return clamps
                ? elementwise<Szext<true, std::int32_t>, std::int32_t, std::int32_t, U>()
                : elementwise<Szext<false, std::int32_t>, std::int32_t, std::int32_t, U>();
        return clamps ? elementwise<Szext<true, U>, U, U, U>()
                      : elementwise<Szext<false, U>, U, U, U>();
    case Opcode::Fns:
        return elementwise<Fns, U, U, U, std::int32_t>();
    case Opcode::Selp:
        switch (ptx::sizeOf(type)) {
        case 2:
            return select<std::uint16_t>();
        case 4:
            return select<std::uint32_t>();
        default:
            return select<std::uint64_t>();
        }
    case Opcode::Slct:
        if (instruction.types[1] == Type::F32)
            return slct<float>(ptx::sizeOf(type));
        return instruction.types[1] == Type::S32 ? slct<std::int32_t>(ptx::sizeOf(type)) : nullptr;
    case Opcode::Isspacep:
        return isspacep(instruction.modifier<ptx::Space>(Mod::Space));
    case Opcode::Cvta:
        return cvta(instruction);
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
