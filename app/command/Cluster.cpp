// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Cluster.h"

#include "app/command/Password.h"
#include "app/command/Reach.h"
#include "emulator/base/Clock.h"
#include "emulator/local/DaemonProcess.h"
#include "emulator/rpc/StudioClient.h"
#include "remote/tunnel/Setup.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>

namespace app::command {

using namespace emulator;
using namespace remote::tunnel;

namespace {

const char* spell(Step::State state)
{
    return state == Step::State::Ok ? "ok" : state == Step::State::Failed ? "failed" : "skipped";
}

/// Prints steps as they end: lines for a reader, or with --json one object a line.
Steps::Tell printer(const Context& context)
{
    return [json = context.json](const Step& step) {
        if (json) {
            const Json line {{"step", step.name},
                             {"state", spell(step.state)},
                             {"text", step.text},
                             {"fix", step.fix},
                             {"seconds", step.seconds}};
            std::printf("%s\n", line.dump().c_str());
        } else {
            std::printf("%-8s %-14s %s\n", spell(step.state), step.name.c_str(), step.text.c_str());
            if (!step.fix.empty())
                std::printf("%24s%s\n", "", step.fix.c_str());
        }
        std::fflush(stdout);
    };
}

/// Shows how much was sent, at most four times a second.
OnBytes meter(const Context& context)
{
    using std::chrono::steady_clock;
    return [json = context.json, shown = steady_clock::time_point()](std::uint64_t sent,
                                                                     std::uint64_t all) mutable {
        const auto now = steady_clock::now();
        const bool whole = sent == all;
        if ((!whole && now - shown < std::chrono::milliseconds(250))
            || (!json && ::isatty(STDERR_FILENO) == 0))
            return;
        shown = now;
        if (json)
            std::printf(
                "%s\n",
                Json {
                    {"step", "programs"}, {"state", "running"}, {"bytes", sent}, {"all_bytes", all}}
                    .dump()
                    .c_str());
        else
            std::fprintf(stderr, "\rsending %s of %s %s", spellBytes(sent).c_str(),
                         spellBytes(all).c_str(), whole ? "\n" : "");
        std::fflush(json ? stdout : stderr);
    };
}

/// Whether ssh may ask the user for a password, a second factor, or whether a host key is right.
Ssh::Asking asking(const Context& context)
{
    return !context.json && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0
        ? Ssh::Asking::Terminal
        : Ssh::Asking::Never;
}

/// The engine's settings; nothing when the user has named none of them.
Result<std::optional<local::ClusterSettings>> settingsOf(const ClusterAddOptions& options)
{
    const bool named = !options.partition.empty() || !options.account.empty()
        || !options.qos.empty() || !options.listen.empty() || !options.advertise.empty()
        || !options.nodeCache.empty() || !options.gpu.empty() || !options.registry.empty()
        || !options.engineEnvironment.empty();
    if (options.engine.empty() && !named)
        return std::optional<local::ClusterSettings> {};
    if (options.engine == "local" || !options.socket.empty())
        if (named)
            return Error(ErrorCode::Invalid,
                         options.socket.empty()
                             ? "the local engine has no such settings; say --engine slurm"
                             : "the control plane at a --socket is set up where it runs; leave "
                               "the engine's options away");
    local::ClusterSettings settings;
    settings.engine = options.engine.empty() ? "slurm" : options.engine;
    settings.partition = options.partition;
    settings.account = options.account;
    settings.qos = options.qos;
    settings.advertise = options.advertise;
    settings.nodeCache = options.nodeCache;
    settings.registryUrl = options.registry;
    settings.registryUser = options.registryUser;
    settings.registryCertificate = options.registryCertificate;
    if (!options.listen.empty())
        settings.listen = options.listen;
    if (!options.gpu.empty())
        settings.gpu = options.gpu;
    for (const auto& entry : options.engineEnvironment) {
        const auto equals = entry.find('=');
        if (equals == std::string::npos || equals == 0)
            return Error(ErrorCode::Invalid, "--engine-env " + entry + ": say NAME=VALUE");
        settings.environment[entry.substr(0, equals)] = entry.substr(equals + 1);
    }
    return std::optional<local::ClusterSettings>(std::move(settings));
}

Result<Target> targetOf(const ClusterAddOptions& options)
{
    TRY(Targets::checkName(options.name));
    Target target;
    target.name = options.name;
    target.kind = options.ssh.empty() ? Target::Kind::Socket : Target::Kind::Ssh;
    target.address = options.ssh.empty()
        ? std::filesystem::absolute(options.socket).lexically_normal().string()
        : options.ssh;
    target.sshOptions = options.sshOptions;
    target.home = options.home;
    if (target.address.starts_with('-'))
        return Error(ErrorCode::Invalid, "'" + target.address + "' is no host");
    return target;
}

/// Tells the daemon of this home, if one runs, and waits until the target is connected.
int connect(const Context& context, const std::string& name)
{
    if (const auto status = local::ensureDaemon(context.home); !status)
        return report(Error(ErrorCode::Unavailable, status.error().message()));
    if (const auto told = rpc::StudioClient(context.home.socket()).reloadTargets(); !told)
        return report(told.error());
    auto there = context;
    there.target = name;
    const auto reached = reach(there);
    return reached ? Done : report(reached.error());
}

} // namespace

int clusterAdd(const Context& context, const ClusterAddOptions& options)
{
    ::signal(SIGPIPE, SIG_IGN); // an ssh that ends early is told of, not died of
    auto target = targetOf(options);
    if (!target)
        return report(target.error());
    auto settings = settingsOf(options);
    if (!settings)
        return report(settings.error());
    std::optional<std::string> password;
    if (!options.registryUser.empty()) {
        auto given = takePassword("password of " + options.registryUser + " at " + options.registry,
                                  options.registryPasswordFile);
        if (!given)
            return report(given.error());
        password = *std::move(given);
    }
    const SystemClock clock;
    Setup setup({.target = *std::move(target),
                 .home = context.home.path(),
                 .programs = local::Installation::find().programs,
                 .version = context.version,
                 .clock = clock,
                 .settings = *std::move(settings),
                 .registryPassword = std::move(password),
                 .asking = asking(context),
                 .tell = printer(context),
                 .onBytes = meter(context)});
    if (!setup.run())
        return SlipwayFailed;
    return connect(context, options.name);
}

int clusterList(const Context& context)
{
    if (const auto status = local::ensureDaemon(context.home); !status)
        return report(Error(ErrorCode::Unavailable, status.error().message()));
    const auto targets = rpc::StudioClient(context.home.socket()).targets();
    if (!targets)
        return report(targets.error());
    Table table {{"Name", "Kind", "Address", "State", "Since", "Engine", "Server URL", "Reason"},
                 {}};
    for (const auto& target : *targets)
        table.rows.push_back({target.name, target.kind, target.address, target.state,
                              spellTime(target.since), target.engine, target.serverUrl,
                              target.reason});
    table.print(context.json);
    return Done;
}

int clusterTest(const Context& context, const std::string& name)
{
    ::signal(SIGPIPE, SIG_IGN);
    if (name == "local")
        return report(Error(ErrorCode::Invalid, "`slip doctor` looks at this machine"));
    auto target = Targets::find(context.home.path(), name);
    if (!target)
        return report(Error(ErrorCode::Unavailable, target.error().message()));
    const SystemClock clock;
    Checkup checkup({.target = *std::move(target),
                     .home = context.home.path(),
                     .clock = clock,
                     .version = context.version,
                     .asking = asking(context),
                     .tell = printer(context)});
    return checkup.run() ? Done : SlipwayFailed;
}

int clusterRemove(const Context& context, const std::string& name)
{
    if (const auto removed = Targets::remove(context.home.path(), name); !removed)
        return report(Error(ErrorCode::Unavailable, removed.error().message()));
    // A daemon that does not run will not see it any more.
    static_cast<void>(rpc::StudioClient(context.home.socket()).reloadTargets());
    std::fprintf(stderr, "forgot %s; what runs there goes on running\n", name.c_str());
    return Done;
}

int clusterReconnect(const Context& context, const std::string& name)
{
    if (const auto status = local::ensureDaemon(context.home); !status)
        return report(Error(ErrorCode::Unavailable, status.error().message()));
    if (const auto told = rpc::StudioClient(context.home.socket()).reconnectTarget(name); !told)
        return report(Error(ErrorCode::Unavailable, told.error().message()));
    auto there = context;
    there.target = name;
    const auto reached = reach(there);
    if (!reached)
        return report(reached.error());
    std::fprintf(stderr, "connected to %s\n", name.c_str());
    return Done;
}

} // namespace app::command
