// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/BuildPlan.h"
#include "emulator/image/Words.h"

#include <functional>
#include <string>
#include <string_view>

namespace emulator::image {

/// Finds the stage that COPY --from=NAME means, adding one for an image that is no stage.
using StageFinder = std::function<Result<int>(const std::string& name)>;

/// What all stages of a build share.
struct PlanScope {
    const PlanInput& input;
    const Variables& globals; ///< ARG before the first FROM, and TARGETARCH and the like
    const BuildPlan& plan;
    StageFinder findStage;
    std::vector<std::string>& notes;
};

/// Folds the instructions of one stage, in order, into its operations and config.
class StagePlanner {
public:
    StagePlanner(PlanScope scope, Stage& stage)
        : m_scope(std::move(scope))
        , m_stage(stage)
    {
    }

    [[nodiscard]] Result<> take(const Instruction& instruction);

private:
    [[nodiscard]] Result<> run(const Instruction& instruction);
    [[nodiscard]] Result<> copy(const Instruction& instruction);
    [[nodiscard]] Result<> copyFlags(const Instruction& instruction, CopyOperation& operation);
    [[nodiscard]] Result<std::string> copyContent(const Instruction& instruction,
                                                  const CopyOperation& operation) const;
    [[nodiscard]] Result<> pairs(const Instruction& instruction,
                                 std::map<std::string, std::string>& target);
    [[nodiscard]] Result<> argument(const Instruction& instruction);
    [[nodiscard]] Result<> workFolder(const Instruction& instruction);
    [[nodiscard]] Result<> shell(const Instruction& instruction);
    [[nodiscard]] std::vector<std::string> commandOf(const Instruction& instruction) const;
    [[nodiscard]] Result<std::vector<std::string>> runArgv(const Instruction& instruction) const;
    [[nodiscard]] Variables variables() const;
    [[nodiscard]] Result<std::string> expanded(const Instruction& instruction) const;
    [[nodiscard]] std::string absolute(std::string_view path) const;
    void add(const Instruction& instruction, decltype(Operation::what) what, std::string_view key);

    PlanScope m_scope;
    Stage& m_stage;
    Variables m_arguments;
};

/// "Dockerfile line 3: COPY: …".
[[nodiscard]] Error planError(const Instruction& instruction, ErrorCode code,
                              std::string_view message);

/// SHA-256 over parts that cannot run into one another.
[[nodiscard]] std::string keyOf(const std::vector<std::string>& parts);

} // namespace emulator::image
