// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/BackgroundSink.h"

#include <algorithm>

namespace remote::registry {
namespace {

constexpr std::size_t pieceBytes = std::size_t {1} << 20U;
constexpr std::size_t mostPieces = 8; ///< what waits: 8 MiB

} // namespace

BackgroundSink::BackgroundSink(Sink downstream)
    : m_downstream(std::move(downstream))
    , m_thread([this] { run(); })
{
}

BackgroundSink::~BackgroundSink()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_pieces.clear();
        m_ended = true;
    }
    m_changed.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

Result<> BackgroundSink::feed(std::string_view bytes)
{
    while (!bytes.empty()) {
        m_piece.reserve(pieceBytes);
        const auto size = std::min(bytes.size(), pieceBytes - m_piece.size());
        m_piece.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (m_piece.size() == pieceBytes)
            TRY(hand());
    }
    return {};
}

Result<> BackgroundSink::hand()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [&] { return m_pieces.size() < mostPieces || m_error; });
    if (m_error)
        return *m_error;
    m_pieces.push_back(std::exchange(m_piece, {}));
    lock.unlock();
    m_changed.notify_all();
    return {};
}

Result<> BackgroundSink::finish()
{
    TRY(hand());
    {
        const std::scoped_lock lock(m_mutex);
        m_ended = true;
    }
    m_changed.notify_all();
    m_thread.join();
    if (m_error)
        return *m_error;
    return {};
}

void BackgroundSink::run()
{
    for (;;) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [&] { return !m_pieces.empty() || m_ended; });
        if (m_pieces.empty())
            return;
        const auto piece = std::move(m_pieces.front());
        m_pieces.pop_front();
        lock.unlock();
        m_changed.notify_all();
        if (auto taken = m_downstream(piece); !taken) {
            lock.lock();
            m_error = std::move(taken).error();
            lock.unlock();
            m_changed.notify_all();
            return;
        }
    }
}

} // namespace remote::registry
