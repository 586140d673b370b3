// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Stream.h"

#include <cassert>
#include <utility>

namespace emulator::gpu::server {

void Stream::stop()
{
    m_thread.request_stop();
    if (!m_thread.joinable())
        return;
    assert(m_thread.get_id() != std::this_thread::get_id());
    m_thread.join();
    std::deque<Item> dropped;
    const std::lock_guard lock(m_mutex);
    dropped.swap(m_queue);
    m_pushed = m_done; // so that nobody waits for what will never run
    m_stopped = true;
    m_changed.notify_all();
}

std::uint64_t Stream::push(Work work, std::vector<Point> after)
{
    std::erase_if(after, [this](const Point& point) {
        return point.stream.get() == this || point.reached();
    });
    std::uint64_t position = 0;
    {
        const std::lock_guard lock(m_mutex);
        if (m_stopped)
            return m_done;
        m_queue.push_back({std::move(work), std::move(after)});
        position = ++m_pushed;
        if (!m_thread.joinable())
            m_thread = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
    }
    m_changed.notify_all();
    return position;
}

std::uint64_t Stream::pushed() const
{
    const std::lock_guard lock(m_mutex);
    return m_pushed;
}

std::uint64_t Stream::done() const
{
    const std::lock_guard lock(m_mutex);
    return m_done;
}

bool Stream::idle() const
{
    const std::lock_guard lock(m_mutex);
    return m_done == m_pushed;
}

bool Stream::stopped() const
{
    const std::lock_guard lock(m_mutex);
    return m_stopped;
}

void Stream::waitFor(std::uint64_t position, std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, std::move(stop), [&] { return m_done >= position || m_stopped; });
}

void Stream::run(std::stop_token stop)
{
    while (!stop.stop_requested()) {
        Item item;
        {
            std::unique_lock lock(m_mutex);
            if (!m_changed.wait(lock, stop, [this] { return !m_queue.empty(); }))
                return;
            item = std::move(m_queue.front());
            m_queue.pop_front();
        }
        for (const auto& point : item.after)
            point.stream->waitFor(point.position, stop);
        if (stop.stop_requested())
            return;
        item.work(stop);
        item = {}; // what it held goes before anybody hears that it is done
        {
            const std::lock_guard lock(m_mutex);
            ++m_done;
        }
        m_changed.notify_all();
    }
}

} // namespace emulator::gpu::server
