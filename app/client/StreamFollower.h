// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/base/Result.h"

#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace app::client {

/// Waits `time` or until `stop` fires.
void pauseFor(std::chrono::milliseconds time, const std::stop_token& stop);

/// Runs a stream again and again on a thread of its own until it ends with success or the
/// follower dies; waits between attempts, from 0.2 s doubling to 5 s. `stream` must go on where
/// it was: it keeps its own sequence number.
class StreamFollower {
public:
    using Stream = std::function<emulator::Result<>(const std::stop_token& stop)>;

    explicit StreamFollower(Stream stream);

    void requestStop() { m_thread.request_stop(); }

private:
    std::jthread m_thread;
};

} // namespace app::client
