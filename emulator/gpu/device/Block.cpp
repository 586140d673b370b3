// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Block.h"

#include <algorithm>
#include <bit>

namespace emulator::gpu::device {

Launch::Launch(const LaunchPlan& launchPlan, const Program& kernel, Memory& deviceMemory,
               const DeviceTraits& card, const std::function<void(std::string_view)>& printer)
    : plan(launchPlan)
    , program(kernel)
    , memory(deviceMemory)
    , traits(card)
    , print(printer)
{
}

Launch::~Launch()
{
    if (gridWorkspace != 0)
        (void)memory.free(gridWorkspace);
}

void Launch::fail(Fault fault)
{
    const std::scoped_lock lock(m_mutex);
    if (!m_fault)
        m_fault = std::move(fault);
    m_stopped.store(true, std::memory_order_relaxed);
}

std::optional<Fault> Launch::takeFault()
{
    const std::scoped_lock lock(m_mutex);
    return std::move(m_fault);
}

void Launch::printText(std::string_view text)
{
    const std::scoped_lock lock(m_printMutex);
    if (print)
        print(text);
}

std::uint64_t Launch::allocateOnHeap(std::uint64_t size)
{
    {
        const std::scoped_lock lock(m_mutex);
        if (size > plan.heapBytes || plan.heapBytes - size < m_heapUsed)
            return 0;
        m_heapUsed += size;
    }
    auto allocated = memory.allocate(size);
    return allocated ? *allocated : 0;
}

bool Launch::freeOnHeap(std::uint64_t address)
{
    const auto found = memory.find(address);
    if (!found || found->address != address || !memory.free(address))
        return false;
    const std::scoped_lock lock(m_mutex);
    m_heapUsed -= std::min(m_heapUsed, found->size);
    return true;
}

Block::Block(Launch& launch, const Dim3& index)
    : m_launch(launch)
    , m_index(index)
    , m_threads(static_cast<std::uint32_t>(launch.plan.block.count()))
    , m_shared(std::size_t {launch.program.staticSharedBytes} + launch.plan.dynamicSharedBytes)
{
    const std::uint32_t warps = (m_threads + warpSize - 1) / warpSize;
    for (BarrierState& barrier : m_barriers)
        barrier.arrived.resize(warps);
    for (std::uint32_t i = 0; i < warps; ++i)
        m_warps.push_back(
            std::make_unique<Warp>(*this, i, std::min(warpSize, m_threads - i * warpSize)));
}

bool Block::runSlice()
{
    bool anyLeft = false;
    bool anyRan = false;
    for (const auto& warp : m_warps) {
        if (m_launch.stopped())
            return false;
        if (warp->isDone())
            continue;
        anyLeft = true;
        if (!warp->isReady())
            continue;
        anyRan = true;
        warp->runSlice();
    }
    if (anyLeft && !anyRan) {
        deadlock();
        return false;
    }
    return anyLeft;
}

void Block::deadlock()
{
    for (const auto& warp : m_warps) {
        if (!warp->isDone())
            return warp->reportDeadlock();
    }
}

void Block::addCounters(LaunchCounters& into) const
{
    for (const auto& warp : m_warps) {
        into.warpInstructions += warp->counters.warpInstructions;
        into.threadInstructions += warp->counters.threadInstructions;
        into.globalLoads += warp->counters.globalLoads;
        into.globalStores += warp->counters.globalStores;
        into.divergentBranches += warp->counters.divergentBranches;
    }
}

void Block::arrive(Warp& warp, std::uint32_t number, std::uint32_t exec, std::uint32_t threads,
                   ptx::Bool reduction, std::uint32_t votes)
{
    BarrierState& barrier = m_barriers[number];
    if (!barrier.active) {
        barrier.active = true;
        barrier.threads = threads;
        barrier.reduction = reduction;
        barrier.population = 0;
        barrier.voters = 0;
        std::fill(barrier.arrived.begin(), barrier.arrived.end(), 0);
    }
    barrier.arrived[warp.index()] |= exec;
    barrier.population += static_cast<unsigned>(std::popcount(votes & exec));
    barrier.voters += static_cast<unsigned>(std::popcount(exec));
    if (isComplete(barrier))
        release(number);
}

/// Without a count: every lane that still lives. With one: whole warps count as 32 threads.
bool Block::isComplete(const BarrierState& barrier) const
{
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < m_warps.size(); ++i) {
        const std::uint32_t live = m_warps[i]->live();
        const bool all = (live & ~barrier.arrived[i]) == 0;
        if (barrier.threads == 0 && !all)
            return false;
        if (barrier.arrived[i] != 0)
            count += all ? warpSize : static_cast<unsigned>(std::popcount(barrier.arrived[i]));
    }
    return barrier.threads == 0 || count >= barrier.threads;
}

void Block::release(std::uint32_t number)
{
    BarrierState& barrier = m_barriers[number];
    barrier.active = false;
    std::uint32_t result = barrier.population;
    if (barrier.reduction == ptx::Bool::And)
        result = barrier.population == barrier.voters ? 1 : 0;
    else if (barrier.reduction == ptx::Bool::Or)
        result = barrier.population != 0 ? 1 : 0;
    for (const auto& warp : m_warps)
        warp->releaseBarrier(number, result);
}

void Block::lanesEnded()
{
    for (std::uint32_t i = 0; i < m_barriers.size(); ++i) {
        if (m_barriers[i].active && isComplete(m_barriers[i]))
            release(i);
    }
}

Frame* Block::makeFrame(const Code& code)
{
    auto& idle = m_idle[&code];
    std::unique_ptr<Frame> frame;
    if (idle.empty()) {
        frame = std::make_unique<Frame>();
        frame->rows.resize(code.rowBytes / sizeof(Chunk));
        frame->parameters.resize(std::size_t {code.parameterBytes} * warpSize);
    } else {
        // Registers hold what an earlier call left, as on a card: PTX promises no value.
        frame = std::move(idle.back());
        idle.pop_back();
    }
    frame->code = &code;
    frame->parent = nullptr;
    frame->call = nullptr;
    frame->depth = 0;
    frame->localBase = 0;
    m_frames.push_back(std::move(frame));
    m_frames.back()->slot = m_frames.size() - 1;
    return m_frames.back().get();
}

void Block::dropFrame(Frame* frame)
{
    const std::size_t slot = frame->slot;
    std::unique_ptr<Frame> taken = std::move(m_frames[slot]);
    if (slot + 1 != m_frames.size()) {
        m_frames[slot] = std::move(m_frames.back());
        m_frames[slot]->slot = slot;
    }
    m_frames.pop_back();
    m_idle[taken->code].push_back(std::move(taken));
}

} // namespace emulator::gpu::device
