// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/daemon/Cluster.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/local/Credentials.h"
#include "emulator/local/Home.h"
#include "emulator/rpc/Upstream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace app::daemon {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

/// A TCP port that nobody has right now. Kept from then on: replicas dial the same one again after
/// a restart of ours.
Result<std::uint16_t> freePort()
{
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (!socket || ::bind(socket.get(), generic, size) != 0
        || ::getsockname(socket.get(), generic, &size) != 0)
        return Error(ErrorCode::Unavailable, "there is no free TCP port");
    return ntohs(address.sin_port);
}

std::string hostName()
{
    std::array<char, 256> name {};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

remote::slurm::Options engineOptions(const fs::path& home, const local::ClusterSettings& settings,
                                     const Clock& clock)
{
    remote::slurm::Options options;
    options.tag = "slipway-" + sha256Hex(home.string()).substr(0, 12);
    options.partition = settings.partition;
    options.account = settings.account;
    options.qos = settings.qos;
    options.sbatchOptions = settings.options;
    options.gpuTypes = settings.gpuTypes;
    options.environment = settings.environment;
    options.driver = settings.driver == "cli" ? remote::slurm::DriverChoice::Cli
        : settings.driver == "rest"           ? remote::slurm::DriverChoice::Rest
                                              : remote::slurm::DriverChoice::Auto;
    options.clock = &clock;
    return options;
}

} // namespace

Result<std::unique_ptr<Cluster>> Cluster::create(const fs::path& home, local::ClusterSettings given,
                                                 const std::string& token, const Clock& clock)
{
    std::unique_ptr<Cluster> cluster(new Cluster);
    auto& settings = cluster->m_settings;
    settings = std::move(given);
    if (settings.port == 0) {
        TRY_ASSIGN(settings.port, freePort());
        TRY(writeFileAtomically(local::clusterFile(home), settings.toJson()));
    }
    cluster->m_host = settings.advertise.empty() ? hostName() : settings.advertise;
    TRY_ASSIGN(cluster->m_certificate, local::Certificate::load(home, rpc::certificateName));
    TRY_ASSIGN(cluster->m_engine,
               remote::slurm::SlurmEngine::create(engineOptions(home, settings, clock)));

    local::ReplicaFile common;
    common.control = cluster->m_host + ":" + std::to_string(settings.port);
    common.certificate = cluster->m_certificate.certificate;
    common.cache = settings.nodeCache.empty() ? "/tmp/slipway-" + std::to_string(::geteuid())
                                              : settings.nodeCache;
    common.registry = settings.registryUrl;
    common.registryUser = settings.registryUser;
    if (!settings.registryUser.empty()) {
        TRY_ASSIGN(common.registryPassword, readFile(local::registryPasswordFile(home)));
    }
    common.registryCertificate = settings.registryCertificate;
    common.layout = home / "oci";
    common.emulatedGpu = settings.gpu == "emulated";
    cluster->m_orders = std::make_unique<local::ReplicaOrders>(local::ReplicaOrders::Options {
        home, local::Installation::find().programs, settings, std::move(common)});
    if (settings.registryUrl.empty())
        TRY(cluster->serveImages(home, token));
    return cluster;
}

control::Placement::Options Cluster::placement() const
{
    control::Placement::Options options;
    options.engine = m_engine.get();
    options.prepare = [this](const model::ReplicaBrief& brief) { return m_orders->prepare(brief); };
    options.discard = [this](const std::string& replicaId) { m_orders->discard(replicaId); };
    return options;
}

Result<> Cluster::serveImages(const fs::path& home, const std::string& token)
{
    TRY_ASSIGN(m_images,
               remote::registry::DirectoryServer::create({.folder = home / "oci", .token = token}));
    return {};
}

void Cluster::tell(Facts& facts) const
{
    facts.engine = m_settings.engine;
    facts.registryUrl = m_settings.registryUrl;
    if (m_images)
        facts.registryPort = m_images->port();
}

Result<> Cluster::listen(rpc::Server::Handler handler)
{
    TRY_ASSIGN(
        m_server,
        rpc::Server::create({.tlsAddress = listenAddress() + ":" + std::to_string(m_settings.port),
                             .certificate = m_certificate.certificate,
                             .key = m_certificate.key},
                            std::move(handler)));
    log::info("daemon", "replicas reach us at " + m_host + ":" + std::to_string(m_settings.port));
    return {};
}

void Cluster::shutdown()
{
    if (m_server)
        m_server->shutdown();
}

} // namespace app::daemon
