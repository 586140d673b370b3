// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Client.h"
#include "app/command/Commands.h"
#include "app/command/Reach.h"
#include "emulator/base/Files.h"
#include "emulator/base/Id.h"
#include "emulator/base/Subprocess.h"
#include "emulator/local/Home.h"
#include "emulator/rpc/StudioClient.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace app::command {

namespace fs = std::filesystem;
using namespace emulator;

Result<std::string> findModal(const fs::path& project)
{
    if (const char* chosen = std::getenv("SLIPWAY_MODAL"); chosen != nullptr && *chosen != '\0')
        return std::string(chosen);
    for (const char* folder : {".venv", "venv"})
        if (const auto own = project / folder / "bin" / "modal"; fs::exists(own))
            return own.string();
    if (auto onPath = findProgram("modal"); !onPath.empty())
        return onPath;
    const auto programs = local::Installation::find().programs;
    for (const auto& own : {programs / ".." / "lib" / "slipway" / "client" / "bin" / "modal",
                            programs / ".." / "protocol-venv" / "bin" / "modal"})
        if (fs::exists(own))
            return fs::canonical(own).string();
    return Error(ErrorCode::Unavailable,
                 "the stock `modal` client is not installed; run `pip install modal` (in the "
                 "project's .venv or on PATH), or name it with SLIPWAY_MODAL");
}

namespace {

/// Waits for a child while Ctrl-C reaches it once: a terminal sends it to both of us, anyone else
/// only to us. The second one within two seconds kills.
ExitStatus waitInterruptibly(Subprocess& child)
{
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    const UniqueFd source(::signalfd(-1, &signals, SFD_CLOEXEC));
    const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
    std::chrono::steady_clock::time_point last {};
    for (;;) {
        std::array<pollfd, 2> events {pollfd {source.get(), POLLIN, 0},
                                      pollfd {ended.get(), POLLIN, 0}};
        ::poll(events.data(), events.size(), -1);
        if ((events[1].revents & POLLIN) != 0)
            return child.wait();
        signalfd_siginfo info {};
        if (::read(source.get(), &info, sizeof info) != sizeof info)
            continue;
        const auto now = std::chrono::steady_clock::now();
        if (now - last < std::chrono::seconds(2))
            child.kill(SIGKILL);
        else if (info.ssi_code != SI_KERNEL)
            child.kill(static_cast<int>(info.ssi_signo));
        last = now;
    }
}

int toExitCode(const ExitStatus& status)
{
    if (status.signal == SIGINT || status.code == Interrupted)
        return Interrupted;
    return status.success() ? Done : UserFailed;
}

void printCost(const Context& context, const Reached& reached, const std::string& runId, int code)
{
    const rpc::StudioClient studio(reached.studio);
    const auto apps = studio.apps({.runId = runId});
    if (!apps)
        return;
    std::int64_t micros = 0;
    std::string id;
    double seconds = 0;
    for (const auto& app : *apps) {
        micros += app.costMicros;
        id = app.id;
        if (const auto lines = studio.cost(app.id))
            for (const auto& line : *lines)
                seconds += line.seconds;
    }
    const bool emulated = context.target == "local";
    if (context.json)
        std::printf("%s\n",
                    Json {{"run_id", runId},
                          {"app_id", id},
                          {"exit_code", code},
                          {"task_seconds", seconds},
                          {"cost_micros", micros},
                          {"emulated", emulated}}
                        .dump()
                        .c_str());
    else if (!id.empty())
        std::fprintf(stderr, "cost %s for %.1f s of task time (%s; `slip cost %s`)\n",
                     spellMoney(micros).c_str(), seconds,
                     emulated ? "emulated" : context.target.c_str(), id.c_str());
}

int runClient(const Context& context, const RunOptions& options)
{
    const auto file = options.target.substr(0, options.target.find("::"));
    if (!fs::exists(file))
        return report(Error(ErrorCode::NotFound, "no such file: " + file));
    const auto modal = findModal(fs::absolute(file).parent_path());
    if (!modal)
        return report(modal.error());
    auto reached = reach(context);
    if (!reached)
        return report(reached.error());
    const auto runId = options.runId.empty() ? "run-" + randomHex(8) : options.runId;
    reached->environment["MODAL_OVERRIDE_HEADERS"] = "x-slipway-run:" + runId;

    CommandLine command {.argv = {*modal, "run", options.target},
                         .extraEnvironment = reached->environment};
    command.argv.insert(command.argv.end(), options.arguments.begin(), options.arguments.end());
    auto child = Subprocess::start(command, STDIN_FILENO,
                                   context.json ? STDERR_FILENO : STDOUT_FILENO, STDERR_FILENO);
    if (!child)
        return report(child.error());
    const int code = toExitCode(waitInterruptibly(*child));
    printCost(context, *reached, runId, code);
    return code;
}

} // namespace

int run(const Context& context, const RunOptions& options)
{
    const int code = runClient(context, options);
    if (!options.exitFile.empty())
        if (const auto kept = writeFileAtomically(options.exitFile, std::to_string(code)); !kept)
            return report(kept.error());
    return code;
}

int exec(const Context& context, const std::vector<std::string>& command)
{
    auto reached = reach(context);
    if (!reached)
        return report(reached.error());
    CommandLine line {.argv = command, .extraEnvironment = reached->environment};
    if (line.argv[0] == "modal") {
        const auto modal = findModal(fs::current_path());
        if (!modal)
            return report(modal.error());
        line.argv[0] = *modal;
    }
    auto child = Subprocess::start(line, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
    if (!child)
        return report(child.error());
    // The program's own code goes through: `slip exec` is transparent.
    return waitInterruptibly(*child).code;
}

} // namespace app::command
