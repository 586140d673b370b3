// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "remote/engines/slurm/CliDriver.h"
#include "remote/engines/slurm/Http.h"
#include "remote/engines/slurm/RestDialect.h"
#include "remote/engines/slurm/Token.h"

namespace remote::slurm {

/// Speaks to slurmrestd. What its version cannot say goes through the programs: excluded nodes
/// before 0.0.39, extra sbatch options, and that Slurm must not requeue the job. Thread-safe.
class RestDriver final : public Driver {
public:
    /// `commands` and `clock`: not owned.
    RestDriver(const Options& options, const Commands& commands, const emulator::Clock& clock);

    [[nodiscard]] emulator::Result<std::string> describe() override;
    [[nodiscard]] emulator::Result<std::string> submit(const JobRequest& request) override;
    [[nodiscard]] emulator::Result<std::vector<JobRecord>> jobs() override;
    [[nodiscard]] emulator::Result<> cancel(const std::string& jobId) override;
    [[nodiscard]] emulator::Result<std::vector<emulator::model::NodeSummary>> nodes() override;

private:
    /// The answer's JSON; an error in it, or a status other than 200, made into an Error.
    [[nodiscard]] emulator::Result<emulator::Json> ask(HttpCall call, const std::string& path);
    [[nodiscard]] emulator::Result<emulator::Json> get(const std::string& path);
    [[nodiscard]] emulator::Result<RestDialect> dialect();

    const Options& m_options;
    const Commands& m_commands;
    CliDriver m_programs;
    Token m_token;
    std::string m_user;
    std::mutex m_mutex;
    std::optional<RestDialect> m_dialect;
};

} // namespace remote::slurm
