// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/protocol/Channel.h"
#include "emulator/gpu/protocol/Messages.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace emulator::gpu::server {

/// What kernels print and what went wrong, until the client fetches it for its standard output and
/// error. Thread-safe.
class TextQueue {
public:
    explicit TextQueue(protocol::Channel& channel)
        : m_channel(channel)
    {
    }

    void add(protocol::TextTarget target, std::string_view text)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_pieces.empty() && m_pieces.back().target == target)
            m_pieces.back().text += text;
        else
            m_pieces.push_back({target, std::string(text)});
        m_channel.text = 1;
    }

    struct Piece {
        protocol::TextTarget target = protocol::TextTarget::None;
        std::string text;
    };

    /// The next at most `limit` octets that go to one target.
    Piece take(std::size_t limit)
    {
        const std::lock_guard lock(m_mutex);
        Piece out;
        if (!m_pieces.empty()) {
            auto& first = m_pieces.front();
            out = {first.target, first.text.substr(0, limit)};
            first.text.erase(0, out.text.size());
            if (first.text.empty())
                m_pieces.pop_front();
        }
        m_channel.text = m_pieces.empty() ? 0 : 1;
        return out;
    }

private:
    protocol::Channel& m_channel;
    std::mutex m_mutex;
    std::deque<Piece> m_pieces;
};

} // namespace emulator::gpu::server
