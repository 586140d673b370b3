// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "remote/tunnel/Hello.h"

#include <atomic>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>

namespace remote::tunnel {

/// The cluster's end of tunnels, inside the daemon: a unix socket (0600), each connection to which
/// is a Mux whose streams end at the services of a table. It knows nothing else about them.
///
/// Thread-safe; a thread for each connection.
class Gate {
public:
    /// How to reach a service of this daemon: a non-blocking socket.
    using Connect = std::function<emulator::Result<emulator::UniqueFd>()>;

    struct Options {
        std::filesystem::path socket; ///< HOME/run/connect.sock
        std::map<std::string, Connect> services;
        std::function<Hello()> hello; ///< asked for each connection; `services` is filled in
    };

    /// Io when the socket cannot be made.
    [[nodiscard]] static emulator::Result<std::unique_ptr<Gate>> create(Options options);

    /// Ends all tunnels.
    ~Gate();

    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

private:
    struct Tunnel {
        std::atomic<bool> ended {false};
        std::jthread thread; ///< last: it uses the others
    };

    Gate(Options options, emulator::UniqueFd listener);
    void accept(const std::stop_token& stop);
    void serve(emulator::UniqueFd connection, const std::stop_token& stop) const;
    [[nodiscard]] emulator::Result<emulator::UniqueFd> connect(const std::string& service) const;

    const Options m_options;
    const emulator::UniqueFd m_listener;
    std::list<Tunnel> m_tunnels; ///< of the accepting thread
    std::jthread m_accepting;
};

} // namespace remote::tunnel
