// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"

#include <cstdint>
#include <string>
#include <vector>

/// How many containers a function should have: a pure decision. State goes in, actions come out;
/// nothing here knows of time, storage or workers, so a simulation can run it ten thousand tasks
/// deep in virtual time.
namespace emulator::control {

struct TaskLoad {
    std::string id;
    bool starting = false; ///< has not polled for inputs yet
    bool accepting = true; ///< not draining, not used up
    std::uint32_t inFlight = 0; ///< inputs leased to it
    Micros idleSince = 0; ///< when it last had an input, or became ready
};

struct FunctionLoad {
    std::string id;
    bool wanted = true; ///< its app lives and its image is ready
    bool heldBack = false; ///< a budget is used up
    std::uint32_t minContainers = 0;
    std::uint32_t maxContainers = 0; ///< 0: no limit of its own
    std::uint32_t bufferContainers = 0;
    Micros scaledownWindow = 60'000'000;
    std::uint32_t inputsEach = 1; ///< inputs that one container takes at a time
    std::uint32_t ready = 0; ///< inputs that wait for a container
    std::uint32_t readyNested = 0; ///< of these, how many some running input waits for
    Micros notBefore = 0; ///< no start before this: it has been crashing
    std::vector<TaskLoad> tasks; ///< those that have not ended
};

struct Fleetwide {
    std::uint32_t maxTasks = 8; ///< what the machine takes
    std::uint32_t hardMaxTasks = 64; ///< also for inputs that others wait for
};

struct ScaleDecision {
    struct Start {
        std::string functionId;
        std::uint32_t count = 0;
    };
    std::vector<Start> starts;
    std::vector<std::string> drains; ///< tasks that are to get no more inputs
};

/// Rules, in this order:
/// 1. A function that is not wanted drains all its tasks.
/// 2. It has enough containers when the free slots of those that run or start hold every ready
///    input, but at least minContainers, plus bufferContainers while it works, and never more than
///    maxContainers.
/// 3. The machine's limit holds over all functions, first come first served, except that a
///    function with ready inputs and no container at all gets one, and nested inputs get theirs up
///    to the hard limit: otherwise callers that wait for callees would fill the machine for ever.
/// 4. A container that has been idle for scaledownWindow is drained unless the minimum (or the
///    buffer, while the function works) needs it; idle ones go at once when another function
///    waits for the machine.
/// 5. A function that is held back starts nothing and drains what is idle at once; what runs goes
/// on
///    until it is idle, what waits goes on waiting.
[[nodiscard]] ScaleDecision decideScale(const std::vector<FunctionLoad>& functions,
                                        const Fleetwide& fleet, Micros now);

} // namespace emulator::control
