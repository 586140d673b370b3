// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Executor.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace tests {

/// A small device with one module: what a test of a kernel needs, in few words.
class Bench {
public:
    /// Parses and loads `text`; the error, if any, is kept in `error`.
    explicit Bench(const std::string& text, unsigned threads = 2);

    /// A device array with the content of `values`.
    template<class T>
    std::uint64_t put(const std::vector<T>& values)
    {
        const std::uint64_t address = allocate(values.size() * sizeof(T));
        std::memcpy(reinterpret_cast<void*>(address), values.data(), values.size() * sizeof(T));
        return address;
    }
    template<class T>
    std::vector<T> get(std::uint64_t address, std::size_t count)
    {
        std::vector<T> values(count);
        std::memcpy(values.data(), reinterpret_cast<void*>(address), count * sizeof(T));
        return values;
    }
    std::uint64_t allocate(std::size_t bytes);

    /// Runs a kernel with parameters laid out by their own alignment.
    template<class... P>
    emulator::gpu::device::LaunchOutcome run(const std::string& kernel,
                                             emulator::gpu::device::Dim3 grid,
                                             emulator::gpu::device::Dim3 block, P... parameters)
    {
        std::string buffer;
        const auto add = [&](const auto& value) {
            buffer.resize((buffer.size() + sizeof value - 1) / sizeof value * sizeof value);
            buffer.append(reinterpret_cast<const char*>(&value), sizeof value);
        };
        (add(parameters), ...);
        return launch(kernel, grid, block, std::move(buffer));
    }
    emulator::gpu::device::LaunchOutcome launch(const std::string& kernel,
                                                emulator::gpu::device::Dim3 grid,
                                                emulator::gpu::device::Dim3 block,
                                                std::string parameters);

    std::string error;
    std::string printed;
    std::uint32_t dynamicShared = 0;
    bool cooperative = false;
    std::stop_source stop;
    std::unique_ptr<emulator::gpu::device::Memory> memory;
    std::shared_ptr<const emulator::gpu::device::LoadedModule> module;

private:
    std::unique_ptr<emulator::gpu::device::Executor> m_executor;
};

/// A kernel file beside the tests.
[[nodiscard]] std::string kernelText(const std::string& file);

/// PTX that nvcc makes of CUDA source; empty when there is no nvcc.
[[nodiscard]] std::string compileCuda(const std::string& source,
                                      const std::string& architecture = "compute_80");

} // namespace tests
