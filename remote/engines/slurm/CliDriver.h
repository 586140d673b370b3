// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/engines/slurm/Commands.h"
#include "remote/engines/slurm/Driver.h"

namespace remote::slurm {

/// Speaks to Slurm through its programs. Thread-safe.
class CliDriver final : public Driver {
public:
    /// `commands`: not owned.
    CliDriver(const Options& options, const Commands& commands)
        : m_submitTimeout(options.submitTimeout)
        , m_queryTimeout(options.queryTimeout)
        , m_commands(commands)
    {
    }

    [[nodiscard]] emulator::Result<std::string> describe() override;
    [[nodiscard]] emulator::Result<std::string> submit(const JobRequest& request) override;
    [[nodiscard]] emulator::Result<std::vector<JobRecord>> jobs() override;
    [[nodiscard]] emulator::Result<> cancel(const std::string& jobId) override;
    [[nodiscard]] emulator::Result<std::vector<emulator::model::NodeSummary>> nodes() override;

private:
    std::chrono::milliseconds m_submitTimeout;
    std::chrono::milliseconds m_queryTimeout;
    const Commands& m_commands;
};

} // namespace remote::slurm
