// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/SlurmEngine.h"

#include "remote/engines/slurm/Accounting.h"
#include "remote/engines/slurm/CliDriver.h"
#include "remote/engines/slurm/EndedJobs.h"
#include "remote/engines/slurm/RestDriver.h"
#include "remote/engines/slurm/Text.h"

namespace remote::slurm {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using emulator::model::Job;
using emulator::model::JobState;
using emulator::model::JobUsage;
using emulator::model::NodeSummary;
using emulator::model::ReplicaOrder;

namespace {

/// The label of a job that is ours; absent otherwise, and for a job that sbatch refused.
std::optional<Label> ours(const JobRecord& record, const std::string& tag)
{
    auto label = Label::parse(record.comment);
    if (!label || label->tag != tag || wasRefused(record))
        return std::nullopt;
    return label;
}

} // namespace

Result<std::unique_ptr<SlurmEngine>> SlurmEngine::create(Options options)
{
    TRY(check(options));
    auto commands = std::make_unique<Commands>(options);
    const bool programs = !commands->find("sbatch").empty();
    const bool rest = !options.rest.url.empty() || !options.rest.socket.empty();
    if (options.driver == DriverChoice::Auto)
        options.driver = !programs && rest ? DriverChoice::Rest : DriverChoice::Cli;
    if (!programs && options.driver == DriverChoice::Cli)
        return Error(
            ErrorCode::FailedPrecondition,
            "sbatch is not "
                + (options.programFolder.empty() ? "on PATH" : "in " + options.programFolder)
                + ": run the control plane on a node with Slurm's client programs, or "
                  "give the target the folder that has them");
    return std::unique_ptr<SlurmEngine>(new SlurmEngine(std::move(options), std::move(commands)));
}

SlurmEngine::SlurmEngine(Options options, std::unique_ptr<Commands> commands)
    : m_options(std::move(options))
    , m_commands(std::move(commands))
    , m_accounting(std::make_unique<Accounting>(m_options, *m_commands))
    , m_ended(std::make_unique<EndedJobs>(*m_accounting, clock()))
{
    if (m_options.driver == DriverChoice::Rest)
        m_driver = std::make_unique<RestDriver>(m_options, *m_commands, clock());
    else
        m_driver = std::make_unique<CliDriver>(m_options, *m_commands);
}

SlurmEngine::~SlurmEngine() = default;

const emulator::Clock& SlurmEngine::clock() const
{
    return m_options.clock == nullptr ? m_machineClock : *m_options.clock;
}

Result<std::string> SlurmEngine::describe()
{
    return m_driver->describe();
}

Result<std::string> SlurmEngine::submit(const ReplicaOrder& order)
{
    TRY_ASSIGN(const auto request, makeJobRequest(m_options, order));
    return m_driver->submit(request);
}

Result<std::optional<std::string>> SlurmEngine::find(const std::string& replicaId)
{
    TRY_ASSIGN(const auto records, m_driver->jobs());
    for (const auto& record : records)
        if (const auto label = ours(record, m_options.tag); label && label->replicaId == replicaId)
            return std::optional(record.id);
    return std::optional<std::string>();
}

Result<> SlurmEngine::cancel(const std::string& jobId)
{
    if (!parseNumber(jobId))
        return Error(ErrorCode::Invalid,
                     "\"" + printable(jobId) + "\" is not the id of a Slurm job");
    return m_driver->cancel(jobId);
}

Result<std::vector<Job>> SlurmEngine::list()
{
    TRY_ASSIGN(const auto records, m_driver->jobs());
    std::vector<Job> jobs;
    for (const auto& record : records)
        if (const auto label = ours(record, m_options.tag))
            jobs.push_back(toJob(record, *label));
    m_ended->complete(jobs);
    return jobs;
}

Result<std::vector<NodeSummary>> SlurmEngine::nodes()
{
    return m_driver->nodes();
}

Result<std::vector<JobUsage>> SlurmEngine::usage(const std::vector<std::string>& jobIds)
{
    TRY_ASSIGN(auto lines, m_accounting->jobs(jobIds));
    std::vector<JobUsage> ended;
    for (auto& line : lines)
        if (line.usage.endedAt != 0)
            ended.push_back(std::move(line.usage));
    return ended;
}

} // namespace remote::slurm
