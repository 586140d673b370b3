// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"
#include "remote/tunnel/Targets.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace remote::tunnel {

/// Which part of the way is broken.
enum class Obstacle {
    Ssh, ///< there is no ssh here
    Host, ///< the host is not reached, or does not let the user in
    Programs, ///< ours are not there
    ControlPlane, ///< it does not start, or does not answer
};

/// What is wrong on the way, in words, and what to do about it.
struct Fault {
    Obstacle obstacle = Obstacle::Host;
    std::string text;
    std::string fix;

    [[nodiscard]] emulator::Error toError() const
    {
        return {emulator::ErrorCode::Unavailable, text + "; " + fix};
    }
};

/// The last three lines of what a program has said, on one line.
[[nodiscard]] std::string lastLines(const std::string& words);

/// A text in single quotes, which every shell reads as it stands.
[[nodiscard]] std::string quoted(const std::string& text);

/// The system's ssh to one host, with the user's own configuration, keys, agent and jump hosts.
///
/// Commands share one connection (ControlMaster) until a minute after the last: the user's own
/// where the configuration has a ControlPath, ours otherwise. Thread-safe.
class Ssh {
public:
    /// `home`: this machine's SLIPWAY_HOME, where the shared connection's socket lies.
    Ssh(const Target& target, const std::filesystem::path& home);

    /// Whether ssh may ask the user on the terminal (a password, a second factor, a new host key).
    enum class Asking { Never, Terminal };

    /// argv of ssh that runs `command` (for the login shell over there).
    [[nodiscard]] std::vector<std::string> commandLine(const std::string& command,
                                                       Asking asking = Asking::Never) const;

    /// What a command came to.
    struct Ran {
        std::optional<Fault> fault; ///< ssh itself failed, or it took too long
        emulator::Output output; ///< else; the command's own failure is in it
    };

    /// Runs a command to its end, `input` as its standard input.
    [[nodiscard]] Ran run(const std::string& command, std::string input,
                          std::chrono::seconds limit) const;

    /// Signs in on the terminal, so that what follows finds a connection that is open.
    [[nodiscard]] std::optional<Fault> signIn() const;

    /// Ends the shared connection if it is ours.
    void hangUp() const;

    /// What ssh's exit code and last words mean.
    [[nodiscard]] Fault explain(int exitCode, const std::string& words) const;

    [[nodiscard]] const std::string& host() const { return m_host; }

private:
    [[nodiscard]] std::vector<std::string> options(Asking asking) const;
    [[nodiscard]] bool sharesByItself() const;

    std::string m_host;
    std::string m_name;
    std::vector<std::string> m_userOptions;
    std::filesystem::path m_controlPath;
};

} // namespace remote::tunnel
