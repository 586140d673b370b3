// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

// slipway-gpud: the emulated GPU devices of one task.

#include "emulator/base/Log.h"
#include "emulator/gpu/cards/Cards.h"
#include "emulator/gpu/server/DeviceMonitor.h"
#include "emulator/gpu/server/Server.h"
#include "emulator/gpu/server/UsageFile.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

namespace {

using namespace emulator;

struct Options {
    std::string socket = "/run/slipway/gpu.sock";
    std::string card = "H100";
    std::string cards;
    std::string log;
    std::string usageFile;
    unsigned count = 0;
    std::uint64_t seed = 0;
    bool announce = false;
};

int fail(const Error& error)
{
    log::error("gpud", error.message());
    return 1;
}

Result<gpu::server::ServerOptions> serverOptions(const Options& options)
{
    TRY_ASSIGN(const auto catalogue,
               options.cards.empty() ? gpu::cards::Catalogue::builtIn()
                                     : gpu::cards::Catalogue::read(options.cards));
    TRY_ASSIGN(const auto request, catalogue.request(options.card));
    gpu::server::ServerOptions out;
    TRY_ASSIGN(out.card, catalogue.card(request.id.empty() ? "any" : request.id));
    out.socket = options.socket;
    out.count = options.count > 0 ? options.count : static_cast<unsigned>(request.count);
    out.seed = options.seed;
    return out;
}

bool redirectLog(const std::string& path)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return file >= 0 && ::dup2(file, STDERR_FILENO) >= 0;
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App app("The emulated GPU devices of one task");
    app.add_option("--socket", options.socket, "unix socket to listen on")->capture_default_str();
    app.add_option("--card", options.card, "card to emulate: H100, A100-80GB, \"L4:2\"")
        ->capture_default_str();
    app.add_option("--count", options.count, "devices (default: what --card says)")
        ->check(CLI::Range(1, 8));
    app.add_option("--cards", options.cards, "another catalogue than the built-in gpus.json");
    app.add_option("--seed", options.seed, "same seed, same UUIDs");
    app.add_option("--log", options.log, "file for the log (default: stderr)");
    app.add_option("--usage-file", options.usageFile, "append one JSON line of usage a second");
    app.add_flag("--announce", options.announce, "print a line on stdout once it listens");
    CLI11_PARSE(app, argc, argv);

    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    ::signal(SIGPIPE, SIG_IGN);

    if (!options.log.empty() && !redirectLog(options.log))
        return fail(Error(ErrorCode::Io, "cannot write the log " + options.log));
    const auto chosen = serverOptions(options);
    if (!chosen)
        return fail(chosen.error());
    const auto server = gpu::server::Server::create(*chosen);
    if (!server)
        return fail(server.error());
    if (options.announce) {
        std::puts("ready");
        std::fflush(stdout);
    }
    std::jthread usage;
    if (!options.usageFile.empty())
        usage = gpu::server::writeUsage(options.usageFile, (*server)->devices());
    std::stop_source stop;
    std::jthread signals([&ends, &stop] {
        int number = 0;
        ::sigwait(&ends, &number);
        stop.request_stop();
    });
    (*server)->run(stop.get_token());
    return 0;
}
