// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/StreamFollower.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace app::client {

void pauseFor(std::chrono::milliseconds time, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, time, [] { return false; });
}

StreamFollower::StreamFollower(Stream stream)
    : m_thread([stream = std::move(stream)](const std::stop_token& stop) {
        using namespace std::chrono_literals;
        auto pause = 200ms;
        while (!stop.stop_requested()) {
            const auto begun = std::chrono::steady_clock::now();
            if (stream(stop) || stop.stop_requested())
                return;
            if (std::chrono::steady_clock::now() - begun > 5s)
                pause = 200ms;
            pauseFor(pause, stop);
            pause = std::min<std::chrono::milliseconds>(pause * 2, 5s);
        }
    })
{
}

} // namespace app::client
