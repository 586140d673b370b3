// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/CliDriver.h"

#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/Text.h"

#include <unistd.h>

namespace remote::slurm {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

Result<std::string> CliDriver::describe()
{
    // "slurm-wlm 22.05.8"
    TRY_ASSIGN(const auto text,
               m_commands.run({.program = "sinfo",
                               .arguments = {"--version"},
                               .timeout = m_queryTimeout,
                               .waitsFor = "sinfo --version"}));
    const auto line = trimmed(text);
    const auto space = line.rfind(' ');
    return "Slurm " + printable(space == std::string_view::npos ? line : line.substr(space + 1))
        + " (CLI)";
}

Result<std::string> CliDriver::submit(const JobRequest& request)
{
    TRY_ASSIGN(const auto text,
               m_commands.run({.program = "sbatch",
                               .arguments = sbatchArguments(request),
                               .standardInput = request.script,
                               .timeout = m_submitTimeout}));
    // "4711" or, with several clusters, "4711;cluster"
    const auto line = trimmed(text.substr(0, text.find('\n')));
    const auto id = line.substr(0, line.find(';'));
    if (!parseNumber(id))
        return Error(ErrorCode::Internal,
                     "sbatch printed \"" + printable(line) + "\" where the job's id should be");
    return std::string(id);
}

Result<std::vector<JobRecord>> CliDriver::jobs()
{
    TRY_ASSIGN(const auto text,
               m_commands.run({.program = "squeue",
                               .arguments = {"--noheader", "--states=all",
                                             "--user=" + std::to_string(::geteuid()),
                                             "--format=" + squeueFormat()},
                               .timeout = m_queryTimeout}));
    return parseSqueue(text);
}

Result<> CliDriver::cancel(const std::string& jobId)
{
    const auto done
        = m_commands.run({.program = "scancel", .arguments = {jobId}, .timeout = m_queryTimeout});
    if (done)
        return {};
    const auto& words = done.error().message();
    for (const char* gone : {"Invalid job id", "already completing or completed"})
        if (words.find(gone) != std::string::npos)
            return {};
    return done.error();
}

Result<std::vector<emulator::model::NodeSummary>> CliDriver::nodes()
{
    TRY_ASSIGN(const auto text,
               m_commands.run({.program = "scontrol",
                               .arguments = {"--oneliner", "--details", "show", "nodes"},
                               .timeout = m_queryTimeout}));
    return parseNodes(text);
}

} // namespace remote::slurm
