// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/container/Launcher.h"
#include "emulator/worker/Worker.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <thread>

using namespace emulator;
namespace fs = std::filesystem;

namespace {

/// One worker a home: the lock lives as long as the process, whatever ends it, and the supervisor
/// waits on it. The file names the process.
Result<UniqueFd> lockHome(const fs::path& home)
{
    const auto path = home / "run" / "worker.lock";
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file)
        return errnoError("open " + path.string(), errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return Error(ErrorCode::Unavailable, "another worker serves " + home.string());
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0
        || ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return errnoError("write " + path.string(), errno);
    return file;
}

Result<> serve(const worker::WorkerOptions& options, const sigset_t& signals)
{
    std::error_code failed;
    fs::create_directories(options.home / "run", failed);
    TRY_ASSIGN(const auto lock, lockHome(options.home));
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
    arguments.add_option("--control", options.controlSocket, "The control plane's socket")
        ->required();
    arguments.add_option("--gpud", options.gpudProgram, "slipway-gpud");
    arguments.add_option("--driver", options.driverFolder, "Folder of the emulated driver");
    CLI11_PARSE(arguments, argc, argv);

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
