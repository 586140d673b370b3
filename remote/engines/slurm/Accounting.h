// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/engines/slurm/Commands.h"
#include "remote/engines/slurm/Parse.h"

#include <string>
#include <vector>

namespace remote::slurm {

/// What slurmdbd knows of jobs, through sacct (REST has no equal of it in the versions that sites
/// run). Thread-safe.
class Accounting {
public:
    /// `commands`: not owned.
    Accounting(const Options& options, const Commands& commands)
        : m_timeout(options.queryTimeout)
        , m_commands(commands)
    {
    }

    /// Those of the jobs that accounting knows, running ones too. Invalid: not a job's id;
    /// Unavailable: slurmdbd does not answer.
    [[nodiscard]] emulator::Result<std::vector<AccountingLine>>
    jobs(const std::vector<std::string>& ids) const;

private:
    std::chrono::milliseconds m_timeout;
    const Commands& m_commands;
};

} // namespace remote::slurm
