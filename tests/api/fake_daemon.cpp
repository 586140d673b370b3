// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Service.h"
#include "emulator/base/Log.h"
#include "emulator/ingress/BlobServer.h"
#include "emulator/rpc/Server.h"
#include "tests/api/FakeWorker.h"

#include <csignal>
#include <cstdio>
#include <string>

/// The control plane for tests of the stock client, with or without a fake worker in the same
/// process, or that worker alone:
///     fake_daemon HOME PORT [PYTHON]        serve; with PYTHON also work
///     fake_daemon HOME worker PYTHON ID     work for the daemon of HOME
int main(int argc, char** argv)
{
    using namespace emulator;
    if (argc < 3)
        return 2;
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    const std::filesystem::path home = argv[1];
    const auto socket = home / "run" / "studio.sock";
    std::filesystem::create_directories(home / "run");
    int signal = 0;
    if (std::string(argv[2]) == "worker") {
        const support::FakeWorker worker(home, socket, argv[3], argv[4]);
        ::sigwait(&signals, &signal);
        return 0;
    }
    const SystemClock clock;
    const auto ids = randomIds();
    const auto blobs
        = ingress::BlobServer::create({"127.0.0.1", 0, home / "blobs" / "calls", "key"}, clock);
    if (!blobs) {
        log::error("test", blobs.error().message());
        return 3;
    }
    const auto service = api::Service::create(
        {home, clock, *ids, **blobs, "ak-test", "as-test", "test", {"H100", "A100"}, 4, {}});
    if (!service) {
        log::error("test", service.error().message());
        return 3;
    }
    const auto server = rpc::Server::create(
        {std::string("127.0.0.1:") + argv[2], {socket.string()}},
        [&](std::shared_ptr<rpc::Call> call) { (*service)->handle(std::move(call)); });
    if (!server) {
        log::error("test", server.error().message());
        return 3;
    }
    (*service)->setServerUrl("http://127.0.0.1:" + std::to_string((*server)->port()));
    {
        std::unique_ptr<support::FakeWorker> worker;
        if (argc > 3)
            worker = std::make_unique<support::FakeWorker>(home, socket, argv[3], "wk-test");
        std::printf("serving http://127.0.0.1:%d\n", (*server)->port());
        std::fflush(stdout);
        ::sigwait(&signals, &signal);
    }
    (*service)->shutdown();
    (*server)->shutdown();
    return 0;
}
