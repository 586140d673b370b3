// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/DeviceMonitor.h"

#include "emulator/gpu/protocol/Connection.h"

#include <algorithm>

namespace emulator::gpu::server {

struct DeviceMonitor::Last {
    bool known = false;
    protocol::Usage usage;
};

DeviceMonitor::DeviceMonitor(std::unique_ptr<protocol::Connection> connection)
    : m_connection(std::move(connection))
    , m_last(m_connection->welcome().deviceCount)
{
}

DeviceMonitor::DeviceMonitor(DeviceMonitor&&) noexcept = default;
DeviceMonitor& DeviceMonitor::operator=(DeviceMonitor&&) noexcept = default;
DeviceMonitor::~DeviceMonitor() = default;

Result<DeviceMonitor> DeviceMonitor::connect(const std::filesystem::path& socket)
{
    std::string problem;
    auto connection = protocol::Connection::open(socket.c_str(), "slipway-monitor",
                                                 protocol::Role::Observer, problem);
    if (connection == nullptr)
        return Error(ErrorCode::Unavailable, "watch the emulated device: " + problem);
    return DeviceMonitor(std::move(connection));
}

Result<std::vector<DeviceSample>> DeviceMonitor::sample()
{
    std::vector<DeviceSample> samples;
    for (std::size_t i = 0; i < m_last.size(); ++i) {
        protocol::Usage now;
        if (m_connection->ask(protocol::Kind::QueryUsage, 0, protocol::Ordinal {i}, now) != 0)
            return Error(ErrorCode::Unavailable, "watch the emulated device: slipway-gpud ended");
        auto& last = m_last[i];
        DeviceSample made;
        made.memoryUsed = now.memoryUsed;
        made.memoryTotal = now.memoryTotal;
        made.kernelsTotal = now.kernels;
        made.faultsTotal = now.faults;
        made.processes = now.processes;
        if (last.known) {
            made.kernels = now.kernels - last.usage.kernels;
            const auto span = now.nowMicroseconds - last.usage.nowMicroseconds;
            const auto busy = now.busyMicroseconds - last.usage.busyMicroseconds;
            if (span > 0)
                made.utilization
                    = std::min(1.0, static_cast<double>(busy) / static_cast<double>(span));
        }
        last = {true, now};
        samples.push_back(made);
    }
    return samples;
}

} // namespace emulator::gpu::server
