// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// One RUN (or the bootstrap's second stage), decided.
struct Step {
    std::vector<std::filesystem::path> layers; ///< read-only, lowest first
    std::filesystem::path writes; ///< what the step changes; becomes the next layer
    /// Host files and folders that the step sees read-only and that never enter the layer:
    /// target → source.
    std::map<std::string, std::filesystem::path> mounts;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::string workingDirectory = "/";
    std::string user;
};

/// Runs steps in containers: the port through which this room reaches the container room.
class StepRunner {
public:
    virtual ~StepRunner() = default;

    /// Runs the step to its end and returns its exit code; `onLine` sees each line of its output.
    /// Cancelled when `stop` fires.
    [[nodiscard]] virtual Result<int>
    run(const Step& step, const std::function<void(std::string_view)>& onLine, std::stop_token stop)
        = 0;

    StepRunner(const StepRunner&) = delete;
    StepRunner& operator=(const StepRunner&) = delete;

protected:
    StepRunner() = default;
};

} // namespace emulator::image
