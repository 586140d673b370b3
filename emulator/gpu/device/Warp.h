// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Code.h"
#include "emulator/gpu/device/Executor.h"
#include "emulator/gpu/device/Windows.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emulator::gpu::device {

class Block;
class Launch;

/// One activation of a function by the lanes that called it together: their registers and their
/// parameter area. Lanes may leave at different times.
struct Frame {
    const Code* code = nullptr;
    Frame* parent = nullptr;
    const CallPlan* call = nullptr; ///< what `parent` is waiting for
    std::uint32_t returnPc = 0;
    std::uint32_t lanes = 0; ///< still inside
    std::uint32_t depth = 0;
    std::uint32_t localBase = 0; ///< of its variables in each lane's local memory
    std::uint32_t localTop = 0;
    std::size_t slot = 0; ///< in the block's list
    std::vector<Chunk> rows;
    std::vector<std::byte> parameters; ///< lane after lane, parameterBytes each
};

/// Lanes of one warp that run in lock step.
struct Split {
    enum class State : std::uint8_t {
        Ready,
        AtBarrier, ///< of the block, number `barrier`
        AtWarpBarrier, ///< bar.warp.sync: until all lanes of `needed` are there
        AtSync, ///< before a .sync instruction: until all of `needed` are at it
    };

    std::uint32_t mask = 0;
    std::uint32_t pc = 0;
    Frame* frame = nullptr;
    State state = State::Ready;
    bool tired = false; ///< has run long while others were ready
    std::uint32_t barrier = 0;
    std::uint32_t needed = 0;
    const Op* waiting = nullptr; ///< the barrier, for its result
};

/// What memory a warp looked at last: most accesses stay within a few allocations.
struct AllocationCache {
    struct Entry {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };
    std::uint64_t generation = ~std::uint64_t {0};
    std::array<Entry, 4> entries {};
    unsigned next = 0;
};

/// 32 threads and their state between two instructions. Runs on one core at a time.
///
/// Divergence: lanes that part become splits. The deepest frame with the lowest pc runs first, so
/// that splits meet again at the end of an if or loop; a split that keeps branching back while
/// others are ready grows tired and lets them run, so that a lane which holds a lock gets on
/// (the forward progress that sm_70 promises).
class Warp {
public:
    Warp(Block& block, std::uint32_t index, std::uint32_t lanes);

    /// Runs until nothing is ready or the slice is over.
    void runSlice();
    [[nodiscard]] bool isDone() const { return m_live == 0; }
    [[nodiscard]] bool isReady() const;

    // For handlers.
    [[nodiscard]] std::byte* row(Row row)
    {
        return ((row & constantRow) != 0 ? m_constants : m_rows) + (row & ~constantRow);
    }
    [[nodiscard]] std::uint32_t& predicate(Row row);
    [[nodiscard]] Block& block() { return m_block; }
    [[nodiscard]] Launch& launch();
    [[nodiscard]] std::uint32_t index() const { return m_index; }
    [[nodiscard]] std::uint32_t live() const { return m_live; }
    [[nodiscard]] std::uint32_t mask() const { return m_mask; }
    [[nodiscard]] Frame& frame() { return *m_frame; }
    [[nodiscard]] std::uint32_t& carry() { return m_carry; }
    [[nodiscard]] Dim3 threadOf(unsigned lane) const;
    [[nodiscard]] std::uint32_t flatThread(unsigned lane) const
    {
        return m_index * warpSize + lane;
    }
    LaunchCounters counters;
    AllocationCache cache;

    /// `lane`'s local memory at `offset`, or null when it is not [0, top of its stack).
    [[nodiscard]] std::byte* localAt(unsigned lane, std::uint64_t offset, std::uint64_t size);
    /// Its parameter space, likewise.
    [[nodiscard]] std::byte* parameterAt(unsigned lane, std::uint64_t offset, std::uint64_t size);
    bool growLocal(std::uint32_t top);

    // Control flow, for OpsControl.cpp and OpsWarp.cpp.
    void branch(std::uint32_t exec, std::uint32_t target);
    void call(const Op& op, std::uint32_t exec);
    void callOne(const CallPlan& plan, std::uint32_t exec, std::uint32_t callee);
    void leaveFunction(std::uint32_t exec); ///< ret
    void exitLanes(std::uint32_t exec);
    /// Makes `exec` the running split; the others go on behind the instruction.
    void isolate(std::uint32_t exec);
    /// Lets `exec`, a part of the running split, execute the instruction again on its own.
    void retry(std::uint32_t exec);
    void waitAtBarrier(const Op& op, std::uint32_t number);
    void waitAtWarpBarrier(std::uint32_t needed);
    /// Whether all live lanes of `needed` are here; if not, the instruction is tried again later.
    bool gather(const Op& op, std::uint32_t exec, std::uint32_t needed);
    void releaseBarrier(std::uint32_t number, std::uint32_t result);
    void fault(FaultKind kind, const Op& op, unsigned lane, std::uint64_t address,
               const std::string& what);
    /// Nothing in the block can run any more: says what this warp waits for.
    void reportDeadlock();
    /// Ends the turn early: this lane waits for someone.
    void tire(int by) { m_patience -= by; }
    void copyArguments(const CallPlan& plan, Frame& from, Frame& to, std::uint32_t exec);
    void copyReturns(const CallPlan& plan, Frame& from, Frame& to, std::uint32_t exec);
    void setPc(std::uint32_t pc) { m_pc = pc; }

private:
    void run();
    bool choose();
    void merge();
    void loadSplit(std::size_t index);
    void storeSplit();
    void wakeWarpBarriers();
    void enter(Frame* frame);
    [[nodiscard]] std::string describe(unsigned lane, const Op& op, std::string_view what);
    std::byte* rowOf(Frame& frame, Row row);

    Block& m_block;
    std::uint32_t m_index;
    std::uint32_t m_live;
    std::vector<Split> m_splits;
    std::vector<std::byte> m_local; ///< lane after lane, m_localBytes each
    std::uint32_t m_localBytes = 0;

    // The running split, unpacked.
    std::size_t m_current = 0;
    std::uint32_t m_mask = 0;
    std::uint32_t m_pc = 0;
    std::uint32_t m_limit = ~0U; ///< a split waits there to be joined
    bool m_lowest = true; ///< no other split of the frame is before m_pc
    bool m_event = false; ///< the split ended, parted or blocked: choose again
    Frame* m_frame = nullptr;
    std::byte* m_rows = nullptr;
    std::byte* m_constants = nullptr;
    std::uint32_t m_carry = 0;
    int m_patience = 0;
};

inline std::uint32_t& Warp::predicate(Row row)
{
    return *reinterpret_cast<std::uint32_t*>(this->row(row));
}

} // namespace emulator::gpu::device
