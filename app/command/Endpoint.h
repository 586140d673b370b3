// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/Result.h"

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace app::command {

/// Host and port of a URL.
struct Endpoint {
    std::string host;
    std::string port;
    std::string proxy; ///< "host:port" when the way leads through one
};

/// Whom a program connects to for `url`: the proxy that `environment` (http_proxy, https_proxy,
/// all_proxy, no_proxy) gives for it, or its own host. Invalid when it is no URL.
[[nodiscard]] emulator::Result<Endpoint>
endpointOf(std::string_view url, const std::map<std::string, std::string>& environment);

/// Opens a TCP connection and closes it. Unavailable, with the reason, when that does not succeed
/// within `limit`, the resolver's time included.
[[nodiscard]] emulator::Result<> reach(const Endpoint& endpoint, std::chrono::milliseconds limit);

} // namespace app::command
