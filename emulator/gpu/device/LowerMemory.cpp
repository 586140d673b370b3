// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Loads, stores, atomics, asynchronous copies, stack allocation.

#include "emulator/gpu/device/FunctionLowerer.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Windows.h"

namespace emulator::gpu::device {

using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

/// Row a plus op.imm become the address.
void FunctionLowerer::address(Op& op, const Operand& operand, bool generic)
{
    if (!operand.isAddress)
        return refuse(*m_instruction, "an address in brackets is needed", ErrorCode::Invalid);
    switch (operand.kind) {
    case Operand::Kind::Register: {
        const std::uint32_t size = ptx::sizeOf(m_function.registers[operand.index]);
        if (size != 4 && size != 8)
            return refuse(*m_instruction, "an address has 32 or 64 bits", ErrorCode::Invalid);
        op.a = registerRow(operand.index);
        op.narrowAddress = size == 4;
        op.imm = operand.bits;
        return;
    }
    case Operand::Kind::Integer:
        op.a = constant(operand.bits, 8);
        return;
    case Operand::Kind::Variable:
    case Operand::Kind::Symbol:
        if (const auto known = addressOf(operand, generic)) {
            op.a = constant(*known, 8);
            return;
        }
        if (!m_error) {
            op.a = source(operand, Type::U64);
            op.imm = generic ? window::local : 0;
        }
        return;
    default:
        return refuse(*m_instruction, "not an address", ErrorCode::Invalid);
    }
}

void FunctionLowerer::memory(const ptx::Instruction& instruction)
{
    const bool loads = instruction.opcode != Opcode::St;
    const Operand& value = instruction.operands[loads ? 0 : 1];
    const Operand& place = instruction.operands[loads ? 1 : 0];
    const Type type = instruction.types[0];
    Op op = start(instruction);
    op.run = memoryHandler(instruction);
    address(op, place, instruction.modifier<ptx::Space>(Mod::Space) == ptx::Space::Generic);
    const std::size_t lanes = std::max<std::size_t>(instruction.modifier(Mod::Vector), 1);
    const bool isVector = value.kind == Operand::Kind::Vector;
    if ((isVector ? value.elements.size() : 1) != lanes)
        return refuse(instruction, "the vector has another length", ErrorCode::Invalid);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < lanes; ++i) {
        const Operand& element = isVector ? value.elements[i] : value;
        rows.push_back(loads ? destination(element, type) : source(element, type));
    }
    op.d = rows.front();
    op.list = static_cast<std::uint32_t>(m_code->lists.size());
    op.count = static_cast<std::uint8_t>(lanes);
    m_code->lists.insert(m_code->lists.end(), rows.begin(), rows.end());
    emit(op);
    flushDestinations();
}

void FunctionLowerer::atomic(const ptx::Instruction& instruction)
{
    const bool returns = instruction.opcode == Opcode::Atom;
    const Type type = instruction.types[0];
    Op op = start(instruction);
    op.run = instruction.has(Mod::Vector) ? nullptr : atomicHandler(instruction);
    std::size_t next = 0;
    if (returns)
        op.d = destination(instruction.operands[next++], type);
    address(op, instruction.operands[next++],
            instruction.modifier<ptx::Space>(Mod::Space) == ptx::Space::Generic);
    const bool compares = instruction.modifier<ptx::Atomic>(Mod::Atomic) == ptx::Atomic::Cas;
    if (next + (compares ? 2 : 1) > instruction.operands.size())
        return refuse(instruction, "too few operands", ErrorCode::Invalid);
    op.b = source(instruction.operands[next++], type);
    if (compares)
        op.c = source(instruction.operands[next], type);
    emit(op);
    flushDestinations();
}

/// cp.async copies at once: nothing may look at the destination before the wait (PTX ISA 9.7.9.25).
void FunctionLowerer::asyncCopy(const ptx::Instruction& instruction)
{
    if (!instruction.has(Mod::Async))
        return refuse(instruction, "unsupported kind of cp");
    if (instruction.has(Mod::AsyncGroup))
        return;
    if (instruction.operands.size() < 3)
        return refuse(instruction, "too few operands", ErrorCode::Invalid);
    Op op = start(instruction);
    op.run = memoryHandler(instruction);
    Op from = op;
    address(op, instruction.operands[0], false);
    address(from, instruction.operands[1], false);
    op.b = from.narrowAddress ? resized(from.a, 4, 8, false) : from.a;
    op.list = static_cast<std::uint32_t>(from.imm);
    op.target = static_cast<std::uint32_t>(instruction.operands[2].bits);
    const bool hint = instruction.has(Mod::CacheHint);
    const std::size_t sized = instruction.operands.size() - (hint ? 1 : 0);
    if (sized > 3) {
        if (instruction.operands[3].kind == Operand::Kind::Register
            && m_function.registers[instruction.operands[3].index] == Type::Pred)
            return refuse(instruction, "the ignore-src predicate");
        op.c = source(instruction.operands[3], Type::U32);
    }
    if (op.target != 4 && op.target != 8 && op.target != 16)
        return refuse(instruction, "cp.async copies 4, 8 or 16 octets", ErrorCode::Invalid);
    emit(op);
}

void FunctionLowerer::stack(const ptx::Instruction& instruction)
{
    Op op = start(instruction);
    op.run = controlHandler(instruction);
    const Type type = instruction.types[0];
    if (instruction.opcode == Opcode::Stackrestore) {
        op.a = source(instruction.operands[0], Type::U64);
    } else {
        op.d = destination(instruction.operands[0], Type::U64);
        if (instruction.opcode == Opcode::Alloca)
            op.a = source(instruction.operands[1], Type::U64);
    }
    (void)type;
    emit(op);
    flushDestinations();
}

} // namespace emulator::gpu::device
