// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Strand.h"

#include "emulator/base/Log.h"

#include <algorithm>
#include <utility>

namespace emulator::control {

void Strand::start()
{
    m_thread = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void Strand::stop()
{
    if (m_thread.joinable()) {
        m_thread.request_stop();
        m_changed.notify_all();
        m_thread.join();
    }
    std::vector<Work> left;
    {
        const std::lock_guard lock(m_mutex);
        m_stopped = true;
        left = std::move(m_queue);
        m_queue.clear();
    }
    for (const auto& work : left)
        if (work.onLost)
            work.onLost(Error(ErrorCode::Unavailable, "the control plane is shutting down"));
}

void Strand::post(Action action, Loss onLost)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_stopped) {
            m_queue.push_back({std::move(action), std::move(onLost)});
            onLost = {};
        }
    }
    if (onLost)
        onLost(Error(ErrorCode::Unavailable, "the control plane is shutting down"));
    m_changed.notify_one();
}

void Strand::afterCommit(Action action, Loss onLost)
{
    m_outbox.push_back({std::move(action), std::move(onLost)});
}

void Strand::keep(Result<> written)
{
    if (!written && !m_failure)
        m_failure = std::move(written).error();
}

bool Strand::runBatch()
{
    std::vector<Work> batch;
    {
        const std::lock_guard lock(m_mutex);
        batch.swap(m_queue);
    }
    m_failure.reset();
    keep(m_database.begin());
    if (!doomed())
        for (const auto& work : batch) {
            work.action();
            if (doomed())
                break;
        }
    if (!doomed() && m_hooks.settle)
        m_hooks.settle();
    if (!doomed())
        keep(m_database.commit());
    if (doomed()) {
        lose(batch);
        return true;
    }
    const bool busy = !batch.empty() || !m_outbox.empty();
    for (const auto& effect : std::exchange(m_outbox, {}))
        if (effect.action)
            effect.action();
    return busy;
}

void Strand::lose(const std::vector<Work>& batch)
{
    const Error failure = *m_failure;
    complain(failure.message());
    m_database.rollback();
    const auto outbox = std::exchange(m_outbox, {});
    if (m_hooks.reload)
        m_hooks.reload();
    // The client tries again on Unavailable; a full disk may have been emptied by then.
    const Error told(failure.code() == ErrorCode::Exhausted ? ErrorCode::Exhausted
                                                            : ErrorCode::Unavailable,
                     failure.message());
    for (const auto& works : {batch, outbox})
        for (const auto& work : works)
            if (work.onLost)
                work.onLost(told);
}

/// A disk that stays full undoes every batch; its log would only make that worse.
void Strand::complain(const std::string& failure)
{
    constexpr Micros pause = 30'000'000;
    const auto now = m_clock.now();
    if (failure == m_complaint && now - m_complainedAt < pause)
        return;
    m_complaint = failure;
    m_complainedAt = now;
    log::error("control", "a batch was undone: " + failure);
}

void Strand::loop(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(m_mutex);
            const Micros due = m_hooks.nextDue ? m_hooks.nextDue() : 0;
            const Micros wait = std::max<Micros>(due - m_clock.now(), 0);
            m_changed.wait_for(lock, stop, std::chrono::microseconds(wait),
                               [this] { return !m_queue.empty(); });
        }
        if (!stop.stop_requested())
            runBatch();
    }
}

} // namespace emulator::control
