// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Autoscaler.h"

#include <algorithm>

namespace emulator::control {
namespace {

struct Count {
    std::uint32_t all = 0; ///< accepting tasks
    std::uint32_t freeSlots = 0;
    std::uint32_t idle = 0;
    std::uint32_t busyInputs = 0;
};

Count countTasks(const FunctionLoad& function)
{
    Count count;
    for (const auto& task : function.tasks) {
        count.busyInputs += task.inFlight;
        if (!task.accepting)
            continue;
        ++count.all;
        count.freeSlots += function.inputsEach - std::min(function.inputsEach, task.inFlight);
        if (task.inFlight == 0)
            ++count.idle;
    }
    return count;
}

std::uint32_t missing(const FunctionLoad& function, const Count& count)
{
    const auto unserved = function.ready - std::min(function.ready, count.freeSlots);
    std::uint32_t wanted = count.all + (unserved + function.inputsEach - 1) / function.inputsEach;
    const bool works = function.ready > 0 || count.busyInputs > 0;
    if (works)
        wanted = std::max(wanted,
                          count.all - count.idle
                              + (function.ready + function.inputsEach - 1) / function.inputsEach
                              + function.bufferContainers);
    wanted = std::max(wanted, function.minContainers);
    if (function.maxContainers > 0)
        wanted = std::min(wanted, function.maxContainers);
    return wanted - std::min(wanted, count.all);
}

/// Idle tasks of a function beyond what its minimum and buffer keep, longest idle first.
std::vector<const TaskLoad*> spare(const FunctionLoad& function, const Count& count)
{
    std::vector<const TaskLoad*> idle;
    for (const auto& task : function.tasks)
        if (task.accepting && !task.starting && task.inFlight == 0)
            idle.push_back(&task);
    std::sort(idle.begin(), idle.end(),
              [](const TaskLoad* a, const TaskLoad* b) { return a->idleSince < b->idleSince; });
    const auto busy = count.all - count.idle;
    const auto kept = std::max(function.minContainers > busy ? function.minContainers - busy : 0,
                               count.busyInputs > 0 ? function.bufferContainers : 0);
    const auto needed
        = std::max(kept, (function.ready + function.inputsEach - 1) / function.inputsEach);
    idle.resize(idle.size() - std::min<std::size_t>(idle.size(), needed));
    return idle;
}

} // namespace

ScaleDecision decideScale(const std::vector<FunctionLoad>& functions, const Fleetwide& fleet,
                          Micros now)
{
    ScaleDecision decision;
    std::uint32_t total = 0;
    for (const auto& function : functions)
        total += static_cast<std::uint32_t>(function.tasks.size());

    bool starved = false;
    for (const auto& function : functions) {
        if (!function.wanted) {
            for (const auto& task : function.tasks)
                if (task.accepting)
                    decision.drains.push_back(task.id);
            continue;
        }
        if (function.heldBack || now < function.notBefore)
            continue;
        const auto count = countTasks(function);
        const auto wanted = missing(function, count);
        const auto room = fleet.maxTasks - std::min(fleet.maxTasks, total);
        const auto hardRoom = fleet.hardMaxTasks - std::min(fleet.hardMaxTasks, total);
        auto granted = std::min(wanted, room);
        if (granted < wanted && function.readyNested > 0)
            granted = std::min({wanted, std::max(granted, function.readyNested), hardRoom});
        if (granted == 0 && wanted > 0 && function.tasks.empty() && function.ready > 0)
            granted = std::min<std::uint32_t>(1, hardRoom);
        starved = starved || granted < wanted;
        if (granted > 0)
            decision.starts.push_back({function.id, granted});
        total += granted;
    }

    for (const auto& function : functions) {
        if (!function.wanted)
            continue;
        if (function.heldBack) {
            for (const auto& task : function.tasks)
                if (task.accepting && task.inFlight == 0)
                    decision.drains.push_back(task.id);
            continue;
        }
        for (const auto* task : spare(function, countTasks(function)))
            if (starved || task->idleSince + function.scaledownWindow <= now)
                decision.drains.push_back(task->id);
    }
    return decision;
}

} // namespace emulator::control
