// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/BuildContext.h"
#include "emulator/image/Dockerfile.h"
#include "emulator/model/Image.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace emulator::image {

/// Where a stage starts.
struct Base {
    enum class Kind {
        Scratch,
        Image, ///< one that was built before: `name` is its id
        Reference, ///< "python:3.11-slim-bookworm"
        Stage, ///< an earlier stage of this plan: `stage`
    };
    Kind kind = Kind::Scratch;
    std::string name;
    int stage = -1;
};

/// What the planner must know of a base: enough for expansion and cache keys, nothing made yet.
struct BaseFacts {
    std::string key; ///< names its content
    model::ImageConfig config;
};
using BaseLookup = std::function<Result<BaseFacts>(const Base&)>;

/// RUN: a program in a container; what it writes is the layer.
struct RunOperation {
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::string workingDirectory;
    std::string user;
};

/// COPY and ADD: files from the context or from a stage.
struct CopyOperation {
    int stage = -1; ///< -1: the build context
    std::vector<std::string> sources;
    std::vector<HereDocument> documents; ///< files that stand in the Dockerfile itself
    std::string target; ///< absolute; a closing slash says that it is a folder
    std::string owner; ///< "", "user", "uid:gid"
    std::optional<std::uint32_t> mode;
};

/// WORKDIR: makes the folder when the image has none; mostly there is nothing to do.
struct FolderOperation {
    std::string path;
};

/// One step that may change files, and the name of its layer.
struct Operation {
    int line = 0;
    std::string text; ///< as the log shows it: "RUN pip install torch"
    std::string key; ///< hash(parent, operation, content): cache key and layer digest
    std::variant<RunOperation, CopyOperation, FolderOperation> what;
};

/// One FROM and what follows it.
struct Stage {
    std::string name;
    Base base;
    std::vector<Operation> operations;
    model::ImageConfig config; ///< at its end
    std::string key; ///< of its content
    bool needed = false; ///< the last stage, and what it copies from or starts at
};

/// A recipe, decided: what would be done, before anything is. The last stage is the image.
struct BuildPlan {
    std::vector<Stage> stages;
    std::vector<std::string> notes; ///< instructions that have no effect here, for the log
};

/// What the planner reads.
struct PlanInput {
    const model::ImageRecipe& recipe;
    const BuildContext& context;
    BaseLookup lookup;
};

/// Understands a recipe. Invalid and Unsupported name the instruction and its line.
[[nodiscard]] Result<BuildPlan> planBuild(const PlanInput& input);

} // namespace emulator::image
