// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace emulator::gpu::server {

/// A queue of work that runs in order on a thread of its own: one CUDA stream. Work may wait for
/// points of other streams; as a point always lies in the past of who waits, there is no deadlock.
/// Thread-safe.
class Stream {
public:
    using Work = std::function<void(std::stop_token)>;

    /// "When that stream has done everything that was pushed until now."
    struct Point {
        std::shared_ptr<Stream> stream;
        std::uint64_t position = 0;

        [[nodiscard]] bool reached() const
        {
            return stream == nullptr || stream->done() >= position || stream->stopped();
        }
    };

    Stream() = default;
    ~Stream() { stop(); }

    /// Drops what has not begun, tells running work to stop, and waits for it. Not from its own
    /// work.
    void stop();

    /// Queues `work` to run after everything pushed before and after all of `after`; gives its
    /// position.
    std::uint64_t push(Work work, std::vector<Point> after = {});

    [[nodiscard]] std::uint64_t pushed() const;
    [[nodiscard]] std::uint64_t done() const;
    [[nodiscard]] bool idle() const;
    [[nodiscard]] bool stopped() const;

    /// Returns when `position` is done or `stop` fires.
    void waitFor(std::uint64_t position, std::stop_token stop);

    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

private:
    struct Item {
        Work work;
        std::vector<Point> after;
    };

    void run(std::stop_token stop);

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::deque<Item> m_queue;
    std::uint64_t m_pushed = 0;
    std::uint64_t m_done = 0;
    bool m_stopped = false;
    std::jthread m_thread; ///< last: it uses all the others
};

} // namespace emulator::gpu::server
