// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/gpu/ptx/Instruction.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::ptx {

enum class Linkage : std::uint8_t { Internal, Visible, Extern, Weak, Common };

/// One piece of a variable's initial value: `size` octets of `bits`, or the address of a symbol.
struct Initial {
    std::uint64_t offset = 0; ///< within the variable
    std::uint32_t size = 0;
    std::uint64_t bits = 0; ///< the value, or what is added to the symbol's address
    std::string symbol; ///< empty: a plain value
    bool generic = false; ///< generic(symbol)
    std::uint8_t shift = 0; ///< 0xFF00(symbol): which bits of the address
};

/// A variable or parameter: a name for `size` octets of a state space (PTX ISA 5.3).
struct Variable {
    std::string name;
    Space space = Space::Generic;
    Type type = Type::None;
    std::uint32_t alignment = 1;
    std::uint64_t size = 0; ///< 0 for `extern .shared x[]`
    Linkage linkage = Linkage::Internal;
    std::uint64_t offset = 0; ///< of a parameter: see Function
    std::vector<Initial> initial;
    std::uint32_t line = 0;
    bool isParameterOfEntry = false;
    std::uint32_t reg = noRegister; ///< of a parameter in .reg space
};

/// An .entry or .func: registers and variables resolved to indices, branches to instruction
/// numbers. Parameters of an entry are laid out in the launch's parameter buffer; return values,
/// parameters of a func and .param variables of a body in the frame's parameter area.
struct Function {
    std::string name;
    bool isEntry = false;
    bool isDefined = false; ///< has a body
    Linkage linkage = Linkage::Internal;
    std::vector<std::uint32_t> returns; ///< in `variables`
    std::vector<std::uint32_t> parameters; ///< in `variables`
    std::uint32_t parameterBytes = 0; ///< of an entry's buffer
    std::uint32_t frameParameterBytes = 0; ///< of the area of a frame
    std::vector<Type> registers;
    std::vector<Variable> variables; ///< parameters and what the body declares
    std::vector<Instruction> body;
    std::vector<std::vector<std::uint32_t>> branchTables; ///< targets of brx.idx
    std::array<std::uint32_t, 3> maximumThreads {}; ///< .maxntid; zeros: none given
    std::array<std::uint32_t, 3> requiredThreads {}; ///< .reqntid
    std::uint32_t line = 0;
};

/// One parsed PTX module (PTX ISA 9.0): its version and target, variables, functions and source
/// lines. Parsed structurally: opcode, ordered modifiers, types and operands, never by a list of
/// spellings.
struct Module {
    std::string name;
    std::string text;
    int versionMajor = 0;
    int versionMinor = 0;
    std::string target; ///< "sm_80"
    std::vector<Variable> variables;
    std::vector<Function> functions;
    std::vector<std::string> files; ///< by the number .file gives them

    /// An instruction as written, on one line.
    [[nodiscard]] std::string textOf(const Instruction& instruction) const;
    /// "saxpy.cu:12" from .loc, else "PTX line 40".
    [[nodiscard]] std::string locationOf(const Instruction& instruction) const;
};

/// Parses PTX text. `name` is what messages call it ("saxpy.ptx", "fat binary of ./saxpy").
/// Unsupported or Invalid with "name:line: message: the offending text"; never crashes on any
/// input.
[[nodiscard]] Result<std::shared_ptr<const Module>> parse(std::string_view text,
                                                          std::string_view name);

} // namespace emulator::gpu::ptx
