// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/container/Launcher.h"
#include "emulator/image/StepRunner.h"

#include <atomic>
#include <filesystem>

namespace emulator::worker {

/// Runs the steps of a build in containers. Thread-safe.
class ContainerSteps final : public image::StepRunner {
public:
    explicit ContainerSteps(container::Launcher& launcher)
        : m_launcher(launcher)
    {
    }

    [[nodiscard]] Result<int> run(const image::Step& step,
                                  const std::function<void(std::string_view)>& onLine,
                                  std::stop_token stop) override;

private:
    container::Launcher& m_launcher;
    std::atomic<unsigned> m_count {0};
};

} // namespace emulator::worker
