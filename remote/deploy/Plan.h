// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "emulator/cost/PriceBook.h"
#include "emulator/model/Engine.h"
#include "emulator/model/Studio.h"
#include "remote/deploy/GitState.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace remote::deploy {

namespace model = emulator::model;

/// An image as it would be sent.
struct ImageTransfer {
    std::string imageId;
    std::string manifest; ///< empty where nothing is sent
    std::uint64_t bytes = 0;
    std::uint64_t missingBytes = 0; ///< what the target's registry does not have
    std::uint32_t layers = 0;
    std::uint32_t missingLayers = 0;
};

/// Images of the last run on this machine that went well.
struct GreenRun {
    std::vector<std::string> imageIds;
};

/// Why it cannot be deployed.
struct Blocker {
    std::string what;
    std::string why;
    std::string fix;
};

/// Everything that a plan is made from, gathered before.
struct Facts {
    std::string file; ///< as given: "app.py::name"
    std::string name; ///< of the target
    std::string engine;
    std::string state;
    model::StagedApp staged; ///< on this machine's control plane
    std::optional<model::DeploymentSummary> live; ///< on the target
    std::vector<ImageTransfer> transfers; ///< of the functions' images, and of the client's
    std::uint64_t bytesToPush = 0; ///< of all; what they share counts once
    std::uint64_t bytesTotal = 0;
    std::vector<Blocker> blockers; ///< found on the way
    std::optional<std::vector<model::NodeSummary>> nodes; ///< absent: GPUs are emulated
    std::optional<GitState> git;
    std::optional<GreenRun> lastGreen;
    bool probe = true;
    std::int64_t budgetMicros = 0; ///< wanted; 0: as it is
};

struct PlannedFunction {
    model::DeployedFunction function;
    model::FunctionChange change; ///< against what is live on the target
};

struct PlannedImage {
    ImageTransfer transfer;
    bool sameAsLastRun = false;
};

struct PlannedGpu {
    std::string type;
    std::uint32_t wanted = 0; ///< at least
    std::uint32_t available = 0; ///< on usable nodes, busy ones included
    bool ok = true;
    std::string text; ///< a sentence
};

/// What a deployment will do, and what that costs: shown first, then carried out.
struct DeployPlan {
    std::string app;
    std::string file;
    std::string targetName;
    std::string targetEngine;
    std::string targetState;
    std::uint32_t liveVersion = 0; ///< 0: none
    std::uint32_t nextVersion = 1;
    std::vector<PlannedFunction> functions;
    std::vector<PlannedImage> images;
    std::uint64_t bytesToPush = 0;
    std::uint64_t bytesTotal = 0;
    std::vector<PlannedGpu> gpus;
    std::int64_t microsPerHour = 0; ///< with one replica of each function
    std::int64_t idleMicrosPerHour = 0; ///< of what is kept warm
    std::optional<GitState> git;
    std::optional<bool> sameImageAsLastGreenRun; ///< absent: nothing has run here yet
    std::vector<std::string> warnings;
    std::vector<Blocker> blockers;
};

[[nodiscard]] DeployPlan makePlan(const Facts& facts, const emulator::cost::PriceBook& prices);

/// The object that docs/flows.md describes.
[[nodiscard]] emulator::Json toJson(const DeployPlan& plan);

/// For people, several lines.
[[nodiscard]] std::string toText(const DeployPlan& plan);

} // namespace remote::deploy
