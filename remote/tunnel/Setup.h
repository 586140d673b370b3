// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/local/ClusterSettings.h"
#include "remote/tunnel/Bundle.h"
#include "remote/tunnel/Checkup.h"
#include "remote/tunnel/Steps.h"
#include "remote/tunnel/Transfer.h"

#include <filesystem>
#include <optional>
#include <string>

namespace remote::tunnel {

/// Makes a target: installs our programs over there where they are not the same yet, writes the
/// control plane's settings, starts it, tries it out, and only then adds the target to the list of
/// this home. What failed half-way leaves the list as it was, and run again it goes on. One thread.
class Setup {
public:
    struct Options {
        Target target; ///< home: as the user wrote it
        std::filesystem::path home; ///< this machine's
        std::filesystem::path programs; ///< ours, to be sent
        std::string version;
        const emulator::Clock& clock;
        /// The engine's; absent: as they are over there. With engine "local": none.
        std::optional<emulator::local::ClusterSettings> settings;
        std::optional<std::string> registryPassword;
        Ssh::Asking asking = Ssh::Asking::Never;
        Steps::Tell tell;
        OnBytes onBytes;
    };

    explicit Setup(Options options);

    /// True when the target was added.
    [[nodiscard]] bool run();

private:
    [[nodiscard]] bool prepareHost();
    [[nodiscard]] bool install();
    [[nodiscard]] bool suits(const Bundle& bundle);
    [[nodiscard]] bool configure();
    [[nodiscard]] bool write(const std::string& file, const std::string& content);
    [[nodiscard]] bool restart();
    [[nodiscard]] bool add();
    [[nodiscard]] emulator::Result<std::string> wantedSettings() const;
    [[nodiscard]] std::string folder() const;

    Options m_options;
    Steps m_steps;
    Ssh m_ssh;
    Checkup m_checkup;
    std::string m_current; ///< the version that was activated
    bool m_changed = false; ///< a daemon that runs there has other settings
};

} // namespace remote::tunnel
