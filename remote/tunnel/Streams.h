// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/tunnel/Frames.h"

#include <map>

namespace remote::tunnel {

/// The books of one line: which streams are open, and who may still send how much on each. Checks
/// all that the other end says, and does no I/O. One thread.
///
/// Every stream starts with `window` octets of credit in each direction. Data takes from it, and a
/// Window frame gives back what the receiver has passed on: a stream that nobody reads stops by
/// itself, costs at most one window of memory, and holds up no other.
class Streams {
public:
    /// Only the desktop opens streams; only the cluster accepts them.
    enum class Side { Opens, Accepts };

    struct Limits {
        std::size_t streams = 256; ///< at a time
        std::uint32_t window = 1 << 20;
    };

    /// What a frame from the other end means.
    enum class News {
        Nothing, ///< for a stream that has ended here already
        Hello,
        Opened, ///< by the other end
        Refused, ///< an opening that is one too many or names nothing; answer it with a Reset
        Data,
        Credit, ///< more may be sent
        Closed, ///< no more data will come
        Reset,
        Beat,
        Echo,
    };

    explicit Streams(Side side)
        : Streams(side, Limits())
    {
    }
    Streams(Side side, Limits limits)
        : m_side(side)
        , m_limits(limits)
    {
    }

    /// Opens a stream; Exhausted when there are too many.
    [[nodiscard]] emulator::Result<std::uint32_t> open();

    /// Books a frame from the other end. Invalid when it breaks the rules: the line is to be ended.
    [[nodiscard]] emulator::Result<News> receive(const Frame& frame);

    /// How many octets may be sent on a stream now; 0 once it was closed.
    [[nodiscard]] std::uint32_t credit(std::uint32_t stream) const;
    void sent(std::uint32_t stream, std::uint32_t octets);
    void sentClose(std::uint32_t stream);

    /// Books that received octets were passed on; gives the credit to send back now, 0 while it is
    /// not worth a frame.
    [[nodiscard]] std::uint32_t passedOn(std::uint32_t stream, std::uint32_t octets);

    /// Forgets a stream: it was reset, or both directions are closed and empty.
    void drop(std::uint32_t stream) { m_streams.erase(stream); }

    /// Whether both ends have said Close.
    [[nodiscard]] bool finished(std::uint32_t stream) const;
    [[nodiscard]] std::size_t size() const { return m_streams.size(); }

private:
    struct Stream {
        std::uint32_t sendCredit = 0;
        std::uint32_t receiveCredit = 0; ///< what the other end may still send
        std::uint32_t owed = 0; ///< passed on, not given back yet
        bool closedHere = false;
        bool closedThere = false;
    };

    [[nodiscard]] emulator::Result<News> receiveOpen(const Frame& frame);
    [[nodiscard]] emulator::Result<News> receiveFor(Stream& stream, const Frame& frame);

    const Side m_side;
    const Limits m_limits;
    std::map<std::uint32_t, Stream> m_streams;
    std::uint32_t m_last = 0; ///< the highest stream ever opened
    bool m_helloSeen = false;
};

} // namespace remote::tunnel
