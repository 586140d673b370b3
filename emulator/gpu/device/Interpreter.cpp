// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/device/Block.h"
#include "emulator/gpu/device/Executor.h"
#include "emulator/gpu/device/Image.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace emulator::gpu::device {
namespace {

/// Turns after which a block that has not ended may be spinning on one not yet begun.
constexpr unsigned turnsBeforeNext = 256;

/// Blocks of one grid, handed out in ascending order.
class Grid {
public:
    explicit Grid(Launch& launch)
        : m_launch(launch)
        , m_count(launch.plan.grid.count())
    {
    }

    std::unique_ptr<Block> next()
    {
        const std::uint64_t number = m_next.fetch_add(1, std::memory_order_relaxed);
        if (number >= m_count)
            return nullptr;
        const Dim3& grid = m_launch.plan.grid;
        return std::make_unique<Block>(m_launch,
                                       Dim3 {static_cast<std::uint32_t>(number % grid.x),
                                             static_cast<std::uint32_t>(number / grid.x % grid.y),
                                             static_cast<std::uint32_t>(number / grid.x / grid.y)});
    }

private:
    Launch& m_launch;
    std::uint64_t m_count;
    std::atomic<std::uint64_t> m_next {0};
};

/// One core's share of a grid: usually one block at a time, all at once in a cooperative launch.
void work(Launch& launch, Grid& grid, LaunchCounters& counters)
{
    const LaunchPlan& plan = launch.plan;
    const std::uint64_t perBlock = std::max<std::uint64_t>(plan.block.count(), 1);
    const std::uint64_t mostResident
        = std::max<std::uint64_t>(std::uint64_t {launch.traits.multiprocessors}
                                      * launch.traits.maxThreadsPerMultiprocessor / perBlock,
                                  1);
    std::vector<std::unique_ptr<Block>> resident;
    unsigned turns = 0;
    bool exhausted = false;
    while (!launch.stopped()) {
        const bool stuck = turns >= turnsBeforeNext && resident.size() < mostResident;
        while (!exhausted && (resident.empty() || stuck || plan.cooperative)) {
            auto block = grid.next();
            if (block == nullptr)
                exhausted = true;
            else
                resident.push_back(std::move(block));
            turns = 0;
            if (!plan.cooperative)
                break;
            // Every core takes its part of a cooperative grid before any waits for the others.
        }
        if (resident.empty())
            return;
        ++turns;
        std::erase_if(resident, [&](const std::unique_ptr<Block>& block) {
            if (block->runSlice())
                return false;
            block->addCounters(counters);
            return true;
        });
    }
    for (const auto& block : resident)
        block->addCounters(counters);
}

class Interpreter final : public Executor {
public:
    Interpreter(const DeviceTraits& traits, unsigned threads)
        : m_traits(traits)
        , m_threads(threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency()))
    {
    }

    LaunchOutcome run(const LaunchPlan& plan, Memory& memory,
                      const std::function<void(std::string_view)>& print,
                      std::stop_token stop) override
    {
        const LoadedModule::Image& image = plan.module->image();
        LaunchOutcome outcome;
        const auto found = image.kernelByName.find(plan.kernel);
        if (found == image.kernelByName.end())
            return refuse(plan, "no such kernel in the module");
        Launch launch(plan, *image.programs[found->second], memory, m_traits, print);
        launch.number = m_launches.fetch_add(1, std::memory_order_relaxed);
        if (plan.cooperative) {
            auto workspace = memory.allocate(256);
            if (!workspace)
                return refuse(plan, workspace.error().message());
            launch.gridWorkspace = *workspace;
        }
        const std::stop_callback cancel(stop, [&] {
            Fault fault;
            fault.kind = FaultKind::Cancelled;
            fault.kernel = plan.kernel;
            fault.message = "cancelled; kernel " + plan.kernel;
            launch.fail(std::move(fault));
        });
        Grid grid(launch);
        const auto workers = static_cast<unsigned>(
            std::min<std::uint64_t>(m_threads, std::max<std::uint64_t>(plan.grid.count(), 1)));
        std::vector<LaunchCounters> counters(workers);
        {
            std::vector<std::jthread> others;
            for (unsigned i = 1; i < workers; ++i)
                others.emplace_back([&, i] { work(launch, grid, counters[i]); });
            work(launch, grid, counters[0]);
        }
        for (const LaunchCounters& each : counters) {
            outcome.counters.warpInstructions += each.warpInstructions;
            outcome.counters.threadInstructions += each.threadInstructions;
            outcome.counters.globalLoads += each.globalLoads;
            outcome.counters.globalStores += each.globalStores;
            outcome.counters.divergentBranches += each.divergentBranches;
        }
        outcome.fault = launch.takeFault();
        return outcome;
    }

private:
    static LaunchOutcome refuse(const LaunchPlan& plan, const std::string& why)
    {
        LaunchOutcome outcome;
        outcome.fault.emplace();
        outcome.fault->kernel = plan.kernel;
        outcome.fault->message = why + "; kernel " + plan.kernel;
        return outcome;
    }

    DeviceTraits m_traits;
    unsigned m_threads;
    std::atomic<std::uint64_t> m_launches {1};
};

} // namespace

std::unique_ptr<Executor> makeInterpreter(const DeviceTraits& traits, unsigned threads)
{
    return std::make_unique<Interpreter>(traits, threads);
}

} // namespace emulator::gpu::device
