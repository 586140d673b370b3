// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Warp.h"

#include "emulator/gpu/device/Block.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>

namespace emulator::gpu::device {
namespace {

/// Branches a split may take in one turn; a waiting operation costs several (see tire()).
constexpr int patiencePerTurn = 4096;
constexpr std::uint32_t largestLocal = 512U << 10U; ///< per thread, as on cards
constexpr std::uint32_t deepestCall = 20'000;

std::string hex(std::uint64_t value)
{
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string coordinates(const Dim3& at)
{
    char text[48];
    std::snprintf(text, sizeof text, "(%u,%u,%u)", at.x, at.y, at.z);
    return text;
}

} // namespace

Warp::Warp(Block& block, std::uint32_t index, std::uint32_t lanes)
    : m_block(block)
    , m_index(index)
    , m_live(lanes == warpSize ? everyLane : (1U << lanes) - 1)
{
    const Program& program = block.launch().program;
    Frame* frame = block.makeFrame(*program.codes[program.entry]);
    frame->lanes = m_live;
    frame->localTop = frame->code->localBytes;
    growLocal(frame->localTop);
    Split first;
    first.mask = m_live;
    first.frame = frame;
    m_splits.push_back(first);
}

bool Warp::isReady() const
{
    return std::any_of(m_splits.begin(), m_splits.end(), [](const Split& split) {
        return split.state == Split::State::Ready && split.mask != 0;
    });
}

Dim3 Warp::threadOf(unsigned lane) const
{
    const Dim3& block = m_block.launch().plan.block;
    const std::uint32_t flat = flatThread(lane);
    return {flat % block.x, flat / block.x % block.y, flat / (block.x * block.y)};
}

void Warp::runSlice()
{
    m_patience = patiencePerTurn;
    if (choose())
        run();
}

/// The heart: decoded instructions of one split until the turn is over.
void Warp::run()
{
    std::uint64_t instructions = 0;
    std::uint64_t lanes = 0;
    while (true) {
        if (m_pc >= m_limit) [[unlikely]]
            m_event = true;
        if (m_event) [[unlikely]] {
            storeSplit();
            if (m_patience <= 0 || !choose())
                break;
        }
        const Op& op = m_frame->code->ops[m_pc++];
        std::uint32_t exec = m_mask;
        if (op.guard != noRow) {
            exec &= predicate(op.guard) ^ (op.guardNegated ? everyLane : 0);
            ++instructions;
            if (exec == 0)
                continue;
        } else {
            ++instructions;
        }
        lanes += static_cast<unsigned>(std::popcount(exec));
        op.run(*this, op, exec);
    }
    counters.warpInstructions += instructions;
    counters.threadInstructions += lanes;
}

void Warp::loadSplit(std::size_t index)
{
    m_current = index;
    const Split& split = m_splits[index];
    m_mask = split.mask;
    m_pc = split.pc;
    enter(split.frame);
    m_event = false;
}

void Warp::enter(Frame* frame)
{
    m_frame = frame;
    m_rows = frame->rows.data()->octets;
    // Rows of constants are never written.
    m_constants = frame->code->constants.empty()
        ? nullptr
        : const_cast<std::byte*>(frame->code->constants.data()->octets);
}

void Warp::storeSplit()
{
    Split& split = m_splits[m_current];
    split.mask = m_mask;
    split.pc = m_pc;
    split.frame = m_frame;
}

/// Joins splits that stand at the same place.
void Warp::merge()
{
    std::erase_if(m_splits, [](const Split& split) { return split.mask == 0; });
    for (std::size_t i = 0; i < m_splits.size(); ++i) {
        Split& into = m_splits[i];
        const auto mergeable = [](const Split& split) {
            return split.state == Split::State::Ready || split.state == Split::State::AtSync;
        };
        if (!mergeable(into))
            continue;
        for (std::size_t j = m_splits.size() - 1; j > i; --j) {
            const Split& other = m_splits[j];
            if (other.pc != into.pc || other.frame != into.frame || !mergeable(other))
                continue;
            into.mask |= other.mask;
            into.state = Split::State::Ready;
            into.tired = into.tired && other.tired;
            m_splits.erase(m_splits.begin() + static_cast<std::ptrdiff_t>(j));
        }
    }
}

/// Picks who runs next: rested before tired, deep before shallow, early before late.
bool Warp::choose()
{
    merge();
    const auto ready = [](const Split& split) { return split.state == Split::State::Ready; };
    if (!std::any_of(m_splits.begin(), m_splits.end(), ready))
        return false;
    if (std::all_of(m_splits.begin(), m_splits.end(),
                    [&](const Split& split) { return !ready(split) || split.tired; })) {
        for (Split& split : m_splits)
            split.tired = false;
    }
    const Split* best = nullptr;
    for (const Split& split : m_splits) {
        if (!ready(split) || split.tired)
            continue;
        if (best == nullptr || split.frame->depth > best->frame->depth
            || (split.frame->depth == best->frame->depth && split.pc < best->pc))
            best = &split;
    }
    m_limit = ~0U;
    m_lowest = true;
    for (const Split& split : m_splits) {
        if (&split == best || split.frame != best->frame
            || (split.state != Split::State::Ready && split.state != Split::State::AtSync))
            continue;
        if (split.pc > best->pc)
            m_limit = std::min(m_limit, split.pc);
        else
            m_lowest = false;
    }
    loadSplit(static_cast<std::size_t>(best - m_splits.data()));
    return true;
}

void Warp::branch(std::uint32_t exec, std::uint32_t target)
{
    const std::uint32_t stay = m_mask & ~exec;
    if (target < m_pc && --m_patience <= 0) {
        // Out of breath: let others of this warp run, then other warps.
        m_splits[m_current].tired = m_splits.size() > 1 || stay != 0;
        m_event = true;
    }
    if (stay == 0) {
        m_pc = target;
        if (m_splits.size() > 1 && (!m_lowest || target >= m_limit))
            m_event = true;
        return;
    }
    ++counters.divergentBranches;
    Split taken;
    taken.mask = exec;
    taken.pc = target;
    taken.frame = m_frame;
    m_mask = stay;
    m_splits.push_back(taken);
    m_event = true;
}

void Warp::isolate(std::uint32_t exec)
{
    if (exec == m_mask)
        return;
    Split rest;
    rest.mask = m_mask & ~exec;
    rest.pc = m_pc;
    rest.frame = m_frame;
    m_mask = exec;
    m_splits.push_back(rest);
    m_event = true;
}

void Warp::retry(std::uint32_t exec)
{
    Split again;
    again.mask = exec;
    again.pc = m_pc - 1;
    again.frame = m_frame;
    m_mask &= ~exec;
    m_splits.push_back(again);
    m_event = true;
}

std::byte* Warp::rowOf(Frame& frame, Row row)
{
    if ((row & constantRow) != 0)
        return const_cast<std::byte*>(frame.code->constants.data()->octets) + (row & ~constantRow);
    return frame.rows.data()->octets + row;
}

void Warp::copyArguments(const CallPlan& plan, Frame& from, Frame& to, std::uint32_t exec)
{
    const std::size_t count = std::min(plan.arguments.size(), to.code->formals.size());
    for (std::size_t i = 0; i < count; ++i) {
        const CallPlan::Value& source = plan.arguments[i];
        const CallPlan::Value& target = to.code->formals[i];
        const std::uint32_t size = std::min(source.size, target.size);
        for (unsigned lane = 0; lane < warpSize; ++lane) {
            if (((exec >> lane) & 1U) == 0)
                continue;
            const std::byte* in = source.isRow
                ? rowOf(from, source.row) + std::size_t {lane} * source.size
                : from.parameters.data() + std::size_t {lane} * from.code->parameterBytes
                    + source.offset;
            std::byte* out = target.isRow ? rowOf(to, target.row) + std::size_t {lane} * target.size
                                          : to.parameters.data()
                    + std::size_t {lane} * to.code->parameterBytes + target.offset;
            std::memcpy(out, in, size);
        }
    }
}

void Warp::copyReturns(const CallPlan& plan, Frame& from, Frame& to, std::uint32_t exec)
{
    const std::size_t count = std::min(plan.returns.size(), from.code->results.size());
    for (std::size_t i = 0; i < count; ++i) {
        const CallPlan::Value& source = from.code->results[i];
        const CallPlan::Value& target = plan.returns[i];
        const std::uint32_t size = std::min(source.size, target.size);
        for (unsigned lane = 0; lane < warpSize; ++lane) {
            if (((exec >> lane) & 1U) == 0)
                continue;
            const std::byte* in = source.isRow
                ? rowOf(from, source.row) + std::size_t {lane} * source.size
                : from.parameters.data() + std::size_t {lane} * from.code->parameterBytes
                    + source.offset;
            std::byte* out = target.isRow ? rowOf(to, target.row) + std::size_t {lane} * target.size
                                          : to.parameters.data()
                    + std::size_t {lane} * to.code->parameterBytes + target.offset;
            std::memcpy(out, in, size);
        }
    }
}

void Warp::callOne(const CallPlan& plan, std::uint32_t exec, std::uint32_t callee)
{
    isolate(exec);
    const Code& code = *launch().program.codes[callee];
    const Op& op = m_frame->code->ops[m_pc - 1];
    const std::uint32_t top = m_frame->localTop + code.localBytes;
    if (m_frame->depth >= deepestCall || !growLocal(top)) {
        fault(FaultKind::StackOverflow, op, static_cast<unsigned>(std::countr_zero(exec)), 0,
              "stack overflow: " + std::to_string(m_frame->depth) + " calls deep");
        return;
    }
    Frame* frame = m_block.makeFrame(code);
    frame->parent = m_frame;
    frame->call = &plan;
    frame->returnPc = m_pc;
    frame->lanes = exec;
    frame->depth = m_frame->depth + 1;
    frame->localBase = m_frame->localTop;
    frame->localTop = top;
    copyArguments(plan, *m_frame, *frame, exec);
    m_pc = 0;
    enter(frame);
    if (m_splits.size() > 1)
        m_event = true;
}

void Warp::leaveFunction(std::uint32_t exec)
{
    Frame* frame = m_frame;
    if (frame->parent == nullptr)
        return exitLanes(exec);
    copyReturns(*frame->call, *frame, *frame->parent, exec);
    isolate(exec);
    m_pc = frame->returnPc;
    enter(frame->parent);
    frame->lanes &= ~exec;
    if (frame->lanes == 0)
        m_block.dropFrame(frame);
    if (m_splits.size() > 1)
        m_event = true;
}

void Warp::exitLanes(std::uint32_t exec)
{
    m_live &= ~exec;
    m_mask &= ~exec;
    for (Frame* frame = m_frame; frame != nullptr && m_live != 0; frame = frame->parent)
        frame->lanes &= ~exec;
    if (m_mask == 0)
        m_event = true;
    wakeWarpBarriers();
    m_block.lanesEnded();
}

void Warp::waitAtBarrier(const Op& op, std::uint32_t number)
{
    Split& split = m_splits[m_current];
    split.state = Split::State::AtBarrier;
    split.barrier = number;
    split.waiting = &op;
    storeSplit();
    m_event = true;
}

void Warp::releaseBarrier(std::uint32_t number, std::uint32_t result)
{
    for (Split& split : m_splits) {
        if (split.state != Split::State::AtBarrier || split.barrier != number)
            continue;
        split.state = Split::State::Ready;
        const Op& op = *split.waiting;
        if (op.d == noRow)
            continue;
        std::byte* d = rowOf(*split.frame, op.d);
        if (op.source->modifier(ptx::Mod::Bool) == 4) {
            for (unsigned lane = 0; lane < warpSize; ++lane) {
                if (((split.mask >> lane) & 1U) != 0)
                    std::memcpy(d + lane * sizeof result, &result, sizeof result);
            }
        } else {
            std::uint32_t mask = 0;
            std::memcpy(&mask, d, sizeof mask);
            mask = (mask & ~split.mask) | (result != 0 ? split.mask : 0);
            std::memcpy(d, &mask, sizeof mask);
        }
    }
}

void Warp::waitAtWarpBarrier(std::uint32_t needed)
{
    if ((needed & m_live & ~m_mask) == 0)
        return;
    Split& split = m_splits[m_current];
    split.state = Split::State::AtWarpBarrier;
    split.needed = needed;
    storeSplit();
    m_event = true;
    wakeWarpBarriers();
}

void Warp::wakeWarpBarriers()
{
    std::uint32_t waiting = 0;
    for (const Split& split : m_splits) {
        if (split.state == Split::State::AtWarpBarrier)
            waiting |= split.mask;
    }
    for (Split& split : m_splits) {
        if (split.state == Split::State::AtWarpBarrier && (split.needed & m_live & ~waiting) == 0)
            split.state = Split::State::Ready;
        // Those at a .sync instruction look again: whom they wait for may have ended.
        else if (split.state == Split::State::AtSync && (split.needed & m_live & ~split.mask) == 0)
            split.state = Split::State::Ready;
    }
}

bool Warp::gather(const Op& op, std::uint32_t exec, std::uint32_t needed)
{
    (void)op;
    isolate(exec);
    if ((needed & m_live & ~exec) == 0)
        return true;
    Split& split = m_splits[m_current];
    split.state = Split::State::AtSync;
    split.needed = needed;
    --m_pc;
    storeSplit();
    m_event = true;
    return false;
}

bool Warp::growLocal(std::uint32_t top)
{
    if (top > largestLocal)
        return false;
    if (top <= m_localBytes)
        return true;
    const std::uint32_t grown = std::min(std::max(top, m_localBytes * 2), largestLocal);
    std::vector<std::byte> bigger(std::size_t {grown} * warpSize);
    for (unsigned lane = 0; lane < warpSize && m_localBytes != 0; ++lane)
        std::memcpy(bigger.data() + std::size_t {lane} * grown,
                    m_local.data() + std::size_t {lane} * m_localBytes, m_localBytes);
    m_local = std::move(bigger);
    m_localBytes = grown;
    return true;
}

std::byte* Warp::localAt(unsigned lane, std::uint64_t offset, std::uint64_t size)
{
    if (offset > m_frame->localTop || m_frame->localTop - offset < size)
        return nullptr;
    return m_local.data() + std::size_t {lane} * m_localBytes + offset;
}

std::byte* Warp::parameterAt(unsigned lane, std::uint64_t offset, std::uint64_t size)
{
    if (offset < window::frameParameters) {
        // Loads only: the handler of st.param does not come here with the launch's buffer.
        const std::string& buffer = launch().plan.parameters;
        if (offset > buffer.size() || buffer.size() - offset < size)
            return nullptr;
        return reinterpret_cast<std::byte*>(const_cast<char*>(buffer.data())) + offset;
    }
    offset -= window::frameParameters;
    const std::uint64_t bytes = m_frame->code->parameterBytes;
    if (offset > bytes || bytes - offset < size)
        return nullptr;
    return m_frame->parameters.data() + lane * bytes + offset;
}

void Warp::reportDeadlock()
{
    loadSplit(0);
    const Split& split = m_splits.front();
    const auto lane = static_cast<unsigned>(std::countr_zero(split.mask));
    const std::uint32_t at = split.pc - (split.state == Split::State::AtSync ? 0 : 1);
    std::string what = "deadlock: ";
    if (split.state == Split::State::AtBarrier)
        what += "waits at barrier " + std::to_string(split.barrier)
            + " for threads of the block that never come";
    else
        what += "waits for lanes " + hex(split.needed & m_live & ~split.mask)
            + " of its warp that never come";
    fault(FaultKind::Deadlock, m_frame->code->ops[at], lane, 0, what);
}

std::string Warp::describe(unsigned lane, const Op& op, std::string_view what)
{
    const Code& code = *m_frame->code;
    return std::string(what) + "; kernel " + launch().plan.kernel + ", "
        + code.module->locationOf(*op.source) + ", block " + coordinates(m_block.index())
        + ", thread " + coordinates(threadOf(lane)) + ": " + code.module->textOf(*op.source);
}

void Warp::fault(FaultKind kind, const Op& op, unsigned lane, std::uint64_t address,
                 const std::string& what)
{
    const Code& code = *m_frame->code;
    Fault made;
    made.kind = kind;
    made.kernel = launch().plan.kernel;
    made.location = code.module->locationOf(*op.source);
    made.instruction = code.module->textOf(*op.source);
    made.block = m_block.index();
    made.thread = threadOf(lane);
    made.address = address;
    const bool hasAddress
        = kind == FaultKind::IllegalAddress || kind == FaultKind::MisalignedAddress;
    made.message = describe(lane, op, hasAddress ? what + " at " + hex(address) : what);
    launch().fail(std::move(made));
    m_patience = 0;
    m_event = true;
}

} // namespace emulator::gpu::device
