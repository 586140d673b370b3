// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remote::tunnel {

/// Which service a client of a target's port means, by what it says first: "api" for HTTP/2
/// (RFC 9113, section 3.4), "registry" for HTTP/1 below /v2/ (OCI distribution), "http" for
/// everything else. Nothing while it could still be more than one.
[[nodiscard]] std::optional<std::string> serviceOf(std::string_view firstBytes);

/// As many octets as serviceOf() ever needs.
inline constexpr std::size_t enoughBytes = 64;

} // namespace remote::tunnel
