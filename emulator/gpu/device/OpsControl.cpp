// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Branches, calls, barriers, traps (PTX ISA 9.7.12, 9.7.13.1, 9.7.19).

#include "emulator/gpu/device/Block.h"
#include "emulator/gpu/device/Builtins.h"
#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <atomic>
#include <bit>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;

constexpr int sleepCost = 4096; ///< of a turn's patience

unsigned firstLane(std::uint32_t exec)
{
    return static_cast<unsigned>(std::countr_zero(exec));
}

void branch(Warp& warp, const Op& op, std::uint32_t exec)
{
    warp.branch(exec, op.target);
}

void branchIndexed(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto& table = warp.frame().code->tables[op.target];
    warp.isolate(exec);
    while (exec != 0) {
        const unsigned lane = firstLane(exec);
        const auto index = laneValue<std::uint32_t>(warp.row(op.a), lane);
        if (index >= table.size()) {
            warp.fault(FaultKind::IllegalInstruction, op, lane, 0,
                       "brx.idx: index " + std::to_string(index) + " of "
                           + std::to_string(table.size()) + " targets");
            return;
        }
        std::uint32_t same = 0;
        for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
            const unsigned each = firstLane(rest);
            if (laneValue<std::uint32_t>(warp.row(op.a), each) == index)
                same |= 1U << each;
        }
        exec &= ~same;
        warp.branch(same, table[index]);
    }
}

void call(Warp& warp, const Op& op, std::uint32_t exec)
{
    const CallPlan& plan = warp.frame().code->calls[op.target];
    const Program& program = warp.launch().program;
    std::uint32_t callee = plan.callee;
    if (plan.indirect) {
        const unsigned lane = firstLane(exec);
        const auto address = laneValue<std::uint64_t>(warp.row(op.a), lane);
        const std::uint64_t number = (address - window::function) / window::functionStep;
        if (address < window::function || number >= program.codes.size()
            || (address % window::functionStep) != 0 || program.codes[number] == nullptr) {
            warp.fault(FaultKind::IllegalInstruction, op, lane, address,
                       "call of something that is not a function");
            return;
        }
        callee = static_cast<std::uint32_t>(number);
        std::uint32_t same = 0;
        for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
            const unsigned each = firstLane(rest);
            if (laneValue<std::uint64_t>(warp.row(op.a), each) == address)
                same |= 1U << each;
        }
        if (same != exec)
            warp.retry(exec & ~same);
        exec = same;
    }
    if (program.builtins[callee] != Builtin::None)
        return callBuiltin(warp, op, plan, program.builtins[callee], exec);
    warp.callOne(plan, exec, callee);
}

void leave(Warp& warp, const Op& op, std::uint32_t exec)
{
    (void)op;
    warp.leaveFunction(exec);
}

void exitThreads(Warp& warp, const Op& op, std::uint32_t exec)
{
    (void)op;
    warp.exitLanes(exec);
}

void trap(Warp& warp, const Op& op, std::uint32_t exec)
{
    warp.fault(FaultKind::Trap, op, firstLane(exec), 0, "trap");
}

void breakpoint(Warp& warp, const Op& op, std::uint32_t exec)
{
    warp.fault(FaultKind::Trap, op, firstLane(exec), 0, "brkpt without a debugger");
}

void sleep(Warp& warp, const Op& op, std::uint32_t exec)
{
    (void)op;
    (void)exec;
    warp.tire(sleepCost);
}

void fence(Warp& warp, const Op& op, std::uint32_t exec)
{
    (void)warp;
    (void)op;
    (void)exec;
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

void warpBarrier(Warp& warp, const Op& op, std::uint32_t exec)
{
    const auto needed = laneValue<std::uint32_t>(warp.row(op.a), firstLane(exec));
    std::uint32_t same = 0;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const unsigned lane = firstLane(rest);
        same |= laneValue<std::uint32_t>(warp.row(op.a), lane) == needed ? 1U << lane : 0;
    }
    if (same != exec)
        warp.retry(exec & ~same);
    warp.isolate(same);
    warp.waitAtWarpBarrier(needed);
}

void barrier(Warp& warp, const Op& op, std::uint32_t exec)
{
    const unsigned lane = firstLane(exec);
    const auto number = laneValue<std::uint32_t>(warp.row(op.a), lane);
    const std::uint32_t threads
        = op.b == noRow ? 0 : laneValue<std::uint32_t>(warp.row(op.b), lane);
    const auto kind = op.source->modifier<ptx::Barrier>(Mod::Barrier);
    if (number >= 16) {
        warp.fault(FaultKind::IllegalInstruction, op, lane, 0,
                   "barrier " + std::to_string(number) + ": a block has 16");
        return;
    }
    warp.isolate(exec);
    std::uint32_t votes = 0;
    auto reduction = ptx::Bool::None;
    if (kind == ptx::Barrier::Red) {
        votes = warp.predicate(op.c) ^ (op.negatedC ? everyLane : 0);
        reduction = op.source->modifier<ptx::Bool>(Mod::Bool);
    }
    if (kind != ptx::Barrier::Arrive)
        warp.waitAtBarrier(op, number);
    warp.block().arrive(warp, number, exec, threads, reduction, votes);
}

void allocate(Warp& warp, const Op& op, std::uint32_t exec)
{
    Frame& frame = warp.frame();
    const std::uint32_t at = frame.localTop;
    std::uint64_t largest = 0;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        largest = std::max(largest, laneValue<std::uint64_t>(warp.row(op.a), firstLane(rest)));
    const std::uint64_t top = at + ((std::min<std::uint64_t>(largest, 1U << 30U) + 15) & ~15U);
    if (!warp.growLocal(static_cast<std::uint32_t>(top))) {
        warp.fault(FaultKind::StackOverflow, op, firstLane(exec), 0, "stack overflow in alloca");
        return;
    }
    frame.localTop = static_cast<std::uint32_t>(top);
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        setLane(warp.row(op.d), firstLane(rest), std::uint64_t {at});
}

void saveStack(Warp& warp, const Op& op, std::uint32_t exec)
{
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        setLane(warp.row(op.d), firstLane(rest), std::uint64_t {warp.frame().localTop});
}

void restoreStack(Warp& warp, const Op& op, std::uint32_t exec)
{
    // Lanes of one frame share its top; the highest that any of them still needs is kept.
    std::uint64_t top = warp.frame().localBase + warp.frame().code->localBytes;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        top = std::max(top, laneValue<std::uint64_t>(warp.row(op.a), firstLane(rest)));
    if (exec == warp.frame().lanes && top <= warp.frame().localTop)
        warp.frame().localTop = static_cast<std::uint32_t>(top);
}

} // namespace

Handler controlHandler(const ptx::Instruction& instruction)
{
    switch (instruction.opcode) {
    case Opcode::Bra:
        return &branch;
    case Opcode::BrxIdx:
        return &branchIndexed;
    case Opcode::Call:
        return &call;
    case Opcode::Ret:
        return &leave;
    case Opcode::Exit:
        return &exitThreads;
    case Opcode::Trap:
        return &trap;
    case Opcode::Brkpt:
        return &breakpoint;
    case Opcode::Nanosleep:
        return &sleep;
    case Opcode::Membar:
    case Opcode::Fence:
        return &fence;
    case Opcode::Bar:
    case Opcode::Barrier:
        return instruction.has(Mod::Warp) ? &warpBarrier : &barrier;
    case Opcode::Alloca:
        return &allocate;
    case Opcode::Stacksave:
        return &saveStack;
    case Opcode::Stackrestore:
        return &restoreStack;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
