// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/model/Studio.h"
#include "remote/tunnel/Hello.h"
#include "remote/tunnel/Line.h"
#include "remote/tunnel/TargetDoors.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace remote::tunnel {

class Mux;

/// Keeps the tunnel to one target up, and the doors on this machine that lead into it. Thread-safe;
/// owns two threads.
class TargetLink {
public:
    struct Options {
        Target target;
        std::filesystem::path home; ///< this machine's
        std::filesystem::path folder; ///< for studio.sock
        int port = -1; ///< a listening loopback socket, not owned; must outlive the link
        const emulator::Clock& clock;
        std::function<void()> onChange; ///< after each change of the state; on the link's thread
    };

    /// Starts to connect. Io when the doors cannot be made.
    [[nodiscard]] static emulator::Result<std::unique_ptr<TargetLink>> create(Options options);
    ~TargetLink();

    [[nodiscard]] emulator::model::TargetSummary summary() const;

    /// Tries at once instead of after the pause; a line that is up is made anew.
    void reconnect();

    /// Waits until the line is up; gives what is wrong when an attempt fails, or none succeeds
    /// within `limit`.
    [[nodiscard]] std::optional<Fault> awaitLine(std::chrono::seconds limit);

    /// What the control plane says about itself; absent before the first line.
    [[nodiscard]] std::optional<Hello> hello() const;

    [[nodiscard]] std::chrono::microseconds roundTrip() const;
    [[nodiscard]] const Target& target() const { return m_options.target; }

    TargetLink(const TargetLink&) = delete;
    TargetLink& operator=(const TargetLink&) = delete;

private:
    enum class State { Connecting, Connected, Offline };

    explicit TargetLink(Options options);
    void run(const std::stop_token& stop);
    /// One line from its beginning to its end; `wasUp` when it has carried something.
    [[nodiscard]] Fault attempt(const std::stop_token& stop, bool& wasUp);
    [[nodiscard]] bool hurried() const;
    [[nodiscard]] emulator::Result<> welcome(const std::string& hello);
    [[nodiscard]] bool enter(const std::string& service, emulator::UniqueFd& connection);
    void set(State state, std::optional<Fault> fault);
    void pause(const std::stop_token& stop, std::chrono::milliseconds time);

    const Options m_options;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    State m_state = State::Connecting;
    emulator::Micros m_since;
    std::optional<Fault> m_fault; ///< of the last attempt that failed
    std::optional<Hello> m_hello; ///< of the line that is up, or of the last one
    std::shared_ptr<Mux> m_mux; ///< while it runs
    std::stop_source m_attempt; ///< ends the line that is up
    bool m_hurry = false; ///< somebody has asked for a connection
    std::unique_ptr<TargetDoors> m_doors;
    std::jthread m_thread;
};

} // namespace remote::tunnel
