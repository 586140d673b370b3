// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace remote::tunnel {

/// A non-blocking connection to a unix socket. NotFound when there is none, Unavailable when nobody
/// listens on it.
[[nodiscard]] emulator::Result<emulator::UniqueFd> connectUnix(const std::filesystem::path& socket);

/// A non-blocking connection to a port of this machine, which may still be on its way. `source`:
/// the loopback address that it comes from.
[[nodiscard]] emulator::Result<emulator::UniqueFd>
connectLoopback(int port, const std::string& source = "127.0.0.1");

/// A listening unix socket with mode 0600, in place of whatever was there. Non-blocking.
[[nodiscard]] emulator::Result<emulator::UniqueFd> listenUnix(const std::filesystem::path& socket);

/// A listening loopback port (0: a free one). Non-blocking. Unavailable when it is in use.
[[nodiscard]] emulator::Result<emulator::UniqueFd> listenLoopback(int port);

/// The port that a socket is bound to.
[[nodiscard]] int portOf(int socket);

/// The next connection, non-blocking, without Nagle's delay; empty when none waits.
[[nodiscard]] emulator::UniqueFd acceptFrom(int listener);

/// Two ends of one connection.
struct SocketPair {
    emulator::UniqueFd ours;
    emulator::UniqueFd theirs;

    [[nodiscard]] static emulator::Result<SocketPair> create();
};

} // namespace remote::tunnel
