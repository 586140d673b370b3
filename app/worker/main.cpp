// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "emulator/base/Log.h"
#include "emulator/container/Launcher.h"
#include "emulator/local/HomeLock.h"
#include "emulator/worker/Worker.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <thread>

using namespace emulator;
namespace fs = std::filesystem;

namespace {

Result<> serve(const worker::WorkerOptions& options, const sigset_t& signals)
{
    std::error_code failed;
    fs::create_directories(options.home / "run", failed);
    TRY_ASSIGN(const auto lock, local::HomeLock::take(options.home / "run" / "worker.lock"));
    TRY_ASSIGN(auto worker, worker::Worker::create(options));
    std::jthread work([&](const std::stop_token& stop) { worker->run(stop); });
    int signal = 0;
    ::sigwait(&signals, &signal);
    log::info("worker", "ending");
    return {}; // the thread's destructor asks it to stop and waits
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return container::launcherMain(argc, argv);

    const SystemClock clock;
    worker::WorkerOptions options;
    options.clock = &clock;
    CLI::App arguments("Runs Slipway's tasks on this host", "slipway-worker");
    arguments.add_option("--home", options.home, "SLIPWAY_HOME")->required();
    arguments.add_option("--control", options.upstream.socket, "The control plane's socket")
        ->required();
    CLI11_PARSE(arguments, argc, argv);
    options.runFolder = options.home / "run";

    // Before the first thread: all of them inherit it, and one place waits for the signals.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    if (const auto result = serve(options, signals); !result) {
        log::error("worker", result.error().message());
        return 3;
    }
    return 0;
}
