// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// What lanes of a warp tell one another: shfl, vote, match, redux, elect (PTX ISA 9.7.9.6,
// 9.7.13.9 to 9.7.13.14).

#include "emulator/gpu/device/Handlers.h"
#include "emulator/gpu/device/Lanes.h"

#include <algorithm>
#include <bit>

namespace emulator::gpu::device {
namespace {

using ptx::Mod;
using ptx::Opcode;
using ptx::Shuffle;
using ptx::Type;

unsigned firstLane(std::uint32_t exec)
{
    return static_cast<unsigned>(std::countr_zero(exec));
}

/// Waits for the lanes that the member mask names. Lanes that arrive together may name different
/// masks (tiles of one warp): `exec` shrinks to those of the first, the others take their turn
/// next. Without .sync (old PTX) nobody is waited for.
bool together(Warp& warp, const Op& op, std::uint32_t& exec, std::uint32_t& members)
{
    const std::byte* masks = warp.row(op.c);
    members = laneValue<std::uint32_t>(masks, firstLane(exec));
    if (!op.source->has(Mod::Sync))
        return true;
    std::uint32_t same = 0;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1) {
        const unsigned lane = firstLane(rest);
        same |= laneValue<std::uint32_t>(masks, lane) == members ? 1U << lane : 0;
    }
    if (same != exec)
        warp.retry(exec & ~same);
    exec = same;
    return warp.gather(op, exec, members);
}

/// The same for an instruction that lanes of several tiles can carry out in one go.
bool allTogether(Warp& warp, const Op& op, std::uint32_t exec)
{
    if (!op.source->has(Mod::Sync))
        return true;
    std::uint32_t members = 0;
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        members |= laneValue<std::uint32_t>(warp.row(op.c), firstLane(rest));
    return warp.gather(op, exec, members);
}

void setPredicate(Warp& warp, Row row, std::uint32_t exec, std::uint32_t value)
{
    if (row == noRow)
        return;
    std::uint32_t& d = warp.predicate(row);
    d = (d & ~exec) | (value & exec);
}

void setAll(Warp& warp, Row row, std::uint32_t exec, std::uint32_t value)
{
    for (std::uint32_t rest = exec; rest != 0; rest &= rest - 1)
        setLane(warp.row(row), firstLane(rest), value);
}

void shuffle(Warp& warp, const Op& op, std::uint32_t exec)
{
    if (!allTogether(warp, op, exec))
        return;
    const auto mode = op.source->modifier<Shuffle>(Mod::Shuffle);
    std::uint32_t values[warpSize];
    std::memcpy(values, warp.row(op.a), sizeof values);
    const std::byte* clamps = warp.row(warp.frame().code->lists[op.list]);
    std::uint32_t results[warpSize];
    std::uint32_t inRange = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
        const auto by = static_cast<int>(laneValue<std::uint32_t>(warp.row(op.b), lane) & 31U);
        const std::uint32_t control = laneValue<std::uint32_t>(clamps, lane);
        const std::uint32_t segment = (control >> 8U) & 31U;
        const std::uint32_t clamp = control & 31U;
        const auto last = static_cast<int>((lane & segment) | (clamp & ~segment));
        const auto first = static_cast<int>(lane & segment);
        const auto own = static_cast<int>(lane);
        int from = 0;
        bool valid = false;
        switch (mode) {
        case Shuffle::Up:
            from = own - by;
            valid = from >= last;
            break;
        case Shuffle::Down:
            from = own + by;
            valid = from <= last;
            break;
        case Shuffle::Bfly:
            from = own ^ by;
            valid = from <= last;
            break;
        default:
            from = first | (by & ~static_cast<int>(segment));
            valid = from <= last;
            break;
        }
        if (!valid)
            from = own;
        results[lane] = values[from & 31];
        inRange |= valid ? 1U << lane : 0;
    }
    storeLanes(warp.row(op.d), results, exec);
    setPredicate(warp, op.e, exec, inRange);
}

void vote(Warp& warp, const Op& op, std::uint32_t exec)
{
    std::uint32_t members = 0;
    if (!together(warp, op, exec, members))
        return;
    members &= exec;
    const std::uint32_t yes = (warp.predicate(op.a) ^ (op.negatedC ? everyLane : 0)) & members;
    switch (op.source->modifier<ptx::Vote>(Mod::Vote)) {
    case ptx::Vote::Ballot:
        return setAll(warp, op.d, exec, yes);
    case ptx::Vote::All:
        return setPredicate(warp, op.d, exec, yes == members ? everyLane : 0);
    case ptx::Vote::Any:
        return setPredicate(warp, op.d, exec, yes != 0 ? everyLane : 0);
    default:
        return setPredicate(warp, op.d, exec, yes == 0 || yes == members ? everyLane : 0);
    }
}

template<class T>
void match(Warp& warp, const Op& op, std::uint32_t exec)
{
    std::uint32_t members = 0;
    if (!together(warp, op, exec, members))
        return;
    members &= exec;
    const bool all = op.source->modifier<ptx::Vote>(Mod::Match) == ptx::Vote::All;
    T values[warpSize];
    std::memcpy(values, warp.row(op.a), sizeof values);
    bool everyoneSame = true;
    for (std::uint32_t rest = members; rest != 0; rest &= rest - 1) {
        const unsigned lane = firstLane(rest);
        std::uint32_t same = 0;
        for (std::uint32_t others = members; others != 0; others &= others - 1) {
            const unsigned other = firstLane(others);
            same |= values[other] == values[lane] ? 1U << other : 0;
        }
        everyoneSame = everyoneSame && same == members;
        if (!all)
            setLane(warp.row(op.d), lane, same);
    }
    if (all) {
        setAll(warp, op.d, exec, everyoneSame ? members : 0);
        setPredicate(warp, op.e, exec, everyoneSame ? everyLane : 0);
    }
}

template<class T>
void reduce(Warp& warp, const Op& op, std::uint32_t exec)
{
    std::uint32_t members = 0;
    if (!together(warp, op, exec, members))
        return;
    using ptx::Atomic;
    const auto operation = op.source->modifier<Atomic>(Mod::Atomic);
    bool first = true;
    T total {};
    for (std::uint32_t rest = members & exec; rest != 0; rest &= rest - 1) {
        const T value = laneValue<T>(warp.row(op.a), firstLane(rest));
        const auto a = static_cast<std::uint32_t>(total);
        const auto b = static_cast<std::uint32_t>(value);
        if (first)
            total = value;
        else if (operation == Atomic::Add)
            total = static_cast<T>(a + b);
        else if (operation == Atomic::Min)
            total = std::min(total, value);
        else if (operation == Atomic::Max)
            total = std::max(total, value);
        else if (operation == Atomic::And)
            total = static_cast<T>(a & b);
        else if (operation == Atomic::Or)
            total = static_cast<T>(a | b);
        else
            total = static_cast<T>(a ^ b);
        first = false;
    }
    setAll(warp, op.d, exec, static_cast<std::uint32_t>(total));
}

void elect(Warp& warp, const Op& op, std::uint32_t exec)
{
    std::uint32_t members = 0;
    if (!together(warp, op, exec, members))
        return;
    const unsigned leader = firstLane(members & exec);
    setAll(warp, op.d, exec, leader);
    setPredicate(warp, op.e, exec, 1U << leader);
}

void activeMask(Warp& warp, const Op& op, std::uint32_t exec)
{
    setAll(warp, op.d, exec, exec);
}

} // namespace

Handler warpHandler(const ptx::Instruction& instruction)
{
    const Type type = instruction.types[0];
    switch (instruction.opcode) {
    case Opcode::Shfl:
        return instruction.has(Mod::Shuffle) ? &shuffle : nullptr;
    case Opcode::Vote: {
        const bool ballot = instruction.modifier<ptx::Vote>(Mod::Vote) == ptx::Vote::Ballot;
        return instruction.has(Mod::Vote) && ballot == (type == Type::B32) ? &vote : nullptr;
    }
    case Opcode::Match:
        return type == Type::B64 ? &match<std::uint64_t> : &match<std::uint32_t>;
    case Opcode::Redux:
        return type == Type::S32 ? &reduce<std::int32_t> : &reduce<std::uint32_t>;
    case Opcode::Elect:
        return &elect;
    case Opcode::Activemask:
        return &activeMask;
    default:
        return nullptr;
    }
}

} // namespace emulator::gpu::device
