// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Commands about devices, contexts and what has to be said.

#include "emulator/gpu/server/Session.h"

#include <algorithm>

namespace emulator::gpu::server {
namespace {

constexpr std::size_t contextLimit = 64;

std::optional<std::uint64_t> ordinalOf(const Command& command, const Devices& devices)
{
    const auto body = command.as<protocol::Ordinal>();
    if (!body || body->device >= devices.count())
        return std::nullopt;
    return body->device;
}

} // namespace

void Session::queryDevice(const Command& command)
{
    const auto ordinal = ordinalOf(command, m_devices);
    if (!ordinal)
        return refuse(command, protocol::InvalidDevice);
    answerWith(command, m_devices.at(*ordinal).figures());
}

void Session::queryUsage(const Command& command)
{
    const auto ordinal = ordinalOf(command, m_devices);
    if (!ordinal)
        return refuse(command, protocol::InvalidDevice);
    auto usage = m_devices.usage(*ordinal);
    if (m_processes)
        usage.processes = static_cast<std::uint32_t>(m_processes(*ordinal).size());
    answerWith(command, usage);
}

void Session::queryProcesses(const Command& command)
{
    const auto ordinal = ordinalOf(command, m_devices);
    if (!ordinal)
        return refuse(command, protocol::InvalidDevice);
    std::vector<protocol::Process> processes;
    if (m_processes)
        processes = m_processes(*ordinal);
    const auto count
        = std::min(processes.size(), std::size_t {protocol::slotBytes} / sizeof(protocol::Process));
    answer(command, protocol::Success, processes.data(), count * sizeof(protocol::Process));
}

void Session::createContext(const Command& command)
{
    const auto ordinal = ordinalOf(command, m_devices);
    if (!ordinal)
        return refuse(command, protocol::InvalidDevice);
    if (m_contexts.size() >= contextLimit)
        return refuse(command, protocol::OutOfMemory);
    const auto handle = nextHandle();
    m_contexts[handle] = std::make_unique<Context>(*ordinal);
    m_contextCount = m_contexts.size();
    answerWith(command, protocol::Handle {handle});
}

void Session::destroyContext(const Command& command)
{
    const auto found = m_contexts.find(command.header.context);
    if (found == m_contexts.end())
        return refuse(command, protocol::InvalidContext);
    m_contexts.erase(found);
    m_contextCount = m_contexts.size();
    m_devices.freeAll(m_id, command.header.context);
    answer(command, protocol::Success);
}

void Session::synchronizeContext(const Command& command)
{
    Context* context = contextOf(command);
    if (context == nullptr)
        return refuse(command, protocol::InvalidContext);
    whenIdle(*context, command);
}

void Session::fetchText(const Command& command)
{
    const auto piece = m_text.take(protocol::slotBytes - sizeof(protocol::Text));
    std::array<std::byte, protocol::slotBytes> reply {};
    const protocol::Text head {piece.target, static_cast<std::uint32_t>(piece.text.size())};
    std::memcpy(reply.data(), &head, sizeof head);
    std::memcpy(reply.data() + sizeof head, piece.text.data(), piece.text.size());
    answer(command, protocol::Success, reply.data(), sizeof head + piece.text.size());
}

} // namespace emulator::gpu::server
