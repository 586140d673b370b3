// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace remote::tunnel {

/// Where programs of this machine enter a tunnel: a unix socket that stands for the cluster's
/// Studio API and a loopback port for everything else.
///
/// While there is no line, connections to the port are held, because the stock client takes a
/// refused one for the end of the run (docs/decisions/0004); those to the socket are closed at
/// once, because the window wants to know. Has its own thread.
class TargetDoors {
public:
    struct Options {
        int port = -1; ///< a listening socket, not owned; must outlive the doors
        std::filesystem::path socket; ///< made with mode 0600
        std::chrono::seconds hold {60}; ///< for how long a connection waits for a line
        /// Sends a connection on its way; false when there is no line (it was not taken then).
        std::function<bool(const std::string& service, emulator::UniqueFd& connection)> enter;
    };

    [[nodiscard]] static emulator::Result<std::unique_ptr<TargetDoors>> create(Options options);
    ~TargetDoors();

    /// There is a line now: those who wait may enter. Thread-safe.
    void opened();

    TargetDoors(const TargetDoors&) = delete;
    TargetDoors& operator=(const TargetDoors&) = delete;

private:
    using Time = std::chrono::steady_clock::time_point;

    struct Guest {
        emulator::UniqueFd connection;
        std::string service; ///< empty while it has not said enough
        Time until;
    };

    TargetDoors(Options options, emulator::UniqueFd studio);
    void run(const std::stop_token& stop);
    void acceptStudio();
    void acceptGuests();
    /// Whether the guest stays: it has not said enough, or there is no line.
    [[nodiscard]] bool keep(Guest& guest, int events);
    [[nodiscard]] bool listen(Guest& guest) const;
    [[nodiscard]] int pause() const;

    const Options m_options;
    const emulator::UniqueFd m_studio;
    const emulator::UniqueFd m_wake;
    std::vector<Guest> m_guests; ///< of the thread
    std::jthread m_thread;
};

} // namespace remote::tunnel
