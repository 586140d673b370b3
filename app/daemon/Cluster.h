// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/daemon/Clusters.h"
#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"
#include "emulator/control/Placement.h"
#include "emulator/local/Certificate.h"
#include "emulator/local/ClusterSettings.h"
#include "emulator/local/ReplicaOrders.h"
#include "emulator/rpc/Server.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "remote/registry/DirectoryServer.h"

#include <filesystem>
#include <memory>
#include <string>

namespace app::daemon {

/// What the daemon of a home with a cluster.json has besides: the engine that starts replicas, and
/// the port that they dial.
class Cluster {
public:
    /// `token`: what clients of this home show; images are pushed with it, too.
    [[nodiscard]] static emulator::Result<std::unique_ptr<Cluster>>
    create(const std::filesystem::path& home, emulator::local::ClusterSettings settings,
           const std::string& token, const emulator::Clock& clock);

    [[nodiscard]] emulator::control::Placement::Options placement() const;
    [[nodiscard]] const emulator::local::ClusterSettings& settings() const { return m_settings; }

    /// This machine as nodes know it.
    [[nodiscard]] const std::string& host() const { return m_host; }
    /// The address that it listens on for nodes.
    [[nodiscard]] std::string listenAddress() const
    {
        return m_settings.listen.empty() ? "0.0.0.0" : m_settings.listen;
    }
    /// Where images are pushed to: the site's registry, or the one that this daemon serves.
    void tell(Facts& facts) const;

    /// Opens the port for replicas.
    [[nodiscard]] emulator::Result<> listen(emulator::rpc::Server::Handler handler);
    void shutdown();

private:
    emulator::Result<> serveImages(const std::filesystem::path& home, const std::string& token);

    Cluster() = default;

    emulator::local::ClusterSettings m_settings;
    std::string m_host;
    emulator::local::Certificate m_certificate;
    std::unique_ptr<remote::slurm::SlurmEngine> m_engine;
    std::unique_ptr<emulator::local::ReplicaOrders> m_orders;
    std::unique_ptr<remote::registry::DirectoryServer> m_images;
    std::unique_ptr<emulator::rpc::Server> m_server;
};

} // namespace app::daemon
