// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/tunnel/Ssh.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remote::tunnel {

/// What a look at a host through ssh has found.
struct FarHost {
    std::string system; ///< "Linux"
    std::string machine; ///< "x86_64"
    std::string glibc; ///< "2.36"; empty when it has another C library
    std::string home; ///< SLIPWAY_HOME over there, absolute
    std::vector<std::string> missingTools; ///< of those that unpack the programs
    std::string current; ///< the version in use, "0.1.0-1f2e3d4c5b6a"; empty: none
    std::string version; ///< what it calls itself: "0.1.0"; empty: it does not run
    std::string broken; ///< why it does not
    std::vector<std::string> installed; ///< versions
    std::string running; ///< the program of the daemon that runs there; empty: none
    std::string settings; ///< its cluster.json; empty: none

    /// Reads what probeScript() prints; nothing when it did not get to its end.
    [[nodiscard]] static std::optional<FarHost> parse(std::string_view printed);
};

/// A shell script that looks at everything of FarHost. `home`: as the user wrote it; empty: the
/// usual place.
[[nodiscard]] std::string probeScript(const std::string& home);

/// A look at a host, or what is in the way.
struct Looked {
    std::optional<Fault> fault;
    FarHost host;
};
[[nodiscard]] Looked look(const Ssh& ssh, const std::string& home);

/// Whether version `a` ("2.36") is at least `b`.
[[nodiscard]] bool atLeast(std::string_view a, std::string_view b);

} // namespace remote::tunnel
