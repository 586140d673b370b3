// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/api/TargetDesk.h"
#include "emulator/base/Clock.h"
#include "remote/tunnel/Gate.h"
#include "remote/tunnel/TargetHub.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

namespace app::daemon {

/// This daemon's way to clusters: the links to the targets of its home, as the Studio API sees
/// them. There are none until it is opened. Thread-safe.
class Clusters final : public emulator::api::TargetDesk {
public:
    Clusters(std::filesystem::path home, const emulator::Clock& clock);

    /// Makes the links; `onChange` is told of each change of a target.
    void open(std::function<void()> onChange);
    /// Ends them.
    void close();

    [[nodiscard]] std::vector<emulator::model::TargetSummary> summaries() const override;
    [[nodiscard]] emulator::Result<> reload() override;
    [[nodiscard]] emulator::Result<> reconnect(std::string_view name) override;

private:
    const std::filesystem::path m_home;
    const emulator::Clock& m_clock;
    mutable std::mutex m_mutex;
    std::shared_ptr<remote::tunnel::TargetHub> m_hub; ///< under the mutex
};

/// What a tunnel from afar needs to know about this daemon.
struct Facts {
    std::filesystem::path home;
    std::string version;
    std::string engine;
    std::string serverUrl;
    std::string tokenId;
    std::string tokenSecret;
    int port = 0; ///< of the client's API
    int httpPort = 0; ///< of blobs
    int registryPort = 0; ///< of a registry that this daemon serves; 0: none
    std::string registryUrl; ///< of the site's; empty: none
};

/// Lets tunnels in: HOME/run/connect.sock.
[[nodiscard]] emulator::Result<std::unique_ptr<remote::tunnel::Gate>> openGate(const Facts& facts);

} // namespace app::daemon
