// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Streams.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace remote::tunnel {

using namespace emulator;

namespace {

constexpr std::size_t longestService = 32;

Error broken(const Frame& frame, std::string_view rule)
{
    return {ErrorCode::Invalid,
            "the other end breaks the tunnel's rules on stream " + std::to_string(frame.stream)
                + ": " + std::string(rule)};
}

bool namesService(std::string_view name)
{
    return !name.empty() && name.size() <= longestService
        && std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

} // namespace

Result<std::uint32_t> Streams::open()
{
    assert(m_side == Side::Opens);
    if (m_streams.size() >= m_limits.streams || m_last == std::numeric_limits<std::uint32_t>::max())
        return Error(ErrorCode::Exhausted,
                     "too many connections to this target at a time ("
                         + std::to_string(m_streams.size()) + ")");
    m_streams[++m_last] = {m_limits.window, m_limits.window, 0, false, false};
    return m_last;
}

Result<Streams::News> Streams::receive(const Frame& frame)
{
    if (frame.kind == FrameKind::Hello) {
        if (m_helloSeen)
            return broken(frame, "a second greeting");
        m_helloSeen = true;
        return News::Hello;
    }
    if (!m_helloSeen)
        return broken(frame, "no greeting before it");
    if (frame.kind == FrameKind::Beat || frame.kind == FrameKind::Echo) {
        if (frame.payload.size() != 8)
            return broken(frame, "a heartbeat of the wrong size");
        return frame.kind == FrameKind::Beat ? News::Beat : News::Echo;
    }
    if (frame.kind == FrameKind::Open)
        return receiveOpen(frame);
    if (frame.stream > m_last)
        return broken(frame, "it was never opened");
    const auto found = m_streams.find(frame.stream);
    if (found == m_streams.end())
        return News::Nothing;
    return receiveFor(found->second, frame);
}

Result<Streams::News> Streams::receiveOpen(const Frame& frame)
{
    if (m_side == Side::Opens)
        return broken(frame, "only the desktop opens streams");
    if (frame.stream <= m_last)
        return broken(frame, "it was opened before");
    m_last = frame.stream;
    if (m_streams.size() >= m_limits.streams || !namesService(frame.payload))
        return News::Refused;
    m_streams[frame.stream] = {m_limits.window, m_limits.window, 0, false, false};
    return News::Opened;
}

Result<Streams::News> Streams::receiveFor(Stream& stream, const Frame& frame)
{
    if (frame.kind == FrameKind::Reset) {
        m_streams.erase(frame.stream);
        return News::Reset;
    }
    if (frame.kind == FrameKind::Window) {
        const auto credit = creditIn(frame);
        if (credit == 0 || credit > m_limits.window - stream.sendCredit)
            return broken(frame, "more credit than was used");
        stream.sendCredit += credit;
        return News::Credit;
    }
    if (stream.closedThere)
        return broken(frame, "data after its end");
    if (frame.kind == FrameKind::Close) {
        stream.closedThere = true;
        return News::Closed;
    }
    const auto octets = static_cast<std::uint32_t>(frame.payload.size());
    if (octets == 0 || octets > stream.receiveCredit)
        return broken(frame, "more data than it has credit for");
    stream.receiveCredit -= octets;
    return News::Data;
}

std::uint32_t Streams::credit(std::uint32_t stream) const
{
    const auto found = m_streams.find(stream);
    return found == m_streams.end() || found->second.closedHere ? 0 : found->second.sendCredit;
}

void Streams::sent(std::uint32_t stream, std::uint32_t octets)
{
    auto& books = m_streams.at(stream);
    assert(octets <= books.sendCredit);
    books.sendCredit -= octets;
}

void Streams::sentClose(std::uint32_t stream)
{
    if (const auto found = m_streams.find(stream); found != m_streams.end())
        found->second.closedHere = true;
}

std::uint32_t Streams::passedOn(std::uint32_t stream, std::uint32_t octets)
{
    const auto found = m_streams.find(stream);
    if (found == m_streams.end())
        return 0;
    auto& books = found->second;
    books.owed += octets;
    if (books.closedThere || books.owed < m_limits.window / 4)
        return 0;
    books.receiveCredit += books.owed;
    return std::exchange(books.owed, 0);
}

bool Streams::finished(std::uint32_t stream) const
{
    const auto found = m_streams.find(stream);
    return found == m_streams.end() || (found->second.closedHere && found->second.closedThere);
}

} // namespace remote::tunnel
