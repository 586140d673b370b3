// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/LoadedModule.h"
#include "emulator/gpu/device/Memory.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace emulator::gpu::device {

struct Dim3 {
    std::uint32_t x = 1;
    std::uint32_t y = 1;
    std::uint32_t z = 1;
    [[nodiscard]] std::uint64_t count() const { return std::uint64_t {x} * y * z; }
};

/// The figures of a card that kernels can see or that limit a launch.
struct DeviceTraits {
    int computeMajor = 9;
    int computeMinor = 0;
    std::uint32_t multiprocessors = 132;
    std::uint32_t maxThreadsPerMultiprocessor = 2048;
    std::uint32_t sharedBytesPerBlockOptin = 232448;
    std::uint32_t clockKhz = 1980000;
};

/// One kernel launch, decided; an Executor carries it out.
struct LaunchPlan {
    std::shared_ptr<const LoadedModule> module;
    std::string kernel;
    Dim3 grid;
    Dim3 block;
    std::uint32_t dynamicSharedBytes = 0;
    std::string parameters; ///< the parameter buffer, KernelInfo::parameterBytes octets
    bool cooperative = false; ///< grid-wide barriers: every block must be resident
    std::uint64_t heapBytes = 8U << 20U; ///< device malloc (cudaLimitMallocHeapSize)
};

enum class FaultKind {
    IllegalAddress, ///< CUDA_ERROR_ILLEGAL_ADDRESS
    MisalignedAddress, ///< CUDA_ERROR_MISALIGNED_ADDRESS
    IllegalInstruction, ///< CUDA_ERROR_ILLEGAL_INSTRUCTION
    Assert, ///< CUDA_ERROR_ASSERT
    Trap, ///< CUDA_ERROR_LAUNCH_FAILED
    StackOverflow, ///< CUDA_ERROR_HARDWARE_STACK_ERROR
    Deadlock, ///< no warp of the grid can ever run again: CUDA_ERROR_LAUNCH_TIMEOUT
    Cancelled, ///< stopped from outside: CUDA_ERROR_LAUNCH_TIMEOUT
};

/// Why a launch died: which thread, where, touching what.
struct Fault {
    FaultKind kind = FaultKind::Trap;
    std::string kernel;
    std::string location; ///< "saxpy.cu:12" from .loc, else "PTX line 40"
    std::string instruction; ///< as written in the PTX
    Dim3 block;
    Dim3 thread;
    std::uint64_t address = 0;
    std::string message; ///< one sentence for the log: kernel, line, block, thread, address
};

/// Counted while a kernel ran.
struct LaunchCounters {
    std::uint64_t warpInstructions = 0;
    std::uint64_t threadInstructions = 0;
    std::uint64_t globalLoads = 0; ///< warp-level memory instructions
    std::uint64_t globalStores = 0;
    std::uint64_t divergentBranches = 0;
};

struct LaunchOutcome {
    std::optional<Fault> fault;
    LaunchCounters counters;
};

/// Runs kernels of loaded modules on the CPU. The interpreter is one; the JIT will be another, with
/// the same semantics. Thread-safe: several streams may run kernels at once.
class Executor {
public:
    virtual ~Executor() = default;

    /// Runs the whole grid and returns when its last thread has ended, at the first fault, or soon
    /// after `stop` fires. The plan is valid: the caller has checked it against the card's limits.
    /// `print` gets the text of the device's printf.
    [[nodiscard]] virtual LaunchOutcome run(const LaunchPlan& plan, Memory& memory,
                                            const std::function<void(std::string_view)>& print,
                                            std::stop_token stop)
        = 0;

    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

protected:
    Executor() = default;
};

/// Tier 0: a warp-wide interpreter that spreads blocks over `threads` cores (0: all of them).
[[nodiscard]] std::unique_ptr<Executor> makeInterpreter(const DeviceTraits& traits,
                                                        unsigned threads = 0);

} // namespace emulator::gpu::device
