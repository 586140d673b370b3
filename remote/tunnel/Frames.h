// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The way to a cluster: many byte streams over one pair of descriptors, who listens at either end,
/// and the places that a user has named.
namespace remote::tunnel {

/// The first line that either end sends. What stands before it is noise of a login shell.
inline constexpr std::string_view greeting = "slipway-tunnel/1\n";

/// The most that one frame carries.
inline constexpr std::size_t longestPayload = 64 << 10;

enum class FrameKind : std::uint8_t {
    Hello = 1, ///< JSON about the sender; stream 0, once, before anything else
    Open = 2, ///< a new stream; the payload names the service
    Data = 3,
    Window = 4, ///< the receiver has made room: 4 octets, big endian
    Close = 5, ///< no more data from the sender of this frame
    Reset = 6, ///< the stream is dead in both directions; the payload says why
    Beat = 7, ///< the sender lives; 8 octets that an Echo gives back; stream 0
    Echo = 8,
};

/// On the wire: stream (4 octets, big endian), kind (1), length (3, big endian), payload.
struct Frame {
    std::uint32_t stream = 0;
    FrameKind kind = FrameKind::Data;
    std::string payload;
};

/// The octets of one frame. The payload must not be longer than longestPayload.
[[nodiscard]] std::string encode(const Frame& frame);

/// A Window frame, which gives back `octets` of credit.
[[nodiscard]] Frame windowFrame(std::uint32_t stream, std::uint32_t octets);

/// The credit in a Window frame's payload; 0 when it is none.
[[nodiscard]] std::uint32_t creditIn(const Frame& frame);

/// Cuts what arrives into frames. One thread.
///
/// Holds at most one frame that is not whole, and before the greeting at most 16 KiB of noise.
class FrameReader {
public:
    void feed(std::string_view octets) { m_buffer.append(octets); }

    /// The next whole frame; nothing when more octets are needed. Invalid when the other end does
    /// not speak this protocol, or another version of it; the reader is of no use then.
    [[nodiscard]] emulator::Result<std::optional<Frame>> next();

    /// What came before the greeting.
    [[nodiscard]] const std::string& noise() const { return m_noise; }
    [[nodiscard]] bool greeted() const { return m_greeted; }

private:
    [[nodiscard]] emulator::Result<> readGreeting();

    std::string m_buffer;
    std::size_t m_taken = 0; ///< octets of the buffer that are used up
    std::string m_noise;
    bool m_greeted = false;
};

} // namespace remote::tunnel
