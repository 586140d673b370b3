// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstddef>
#include <cstdint>

/// Marks a function of NVIDIA's interfaces: exported, with C linkage. Their names, parameters and
/// structures are as documented in the CUDA Driver API, CUDA Runtime API and NVML references;
/// handles, which are opaque pointers there, are numbers here (the same to a caller).
#define SLIPWAY_EXPORT extern "C" __attribute__((visibility("default")))

namespace emulator::gpu::client {

using Result = int; ///< CUresult, cudaError_t or nvmlReturn_t
using Handle = std::uint64_t; ///< of a context, stream, event, module, function…
using DevicePointer = std::uint64_t;

inline constexpr int driverVersion = 13000;

/// One line on stderr: "slipway-gpu: cuFoo is not supported by the emulated device". Once a name.
void reportUnsupported(const char* function);

/// One line on stderr.
void report(const char* message);

} // namespace emulator::gpu::client
