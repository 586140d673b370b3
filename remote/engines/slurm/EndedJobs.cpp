// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/EndedJobs.h"

#include <set>

namespace remote::slurm {
namespace {

using emulator::model::Job;
using emulator::model::JobState;

constexpr emulator::Micros remembered = 10 * 60 * 1'000'000LL;
constexpr emulator::Micros patience = 60 * 1'000'000LL;

bool isOver(JobState state)
{
    return state == JobState::Ended || state == JobState::NodeFailed;
}

} // namespace

void EndedJobs::complete(std::vector<Job>& jobs)
{
    std::vector<Job> gone;
    {
        const std::scoped_lock lock(m_mutex);
        std::set<std::string> listed;
        for (const auto& job : jobs) {
            listed.insert(job.id);
            if (isOver(job.state))
                m_alive.erase(job.id);
            else
                m_alive[job.id] = job;
        }
        for (auto it = m_alive.begin(); it != m_alive.end();) {
            if (listed.count(it->first) != 0) {
                ++it;
                continue;
            }
            gone.push_back(std::move(it->second));
            it = m_alive.erase(it);
        }
    }
    if (!gone.empty())
        judge(gone); // not under the lock: it may take as long as a query may

    const std::scoped_lock lock(m_mutex);
    for (auto& job : gone)
        m_ended[job.id] = std::move(job);
    std::erase_if(m_ended, [this](const auto& entry) {
        return entry.second.endedAt + remembered < m_clock.now();
    });
    std::set<std::string> listed;
    for (const auto& job : jobs)
        listed.insert(job.id);
    for (const auto& [id, job] : m_ended)
        if (listed.count(id) == 0)
            jobs.push_back(job);
}

void EndedJobs::judge(std::vector<Job>& gone)
{
    const auto now = m_clock.now();
    std::vector<std::string> ids;
    for (auto& job : gone) {
        ids.push_back(job.id);
        job.state = JobState::Ended;
        job.endedAt = now;
        job.reason = "slurmctld has forgotten it, and accounting does not say how it ended";
    }
    {
        const std::scoped_lock lock(m_mutex);
        if (now < m_askAgainAt)
            return;
    }
    const auto lines = m_accounting.jobs(ids);
    if (!lines) {
        const std::scoped_lock lock(m_mutex);
        m_askAgainAt = m_clock.now() + patience;
        return;
    }
    for (const auto& line : *lines)
        for (auto& job : gone) {
            if (job.id != line.usage.jobId || line.usage.endedAt == 0)
                continue;
            const auto state = jobState(line.usage.state, {});
            job.state = state == JobState::NodeFailed ? state : JobState::Ended;
            job.reason = line.usage.state;
            job.startedAt = line.usage.startedAt;
            job.endedAt = line.usage.endedAt;
        }
}

} // namespace remote::slurm
