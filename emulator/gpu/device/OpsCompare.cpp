// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// setp and set (PTX ISA 9.7.6).

#include "emulator/gpu/device/Half.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <bit>

namespace emulator::gpu::device {
namespace {

using ptx::Compare;
using ptx::Mod;
using ptx::Type;

template<class T>
[[gnu::always_inline]] inline T read(T x)
{
    return x;
}
[[gnu::always_inline]] inline float read(HalfBits x)
{
    return toFloat(x);
}
[[gnu::always_inline]] inline float read(BrainBits x)
{
    return toFloat(x);
}

template<Compare how, bool ftz>
struct Test {
    static constexpr bool slow = false;
    template<class T>
    SLIPWAY_INLINE T flush(T x)
    {
        if constexpr (ftz && std::is_same_v<T, float>) {
            const auto bits = std::bit_cast<std::uint32_t>(x);
            return (bits & 0x7F80'0000U) == 0 ? 0.0F : x;
        }
        return x;
    }
    template<class D, class T>
    SLIPWAY_INLINE D apply(T rawA, T rawB)
    {
        const auto a = flush(read(rawA));
        const auto b = flush(read(rawB));
        const bool unordered = a != a || b != b;
        switch (how) {
        case Compare::Eq:
            return a == b;
        case Compare::Ne:
            return a != b && !unordered;
        case Compare::Lt:
            return a < b;
        case Compare::Le:
            return a <= b;
        case Compare::Gt:
            return a > b;
        case Compare::Ge:
            return a >= b;
        case Compare::Equ:
            return a == b || unordered;
        case Compare::Neu:
            return a != b;
        case Compare::Ltu:
            return !(a >= b);
        case Compare::Leu:
            return !(a > b);
        case Compare::Gtu:
            return !(a <= b);
        case Compare::Geu:
            return !(a < b);
        case Compare::Num:
            return !unordered;
        default:
            return unordered;
        }
    }
};

template<class T>
Handler ordered(Compare how)
{
    switch (how) {
    case Compare::Eq:
        return comparison<Test<Compare::Eq, false>, T>();
    case Compare::Ne:
        return comparison<Test<Compare::Neu, false>, T>();
    case Compare::Lt:
    case Compare::Lo:
        return comparison<Test<Compare::Lt, false>, T>();
    case Compare::Le:
    case Compare::Ls:
        return comparison<Test<Compare::Le, false>, T>();
    case Compare::Gt:
    case Compare::Hi:
        return comparison<Test<Compare::Gt, false>, T>();
    case Compare::Ge:
    case Compare::Hs:
        return comparison<Test<Compare::Ge, false>, T>();
    default:
        return nullptr;
    }
}

template<class T, bool ftz>
Handler real(Compare how)
{
    switch (how) {
    case Compare::Eq:
        return comparison<Test<Compare::Eq, ftz>, T>();
    case Compare::Ne:
        return comparison<Test<Compare::Ne, ftz>, T>();
    case Compare::Lt:
        return comparison<Test<Compare::Lt, ftz>, T>();
    case Compare::Le:
        return comparison<Test<Compare::Le, ftz>, T>();
    case Compare::Gt:
        return comparison<Test<Compare::Gt, ftz>, T>();
    case Compare::Ge:
        return comparison<Test<Compare::Ge, ftz>, T>();
    case Compare::Equ:
        return comparison<Test<Compare::Equ, ftz>, T>();
    case Compare::Neu:
        return comparison<Test<Compare::Neu, ftz>, T>();
    case Compare::Ltu:
        return comparison<Test<Compare::Ltu, ftz>, T>();
    case Compare::Leu:
        return comparison<Test<Compare::Leu, ftz>, T>();
    case Compare::Gtu:
        return comparison<Test<Compare::Gtu, ftz>, T>();
    case Compare::Geu:
        return comparison<Test<Compare::Geu, ftz>, T>();
    case Compare::Num:
        return comparison<Test<Compare::Num, ftz>, T>();
    case Compare::Nan:
        return comparison<Test<Compare::Nan, ftz>, T>();
    default:
        return nullptr;
    }
}

} // namespace

Handler compareHandler(const ptx::Instruction& instruction)
{
    const Type type = instruction.types[instruction.opcode == ptx::Opcode::Setp ? 0 : 1];
    const auto how = instruction.modifier<Compare>(Mod::Compare);
    const bool ftz = instruction.has(Mod::Ftz);
    const bool equality = how == Compare::Eq || how == Compare::Ne;
    switch (type) {
    case Type::B16:
        return equality ? ordered<std::uint16_t>(how) : nullptr;
    case Type::B32:
        return equality ? ordered<std::uint32_t>(how) : nullptr;
    case Type::B64:
        return equality ? ordered<std::uint64_t>(how) : nullptr;
    case Type::U16:
        return ordered<std::uint16_t>(how);
    case Type::U32:
        return ordered<std::uint32_t>(how);
    case Type::U64:
        return ordered<std::uint64_t>(how);
    case Type::S16:
        return ordered<std::int16_t>(how);
    case Type::S32:
        return ordered<std::int32_t>(how);
    case Type::S64:
        return ordered<std::int64_t>(how);
    case Type::F32:
        return ftz ? real<float, true>(how) : real<float, false>(how);
    case Type::F64:
        return real<double, false>(how);
    case Type::F16:
        return real<HalfBits, false>(how);
    case Type::Bf16:
        return real<BrainBits, false>(how);
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
