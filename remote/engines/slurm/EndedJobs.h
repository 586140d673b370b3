// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/model/Engine.h"
#include "remote/engines/slurm/Accounting.h"

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace remote::slurm {

/// Remembers the jobs that were alive, so that one which slurmctld has forgotten since (MinJobAge
/// may be seconds) is still reported as ended for a while. Accounting is asked how it ended, but
/// never waited for again soon after it failed. Thread-safe.
class EndedJobs {
public:
    /// Neither is owned.
    EndedJobs(const Accounting& accounting, const emulator::Clock& clock)
        : m_accounting(accounting)
        , m_clock(clock)
    {
    }

    /// `jobs`: what slurmctld just listed. Adds those that it listed before and does not any more.
    void complete(std::vector<emulator::model::Job>& jobs);

private:
    void judge(std::vector<emulator::model::Job>& gone);

    const Accounting& m_accounting;
    const emulator::Clock& m_clock;
    std::mutex m_mutex;
    std::map<std::string, emulator::model::Job> m_alive;
    std::map<std::string, emulator::model::Job> m_ended;
    emulator::Micros m_askAgainAt = 0;
};

} // namespace remote::slurm
