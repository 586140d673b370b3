// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Modifier.h"
#include "emulator/gpu/ptx/Opcode.h"
#include "emulator/gpu/ptx/Types.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace emulator::gpu::ptx {

constexpr std::uint32_t noRegister = 0xFFFFFFFFU;

/// A read-only register of the machine (PTX ISA 10).
enum class Special : std::uint8_t {
    TidX,
    TidY,
    TidZ,
    NtidX,
    NtidY,
    NtidZ,
    CtaidX,
    CtaidY,
    CtaidZ,
    NctaidX,
    NctaidY,
    NctaidZ,
    LaneId,
    WarpId,
    NWarpId,
    SmId,
    NSmId,
    GridId,
    MaskEq,
    MaskLe,
    MaskLt,
    MaskGe,
    MaskGt,
    Clock,
    ClockHi,
    Clock64,
    GlobalTimer,
    GlobalTimerLo,
    GlobalTimerHi,
    Envreg,
    DynamicSharedSize,
    TotalSharedSize,
    AggregatedSharedSize,
    Zero,
    One,
    WarpSize,
};

/// What an instruction works on.
struct Operand {
    enum class Kind : std::uint8_t {
        None,
        Register,
        Special,
        Integer, ///< bits
        Float, ///< bits: of a double, see isSingle
        Variable, ///< index in Function::variables, plus bits
        Symbol, ///< a name of the module, plus bits
        Label, ///< index: the instruction branched to, or a branch table
        Vector, ///< elements: {a, b}, call arguments
        Sink, ///< _
        Pair, ///< elements: p|q
    };

    Kind kind = Kind::None;
    bool isAddress = false; ///< [base + bits]
    bool negated = false; ///< !p
    bool isSingle = false; ///< 0f…: bits hold those of a float
    Special special = Special::TidX;
    std::uint32_t index = 0; ///< register, variable, label, number of %envreg
    std::uint64_t bits = 0; ///< immediate, or offset added to a base
    std::string symbol;
    std::vector<Operand> elements;

    [[nodiscard]] static Operand of(Kind kind)
    {
        Operand made;
        made.kind = kind;
        return made;
    }
};

/// One instruction, checked against the table of opcodes.
struct Instruction {
    Opcode opcode = Opcode::Count;
    std::array<std::uint8_t, modifierKinds> modifiers {};
    std::array<Type, 4> types {};
    std::uint8_t typeCount = 0;
    bool guardNegated = false;
    std::uint32_t guard = noRegister; ///< register of the predicate
    std::vector<Operand> operands;
    std::uint32_t line = 0; ///< in the PTX
    std::uint32_t sourceFile = 0; ///< from .loc; 0: none
    std::uint32_t sourceLine = 0;
    std::uint32_t textOffset = 0; ///< in Module::text
    std::uint32_t textLength = 0;

    /// The value of a modifier kind, 0 when it is not written.
    template<typename Value = std::uint8_t>
    [[nodiscard]] Value modifier(Mod mod) const
    {
        return static_cast<Value>(modifiers[static_cast<std::size_t>(mod)]);
    }
    [[nodiscard]] bool has(Mod mod) const { return modifiers[static_cast<std::size_t>(mod)] != 0; }
};

} // namespace emulator::gpu::ptx
