// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace emulator::gpu::protocol {
class Connection;
}

namespace emulator::gpu::server {

/// What one device did between two samples.
struct DeviceSample {
    double utilization = 0; ///< share of the time in which a kernel ran, 0 to 1
    std::uint64_t memoryUsed = 0;
    std::uint64_t memoryTotal = 0;
    std::uint64_t kernels = 0; ///< launches that ended since the last sample
    std::uint64_t kernelsTotal = 0;
    std::uint64_t faultsTotal = 0;
    std::uint32_t processes = 0;
};

/// Watches the devices of a slipway-gpud over its socket, for graphs. It is no client in the sense
/// of the process list. One thread.
class DeviceMonitor {
public:
    /// Unavailable when nothing listens at `socket`.
    [[nodiscard]] static Result<DeviceMonitor> connect(const std::filesystem::path& socket);

    /// One sample of each device; the first has a utilization of 0. Unavailable when gpud ended.
    [[nodiscard]] Result<std::vector<DeviceSample>> sample();

    DeviceMonitor(DeviceMonitor&&) noexcept;
    DeviceMonitor& operator=(DeviceMonitor&&) noexcept;
    DeviceMonitor(const DeviceMonitor&) = delete;
    DeviceMonitor& operator=(const DeviceMonitor&) = delete;
    ~DeviceMonitor();

private:
    struct Last;

    explicit DeviceMonitor(std::unique_ptr<protocol::Connection> connection);

    std::unique_ptr<protocol::Connection> m_connection;
    std::vector<Last> m_last;
};

} // namespace emulator::gpu::server
