// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Files.h"
#include "emulator/image/Builder.h"
#include "emulator/image/CopyPlan.h"
#include "emulator/image/Dockerfile.h"

#include <functional>
#include <map>
#include <stop_token>
#include <string>

namespace emulator::image {

/// One build from its first instruction to its last: carries the state of the stage that is being
/// built. Each instruction extends the key that names what comes out; a layer whose key is known is
/// not made again. One thread.
class BuildRun {
public:
    using OnLine = std::function<void(std::string_view)>;

    BuildRun(const Store& store, StepRunner& steps, const Builder& builder,
             const model::ImageRecipe& recipe, const OnLine& onLine, std::stop_token stop);

    /// The image without its id.
    [[nodiscard]] Result<model::Image> run();

private:
    struct Stage {
        std::vector<std::string> layers;
        model::ImageConfig config;
        std::map<std::string, std::string> arguments; ///< ARG
        std::string key; ///< of all that came before
        std::vector<std::string> substitutions;
    };

    [[nodiscard]] Result<> carryOut(const Instruction& instruction);
    [[nodiscard]] Result<> from(const Instruction& instruction);
    [[nodiscard]] Result<> runCommand(const Instruction& instruction);
    [[nodiscard]] Result<> copy(const Instruction& instruction);
    [[nodiscard]] Result<> environment(const Instruction& instruction);
    [[nodiscard]] Result<> argument(const Instruction& instruction);
    [[nodiscard]] Result<> configure(const Instruction& instruction);
    [[nodiscard]] Result<> workingDirectory(const std::string& path);

    [[nodiscard]] Result<std::vector<CopyEntry>> contextEntries();
    [[nodiscard]] Result<std::vector<CopyEntry>> stageEntries(const std::string& stage) const;
    [[nodiscard]] Result<std::filesystem::path> uvProgram();

    [[nodiscard]] std::vector<std::filesystem::path> layerFolders() const;
    [[nodiscard]] std::map<std::string, std::string> variables() const;
    [[nodiscard]] std::map<std::string, std::string> stepEnvironment() const;
    void addLayer(const std::string& digest);
    [[nodiscard]] Result<> readPython(model::Image& image);

    const Store& m_store;
    StepRunner& m_steps;
    const Builder& m_builder;
    const model::ImageRecipe& m_recipe;
    const OnLine& m_onLine;
    std::stop_token m_stop;
    NetworkSettings m_network;
    Stage m_stage;
    bool m_begun = false;
    std::string m_name; ///< of the stage being built
    std::map<std::string, Stage> m_stages; ///< finished, by name and number
    int m_number = 0;
    std::map<std::string, std::string> m_globalArguments; ///< ARG before the first FROM
    TempDir m_context; ///< inline context files
};

} // namespace emulator::image
