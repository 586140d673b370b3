// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"
#include "emulator/base/UniqueFd.h"
#include "remote/tunnel/Ssh.h"

#include <memory>
#include <optional>

namespace remote::tunnel {

/// One open way to a target's Gate: a socket for a Mux, and the ssh behind it if there is one.
/// One thread.
class Line {
public:
    virtual ~Line() = default;

    /// For a Mux; once.
    [[nodiscard]] virtual emulator::UniqueFd takeSocket() = 0;

    /// Ends the way, and says what was wrong with it; `why` is what the Mux has seen.
    [[nodiscard]] virtual Fault end(const emulator::Error& why) = 0;

    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

protected:
    Line() = default;
};

/// The command that joins a Gate over there to standard input and output.
[[nodiscard]] std::string connectCommand(const Target& target);

/// Where our programs lie over there: HOME/programs; `current` in it is the version in use.
[[nodiscard]] std::filesystem::path programsFolder(const Target& target);

/// Opens the way: starts ssh, or connects to the socket. A socket that nobody listens on is told at
/// once, ssh's failures when the Mux ends. `home`: this machine's.
[[nodiscard]] emulator::Result<std::unique_ptr<Line>> openLine(const Target& target,
                                                               const std::filesystem::path& home);

} // namespace remote::tunnel
