// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/daemon/Cluster.h"
#include "app/daemon/Clusters.h"
#include "app/daemon/Connect.h"
#include "emulator/api/Service.h"
#include "emulator/base/Json.h"
#include "emulator/base/Log.h"
#include "emulator/gpu/cards/Cards.h"
#include "emulator/ingress/BlobServer.h"
#include "emulator/local/Credentials.h"
#include "emulator/local/Door.h"
#include "emulator/local/HomeLock.h"
#include "emulator/local/WorkerSupervisor.h"
#include "emulator/rpc/Server.h"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

using namespace emulator;
namespace fs = std::filesystem;

namespace {

/// SLIPWAY_PORT, else the one of the last time, else any free one.
Result<int> choosePort(const local::Credentials& credentials)
{
    const char* wanted = std::getenv("SLIPWAY_PORT");
    if (wanted == nullptr || *wanted == '\0')
        return credentials.port;
    const std::string_view text(wanted);
    int port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535)
        return Error(ErrorCode::Invalid,
                     "SLIPWAY_PORT=" + std::string(text)
                         + " is no port; give a number from 1 to 65535");
    return port;
}

Result<std::vector<std::string>> cardNames()
{
    TRY_ASSIGN(const auto catalogue, gpu::cards::Catalogue::builtIn());
    std::vector<std::string> names;
    for (const auto& card : catalogue.cards())
        names.push_back(card.id);
    return names;
}

CommandLine workerCommand(const fs::path& home, const fs::path& socket)
{
    std::error_code ignored;
    const auto programs = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    return {.argv = {(programs / "slipway-worker").string(), "--home", home.string(), "--control",
                     socket.string()},
            .ownSession = true,
            .dieWithParent = false};
}

/// The line that whoever started us waits for, and the end of our interest in its pipe.
void announce(const std::string& url)
{
    std::printf("%s\n", Json {{"serving", url}, {"pid", ::getpid()}}.dump().c_str());
    std::fflush(stdout);
    if (std::freopen("/dev/null", "w", stdout) == nullptr)
        log::debug("daemon", "stdout stays open");
}

Result<> serve(const fs::path& home, const sigset_t& signals)
{
    std::error_code failed;
    for (const char* folder : {"run", "logs", "blobs/sha256"})
        fs::create_directories(home / folder, failed);
    if (failed)
        return Error(ErrorCode::Io, "make folders in " + home.string() + ": " + failed.message());
    TRY_ASSIGN(const auto lock, local::HomeLock::take(home / "run" / "daemon.lock"));
    TRY_ASSIGN(auto credentials, local::Credentials::load(home));
    TRY_ASSIGN(const int port, choosePort(credentials));
    TRY_ASSIGN(auto cards, cardNames());
    TRY_ASSIGN(auto door, local::Door::open(home / "run" / "door.sock", port));

    const SystemClock clock;
    const auto ids = randomIds();
    std::unique_ptr<app::daemon::Cluster> cluster;
    TRY_ASSIGN(auto settings, local::ClusterSettings::load(home));
    if (settings && settings->engine != "local") {
        TRY_ASSIGN(cluster,
                   app::daemon::Cluster::create(home, *std::move(settings), credentials.tokenSecret,
                                                clock));
    }
    TRY_ASSIGN(
        const auto blobs,
        ingress::BlobServer::create({.address = cluster ? cluster->listenAddress() : "127.0.0.1",
                                     .port = static_cast<std::uint16_t>(credentials.blobPort),
                                     .folder = home / "blobs" / "calls",
                                     .key = credentials.blobKey},
                                    clock));
    app::daemon::Clusters clusters(home, clock);
    api::ServiceOptions options {.home = home,
                                 .clock = clock,
                                 .ids = *ids,
                                 .blobs = *blobs,
                                 .tokenId = credentials.tokenId,
                                 .tokenSecret = credentials.tokenSecret,
                                 .version = SLIPWAY_VERSION,
                                 .knownCards = std::move(cards),
                                 .maxTasks = 2 * std::max(2U, std::thread::hardware_concurrency()),
                                 .onShutdown = [] { ::kill(::getpid(), SIGTERM); },
                                 .targets = &clusters};
    if (cluster) {
        options.builds = false;
        options.maxTasks = cluster->settings().maxReplicas;
        options.builds = false;
        options.placement = cluster->placement();
        options.replicaBlobUrl = "http://" + cluster->host() + ":" + std::to_string(blobs->port());
    }
    TRY_ASSIGN(const auto service, api::Service::create(std::move(options)));
    const rpc::Server::Handler handler
        = [&](std::shared_ptr<rpc::Call> call) { service->handle(std::move(call)); };
    if (cluster)
        TRY(cluster->listen(handler));
    const auto socket = home / "run" / "studio.sock";
    TRY_ASSIGN(const auto server,
               rpc::Server::create({.tcp = door.listener(), .privateSockets = {socket.string()}},
                                   handler));
    credentials.port = door.port();
    credentials.blobPort = blobs->port();
    TRY(credentials.save(home));
    service->setServerUrl(credentials.serverUrl());

    app::daemon::Facts facts {.home = home,
                              .version = SLIPWAY_VERSION,
                              .engine = "local",
                              .serverUrl = credentials.serverUrl(),
                              .tokenId = credentials.tokenId,
                              .tokenSecret = credentials.tokenSecret,
                              .port = door.port(),
                              .httpPort = blobs->port()};
    if (cluster)
        cluster->tell(facts);
    TRY_ASSIGN(const auto gate, app::daemon::openGate(facts));
    clusters.open([&service] { service->noteChange(); });

    std::optional<local::WorkerSupervisor> worker;
    if (!cluster)
        worker.emplace(home / "run" / "worker.lock", workerCommand(home, socket),
                       home / "logs" / "worker.log");
    log::info("daemon", "serving " + credentials.serverUrl() + " from " + home.string());
    announce(credentials.serverUrl());

    int signal = 0;
    ::sigwait(&signals, &signal);
    log::info("daemon", "ending");
    clusters.close();
    if (worker)
        worker->end(); // its last reports still find us
    service->shutdown();
    if (cluster)
        cluster->shutdown();
    server->shutdown();
    door.close();
    ::unlink(socket.c_str());
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::string_view(argv[1]) == "--keep-door")
        return local::keepDoor(argv[2]);
    if (argc > 1 && std::string_view(argv[1]) == "connect")
        return app::daemon::connectMain(argc - 1, argv + 1);

    fs::path home;
    CLI::App arguments("Slipway's control plane: serves the stock client", "slipwayd");
    arguments.set_version_flag("--version", "slipwayd " SLIPWAY_VERSION);
    arguments.add_option("--home", home, "SLIPWAY_HOME")->required();
    CLI11_PARSE(arguments, argc, argv);

    // Before the first thread: all of them inherit it, and one place waits for the signals.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    if (const auto result = serve(home, signals); !result) {
        log::error("daemon", result.error().message());
        return 3;
    }
    return 0;
}
