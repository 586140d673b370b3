// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Client.h"
#include "app/command/Commands.h"
#include "app/command/Interrupt.h"
#include "app/command/Money.h"
#include "app/command/Places.h"
#include "remote/deploy/Deployment.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>

namespace app::command {

namespace fs = std::filesystem;
namespace rd = remote::deploy;
using emulator::Error;
using emulator::ErrorCode;
using emulator::Json;
using emulator::Result;

namespace {

void printLine(const Json& event)
{
    std::printf("%s\n", event.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    std::fflush(stdout);
}

/// Says on stderr how it goes.
class Speaker final : public rd::Observer {
public:
    void onStage(rd::Stage stage, rd::StageState state, const std::string& text) override
    {
        if (state == rd::StageState::Failed) // said in full at the end
            return;
        endProgress();
        if (!text.empty())
            std::fprintf(stderr, "%-9s %s%s\n", rd::nameOf(stage),
                         state == rd::StageState::Skipped ? "skipped: " : "", text.c_str());
    }

    void onProgress(rd::Stage stage, std::uint64_t done, std::uint64_t total) override
    {
        if (::isatty(STDERR_FILENO) == 0)
            return;
        std::fprintf(stderr, "\r%-9s %s of %s ", rd::nameOf(stage), spellBytes(done).c_str(),
                     spellBytes(total).c_str());
        m_progress = true;
    }

    void onLog(std::string_view line) override
    {
        endProgress();
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    }

private:
    void endProgress()
    {
        if (std::exchange(m_progress, false))
            std::fputc('\n', stderr);
    }

    bool m_progress = false;
};

/// Prints one JSON object a line.
class Reporter final : public rd::Observer {
public:
    void onStage(rd::Stage stage, rd::StageState state, const std::string& text) override
    {
        printLine({{"event", "stage"},
                   {"stage", rd::nameOf(stage)},
                   {"state", rd::nameOf(state)},
                   {"text", text}});
    }
    void onProgress(rd::Stage stage, std::uint64_t done, std::uint64_t total) override
    {
        printLine({{"event", "progress"},
                   {"stage", rd::nameOf(stage)},
                   {"done", done},
                   {"total", total}});
    }
    void onLog(std::string_view line) override { printLine({{"event", "log"}, {"text", line}}); }
};

/// Says on stderr what is built; stdout is the plan's.
class Whisperer final : public rd::Observer {
public:
    void onStage(rd::Stage, rd::StageState, const std::string&) override { }
    void onProgress(rd::Stage, std::uint64_t, std::uint64_t) override { }
    void onLog(std::string_view line) override
    {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    }
};

int exitCodeOf(const rd::Failure& failure)
{
    if (failure.cancelled)
        return Interrupted;
    return failure.usersOwn ? UserFailed : SlipwayFailed;
}

int sayFailure(const Context& context, const DeployOptions& options, const rd::Failure& failure)
{
    if (context.json && !options.planOnly) {
        printLine({{"event", "result"},
                   {"ok", false},
                   {"stage", rd::nameOf(failure.stage)},
                   {"what", failure.what},
                   {"why", failure.why},
                   {"fix", failure.fix},
                   {"resumable", failure.resumable},
                   {"live_version", failure.liveVersion}});
        return exitCodeOf(failure);
    }
    std::fprintf(stderr, "slip: %s: %s\n", failure.what.c_str(), failure.why.c_str());
    if (failure.liveVersion != 0)
        std::fprintf(stderr, "version %u is live as before\n", failure.liveVersion);
    else
        std::fprintf(stderr, "nothing was deployed\n");
    if (!failure.fix.empty())
        std::fprintf(stderr, "%s\n", failure.fix.c_str());
    return exitCodeOf(failure);
}

int sayBlocked(const Context& context, const rd::DeployPlan& plan)
{
    const auto& blocker = plan.blockers.front();
    if (context.json)
        printLine({{"event", "result"},
                   {"ok", false},
                   {"stage", "build"},
                   {"what", blocker.what},
                   {"why", blocker.why},
                   {"fix", blocker.fix},
                   {"resumable", true},
                   {"live_version", plan.liveVersion}});
    else
        std::fprintf(stderr, "slip: it cannot be deployed: %s: %s\n%s\n", blocker.what.c_str(),
                     blocker.why.c_str(), blocker.fix.c_str());
    return SlipwayFailed;
}

bool confirmed(const Interrupt& interrupt)
{
    std::fputs("Deploy this? [y/N] ", stderr);
    if (!interrupt.waitFor(STDIN_FILENO))
        return false;
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

Result<rd::Request> requestOf(const DeployOptions& options)
{
    const auto file = options.app.substr(0, options.app.find("::"));
    if (!fs::exists(file))
        return Error(ErrorCode::NotFound, "no such file: " + file);
    rd::Request request;
    request.app = options.app;
    request.project = fs::absolute(file).parent_path();
    TRY_ASSIGN(request.modal, findModal(request.project));
    request.name = options.name;
    request.tag = options.tag;
    request.strategy = options.strategy;
    request.probe = options.probe;
    if (!options.budget.empty()) {
        TRY_ASSIGN(request.budgetMicros, parseBudget(options.budget));
    }
    return request;
}

int carryOut(const Context& context, const DeployOptions& options, rd::Deployment& deployment,
             const rd::DeployPlan& plan, const Interrupt& interrupt,
             std::chrono::steady_clock::time_point begin)
{
    if (context.json)
        printLine({{"event", "plan"}, {"plan", rd::toJson(plan)}});
    else
        std::fputs(rd::toText(plan).c_str(), stderr);
    if (!plan.blockers.empty())
        return sayBlocked(context, plan);
    if (!options.yes && !confirmed(interrupt)) {
        std::fputs(interrupt.requested() ? "\ninterrupted; nothing was deployed\n"
                                         : "nothing was deployed\n",
                   stderr);
        return interrupt.requested() ? Interrupted : Done;
    }
    const auto deployed = deployment.carryOut(interrupt.token());
    if (!deployed)
        return sayFailure(context, options, deployment.failure());
    const double seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (context.json)
        printLine({{"event", "result"},
                   {"ok", true},
                   {"app_id", deployed->appId},
                   {"app_name", deployed->appName},
                   {"version", deployed->version},
                   {"seconds", seconds},
                   {"url", "slipway://app/" + deployed->appId}});
    else
        std::printf("%s version %u is live at %s (%.1f s)\n", deployed->appName.c_str(),
                    deployed->version, plan.targetName.c_str(), seconds);
    return Done;
}

} // namespace

int deploy(const Context& context, const DeployOptions& options)
{
    const bool terminal = ::isatty(STDIN_FILENO) != 0 && !context.json;
    if (!options.planOnly && !options.yes && !terminal) {
        std::fputs("slip: there is no terminal to ask on: give --yes to deploy, or --plan to see "
                   "what would happen\n",
                   stderr);
        return WrongUsage;
    }
    const Interrupt interrupt;
    const auto begin = std::chrono::steady_clock::now();
    auto request = requestOf(options);
    if (!request)
        return report(request.error());
    auto here = findPlace(context, "local");
    if (!here)
        return report(here.error());
    auto target = options.target == "local" ? here : findPlace(context, options.target);
    if (!target)
        return report(target.error());

    Speaker speaker;
    Reporter reporter;
    Whisperer whisperer;
    rd::Observer* observer = &speaker;
    if (context.json)
        observer = options.planOnly ? static_cast<rd::Observer*>(&whisperer) : &reporter;
    rd::Deployment deployment(*std::move(request), context.home.path(), *std::move(here),
                              *std::move(target), *observer);
    const auto plan = deployment.plan(interrupt.token());
    if (!plan)
        return sayFailure(context, options, deployment.failure());
    if (options.planOnly) {
        std::fputs(context.json ? (rd::toJson(*plan).dump(2) + "\n").c_str()
                                : rd::toText(*plan).c_str(),
                   stdout);
        return Done;
    }
    return carryOut(context, options, deployment, *plan, interrupt, begin);
}

} // namespace app::command
