// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Commands.h"
#include "app/command/Money.h"
#include "app/command/Places.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>

/// What is done with deployments once they are there.
namespace app::command {

namespace model = emulator::model;
using emulator::Error;
using emulator::ErrorCode;
using emulator::Json;
using emulator::Result;
using emulator::rpc::StudioClient;

namespace {

Json toJson(const model::DeploymentSummary& deployment)
{
    Json functions = Json::array();
    for (const auto& function : deployment.functions)
        functions.push_back({{"id", function.id},
                             {"name", function.name},
                             {"gpu", function.gpu},
                             {"image_id", function.imageId},
                             {"manifest", function.manifest},
                             {"min_containers", function.minContainers},
                             {"price_micros_per_hour", function.microsPerHour}});
    return {{"app_id", deployment.appId},
            {"app", deployment.appName},
            {"environment", deployment.environment},
            {"version", deployment.version},
            {"state", deployment.state},
            {"rolled_back_to", deployment.rolledBackTo},
            {"deployed_at", spellTime(deployment.deployedAt)},
            {"tag", deployment.tag},
            {"git_commit", deployment.gitCommit},
            {"git_dirty", deployment.gitDirty},
            {"client_version", deployment.clientVersion},
            {"strategy", deployment.strategy},
            {"functions", functions},
            {"replicas", deployment.replicas},
            {"cost_micros", deployment.costMicros},
            {"budget_micros", deployment.budgetMicros},
            {"app_cost_micros", deployment.appCostMicros},
            {"held_back", deployment.heldBack}};
}

std::string commitText(const model::DeploymentSummary& deployment)
{
    return deployment.gitCommit.substr(0, 9) + (deployment.gitDirty ? "*" : "");
}

std::string stateText(const model::DeploymentSummary& deployment)
{
    auto text = deployment.state;
    if (deployment.rolledBackTo != 0)
        text += ", repeats " + std::to_string(deployment.rolledBackTo);
    if (deployment.state == "live" && !deployment.heldBack.empty())
        text += ", held back";
    return text;
}

void printTable(const Context& context, const std::vector<model::DeploymentSummary>& deployments)
{
    if (context.json) {
        Json list = Json::array();
        for (const auto& deployment : deployments)
            list.push_back(toJson(deployment));
        std::printf("%s\n", list.dump(2).c_str());
        return;
    }
    Table table {{"App", "Version", "State", "Deployed", "Commit", "Tag", "Replicas", "Cost"}, {}};
    for (const auto& each : deployments)
        table.rows.push_back({each.appName, each.version, stateText(each),
                              spellTime(each.deployedAt), commitText(each), each.tag, each.replicas,
                              spellMoney(each.costMicros)});
    table.print(false);
    for (const auto& each : deployments)
        if (each.state == "live" && !each.heldBack.empty())
            std::printf("%s: %s\n", each.appName.c_str(), each.heldBack.c_str());
}

Result<model::DeploymentSummary> versionOf(const std::vector<model::DeploymentSummary>& deployments,
                                           unsigned version)
{
    for (const auto& each : deployments)
        if (each.version == version)
            return each;
    return Error(ErrorCode::NotFound, "there is no version " + std::to_string(version));
}

int printDifference(const Context& context, const model::DeploymentSummary& from,
                    const model::DeploymentSummary& to)
{
    std::map<std::string, const model::DeployedFunction*> old;
    for (const auto& function : from.functions)
        old[function.name] = &function;
    Table table {{"Function", "Change", "What", "Image", "GPU"}, {}};
    const auto arrow
        = [](const std::string& a, const std::string& b) { return a == b ? b : a + " → " + b; };
    for (const auto& function : to.functions) {
        const auto found = old.find(function.name);
        const auto* before = found == old.end() ? nullptr : found->second;
        const auto change = changeOf(function, before);
        std::string what;
        for (const auto& each : change.what)
            what += (what.empty() ? "" : ", ") + each;
        table.rows.push_back({function.name, change.change, what,
                              arrow(before ? before->imageId : function.imageId, function.imageId),
                              arrow(before ? before->gpu : function.gpu, function.gpu)});
        old.erase(function.name);
    }
    for (const auto& [name, function] : old)
        table.rows.push_back({name, "removed", "", function->imageId, function->gpu});
    table.print(context.json);
    return Done;
}

Result<std::uint32_t> parseVersion(std::string_view text)
{
    if (text.starts_with('v'))
        text.remove_prefix(1);
    std::uint32_t version = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (failed != std::errc() || end != text.data() + text.size() || version == 0)
        return Error(ErrorCode::Invalid,
                     "'" + std::string(text) + "' is no version; give a number as in 3");
    return version;
}

} // namespace

int deployments(const Context& context, const DeploymentsOptions& options)
{
    const auto place = findPlace(context, options.target);
    if (!place)
        return report(place.error());
    const StudioClient studio(place->socket);
    const auto list = studio.deployments(options.app);
    if (!list)
        return report(list.error());
    if (options.difference.empty()) {
        printTable(context, *list);
        return Done;
    }
    if (options.app.empty())
        return report(Error(ErrorCode::Invalid,
                            "--diff needs an app: slip deployments APP --diff "
                            "V1 V2"));
    const auto from = versionOf(*list, options.difference[0]);
    const auto to = versionOf(*list, options.difference[1]);
    if (!from || !to)
        return report(!from ? from.error() : to.error());
    return printDifference(context, *from, *to);
}

int rollback(const Context& context, const RollbackOptions& options)
{
    std::uint32_t version = 0;
    if (!options.version.empty()) {
        const auto parsed = parseVersion(options.version);
        if (!parsed)
            return report(parsed.error());
        version = *parsed;
    }
    const auto place = findPlace(context, options.target);
    if (!place)
        return report(place.error());
    const auto begin = std::chrono::steady_clock::now();
    const auto done = StudioClient(place->socket).rollback(options.app, version, options.strategy);
    if (!done)
        return report(done.error());
    const double seconds
        = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (context.json)
        std::printf("%s\n",
                    Json {{"ok", true},
                          {"app_id", done->appId},
                          {"version", done->version},
                          {"repeats", done->repeats},
                          {"seconds", seconds}}
                        .dump()
                        .c_str());
    else
        std::printf("%s version %u, which repeats %u, is live at %s\n", options.app.c_str(),
                    done->version, done->repeats, options.target.c_str());
    return Done;
}

int budget(const Context& context, const std::string& target, const std::string& app,
           const std::string& amount)
{
    const auto place = findPlace(context, target);
    if (!place)
        return report(place.error());
    const StudioClient studio(place->socket);
    model::Budget now;
    if (amount.empty()) {
        const auto list = studio.deployments(app, 1);
        if (!list)
            return report(list.error());
        if (list->empty())
            return report(Error(ErrorCode::NotFound, "there is no deployed app '" + app + "'"));
        const auto& live = list->front();
        now = {live.appId, live.budgetMicros, live.appCostMicros, live.heldBack};
    } else {
        const auto micros = parseBudget(amount);
        if (!micros)
            return report(micros.error());
        auto set = studio.setBudget(app, *micros);
        if (!set)
            return report(set.error());
        now = *std::move(set);
    }
    if (context.json)
        std::printf("%s\n",
                    Json {{"app_id", now.appId},
                          {"budget_micros", now.budgetMicros},
                          {"cost_micros", now.costMicros},
                          {"held_back", now.heldBack}}
                        .dump()
                        .c_str());
    else
        std::printf("%s: budget %s, %s so far%s%s\n", app.c_str(),
                    now.budgetMicros == 0 ? "none" : spellMoney(now.budgetMicros).c_str(),
                    spellMoney(now.costMicros).c_str(), now.heldBack.empty() ? "" : "; ",
                    now.heldBack.c_str());
    return Done;
}

} // namespace app::command
