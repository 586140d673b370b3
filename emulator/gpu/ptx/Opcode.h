// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Modifier.h"
#include "emulator/gpu/ptx/Types.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace emulator::gpu::ptx {

/// What an instruction does; the first word of its spelling.
enum class Opcode : std::uint8_t {
    Abs,
    Activemask,
    Add,
    Addc,
    Alloca,
    And,
    Atom,
    Bar,
    Barrier,
    Bfe,
    Bfi,
    Bfind,
    Bmsk,
    Bra,
    Brev,
    Brkpt,
    BrxIdx,
    Call,
    Clz,
    Cnot,
    Copysign,
    Cos,
    CpAsync,
    Cvt,
    Cvta,
    Discard,
    Div,
    Dp2a,
    Dp4a,
    Elect,
    Ex2,
    Exit,
    Fence,
    Fma,
    Fns,
    Isspacep,
    Ld,
    Ldu,
    Lg2,
    Lop3,
    Mad,
    Mad24,
    Madc,
    Match,
    Max,
    Membar,
    Min,
    Mov,
    Mul,
    Mul24,
    Nanosleep,
    Neg,
    Not,
    Or,
    Pmevent,
    Popc,
    Prefetch,
    Prefetchu,
    Prmt,
    Rcp,
    Red,
    Redux,
    Rem,
    Ret,
    Rsqrt,
    Sad,
    Selp,
    Set,
    Setp,
    Shf,
    Shfl,
    Shl,
    Shr,
    Sin,
    Slct,
    Sqrt,
    St,
    Stackrestore,
    Stacksave,
    Sub,
    Subc,
    Szext,
    Tanh,
    Testp,
    Trap,
    Vote,
    Xor,
    Count,
};

/// A set of types or of modifier kinds, one bit each.
using Bits = std::uint64_t;

constexpr Bits bit(Type type)
{
    return Bits {1} << static_cast<unsigned>(type);
}
constexpr Bits bit(Mod mod)
{
    return Bits {1} << static_cast<unsigned>(mod);
}

/// What the language allows an opcode to be written with.
struct OpcodeInfo {
    std::string_view name;
    Opcode opcode = Opcode::Count;
    std::string_view section; ///< of the PTX ISA
    Bits modifiers = 0; ///< kinds it takes
    Bits types = 0; ///< legal types, of the first and of further places
    std::uint8_t minTypes = 0;
    std::uint8_t maxTypes = 0;
    std::uint8_t minOperands = 0;
    std::uint8_t maxOperands = 0;
};

/// The entry of an opcode spelled `name`; null when there is none.
[[nodiscard]] const OpcodeInfo* opcodeNamed(std::string_view name);
[[nodiscard]] const OpcodeInfo& infoOf(Opcode opcode);

/// One spelling of a modifier kind that is among `allowed`.
struct ModifierValue {
    Mod mod = Mod::Count;
    std::uint8_t value = 0;
};
[[nodiscard]] std::optional<ModifierValue> modifierNamed(std::string_view name, Bits allowed);

} // namespace emulator::gpu::ptx
