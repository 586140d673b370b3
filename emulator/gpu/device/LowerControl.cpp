// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Branches, calls, barriers and what a warp does together.

#include "emulator/gpu/device/FunctionLowerer.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Windows.h"

namespace emulator::gpu::device {

using ptx::Mod;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

void FunctionLowerer::branch(const ptx::Instruction& instruction)
{
    Op op = start(instruction);
    op.run = controlHandler(instruction);
    op.target = instruction.operands.back().index;
    if (instruction.opcode == Opcode::BrxIdx) {
        op.a = source(instruction.operands[0], Type::U32);
        if (op.target >= m_code->tables.size())
            return refuse(instruction, "not a list of branch targets", ErrorCode::Invalid);
    }
    emit(op);
}

CallPlan::Value FunctionLowerer::valueAt(const Operand& operand, std::uint32_t size)
{
    CallPlan::Value made;
    made.size = size;
    if (operand.kind == Operand::Kind::Variable
        && m_function.variables[operand.index].space == ptx::Space::Param) {
        const ptx::Variable& variable = m_function.variables[operand.index];
        if (variable.isParameterOfEntry)
            refuse(*m_instruction, "a kernel's parameter passed on as it is");
        made.offset = static_cast<std::uint32_t>(variable.offset);
        made.size = static_cast<std::uint32_t>(variable.size);
        return made;
    }
    made.isRow = true;
    if (operand.kind == Operand::Kind::Register) {
        made.row = registerRow(operand.index);
        made.size = ptx::sizeOf(m_function.registers[operand.index]);
    } else if (size == 1 || size == 2 || size == 4 || size == 8) {
        constexpr Type bySize[] = {Type::None, Type::B8,   Type::B16,  Type::None, Type::B32,
                                   Type::None, Type::None, Type::None, Type::B64};
        made.row = source(operand, bySize[size]);
    } else {
        refuse(*m_instruction, "an argument of unknown size", ErrorCode::Invalid);
    }
    return made;
}

void FunctionLowerer::call(const ptx::Instruction& instruction)
{
    const Operand& callee = instruction.operands[0];
    Op op = start(instruction);
    op.run = controlHandler(instruction);
    CallPlan plan;
    const ptx::Function* target = nullptr;
    if (callee.kind == Operand::Kind::Symbol) {
        const auto found = m_scope.functions.find(callee.symbol);
        if (found == m_scope.functions.end())
            return refuse(instruction, "call of an undeclared function", ErrorCode::Invalid);
        plan.callee = found->second;
        target = m_image.functions[found->second].function;
        if (!target->isDefined && m_image.functions[found->second].builtin == Builtin::None)
            return refuse(instruction, "call of an undefined function", ErrorCode::Invalid);
    } else {
        plan.indirect = true;
        op.a = source(callee, Type::U64);
    }
    const auto& returns = instruction.operands[1].elements;
    const auto& arguments = instruction.operands[2].elements;
    const auto sizeOf = [&](const std::vector<std::uint32_t>& list, std::size_t i) {
        if (target == nullptr || i >= list.size())
            return 8U;
        const ptx::Variable& variable = target->variables[list[i]];
        return variable.space == ptx::Space::Reg ? ptx::sizeOf(variable.type)
                                                 : static_cast<std::uint32_t>(variable.size);
    };
    if (target != nullptr
        && (arguments.size() != target->parameters.size()
            || returns.size() > target->returns.size()))
        return refuse(instruction, "the callee takes other arguments", ErrorCode::Invalid);
    for (std::size_t i = 0; i < arguments.size(); ++i)
        plan.arguments.push_back(
            valueAt(arguments[i], target != nullptr ? sizeOf(target->parameters, i) : 8));
    for (std::size_t i = 0; i < returns.size(); ++i)
        plan.returns.push_back(
            valueAt(returns[i], target != nullptr ? sizeOf(target->returns, i) : 8));
    op.target = static_cast<std::uint32_t>(m_code->calls.size());
    m_code->calls.push_back(std::move(plan));
    emit(op);
}

/// bar{rier}{.cta}.sync|arrive|red a{, b}, bar.warp.sync mask (PTX ISA 9.7.13.1 and 2).
void FunctionLowerer::barrier(const ptx::Instruction& instruction)
{
    Op op = start(instruction);
    op.run = controlHandler(instruction);
    const auto& operands = instruction.operands;
    if (instruction.has(Mod::Warp)) {
        if (operands.size() != 1)
            return refuse(instruction, "bar.warp.sync takes a mask", ErrorCode::Invalid);
        op.a = source(operands[0], Type::U32);
        return emit(op);
    }
    const bool reduces = instruction.modifier<ptx::Barrier>(Mod::Barrier) == ptx::Barrier::Red;
    std::size_t first = 0;
    std::size_t last = operands.size();
    if (reduces) {
        if (operands.size() < 3)
            return refuse(instruction, "bar.red takes d, a, {b,} c", ErrorCode::Invalid);
        op.d = instruction.modifier(Mod::Bool) == 4 ? destination(operands[0], Type::U32)
                                                    : predicateDestination(operands[0]);
        op.c = predicateSource(operands.back());
        op.negatedC = operands.back().negated;
        first = 1;
        --last;
    }
    op.a = first < last ? source(operands[first], Type::U32) : constant(0, 4);
    if (first + 1 < last)
        op.b = source(operands[first + 1], Type::U32);
    emit(op);
    flushDestinations();
}

void FunctionLowerer::warpWide(const ptx::Instruction& instruction)
{
    const auto& operands = instruction.operands;
    const Type type = instruction.opcode == Opcode::Elect ? Type::U32 : instruction.types[0];
    Op op = start(instruction);
    op.run = warpHandler(instruction);
    const Operand& d = operands[0];
    const bool isPair = d.kind == Operand::Kind::Pair;
    const Type result = instruction.opcode == Opcode::Match ? Type::B32 : type;
    op.d = destination(isPair ? d.elements[0] : d, result);
    if (isPair)
        op.e = predicateDestination(d.elements[1]);
    const auto need = [&](std::size_t count) {
        if (operands.size() != count)
            refuse(instruction, "wrong number of operands", ErrorCode::Invalid);
        return operands.size() == count;
    };
    if (instruction.opcode == Opcode::Shfl) {
        // d, value, lane, clamp, mask; without .sync no mask.
        if (!need(instruction.has(Mod::Sync) ? 5 : 4))
            return;
        op.a = source(operands[1], type);
        op.b = source(operands[2], Type::U32);
        const Row clamp = source(operands[3], Type::U32);
        op.c = instruction.has(Mod::Sync) ? source(operands[4], Type::U32) : constant(everyLane, 4);
        op.list = static_cast<std::uint32_t>(m_code->lists.size());
        m_code->lists.push_back(clamp);
    } else if (instruction.opcode == Opcode::Vote) {
        if (!need(instruction.has(Mod::Sync) ? 3 : 2))
            return;
        op.a = predicateSource(operands[1]);
        op.negatedC = operands[1].negated;
        op.c = instruction.has(Mod::Sync) ? source(operands[2], Type::U32) : constant(everyLane, 4);
    } else if (instruction.opcode == Opcode::Elect) {
        if (!need(2))
            return;
        op.c = source(operands[1], Type::U32);
    } else if (instruction.opcode != Opcode::Activemask) {
        if (!need(3))
            return;
        op.a = source(operands[1], type);
        op.c = source(operands[2], Type::U32);
    }
    emit(op);
    flushDestinations();
}

} // namespace emulator::gpu::device
