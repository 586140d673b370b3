// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/JobRecord.h"

#include "remote/engines/slurm/Text.h"

#include <algorithm>
#include <array>

namespace remote::slurm {
namespace {

using emulator::model::Job;
using emulator::model::JobState;

/// "CANCELLED by 1000" → "CANCELLED".
std::string_view firstWord(std::string_view text)
{
    return text.substr(0, text.find(' '));
}

template<std::size_t size>
bool oneOf(std::string_view word, const std::array<std::string_view, size>& words)
{
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

// Job states and reasons: the JOB STATE CODES and JOB REASON CODES of squeue(1).
JobState jobState(std::string_view state, std::string_view reason)
{
    constexpr std::array<std::string_view, 3> held {"REQUEUED", "REQUEUE_HOLD", "SPECIAL_EXIT"};
    constexpr std::array<std::string_view, 3> waiting {"CONFIGURING", "REQUEUE_FED",
                                                       "RESV_DEL_HOLD"};
    constexpr std::array<std::string_view, 8> ended {"COMPLETED", "CANCELLED",     "FAILED",
                                                     "TIMEOUT",   "OUT_OF_MEMORY", "PREEMPTED",
                                                     "DEADLINE",  "REVOKED"};
    const auto word = firstWord(state);
    if (word == "PENDING") {
        // "JobHeldUser", "JobHeldAdmin", "launch failed requeued held"
        return lowerCase(reason).find("held") != std::string::npos ? JobState::Held
                                                                   : JobState::Pending;
    }
    if (oneOf(word, held))
        return JobState::Held;
    if (oneOf(word, waiting))
        return JobState::Pending;
    if (word == "COMPLETING")
        return JobState::Completing;
    if (word == "NODE_FAIL" || word == "BOOT_FAIL")
        return JobState::NodeFailed;
    if (oneOf(word, ended))
        return JobState::Ended;
    // RUNNING, SUSPENDED, STOPPED, SIGNALING, STAGE_OUT, RESIZING, and what later versions add: a
    // state we do not know must not make a live replica look gone.
    return JobState::Running;
}

bool wasRefused(const JobRecord& record)
{
    return firstWord(record.state) == "FAILED" && record.reason == "BadConstraints"
        && record.nodes.empty();
}

Job toJob(const JobRecord& record, const Label& label)
{
    Job job;
    job.id = record.id;
    job.replicaId = label.replicaId;
    job.state = jobState(record.state, record.reason);
    job.node = record.nodes;
    job.submittedAt = record.submittedAt;
    const bool waits = job.state == JobState::Pending || job.state == JobState::Held;
    const bool over = job.state == JobState::Ended || job.state == JobState::NodeFailed;
    if (!waits && !record.nodes.empty())
        job.startedAt = record.startedAt;
    if (over || job.state == JobState::Completing)
        job.endedAt = record.endedAt;
    if (waits)
        job.reason = record.reason;
    else if (over)
        job.reason = std::string(firstWord(record.state))
            + (isNothing(record.reason) ? "" : " (" + record.reason + ")");
    else if (firstWord(record.state) != "RUNNING")
        job.reason = record.state;
    return job;
}

} // namespace remote::slurm
