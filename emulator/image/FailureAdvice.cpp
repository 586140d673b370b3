// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/FailureAdvice.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace emulator::image {
namespace {

constexpr std::uintmax_t nearlyFull = 256ULL << 20U;

bool contains(std::string_view line, const auto& complaints)
{
    return std::ranges::any_of(
        complaints, [&](auto text) { return line.find(text) != std::string_view::npos; });
}

/// As the C library, dpkg, apt and Python put it.
constexpr std::array<std::string_view, 4> diskComplaints {
    "No space left on device", "Disk quota exceeded", "enough free space in /", "[Errno 28]"};

/// As apt, pip, uv, curl, git and glibc's resolver put it.
constexpr std::array<std::string_view, 14> networkComplaints {
    "Could not resolve",
    "Temporary failure in name resolution",
    "Temporary failure resolving",
    "Name or service not known",
    "Could not connect to",
    "Cannot initiate the connection",
    "Unable to connect to",
    "Connection refused",
    "Connection timed out",
    "Network is unreachable",
    "No route to host",
    "Failed to establish a new connection",
    "Cannot connect to proxy",
    "error sending request for url",
};

constexpr std::size_t longestQuote = 200;

} // namespace

void FailureAdvice::read(std::string_view line)
{
    m_diskIsFull = m_diskIsFull || contains(line, diskComplaints);
    if (contains(line, networkComplaints)) {
        line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
        m_unreachable = line.substr(0, longestQuote);
    }
}

Error FailureAdvice::advise(Error error, const std::filesystem::path& home) const
{
    if (error.code() == ErrorCode::Cancelled
        || error.message().find("free some space") != std::string::npos)
        return error;
    std::error_code failed;
    const auto space = std::filesystem::space(home, failed);
    if (m_diskIsFull || (!failed && space.available < nearlyFull))
        return {ErrorCode::Exhausted,
                error.message() + ". The disk of " + home.string() + " is full ("
                    + std::to_string(failed ? 0 : space.available >> 20U)
                    + " MiB left): free some space or move SLIPWAY_HOME to a larger disk, then "
                      "run it again"};
    if (!m_unreachable.empty())
        return {ErrorCode::Unavailable,
                error.message() + ". A package index or mirror cannot be reached (\""
                    + m_unreachable
                    + "\"): check the connection and the proxy and index that `slip doctor` "
                      "names, then run it again. Images that are built already need no network"};
    return error;
}

} // namespace emulator::image
