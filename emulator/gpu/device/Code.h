// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Module.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace emulator::gpu::device {

constexpr unsigned warpSize = 32;
constexpr std::uint32_t everyLane = 0xFFFFFFFFU;

/// Where a value of all 32 lanes lies: an octet offset into the frame's rows or, with the top bit
/// set, into the code's constants. A row holds 32 values of the operand's own size one after the
/// other, a predicate row one 32-bit mask.
using Row = std::uint32_t;
constexpr Row constantRow = 0x80000000U;
constexpr Row noRow = 0x7FFFFFFFU;

class Warp;
struct Op;

/// Carries out `op` for the lanes in `exec`, which is never 0.
using Handler = void (*)(Warp& warp, const Op& op, std::uint32_t exec);

/// One decoded instruction: types are fixed by the handler, operands are rows, branch targets are
/// numbers of ops.
struct Op {
    Handler run = nullptr;
    const ptx::Instruction* source = nullptr;
    std::uint64_t imm = 0; ///< offset added to an address; payload of special registers
    Row d = noRow;
    Row a = noRow;
    Row b = noRow;
    Row c = noRow;
    Row e = noRow;
    Row guard = noRow;
    std::uint32_t target = 0; ///< of a branch; index of a call or branch table
    std::uint32_t list = 0; ///< first of `count` rows in Code::lists
    std::uint8_t count = 0;
    bool guardNegated = false;
    bool narrowAddress = false; ///< row a holds 32-bit addresses
    bool negatedC = false; ///< the predicate operand c is written !p
};

/// How a call hands over values. Offsets are those of the parameter areas of frames.
struct CallPlan {
    struct Value {
        bool isRow = false; ///< on the caller's side: a register or constant, not parameter space
        Row row = noRow;
        std::uint32_t offset = 0;
        std::uint32_t size = 0;
    };
    std::uint32_t callee = 0; ///< number of the function in the program
    bool indirect = false; ///< the address is in row a of the op
    std::vector<Value> arguments;
    std::vector<Value> returns;
};

/// Rows need the alignment of the widest vector register.
struct alignas(64) Chunk {
    std::byte octets[64];
};

/// One function, decoded for one kernel (shared memory is laid out per kernel).
struct Code {
    const ptx::Module* module = nullptr;
    const ptx::Function* function = nullptr;
    std::vector<Op> ops;
    std::vector<Chunk> constants;
    std::vector<Row> lists;
    std::vector<CallPlan> calls;
    std::vector<std::vector<std::uint32_t>> tables;
    std::vector<CallPlan::Value> formals; ///< where arguments arrive, in order
    std::vector<CallPlan::Value> results; ///< where return values are left
    std::uint32_t rowBytes = 0;
    std::uint32_t localBytes = 0;
    std::uint32_t parameterBytes = 0;
};

/// What the machine does itself when a kernel calls it.
enum class Builtin : std::uint8_t { None, Vprintf, Assertfail, Malloc, Free };

/// A kernel with all functions it may reach.
struct Program {
    /// By number of the function in the image; null when the kernel cannot reach it.
    std::vector<std::unique_ptr<Code>> codes;
    std::vector<Builtin> builtins; ///< by number of the function
    std::uint32_t entry = 0;
    std::uint32_t staticSharedBytes = 0;
};

} // namespace emulator::gpu::device
