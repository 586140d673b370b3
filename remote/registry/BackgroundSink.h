// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace remote::registry {

/// A sink that lets another one work in a thread of its own, some pieces behind: reading and
/// hashing a layer takes about as long as compressing it. Fed by one thread.
class BackgroundSink {
public:
    explicit BackgroundSink(Sink downstream);
    ~BackgroundSink();
    BackgroundSink(const BackgroundSink&) = delete;
    BackgroundSink& operator=(const BackgroundSink&) = delete;

    /// The error of a piece comes with a later one, or with finish().
    [[nodiscard]] Result<> feed(std::string_view bytes);
    /// Waits until everything has been taken.
    [[nodiscard]] Result<> finish();

private:
    void run();
    [[nodiscard]] Result<> hand();

    const Sink m_downstream;
    std::string m_piece; ///< being filled
    std::mutex m_mutex; ///< of what follows
    std::condition_variable m_changed;
    std::deque<std::string> m_pieces;
    std::optional<Error> m_error;
    bool m_ended = false;
    std::thread m_thread;
};

} // namespace remote::registry
