// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace emulator::control {

/// The thread on which an engine's blocking calls run, one after the other. Thread-safe.
class EngineThread {
public:
    EngineThread()
        : m_thread([this](const std::stop_token& stop) { loop(stop); })
    {
    }
    ~EngineThread() { stop(); }

    void post(std::function<void()> work)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_queue.push_back(std::move(work));
        }
        m_changed.notify_one();
    }

    /// What has not begun is dropped.
    void stop()
    {
        m_thread.request_stop();
        if (m_thread.joinable())
            m_thread.join();
    }

    EngineThread(const EngineThread&) = delete;
    EngineThread& operator=(const EngineThread&) = delete;

private:
    void loop(const std::stop_token& stop)
    {
        std::unique_lock lock(m_mutex);
        while (m_changed.wait(lock, stop, [this] { return !m_queue.empty(); })
               && !stop.stop_requested()) {
            const auto work = std::move(m_queue.front());
            m_queue.pop_front();
            lock.unlock();
            work();
            lock.lock();
        }
    }

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<std::function<void()>> m_queue; ///< under the mutex
    std::jthread m_thread;
};

} // namespace emulator::control
