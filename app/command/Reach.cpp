// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Reach.h"

#include "emulator/local/DaemonProcess.h"
#include "emulator/rpc/StudioClient.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace app::command {

using namespace emulator;
using namespace std::chrono_literals;

namespace {

/// An ssh through a jump host takes some seconds; a daemon over there may have to be started.
constexpr auto patience = 30s;
/// How often the daemon is asked meanwhile.
constexpr auto interval = 100ms;

Error unknown(const std::string& name, const std::vector<model::TargetSummary>& targets)
{
    std::string names;
    for (const auto& target : targets)
        names += (names.empty() ? "" : ", ") + target.name;
    return {ErrorCode::Unavailable,
            "there is no target '" + name + "'; there are: " + names
                + ". `slip cluster add` adds one"};
}

/// The target, once the daemon is done with connecting to it.
Result<model::TargetSummary> settled(const rpc::StudioClient& studio, const std::string& name)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (bool asked = false;;) {
        TRY_ASSIGN(const auto targets, studio.targets());
        const auto found = std::ranges::find(targets, name, &model::TargetSummary::name);
        if (found == targets.end())
            return unknown(name, targets);
        if (found->state == "connected")
            return *found;
        const bool late = std::chrono::steady_clock::now() >= deadline;
        if (late || (found->state == "offline" && asked))
            return Error(ErrorCode::Unavailable,
                         "the target '" + name + "' is not reached: "
                             + (found->reason.empty() ? "it has not answered yet" : found->reason)
                             + ". `slip cluster test " + name + "` looks at each step of the way");
        // What was down a minute ago may be up: a pause is no answer.
        if (found->state == "offline")
            TRY(studio.reconnectTarget(name));
        asked = asked || found->state == "offline";
        std::this_thread::sleep_for(interval);
    }
}

Result<Reached> find(const Context& context)
{
    TRY_ASSIGN(const auto status, local::ensureDaemon(context.home));
    TRY_ASSIGN(auto environment, context.home.clientEnvironment());
    if (context.target == "local")
        return Reached {context.home.socket(), status.engine, std::move(environment)};
    TRY_ASSIGN(const auto target,
               settled(rpc::StudioClient(context.home.socket()), context.target));
    environment["MODAL_SERVER_URL"] = target.serverUrl;
    environment["MODAL_TOKEN_ID"] = target.tokenId;
    environment["MODAL_TOKEN_SECRET"] = target.tokenSecret;
    return Reached {target.socket, target.engine, std::move(environment)};
}

} // namespace

Result<Reached> reach(const Context& context)
{
    auto reached = find(context);
    if (!reached)
        return Error(ErrorCode::Unavailable, reached.error().message());
    return reached;
}

} // namespace app::command
