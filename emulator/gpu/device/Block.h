// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Warp.h"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace emulator::gpu::device {

/// What all blocks of a running grid share. Thread-safe.
class Launch {
public:
    const LaunchPlan& plan;
    const Program& program;
    Memory& memory;
    const DeviceTraits& traits;
    const std::function<void(std::string_view)>& print;
    std::uint64_t gridWorkspace = 0; ///< of cooperative groups' grid barrier (%envreg1, 2)
    std::uint64_t number = 0; ///< %gridid

    Launch(const LaunchPlan& launchPlan, const Program& kernel, Memory& deviceMemory,
           const DeviceTraits& card, const std::function<void(std::string_view)>& printer);
    ~Launch();

    /// Keeps the first fault and stops everyone.
    void fail(Fault fault);
    [[nodiscard]] bool stopped() const { return m_stopped.load(std::memory_order_relaxed); }
    [[nodiscard]] std::optional<Fault> takeFault();
    void printText(std::string_view text);

    /// Device malloc and free: 0 when the heap is full.
    [[nodiscard]] std::uint64_t allocateOnHeap(std::uint64_t size);
    [[nodiscard]] bool freeOnHeap(std::uint64_t address);

private:
    std::atomic<bool> m_stopped {false};
    std::mutex m_mutex;
    std::mutex m_printMutex;
    std::optional<Fault> m_fault;
    std::uint64_t m_heapUsed = 0;
};

/// One thread block: its warps, shared memory and barriers. Runs on one core at a time.
class Block {
public:
    Block(Launch& launch, const Dim3& index);

    /// Gives each ready warp a turn. False when the block is done.
    bool runSlice();
    [[nodiscard]] Launch& launch() { return m_launch; }
    [[nodiscard]] const Dim3& index() const { return m_index; }
    [[nodiscard]] std::byte* shared() { return m_shared.data(); }
    [[nodiscard]] std::uint64_t sharedBytes() const { return m_shared.size(); }
    [[nodiscard]] std::uint32_t threads() const { return m_threads; }
    [[nodiscard]] std::vector<std::unique_ptr<Warp>>& warps() { return m_warps; }
    void addCounters(LaunchCounters& into) const;

    /// The lanes `exec` of `warp` arrive; `threads` is 0 for the whole block.
    void arrive(Warp& warp, std::uint32_t number, std::uint32_t exec, std::uint32_t threads,
                ptx::Bool reduction, std::uint32_t votes);
    /// Lanes ended: a barrier may be complete now.
    void lanesEnded();

    [[nodiscard]] Frame* makeFrame(const Code& code);
    void dropFrame(Frame* frame);

private:
    struct BarrierState {
        bool active = false;
        std::uint32_t threads = 0;
        ptx::Bool reduction = ptx::Bool::None;
        std::uint32_t population = 0;
        std::uint32_t voters = 0;
        std::vector<std::uint32_t> arrived; ///< lanes by warp
    };

    void release(std::uint32_t number);
    [[nodiscard]] bool isComplete(const BarrierState& barrier) const;
    void deadlock();

    Launch& m_launch;
    Dim3 m_index;
    std::uint32_t m_threads;
    std::vector<std::byte> m_shared;
    std::array<BarrierState, 16> m_barriers;
    std::vector<std::unique_ptr<Warp>> m_warps;
    std::vector<std::unique_ptr<Frame>> m_frames; ///< in use
    std::unordered_map<const Code*, std::vector<std::unique_ptr<Frame>>> m_idle;
};

inline Launch& Warp::launch()
{
    return m_block.launch();
}

} // namespace emulator::gpu::device
