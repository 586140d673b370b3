// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace remote::tunnel {

/// A cluster that the user has named, and the way to it.
struct Target {
    enum class Kind {
        Ssh, ///< through the system's ssh
        Socket, ///< a unix socket of this machine: another home's connect.sock
    };

    std::string name;
    Kind kind = Kind::Ssh;
    std::string address; ///< what ssh is called with, or the socket's path
    std::vector<std::string> sshOptions; ///< "Port=2222", each passed with -o before ours
    std::string home; ///< SLIPWAY_HOME over there; absolute
    int port = 0; ///< the loopback port that stands for it on this machine
};

/// The targets of a home, HOME/targets.json (0600). The command line changes it, the daemon reads
/// it. Values; changes take a lock file, so that two of them do not undo each other.
class Targets {
public:
    /// Invalid when the file is damaged; none when there is no file.
    [[nodiscard]] static emulator::Result<std::vector<Target>>
    load(const std::filesystem::path& home);

    /// Adds a target, or replaces the one of its name. Invalid for a name or address that cannot be
    /// one.
    [[nodiscard]] static emulator::Result<> add(const std::filesystem::path& home,
                                                const Target& target);

    /// NotFound, with the names that there are.
    [[nodiscard]] static emulator::Result<> remove(const std::filesystem::path& home,
                                                   std::string_view name);

    [[nodiscard]] static emulator::Result<Target> find(const std::filesystem::path& home,
                                                       std::string_view name);

    /// Lower-case letters, digits and dashes, a letter first, at most 24; not "local".
    [[nodiscard]] static emulator::Result<> checkName(std::string_view name);

    /// Where the daemon keeps the sockets of a target: HOME/run/targets/NAME.
    [[nodiscard]] static std::filesystem::path folderOf(const std::filesystem::path& home,
                                                        std::string_view name);
};

} // namespace remote::tunnel
