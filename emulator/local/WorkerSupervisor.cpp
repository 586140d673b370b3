// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/WorkerSupervisor.h"

#include "emulator/base/Log.h"
#include "emulator/local/HomeLock.h"

#include <fcntl.h>

#include <condition_variable>
#include <csignal>

namespace emulator::local {

WorkerSupervisor::WorkerSupervisor(std::filesystem::path lock, CommandLine command,
                                   std::filesystem::path log)
    : m_lock(std::move(lock))
    , m_command(std::move(command))
    , m_log(std::move(log))
    , m_thread([this](const std::stop_token& stop) { supervise(stop); })
{
}

void WorkerSupervisor::supervise(const std::stop_token& stop)
{
    using namespace std::chrono_literals;
    auto backoff = 100ms;
    while (true) {
        HomeLock::awaitFree(m_lock); // a live worker, ours or an earlier daemon's, holds it
        if (stop.stop_requested())
            return;
        const auto begun = std::chrono::steady_clock::now();
        const UniqueFd log(::open(m_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        auto started = [&] {
            const std::lock_guard lock(m_starting);
            if (stop.stop_requested())
                return Result<Subprocess>(Error(ErrorCode::Cancelled, "ending"));
            auto child = Subprocess::start(m_command, -1, log.get(), log.get());
            m_child = child ? child->pid() : 0;
            return child;
        }();
        if (!started) {
            if (!stop.stop_requested())
                log::error("daemon", "start the worker: " + started.error().message());
        } else {
            const auto status = (*std::move(started)).wait();
            {
                const std::lock_guard lock(m_starting);
                m_child = 0;
            }
            if (!stop.stop_requested())
                log::warning("daemon",
                             "the worker ended with " + std::to_string(status.code)
                                 + ", starting the next; its words are in " + m_log.string());
        }
        // One that dies at once must not spin; one that has worked for a while is replaced at once.
        const bool worked = std::chrono::steady_clock::now() - begun > 5s;
        backoff = worked ? 100ms : std::min<std::chrono::milliseconds>(backoff * 2, 5s);
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any ending;
        if (ending.wait_for(lock, stop, backoff, [&] { return stop.stop_requested(); }))
            return;
    }
}

void WorkerSupervisor::end()
{
    if (!m_thread.joinable())
        return;
    {
        const std::lock_guard lock(m_starting);
        m_thread.request_stop();
        // Ours may not hold the lock yet; an earlier daemon's is only known by it.
        if (const int worker = m_child > 0 ? m_child : HomeLock::holder(m_lock); worker > 0)
            ::kill(worker, SIGTERM);
    }
    m_thread.join();
}

} // namespace emulator::local
