// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// The listening socket that clients connect to, kept open over a crash of the daemon.
///
/// The stock client opens a lost stream again at once, and takes a refused connection for the end
/// of the run. So a tiny process, the keeper, holds the same socket: while no daemon is there to
/// accept, connections wait in the kernel's queue, and the next daemon gets the socket from the
/// keeper. It ends when the daemon says so, or when none has come back for a minute.
class Door {
public:
    /// The socket that a keeper at `socket` holds, else a new one on loopback at `port` (0: any
    /// free one) and a keeper for it. Unavailable when the port is in use.
    [[nodiscard]] static Result<Door> open(const std::filesystem::path& socket, int port);

    [[nodiscard]] int listener() const { return m_listener.get(); }
    [[nodiscard]] int port() const { return m_port; }

    /// Ends the keeper: nobody is to wait for a daemon that was asked to end.
    void close();

private:
    Door(UniqueFd listener, UniqueFd keeper, int port)
        : m_listener(std::move(listener))
        , m_keeper(std::move(keeper))
        , m_port(port)
    {
    }

    UniqueFd m_listener;
    UniqueFd m_keeper; ///< as long as it is open, the keeper knows that we live
    int m_port;
};

/// The keeper's whole life: the listening socket is its standard input. Returns its exit code.
[[nodiscard]] int keepDoor(const std::string& socket);

} // namespace emulator::local
