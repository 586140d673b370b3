// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/Subprocess.h"

#include <filesystem>
#include <string>

namespace emulator::worker {

/// The slipway-gpud of one task: started before its container, ended after it.
class GpuProcess {
public:
    /// Returns when the device listens on `socket`. Unavailable when it ends instead.
    [[nodiscard]] static Result<GpuProcess> start(const std::filesystem::path& program,
                                                  const std::filesystem::path& socket,
                                                  const std::string& card, unsigned count,
                                                  const std::filesystem::path& log);
    GpuProcess(GpuProcess&&) noexcept = default;
    GpuProcess& operator=(GpuProcess&&) = delete;
    GpuProcess(const GpuProcess&) = delete;
    GpuProcess& operator=(const GpuProcess&) = delete;
    ~GpuProcess();

private:
    explicit GpuProcess(Subprocess process)
        : m_process(std::move(process))
    {
    }

    Subprocess m_process;
};

} // namespace emulator::worker
