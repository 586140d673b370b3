// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Commands.h"
#include "remote/engines/slurm/Driver.h"
#include "remote/engines/slurm/JobRequest.h"
#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "remote/engines/slurm/Text.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>

namespace remote::slurm {
namespace {

using emulator::Result;

Check passed(std::string step, std::string text)
{
    return {std::move(step), true, std::move(text), {}};
}

Check failed(std::string step, std::string text, std::string fix)
{
    return {std::move(step), false, std::move(text), std::move(fix)};
}

Check programs(const Commands& commands)
{
    std::string missing;
    for (const char* name : {"sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct"})
        if (commands.find(name).empty())
            missing += (missing.empty() ? "" : ", ") + std::string(name);
    if (missing.empty())
        return passed("programs", "Slurm's programs are here");
    return failed("programs", "not found: " + missing,
                  "run the control plane on a node with Slurm's client programs, or give the "
                  "target the folder that has them");
}

Check controller(const Commands& commands, const Options& options, Driver& driver)
{
    const auto version = driver.describe();
    const auto answer = commands.run(
        {.program = "scontrol", .arguments = {"ping"}, .timeout = options.queryTimeout});
    const bool up = answer && answer->find(" UP") != std::string::npos;
    if (version && up)
        return passed("controller", *version + ", slurmctld answers");
    return failed("controller",
                  !version      ? version.error().message()
                      : !answer ? answer.error().message()
                                : printable(trimmed(*answer)),
                  "set SLURM_CONF for the target if the cluster's configuration is elsewhere; else "
                  "ask the site whether slurmctld is up");
}

Check partition(const Commands& commands, const Options& options)
{
    const auto text = commands.run({.program = "scontrol",
                                    .arguments = {"--oneliner", "show", "partition"},
                                    .timeout = options.queryTimeout});
    if (!text)
        return failed("partition", text.error().message(), "see the controller");
    const auto partitions = parsePartitions(*text);
    std::string names;
    const Partition* ours = nullptr;
    for (const auto& candidate : partitions) {
        names += (names.empty() ? "" : ", ") + candidate.name;
        if (options.partition.empty() ? candidate.standard : candidate.name == options.partition)
            ours = &candidate;
    }
    if (ours == nullptr)
        return failed("partition",
                      options.partition.empty() ? "the site has no default partition"
                                                : "there is no partition " + options.partition,
                      "set the target's partition to one of these: " + printable(names));
    if (!ours->up)
        return failed("partition", ours->name + " is " + ours->state,
                      "set the target's partition to one that is up: " + printable(names));
    return passed("partition", ours->name + " is up, time limit " + lowerCase(ours->maxTime));
}

Check accounting(const Commands& commands, const Options& options, std::string& associations)
{
    const passwd* user = ::getpwuid(::geteuid());
    const std::string name = user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
    auto text = commands.run(
        {.program = "sacctmgr",
         .arguments = {"--noheader", "--parsable2", "--readonly", "show", "associations",
                       "user=" + name, "format=account,partition,qos"},
         .timeout = options.queryTimeout,
         .waitsFor = "slurmdbd"});
    if (!text)
        return failed("accounting", text.error().message(),
                      "jobs run without it; costs are not compared with the site's figures until "
                      "it answers");
    associations = *std::move(text);
    return passed("accounting", "slurmdbd answers");
}

Check account(const Options& options, const std::string& associations)
{
    std::string names;
    bool ours = options.account.empty();
    bool qos = options.qos.empty();
    for (const auto line : split(associations, '\n')) {
        const auto fields = split(line, '|');
        if (fields.size() != 3 || fields[0].empty())
            continue;
        if (names.find(fields[0]) == std::string::npos)
            names += (names.empty() ? "" : ", ") + std::string(fields[0]);
        if (!options.account.empty() && fields[0] != options.account)
            continue;
        ours = true;
        const auto list = split(fields[2], ',');
        qos = qos || std::find(list.begin(), list.end(), options.qos) != list.end();
    }
    if (names.empty())
        return options.account.empty()
            ? passed("account", "you have no association; the site may not ask for one")
            : failed("account", "you have no account, and the target names " + options.account,
                     "ask the site for an association, or leave the target's account out");
    if (!ours)
        return failed("account", "you have no part in the account " + options.account,
                      "set the target's account to one of these: " + printable(names));
    if (!qos)
        return failed("account", "the account does not have the QOS " + options.qos,
                      "set the target's QOS to one that `sacctmgr show assoc` lists for it");
    return passed("account",
                  options.account.empty() ? "accounts: " + printable(names)
                                          : "you may use " + options.account);
}

Check gpus(const Options& options, Driver& driver)
{
    const auto nodes = driver.nodes();
    if (!nodes)
        return failed("GPUs", nodes.error().message(), "see the controller");
    GpuCounts counts;
    std::size_t usable = 0;
    for (const auto& node : *nodes) {
        usable += node.usable ? 1 : 0;
        for (const auto& [type, count] : node.gpus)
            counts[type] += count;
    }
    std::string text = std::to_string(usable) + " of " + std::to_string(nodes->size())
        + " nodes take jobs; GPUs:";
    for (const auto& [type, count] : counts)
        text += " " + std::to_string(count) + " x " + (type.empty() ? "(no type)" : type);
    if (counts.empty())
        text += " none";
    for (const auto& [card, type] : options.gpuTypes)
        if (!type.empty() && counts.count(lowerCase(type)) == 0)
            return failed("GPUs", text,
                          "the target asks for " + card + " as \"" + type
                              + "\", which no node has: correct its GPU types");
    return passed("GPUs", text);
}

} // namespace

std::vector<Check> SlurmEngine::preflight()
{
    std::vector<Check> checks;
    checks.push_back(programs(*m_commands));
    checks.push_back(controller(*m_commands, m_options, *m_driver));
    if (!checks.back().ok)
        return checks; // the rest would each wait and fail the same way
    checks.push_back(partition(*m_commands, m_options));
    std::string associations;
    checks.push_back(accounting(*m_commands, m_options, associations));
    if (checks.back().ok)
        checks.push_back(account(m_options, associations));
    checks.push_back(gpus(m_options, *m_driver));
    return checks;
}

} // namespace remote::slurm
