// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Reasons.h"

#include "remote/engines/slurm/Text.h"

#include <array>
#include <utility>

namespace remote::slurm {
namespace {

using Sentence = std::pair<std::string_view, std::string_view>;

// JOB REASON CODES of squeue(1); the first whose words begin the reason counts, so longer ones
// stand before their beginnings.
constexpr std::array sentences {
    Sentence {"AssocGrpGRESMinutes", "your account's GPU hours are used up"},
    Sentence {"AssocGrpGRESRunMinutes",
              "your account's running jobs already hold all the GPU time they may"},
    Sentence {"AssocGrpGRES", "your account's GPU limit is reached"},
    Sentence {"AssocGrpBillingMinutes", "your account's budget is used up"},
    Sentence {"AssocGrpBilling", "your account's share of the cluster is in use"},
    Sentence {"AssocGrpCPUMinutes", "your account's CPU hours are used up"},
    Sentence {"AssocGrpCPURunMinutes",
              "your account's running jobs already hold all the CPU time they may"},
    Sentence {"AssocGrpCpu", "your account's CPU limit is reached"},
    Sentence {"AssocGrpCPU", "your account's CPU limit is reached"},
    Sentence {"AssocGrpMem", "your account's memory limit is reached"},
    Sentence {"AssocGrpNode", "your account's node limit is reached"},
    Sentence {"AssocGrpJobs", "your account runs as many jobs as it may"},
    Sentence {"AssocGrpSubmitJobs", "your account has as many jobs as it may"},
    Sentence {"AssocGrpWall", "your account's time is used up"},
    Sentence {"AssocMaxJobs", "you run as many jobs as you may"},
    Sentence {"AssocMaxSubmitJob", "you have as many jobs as you may"},
    Sentence {"AssocMaxGRESPerJob", "one job may not have so many GPUs under your account"},
    Sentence {"AssocMaxGRESMinutes", "the job asks for more GPU time than one may have"},
    Sentence {"AssocMaxWall", "the time limit is longer than your account allows"},
    Sentence {"AssocMaxCpu", "the job asks for more CPUs than your account allows"},
    Sentence {"AssocMaxMem", "the job asks for more memory than your account allows"},
    Sentence {"AssocMax", "the job asks for more than your account allows"},
    Sentence {"AssocGrp", "a limit of your account is reached"},
    Sentence {"QOSGrpGRESMinutes", "the QOS has used up its GPU hours"},
    Sentence {"QOSGrpGRES", "the QOS has no GPU left"},
    Sentence {"QOSMaxGRESPerUser", "you use as many GPUs as the QOS gives one user"},
    Sentence {"QOSMaxGRESPerAccount", "your account uses as many GPUs as the QOS gives it"},
    Sentence {"QOSMaxGRESPerJob", "the QOS does not give one job so many GPUs"},
    Sentence {"QOSMaxJobsPerUser", "you run as many jobs as the QOS gives one user"},
    Sentence {"QOSMaxSubmitJob", "you have as many jobs as the QOS gives one user"},
    Sentence {"QOSMaxWall", "the time limit is longer than the QOS allows"},
    Sentence {"QOSMinGRES", "the QOS is for jobs with more GPUs"},
    Sentence {"QOSNotAllowed", "this QOS may not be used with the partition or the account"},
    Sentence {"QOSUsageThreshold", "the usage under this QOS has passed its threshold"},
    Sentence {"QOSMax", "the job reaches a limit that the QOS sets"},
    Sentence {"QOSGrp", "a limit that all jobs of the QOS share is reached"},
    Sentence {"QOS", "the QOS holds the job back"},
    Sentence {"Resources", "it is next, and waits for a node to have enough free"},
    Sentence {"Priority", "other jobs are before it"},
    Sentence {"Licenses", "it waits for a licence"},
    Sentence {"Reservation", "it waits for its reservation to begin"},
    Sentence {"ReqNodeNotAvail",
              "the nodes that would fit are down, drained or reserved for maintenance"},
    Sentence {"Nodes required for job are DOWN",
              "the nodes that would fit are down, drained or reserved"},
    Sentence {"NodeDown", "a node that it needs is down"},
    Sentence {"BadConstraints", "no node can ever satisfy what it asks for"},
    Sentence {"PartitionTimeLimit", "its time limit is longer than the partition's: ask for less"},
    Sentence {"PartitionNodeLimit", "it asks for more nodes than the partition gives a job"},
    Sentence {"PartitionConfig",
              "it asks for more time or more of a node than the partition allows"},
    Sentence {"PartitionDown", "the partition is closed"},
    Sentence {"PartitionInactive", "the partition takes no jobs"},
    Sentence {"AccountNotAllowed", "your account may not use the partition"},
    Sentence {"InvalidAccount", "the account is not valid any more"},
    Sentence {"InvalidQOS", "the QOS is not valid any more"},
    Sentence {"JobHeldUser", "it is held, and does not start before it is released"},
    Sentence {"JobHeldAdmin", "an administrator holds it"},
    Sentence {"launch failed requeued held",
              "the node could not start it; Slurm holds it and will not try again"},
    Sentence {"launch_failed_requeued_held",
              "the node could not start it; Slurm holds it and will not try again"},
    Sentence {"JobLaunchFailure", "the node could not start it"},
    Sentence {"BeginTime", "it waits for the time at which it may begin"},
    Sentence {"Cleaning", "it waits for what is left of its last run to be cleaned up"},
    Sentence {"Prolog", "the node is being prepared for it"},
    Sentence {"FrontEndDown", "the node that would start it is down"},
    Sentence {"NodeFailure", "its node failed"},
    Sentence {"NODE_FAIL", "its node failed"},
    Sentence {"BOOT_FAIL", "its node did not boot"},
    Sentence {"TimeLimit", "its time limit was reached"},
    Sentence {"TIMEOUT", "its time limit was reached"},
    Sentence {"OUT_OF_MEMORY", "it needed more memory than it asked for"},
    Sentence {"OutOfMemory", "it needed more memory than it asked for"},
    Sentence {"PREEMPTED", "a job of higher priority took its place"},
    Sentence {"CANCELLED", "it was cancelled"},
    Sentence {"DEADLINE", "it could not end before its deadline"},
};

} // namespace

std::string explain(std::string_view reason)
{
    if (isNothing(reason))
        return {};
    const auto own = printable(reason);
    for (const auto& [word, sentence] : sentences)
        if (reason.substr(0, word.size()) == word)
            return std::string(sentence) + " (" + own + ")";
    return "Slurm says: " + own;
}

} // namespace remote::slurm
