// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Plan.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace remote::deploy {
namespace {

bool stays(const PlannedFunction& planned)
{
    return planned.change.change != "removed";
}

void planFunctions(DeployPlan& plan, const Facts& facts)
{
    std::map<std::string, const model::DeployedFunction*> live;
    if (facts.live)
        for (const auto& function : facts.live->functions)
            live[function.name] = &function;
    for (const auto& staged : facts.staged.functions) {
        if (staged.change.change == "removed")
            continue; // of this machine's own version, which does not matter here
        const auto old = live.find(staged.function.name);
        plan.functions.push_back(
            {staged.function,
             model::changeOf(staged.function, old == live.end() ? nullptr : old->second)});
        live.erase(staged.function.name);
    }
    for (const auto& [name, function] : live)
        plan.functions.push_back({*function, {"removed", {}}});
    for (const auto& planned : plan.functions) {
        if (!stays(planned))
            continue;
        plan.microsPerHour += planned.function.microsPerHour;
        plan.idleMicrosPerHour += planned.function.microsPerHour * planned.function.minContainers;
    }
}

void planImages(DeployPlan& plan, const Facts& facts)
{
    const std::set<std::string> green = facts.lastGreen
        ? std::set<std::string>(facts.lastGreen->imageIds.begin(), facts.lastGreen->imageIds.end())
        : std::set<std::string> {};
    bool same = true;
    for (const auto& transfer : facts.transfers) {
        const bool known = green.contains(transfer.imageId);
        same = same && (known || !transfer.imageId.starts_with("im-"));
        plan.images.push_back({transfer, known});
    }
    plan.bytesToPush = facts.bytesToPush;
    plan.bytesTotal = facts.bytesTotal;
    if (facts.lastGreen)
        plan.sameImageAsLastGreenRun = same;
}

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

/// How many cards of each type must be there: for the greatest single replica, and for all that is
/// kept warm.
std::map<std::string, std::uint32_t> gpusWanted(const DeployPlan& plan)
{
    std::map<std::string, std::uint32_t> single;
    std::map<std::string, std::uint32_t> warm;
    for (const auto& planned : plan.functions) {
        const auto& resources = planned.function.resources;
        if (!stays(planned) || resources.gpu.empty() || resources.gpuCount == 0)
            continue;
        auto& greatest = single[resources.gpu];
        greatest = std::max(greatest, resources.gpuCount);
        warm[resources.gpu] += resources.gpuCount * planned.function.minContainers;
    }
    for (auto& [type, count] : single)
        count = std::max(count, warm[type]);
    return single;
}

void planGpus(DeployPlan& plan, const Facts& facts, const emulator::cost::PriceBook& prices)
{
    for (const auto& [type, wanted] : gpusWanted(plan)) {
        if (!prices.hasCard(type))
            plan.warnings.push_back("no price is known for " + type + "; it counts as $0");
        PlannedGpu gpu {type, wanted, 0, true, type + ": emulated on this machine"};
        if (!facts.nodes) {
            plan.gpus.push_back(std::move(gpu));
            continue;
        }
        std::uint32_t busy = 0;
        std::uint32_t untyped = 0;
        std::uint32_t onOneNode = 0;
        for (const auto& node : *facts.nodes) {
            if (!node.usable)
                continue;
            const auto count = [&](const auto& map, const std::string& key) {
                const auto found = map.find(key);
                return found == map.end() ? 0U : found->second;
            };
            gpu.available += count(node.gpus, lower(type));
            onOneNode = std::max(onOneNode, count(node.gpus, lower(type)));
            busy += count(node.gpusAllocated, lower(type));
            untyped += count(node.gpus, "");
        }
        const auto cluster = std::to_string(gpu.available) + " in " + facts.name + ", "
            + std::to_string(gpu.available - std::min(busy, gpu.available)) + " free now";
        gpu.text = type + ": " + std::to_string(wanted) + " wanted, " + cluster;
        gpu.ok = gpu.available >= wanted;
        if (!gpu.ok && untyped >= wanted) {
            gpu.ok = true;
            gpu.text
                += "; the cluster does not say the type of " + std::to_string(untyped) + " more";
        }
        if (!gpu.ok)
            plan.blockers.push_back(
                {"gpu=\"" + type + "\"",
                 facts.name + " has " + std::to_string(gpu.available) + " usable " + type
                     + ", the app needs " + std::to_string(wanted),
                 "choose another card or fewer warm containers, or ask the site about its nodes"});
        plan.gpus.push_back(std::move(gpu));
    }
}

void warn(DeployPlan& plan, const Facts& facts)
{
    if (facts.git && facts.git->dirty)
        plan.warnings.push_back(std::to_string(facts.git->changedFiles.size())
                                + " files differ from the commit; what is deployed is not in git");
    if (plan.sameImageAsLastGreenRun && !*plan.sameImageAsLastGreenRun)
        plan.warnings.emplace_back("not all images are those of the last run that went well here");
    if (!facts.probe)
        plan.warnings.emplace_back("no container is tried out before the new version is live");
    if (facts.live && !facts.live->heldBack.empty())
        plan.warnings.push_back("held back: " + facts.live->heldBack);
    if (facts.staged.functions.empty())
        plan.blockers.push_back({facts.staged.appName, "the app has no functions",
                                 "decorate one with @app.function()"});
}

} // namespace

DeployPlan makePlan(const Facts& facts, const emulator::cost::PriceBook& prices)
{
    DeployPlan plan;
    plan.app = facts.staged.appName;
    plan.file = facts.file;
    plan.targetName = facts.name;
    plan.targetEngine = facts.engine;
    plan.targetState = facts.state;
    if (facts.live) {
        plan.liveVersion = facts.live->version;
        plan.nextVersion = facts.live->version + 1;
    }
    plan.git = facts.git;
    plan.blockers = facts.blockers;
    planFunctions(plan, facts);
    planImages(plan, facts);
    planGpus(plan, facts, prices);
    warn(plan, facts);
    return plan;
}

} // namespace remote::deploy
