// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <map>
#include <string>

namespace emulator::local {

/// SLIPWAY_HOME and what lies where in it. Two homes are two independent emulators.
class Home {
public:
    /// From SLIPWAY_HOME, else ~/.local/share/slipway; made when it is missing. Invalid when the
    /// path is too long for the unix sockets below it.
    [[nodiscard]] static Result<Home> find();

    /// The home at `path`, made when it is missing. Invalid as above.
    [[nodiscard]] static Result<Home> at(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path socket() const { return m_path / "run" / "studio.sock"; }
    [[nodiscard]] std::filesystem::path daemonLog() const { return m_path / "logs" / "daemon.log"; }

    /// The variables that point the stock client at this home's daemon. NotFound before the daemon
    /// has served for the first time.
    [[nodiscard]] Result<std::map<std::string, std::string>> clientEnvironment() const;

private:
    explicit Home(std::filesystem::path path)
        : m_path(std::move(path))
    {
    }

    std::filesystem::path m_path;
};

/// Where our own programs and libraries lie, seen from the running one: bin/../….
struct Installation {
    std::filesystem::path programs; ///< slip, slipwayd, slipway-worker, slipway-gpud

    [[nodiscard]] static Installation find();
};

} // namespace emulator::local
