// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/client/nvml/Observer.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern char* program_invocation_short_name; // NOLINT: glibc

namespace emulator::gpu::client {

using protocol::Kind;

std::unique_ptr<Observer> Observer::open(std::string& problem)
{
    const char* path = std::getenv("SLIPWAY_GPU_SOCKET");
    auto connection = protocol::Connection::open(path == nullptr ? "/run/slipway/gpu.sock" : path,
                                                 program_invocation_short_name,
                                                 protocol::Role::Observer, problem);
    if (connection == nullptr)
        return nullptr;
    return std::unique_ptr<Observer>(new Observer(std::move(connection)));
}

Observer::Observer(std::unique_ptr<protocol::Connection> connection)
    : m_connection(std::move(connection))
{
    for (std::uint64_t i = 0; i < m_connection->welcome().deviceCount; ++i) {
        protocol::DeviceFigures figures;
        if (m_connection->ask(Kind::QueryDevice, 0, protocol::Ordinal {i}, figures) != 0)
            break;
        m_figures.push_back(figures);
    }
    m_last.resize(m_figures.size());
}

bool Observer::state(std::size_t i, DeviceState& out)
{
    protocol::Usage now;
    if (m_connection->ask(Kind::QueryUsage, 0, protocol::Ordinal {i}, now) != 0)
        return false;
    auto& last = m_last[i];
    const auto span = now.nowMicroseconds - last.nowMicroseconds;
    const auto busy = now.busyMicroseconds - last.busyMicroseconds;
    const bool first = last.nowMicroseconds == 0;
    out.memoryUsed = now.memoryUsed;
    out.memoryTotal = now.memoryTotal;
    out.utilizationPercent = first || span == 0
        ? 0
        : static_cast<unsigned>(std::min<std::uint64_t>(100, busy * 100 / span));
    const auto& card = m_figures[i];
    out.temperatureCelsius = 30 + out.utilizationPercent * 35 / 100;
    const auto limit = static_cast<unsigned>(card.powerWatts) * 1000;
    out.powerMilliwatts = limit / 10 + limit / 100 * 75 * out.utilizationPercent / 100;
    out.clockMhz = static_cast<unsigned>(card.clockKhz / 1000);
    last = now;
    return true;
}

std::vector<protocol::Process> Observer::processes(std::size_t i)
{
    std::vector<protocol::Process> out(protocol::slotBytes / sizeof(protocol::Process));
    const protocol::Ordinal message {i};
    protocol::Reply reply {out.data(), out.size() * sizeof(protocol::Process), 0};
    if (m_connection->call(Kind::QueryProcesses, 0, {{&message, sizeof message}}, &reply) != 0)
        reply.size = 0;
    out.resize(reply.size / sizeof(protocol::Process));
    return out;
}

std::string Observer::uuid(std::size_t i) const
{
    std::string out = "GPU-";
    for (std::size_t at = 0; at < 16; ++at) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", m_figures[i].uuid[at]);
        out += digits;
        if (at == 3 || at == 5 || at == 7 || at == 9)
            out += '-';
    }
    return out;
}

std::string Observer::busId(std::size_t i) const
{
    char text[32];
    std::snprintf(text, sizeof text, "00000000:%02X:00.0",
                  static_cast<unsigned>(m_figures[i].pciBus));
    return text;
}

} // namespace emulator::gpu::client
