// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/worker/Replica.h"
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

/// Works until a signal says to end, or the work is done.
Result<> work(const emulator::worker::WorkerOptions& options, const sigset_t& signals)
{
    TRY_ASSIGN(auto worker, emulator::worker::Worker::create(options));
    const auto waiting = ::pthread_self();
    std::jthread thread([&](const std::stop_token& stop) {
        worker->run(stop);
        ::pthread_kill(waiting, SIGTERM);
    });
    int signal = 0;
    ::sigwait(&signals, &signal);
    log::info("worker", "ending");
    return {}; // the thread's destructor asks it to stop and waits
}

/// The one worker of this machine's daemon.
Result<> serve(const emulator::worker::WorkerOptions& options, const sigset_t& signals)
{
    std::error_code failed;
    fs::create_directories(options.runFolder, failed);
    TRY_ASSIGN(const auto lock, local::HomeLock::take(options.runFolder / "worker.lock"));
    return work(options, signals);
}

/// One of many, for one task, wherever an engine started it.
Result<> serveReplica(const fs::path& file, const Clock& clock, const sigset_t& signals)
{
    TRY_ASSIGN(const auto replica, app::worker::Replica::open(file, clock));
    return work(replica->options(), signals);
}

} // namespace

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return container::launcherMain(argc, argv);

    const SystemClock clock;
    emulator::worker::WorkerOptions options;
    options.clock = &clock;
    fs::path replicaFile;
    CLI::App arguments("Runs Slipway's tasks on this host", "slipway-worker");
    auto* home = arguments.add_option("--home", options.home, "SLIPWAY_HOME");
    auto* control
        = arguments.add_option("--control", options.upstream.socket, "The control plane's socket");
    auto* replica
        = arguments.add_option("--replica", replicaFile, "The file of a replica: run one task");
    home->needs(control)->excludes(replica);
    control->needs(home);
    CLI11_PARSE(arguments, argc, argv);
    if (replicaFile.empty() && options.home.empty()) {
        std::fprintf(stderr, "give --home and --control, or --replica\n");
        return 2;
    }
    options.runFolder = options.home / "run";

    // Before the first thread: all of them inherit it, and one place waits for the signals.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    if (const auto result
        = replicaFile.empty() ? serve(options, signals) : serveReplica(replicaFile, clock, signals);
        !result) {
        log::error("worker", result.error().message());
        return 3;
    }
    return 0;
}
