// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

namespace emulator::gpu::ptx {

/// A kind of instruction modifier. An instruction carries at most one value of each kind; 0 means
/// that it was not written. Which kinds an opcode takes is in Opcode.cpp, which spellings a kind
/// has in Modifier.cpp.
enum class Mod : std::uint8_t {
    Rounding,
    Ftz,
    Sat, ///< also .satfinite (2)
    Relu,
    Approx, ///< .approx 1, .full 2
    Half, ///< of a product
    Carry, ///< .cc
    Compare,
    Bool,
    Atomic,
    Space,
    To, ///< cvta.to
    Vector,
    Order,
    Scope,
    Cache,
    CacheHint, ///< .L2::cache_hint: one more operand
    Eviction, ///< L1::evict_…, L2::128B and the like: hints
    NonCoherent,
    Uniform,
    Shuffle,
    Vote,
    Match,
    Sync,
    Aligned,
    ShiftAmount,
    Wrap,
    Direction,
    Permute,
    Property,
    Barrier,
    Warp, ///< bar.warp
    AsyncGroup,
    Async,
    NoFtz,
    Nan,
    XorSign,
    Proxy,
    Index, ///< brx.idx
    Selector, ///< which halves dp2a and the video instructions take
    Count,
};
constexpr std::size_t modifierKinds = static_cast<std::size_t>(Mod::Count);

enum class Rounding : std::uint8_t { None, Rn, Rna, Rz, Rm, Rp, Rni, Rzi, Rmi, Rpi };
enum class Half : std::uint8_t { None, Lo, Hi, Wide };
enum class Compare : std::uint8_t {
    None,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Lo,
    Ls,
    Hi,
    Hs,
    Equ,
    Neu,
    Ltu,
    Leu,
    Gtu,
    Geu,
    Num,
    Nan,
};
enum class Bool : std::uint8_t { None, And, Or, Xor };
enum class Atomic : std::uint8_t { None, And, Or, Xor, Cas, Exch, Add, Inc, Dec, Min, Max };
enum class Order : std::uint8_t { None, Weak, Relaxed, Acquire, Release, AcqRel, Sc, Volatile };
enum class Scope : std::uint8_t { None, Cta, Cluster, Gpu, Sys };
enum class Shuffle : std::uint8_t { None, Up, Down, Bfly, Idx };
enum class Vote : std::uint8_t { None, All, Any, Uni, Ballot };
enum class Wrap : std::uint8_t { None, Wrap, Clamp };
enum class Direction : std::uint8_t { None, Left, Right };
enum class Permute : std::uint8_t { None, F4e, B4e, Rc8, Ecl, Ecr, Rc16 };
enum class Property : std::uint8_t {
    None,
    Finite,
    Infinite,
    Number,
    NotANumber,
    Normal,
    Subnormal,
};
enum class Barrier : std::uint8_t { None, Sync, Arrive, RedPopc, RedAnd, RedOr, Red };
enum class AsyncGroup : std::uint8_t { None, Commit, Wait, WaitAll };

} // namespace emulator::gpu::ptx
