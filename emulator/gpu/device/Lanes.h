// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Warp.h"

#include <cstdint>
#include <cstring>

/// Loops over the 32 lanes of a row, written so that the compiler turns them into vector code, once
/// for the baseline processor and once for AVX2 with FMA; which one runs is chosen when a handler
/// is picked. An operation is a type with a static `apply`; `slow` ones skip idle lanes.
namespace emulator::gpu::device {

/// Whether this processor has what the second version needs.
[[nodiscard]] bool hasWideVectors();

#define SLIPWAY_INLINE [[gnu::always_inline]] static inline
#define SLIPWAY_WIDE [[gnu::target("avx2,fma,bmi,bmi2,lzcnt,popcnt,f16c")]]

/// Predicate results (0 or 1, one octet each) as a mask.
[[gnu::always_inline]] inline std::uint32_t packMask(const std::uint8_t* flags)
{
    std::uint32_t mask = 0;
    for (unsigned i = 0; i < 4; ++i) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, flags + i * 8, 8);
        mask |= static_cast<std::uint32_t>((eight * 0x0102040810204080U) >> 56U) << (i * 8);
    }
    return mask;
}

template<class T>
[[gnu::always_inline]] inline void storeLanes(std::byte* to, const T* values, std::uint32_t exec)
{
    if (exec == everyLane) {
        std::memcpy(to, values, sizeof(T) * warpSize);
        return;
    }
    T merged[warpSize];
    std::memcpy(merged, to, sizeof merged);
    for (unsigned i = 0; i < warpSize; ++i)
        merged[i] = ((exec >> i) & 1U) != 0 ? values[i] : merged[i];
    std::memcpy(to, merged, sizeof merged);
}

/// d = apply(a) with types D and A, and so on for two to four sources.
template<class F, class D, class... S>
struct Elementwise {
    [[gnu::always_inline]] static inline void body(Warp& warp, const Op& op, std::uint32_t exec)
    {
        const Row sources[4] = {op.a, op.b, op.c, op.e};
        run(warp, op, exec, sources, std::index_sequence_for<S...> {});
    }

    template<std::size_t... I>
    [[gnu::always_inline]] static inline void run(Warp& warp, const Op& op, std::uint32_t exec,
                                                  const Row* sources, std::index_sequence<I...>)
    {
        const std::byte* from[] = {warp.row(sources[I])...};
        D results[warpSize];
        if constexpr (F::slow) {
            std::memcpy(results, warp.row(op.d), sizeof results);
            for (unsigned i = 0; i < warpSize; ++i) {
                if (((exec >> i) & 1U) != 0)
                    results[i] = F::template apply<D>(get<S>(from[I], i)...);
            }
            std::memcpy(warp.row(op.d), results, sizeof results);
        } else {
            for (unsigned i = 0; i < warpSize; ++i)
                results[i] = F::template apply<D>(get<S>(from[I], i)...);
            storeLanes(warp.row(op.d), results, exec);
        }
    }

    template<class T>
    [[gnu::always_inline]] static inline T get(const std::byte* from, unsigned lane)
    {
        T value;
        std::memcpy(&value, from + lane * sizeof(T), sizeof(T));
        return value;
    }

    static void base(Warp& warp, const Op& op, std::uint32_t exec) { body(warp, op, exec); }
    SLIPWAY_WIDE static void wide(Warp& warp, const Op& op, std::uint32_t exec)
    {
        body(warp, op, exec);
    }
};

/// A comparison: d is a predicate; e, when given, receives the opposite; c joins in as op.imm says.
template<class F, class A>
struct Comparison {
    [[gnu::always_inline]] static inline void body(Warp& warp, const Op& op, std::uint32_t exec)
    {
        A a[warpSize];
        A b[warpSize];
        std::memcpy(a, warp.row(op.a), sizeof a);
        std::memcpy(b, warp.row(op.b), sizeof b);
        std::uint8_t flags[warpSize];
        for (unsigned i = 0; i < warpSize; ++i)
            flags[i] = static_cast<std::uint8_t>(F::template apply<bool>(a[i], b[i]));
        finish(warp, op, exec, packMask(flags));
    }
    static void finish(Warp& warp, const Op& op, std::uint32_t exec, std::uint32_t result)
    {
        std::uint32_t opposite = ~result;
        if (op.c != noRow) {
            const std::uint32_t other = warp.predicate(op.c) ^ (op.negatedC ? everyLane : 0);
            const auto join = [&](std::uint32_t x) {
                switch (static_cast<ptx::Bool>(op.imm)) {
                case ptx::Bool::And:
                    return x & other;
                case ptx::Bool::Or:
                    return x | other;
                case ptx::Bool::Xor:
                    return x ^ other;
                default:
                    return x;
                }
            };
            result = join(result);
            opposite = join(opposite);
        }
        if (op.d != noRow) {
            std::uint32_t& d = warp.predicate(op.d);
            d = (d & ~exec) | (result & exec);
        }
        if (op.e != noRow) {
            std::uint32_t& e = warp.predicate(op.e);
            e = (e & ~exec) | (opposite & exec);
        }
    }
    static void base(Warp& warp, const Op& op, std::uint32_t exec) { body(warp, op, exec); }
    SLIPWAY_WIDE static void wide(Warp& warp, const Op& op, std::uint32_t exec)
    {
        body(warp, op, exec);
    }
};

template<class F, class D, class... S>
[[nodiscard]] Handler elementwise()
{
    return hasWideVectors() ? &Elementwise<F, D, S...>::wide : &Elementwise<F, D, S...>::base;
}

template<class F, class A>
[[nodiscard]] Handler comparison()
{
    return hasWideVectors() ? &Comparison<F, A>::wide : &Comparison<F, A>::base;
}

template<class T>
[[nodiscard]] T laneValue(const std::byte* row, unsigned lane)
{
    T value;
    std::memcpy(&value, row + lane * sizeof(T), sizeof(T));
    return value;
}

template<class T>
void setLane(std::byte* row, unsigned lane, T value)
{
    std::memcpy(row + lane * sizeof(T), &value, sizeof(T));
}

} // namespace emulator::gpu::device
