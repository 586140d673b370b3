// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Files.h"
#include "remote/tunnel/FarHost.h"
#include "remote/tunnel/Steps.h"
#include "remote/tunnel/TargetLink.h"

#include <memory>

namespace remote::tunnel {

/// Looks at every step of the way to a target, in the order in which they depend on each other, and
/// stops at the one that fails. Works by itself, without the daemon of this machine. One thread.
class Checkup {
public:
    struct Options {
        Target target;
        std::filesystem::path home; ///< this machine's
        const emulator::Clock& clock;
        std::string version; ///< ours
        Ssh::Asking asking = Ssh::Asking::Never;
        Steps::Tell tell;
    };

    explicit Checkup(Options options);

    /// All steps; true when none failed.
    [[nodiscard]] bool run();

    /// The parts that setting up a target shares: is the host reached (with what a look at it has
    /// found)? …
    [[nodiscard]] bool reachHost();
    [[nodiscard]] const FarHost& host() const { return m_host; }
    /// … and what works from the control plane on?
    [[nodiscard]] bool reachControlPlane();

private:
    [[nodiscard]] bool checkPrograms();
    [[nodiscard]] bool checkLine();
    [[nodiscard]] bool checkEngine();
    [[nodiscard]] bool checkNodes();
    [[nodiscard]] bool checkRegistry();
    [[nodiscard]] bool measure();
    [[nodiscard]] emulator::Result<> openLink();

    const Options m_options;
    Steps m_steps;
    FarHost m_host;
    std::optional<emulator::TempDir> m_folder; ///< of the link's sockets
    emulator::UniqueFd m_port;
    std::unique_ptr<TargetLink> m_link;
};

} // namespace remote::tunnel
