// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/Bootstrap.h"
#include "emulator/image/BuildContext.h"
#include "emulator/image/BuildPlan.h"
#include "emulator/image/FailureAdvice.h"
#include "emulator/image/KeyLocks.h"
#include "emulator/image/StepRunner.h"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace emulator::image {

/// What a build works with; outlives it.
struct BuildTools {
    Store store;
    StepRunner& runner;
    KeyLocks& locks;
};

/// Carries out one plan. One thread.
class BuildRun {
public:
    BuildRun(BuildTools tools, const model::ImageRecipe& recipe, const BuildContext& context,
             LogLine onLine, std::stop_token stop);

    /// The image without its id. Layers that exist are not made again.
    [[nodiscard]] Result<model::Image> carryOut(const BuildPlan& plan);

private:
    [[nodiscard]] Result<> openStage(const Stage& stage);
    [[nodiscard]] Result<> openReference(const std::string& reference);
    [[nodiscard]] Result<> perform(const Operation& operation);
    [[nodiscard]] Result<> performUncached(const Operation& operation, const Scratch& scratch);
    [[nodiscard]] Result<> runStep(const Operation& operation, const RunOperation& what,
                                   const Scratch& scratch);
    [[nodiscard]] Result<> copyStep(const CopyOperation& what, const Scratch& scratch);
    [[nodiscard]] Result<std::vector<std::filesystem::path>> contextLayers();
    [[nodiscard]] std::vector<std::filesystem::path>
    folders(const std::vector<std::string>& digests) const;
    [[nodiscard]] Result<std::string> pythonVersion(const model::ImageConfig& config);

    BuildTools m_tools;
    const model::ImageRecipe& m_recipe;
    const BuildContext& m_context;
    LogLine m_onLine;
    std::stop_token m_stop;
    LayerStore m_layers;
    NetworkSettings m_network;
    std::optional<Scratch> m_contextFolder;
    std::vector<std::vector<std::string>> m_done; ///< layers of the stages so far
    std::vector<std::string> m_current; ///< layers of the stage that is being built
    std::vector<std::string> m_substitutions;
    FailureAdvice m_advice; ///< on the step at hand
};

/// Takes the empty files and folders out of a step's writes that were only made so that something
/// could be mounted on them, with the folders above that the image did not have.
void removeMountPoints(const Step& step);

} // namespace emulator::image
