// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Refusals.h"

#include "remote/engines/slurm/Text.h"

#include <array>

namespace remote::slurm {
namespace {

using emulator::Error;
using emulator::ErrorCode;

/// What Slurm says (slurm_errno's texts, in part), what that is, and what to do.
struct Rule {
    std::string_view words;
    ErrorCode code;
    std::string_view advice;
};

constexpr std::array rules {
    // Limits come first: "Job violates accounting/QOS policy" is said of them too.
    Rule {"violates accounting/QOS policy", ErrorCode::Exhausted,
          "a limit of your account or QOS is reached: let jobs end, or ask the site for more"},
    Rule {"AssocGrp", ErrorCode::Exhausted, "your account's limit is reached"},
    Rule {"temporarily unable to accept job", ErrorCode::Exhausted,
          "the cluster holds as many jobs as it can: try again later"},
    Rule {"Job limit", ErrorCode::Exhausted, "too many jobs: let some end"},
    Rule {"Invalid partition name", ErrorCode::Invalid,
          "choose one that `sinfo` lists as the target's partition"},
    Rule {"invalid partition specified", ErrorCode::Invalid,
          "choose one that `sinfo` lists as the target's partition"},
    Rule {"Invalid account", ErrorCode::Invalid,
          "choose an account that `sacctmgr show assoc user=$USER` lists for the partition"},
    Rule {"Invalid qos", ErrorCode::Invalid, "choose a QOS that your account has"},
    Rule {"Invalid generic resource", ErrorCode::Invalid,
          "compare the target's GPU types with what `sinfo -o %G` shows"},
    Rule {"Memory specification can not be satisfied", ErrorCode::Invalid,
          "no node has that much memory: ask for less"},
    Rule {"Requested node configuration is not available", ErrorCode::Invalid,
          "no node of the partition (that is not excluded) has that GPU, CPUs and memory together: "
          "ask for less, or for another GPU"},
    Rule {"Invalid node name", ErrorCode::Invalid, "a node that is excluded does not exist"},
    Rule {"Invalid feature", ErrorCode::Invalid, "the target's --constraint names no node"},
    Rule {"reservation is invalid", ErrorCode::Invalid, "the target's --reservation is not there"},
    Rule {"time limit is invalid", ErrorCode::Invalid, "ask for less time"},
    Rule {"Requested partition configuration not available", ErrorCode::Invalid,
          "the partition does not take such a job now"},
    Rule {"required partition not available", ErrorCode::Unavailable,
          "the partition is closed: choose another, or wait"},
    Rule {"not permitted to use this partition", ErrorCode::Denied,
          "choose a partition that your group may use"},
    Rule {"Access/permission denied", ErrorCode::Denied, "Slurm does not let you do this"},
    Rule {"Unable to contact slurm controller", ErrorCode::Unavailable,
          "slurmctld is not running or cannot be reached from here"},
    Rule {"Unable to contact slurmdbd", ErrorCode::Unavailable, "accounting is not running"},
    Rule {"Problem talking to the database", ErrorCode::Unavailable, "accounting is not running"},
    Rule {"Unable to connect to database", ErrorCode::Unavailable, "accounting is not running"},
    Rule {"Sending PersistInit msg", ErrorCode::Unavailable, "accounting is not running"},
    Rule {"accounting storage is disabled", ErrorCode::Unsupported,
          "this site keeps no accounting: there is no usage to compare with"},
    Rule {"Connection refused", ErrorCode::Unavailable, "a daemon of Slurm is not running"},
    Rule {"Socket timed out", ErrorCode::Unavailable, "slurmctld is busy: try again"},
    Rule {"Zero Bytes were transmitted", ErrorCode::Unavailable, "slurmctld broke off: try again"},
    Rule {"Transport endpoint is not connected", ErrorCode::Unavailable, "slurmctld broke off"},
    Rule {"in standby mode", ErrorCode::Unavailable, "the backup controller is not in charge"},
    Rule {"Protocol authentication error", ErrorCode::Unavailable,
          "munge does not answer, or its key is another one"},
    Rule {"Munge encode failed", ErrorCode::Unavailable, "munge does not run on this machine"},
    Rule {"Could not establish a configuration source", ErrorCode::FailedPrecondition,
          "this machine is not set up for Slurm: set SLURM_CONF for the target"},
    Rule {"Unable to process configuration file", ErrorCode::FailedPrecondition,
          "SLURM_CONF names no usable file"},
    Rule {"Unspecified error", ErrorCode::Unavailable,
          "slurmrestd gives no reason: slurmctld may be down, or the token has expired"},
    Rule {"Batch script is empty", ErrorCode::Internal, ""},
};

} // namespace

std::string plainWords(std::string_view words)
{
    std::string plain;
    for (auto line : split(words, '\n')) {
        line = trimmed(line);
        // "sbatch: error: …", "slurm_load_jobs error: …"
        for (const std::string_view mark : {"fatal: ", "error: "})
            if (const auto at = line.find(mark); at != std::string_view::npos && at < 40)
                line = line.substr(at + mark.size());
        constexpr std::string_view failed = "Batch job submission failed: ";
        if (line.substr(0, failed.size()) == failed)
            line.remove_prefix(failed.size());
        if (line.empty() || line.find("DNS SRV") != std::string_view::npos
            || line.find("resolve_ctls_from_dns_srv") != std::string_view::npos)
            continue;
        plain += (plain.empty() ? "" : "; ") + std::string(line);
    }
    return printable(plain);
}

Error refusal(std::string_view program, std::string_view words)
{
    const auto own = plainWords(words);
    auto message = std::string(program) + ": " + (own.empty() ? "failed without a word" : own);
    for (const auto& rule : rules) {
        if (words.find(rule.words) == std::string_view::npos)
            continue;
        if (!rule.advice.empty())
            message += " (" + std::string(rule.advice) + ")";
        return {rule.code, message};
    }
    // What a site's own submit plugin refuses is said in its words; nothing else is known of it.
    return {program == "sbatch" ? ErrorCode::Invalid : ErrorCode::Internal, message};
}

} // namespace remote::slurm
