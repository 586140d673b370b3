// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Commands.h"
#include "app/command/Reach.h"
#include "emulator/local/DaemonProcess.h"
#include "emulator/rpc/StudioClient.h"

#include <cstdio>

namespace app::command {

using emulator::Json;
namespace model = emulator::model;

namespace {

void print(const Context& context, const model::DaemonStatus& status)
{
    if (context.json) {
        const Json json {{"serving", true},
                         {"version", status.version},
                         {"pid", status.pid},
                         {"home", status.home},
                         {"socket", context.home.socket().string()},
                         {"server_url", status.serverUrl},
                         {"started_at", spellTime(status.startedAt)},
                         {"engine", status.engine},
                         {"engine_problem", status.engineProblem},
                         {"worker_connected", status.workerConnected},
                         {"apps_running", status.appsRunning},
                         {"tasks_running", status.tasksRunning},
                         {"calls_pending", status.callsPending},
                         {"notes", status.notes}};
        std::printf("%s\n", json.dump(2).c_str());
        return;
    }
    std::printf("serving   %s (process %lld, version %s, since %s)\n", status.serverUrl.c_str(),
                static_cast<long long>(status.pid), status.version.c_str(),
                spellTime(status.startedAt).c_str());
    std::printf("home      %s\n", status.home.c_str());
    if (status.engine == "local")
        std::printf("worker    %s\n", status.workerConnected ? "connected" : "not connected");
    else
        std::printf("engine    %s%s%s\n", status.engine.c_str(),
                    status.engineProblem.empty() ? "" : ": ", status.engineProblem.c_str());
    std::printf("running   %u apps, %u tasks, %u calls pending\n", status.appsRunning,
                status.tasksRunning, status.callsPending);
    for (const auto& note : status.notes)
        std::printf("          %s\n", note.c_str());
}

} // namespace

int up(const Context& context)
{
    if (context.target != "local")
        return status(context); // which makes it come up
    const auto status = emulator::local::ensureDaemon(context.home);
    if (!status)
        return report(emulator::Error(emulator::ErrorCode::Unavailable, status.error().message()));
    print(context, *status);
    return Done;
}

int down(const Context& context)
{
    if (context.target != "local")
        return report(emulator::Error(
            emulator::ErrorCode::Invalid,
            "the control plane of '" + context.target
                + "' stays up by itself; this ends the emulator of this machine with --target "
                  "local, and `slip cluster remove` forgets a cluster"));
    const auto ended = emulator::local::endDaemon(context.home);
    if (!ended && ended.error().code() != emulator::ErrorCode::NotFound)
        return report(ended.error());
    std::fprintf(stderr, "%s\n", ended ? "ended" : ended.error().message().c_str());
    return Done;
}

int status(const Context& context)
{
    auto socket = context.home.socket();
    if (context.target != "local") {
        const auto reached = reach(context);
        if (!reached)
            return report(reached.error());
        socket = reached->studio;
    }
    const emulator::rpc::StudioClient studio(socket);
    const auto status = studio.status();
    if (status) {
        print(context, *status);
        return Done;
    }
    if (context.json)
        std::printf("%s\n", Json {{"serving", false}}.dump(2).c_str());
    else
        std::printf("no daemon serves %s; `slip up` starts it\n",
                    context.home.path().string().c_str());
    return SlipwayFailed;
}

int env(const Context& context)
{
    const auto reached = reach(context);
    if (!reached)
        return report(reached.error());
    const auto& environment = reached->environment;
    if (context.json) {
        std::printf("%s\n", Json(environment).dump(2).c_str());
        return Done;
    }
    for (const auto& [key, value] : environment)
        std::printf("export %s='%s'\n", key.c_str(), value.c_str());
    return Done;
}

} // namespace app::command
