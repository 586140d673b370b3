// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Context.h"

#include <algorithm>

namespace emulator::gpu::server {

Context::~Context()
{
    // Work refers to this context, and events may keep a stream alive beyond it.
    for (const auto& stream : m_removed)
        stream->stop();
    for (const auto& [handle, entry] : m_streams)
        entry.stream->stop();
    m_legacy->stop();
    for (const auto& stream : m_waiters)
        stream->stop();
}

void Context::addStream(std::uint64_t handle, protocol::StreamOrder order)
{
    m_streams[handle] = {std::make_shared<Stream>(), order};
}

bool Context::removeStream(std::uint64_t handle)
{
    const auto found = m_streams.find(handle);
    if (found == m_streams.end())
        return false;
    std::erase_if(m_removed, [](const auto& stream) { return stream->idle(); });
    if (!found->second.stream->idle())
        m_removed.push_back(found->second.stream);
    m_streams.erase(found);
    return true;
}

std::shared_ptr<Stream> Context::stream(std::uint64_t handle) const
{
    if (handle == 0)
        return m_legacy;
    const auto found = m_streams.find(handle);
    return found == m_streams.end() ? nullptr : found->second.stream;
}

Stream& Context::waiter()
{
    const auto idle = std::ranges::find_if(m_waiters, [](const auto& one) { return one->idle(); });
    if (idle != m_waiters.end())
        return **idle;
    m_waiters.push_back(std::make_shared<Stream>());
    return *m_waiters.back();
}

std::vector<Stream::Point> Context::orderBefore(std::uint64_t handle) const
{
    std::vector<Stream::Point> after;
    const auto note = [&after](const std::shared_ptr<Stream>& stream) {
        if (Stream::Point point {stream, stream->pushed()}; !point.reached())
            after.push_back(std::move(point));
    };
    if (handle == 0) {
        for (const auto& [key, entry] : m_streams)
            if (entry.order == protocol::StreamOrder::Blocking)
                note(entry.stream);
    } else if (const auto found = m_streams.find(handle);
               found != m_streams.end() && found->second.order == protocol::StreamOrder::Blocking) {
        note(m_legacy);
    }
    return after;
}

std::vector<std::shared_ptr<Stream>> Context::busyStreams()
{
    std::erase_if(m_removed, [](const auto& stream) { return stream->idle(); });
    std::vector<std::shared_ptr<Stream>> busy = m_removed;
    if (!m_legacy->idle())
        busy.push_back(m_legacy);
    for (const auto& [key, entry] : m_streams)
        if (!entry.stream->idle())
            busy.push_back(entry.stream);
    return busy;
}

} // namespace emulator::gpu::server
