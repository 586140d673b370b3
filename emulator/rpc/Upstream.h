// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace emulator::rpc {

/// The way to a control plane: its private socket on this machine, or over TLS from another one.
struct Upstream {
    std::filesystem::path socket; ///< HOME/run/studio.sock; empty: over TLS
    std::string address; ///< "host:port"
    std::string certificate; ///< PEM: the only certificate that is believed
    std::vector<std::pair<std::string, std::string>> headers; ///< on every call: who we are
};

/// The name in a control plane's certificate; its address may be any.
inline constexpr const char* certificateName = "slipway-control";

} // namespace emulator::rpc
