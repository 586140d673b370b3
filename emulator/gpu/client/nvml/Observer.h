// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/protocol/Connection.h"
#include "emulator/gpu/protocol/Messages.h"

#include <memory>
#include <string>
#include <vector>

namespace emulator::gpu::client {

/// The driver version that is reported; programs compare it with what CUDA 13 needs.
inline constexpr const char* driverVersionText = "580.0.0";

/// What a device looks like at a moment. Temperature and power are modelled from the utilization,
/// not measured: there is no card.
struct DeviceState {
    std::uint64_t memoryUsed = 0;
    std::uint64_t memoryTotal = 0;
    unsigned utilizationPercent = 0;
    unsigned temperatureCelsius = 0;
    unsigned powerMilliwatts = 0;
    unsigned clockMhz = 0;
};

/// Watches the emulated devices of a slipway-gpud: what NVML and nvidia-smi tell. One thread.
class Observer {
public:
    /// Connects to $SLIPWAY_GPU_SOCKET; null, with the reason, when there is no device.
    [[nodiscard]] static std::unique_ptr<Observer> open(std::string& problem);

    [[nodiscard]] std::size_t count() const { return m_figures.size(); }
    [[nodiscard]] const protocol::DeviceFigures& figures(std::size_t i) const
    {
        return m_figures[i];
    }
    /// Utilization is that since the last call (0 in the first).
    [[nodiscard]] bool state(std::size_t i, DeviceState& out);
    [[nodiscard]] std::vector<protocol::Process> processes(std::size_t i);
    [[nodiscard]] std::string uuid(std::size_t i) const; ///< "GPU-01234567-…"
    [[nodiscard]] std::string busId(std::size_t i) const; ///< "00000000:01:00.0"

private:
    explicit Observer(std::unique_ptr<protocol::Connection> connection);

    std::unique_ptr<protocol::Connection> m_connection;
    std::vector<protocol::DeviceFigures> m_figures;
    std::vector<protocol::Usage> m_last;
};

} // namespace emulator::gpu::client
