// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Frames.h"

#include <cassert>

namespace remote::tunnel {

using namespace emulator;

namespace {

constexpr std::size_t headerSize = 8;
constexpr std::size_t longestNoise = 16 << 10;
constexpr std::string_view family = "slipway-tunnel/";

std::uint32_t number(std::string_view octets)
{
    std::uint32_t value = 0;
    for (const char octet : octets)
        value = value << 8U | static_cast<unsigned char>(octet);
    return value;
}

void append(std::string& out, std::uint32_t value, unsigned octets)
{
    for (unsigned i = octets; i-- > 0;)
        out += static_cast<char>(value >> (8 * i) & 0xffU);
}

bool known(std::uint8_t kind)
{
    return kind >= static_cast<std::uint8_t>(FrameKind::Hello)
        && kind <= static_cast<std::uint8_t>(FrameKind::Echo);
}

/// Whether a kind is about the whole line and not about one stream.
bool ofLine(FrameKind kind)
{
    return kind == FrameKind::Hello || kind == FrameKind::Beat || kind == FrameKind::Echo;
}

/// The end of what a login shell has printed, on one line, for a message.
std::string lastWords(std::string_view noise)
{
    std::string words;
    for (const char c : noise.substr(noise.size() > 200 ? noise.size() - 200 : 0))
        words += c == '\n' ? ' ' : static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    return words;
}

} // namespace

std::string encode(const Frame& frame)
{
    assert(frame.payload.size() <= longestPayload);
    std::string out;
    out.reserve(headerSize + frame.payload.size());
    append(out, frame.stream, 4);
    out += static_cast<char>(frame.kind);
    append(out, static_cast<std::uint32_t>(frame.payload.size()), 3);
    out += frame.payload;
    return out;
}

Frame windowFrame(std::uint32_t stream, std::uint32_t octets)
{
    Frame frame {stream, FrameKind::Window, {}};
    append(frame.payload, octets, 4);
    return frame;
}

std::uint32_t creditIn(const Frame& frame)
{
    return frame.payload.size() == 4 ? number(frame.payload) : 0;
}

Result<> FrameReader::readGreeting()
{
    const auto at = m_buffer.find(greeting);
    if (at != std::string::npos) {
        m_noise.assign(m_buffer, 0, at);
        m_buffer.erase(0, at + greeting.size());
        m_greeted = true;
        return {};
    }
    if (const auto other = m_buffer.find(family); other != std::string::npos) {
        const auto end = m_buffer.find('\n', other);
        if (end != std::string::npos || m_buffer.size() - other > greeting.size() + 8)
            return Error(ErrorCode::FailedPrecondition,
                         "the other end speaks " + m_buffer.substr(other, end - other).substr(0, 32)
                             + ", this one " + std::string(greeting.substr(0, greeting.size() - 1))
                             + "; run `slip cluster add` again to install matching programs");
    }
    m_noise = m_buffer;
    if (m_buffer.size() > longestNoise)
        return Error(ErrorCode::Invalid,
                     "the other end is not Slipway's; it says: " + lastWords(m_buffer));
    return {};
}

Result<std::optional<Frame>> FrameReader::next()
{
    if (!m_greeted) {
        TRY(readGreeting());
        if (!m_greeted)
            return std::optional<Frame> {};
    }
    const std::string_view rest = std::string_view(m_buffer).substr(m_taken);
    if (rest.size() < headerSize) {
        m_buffer.erase(0, m_taken);
        m_taken = 0;
        return std::optional<Frame> {};
    }
    const auto stream = number(rest.substr(0, 4));
    const auto kind = static_cast<std::uint8_t>(rest[4]);
    const std::size_t length = number(rest.substr(5, 3));
    if (!known(kind) || length > longestPayload
        || (stream == 0) != ofLine(static_cast<FrameKind>(kind)))
        return Error(ErrorCode::Invalid,
                     "the line is garbled: a frame of kind " + std::to_string(kind) + " with "
                         + std::to_string(length) + " octets for stream " + std::to_string(stream));
    if (rest.size() < headerSize + length) {
        m_buffer.erase(0, m_taken);
        m_taken = 0;
        return std::optional<Frame> {};
    }
    Frame frame {stream, static_cast<FrameKind>(kind),
                 std::string(rest.substr(headerSize, length))};
    m_taken += headerSize + length;
    return std::optional<Frame>(std::move(frame));
}

} // namespace remote::tunnel
