// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "remote/engines/slurm/Label.h"

#include <optional>
#include <string>
#include <string_view>

namespace remote::slurm {

/// A job as Slurm shows it, by either driver; anybody's.
struct JobRecord {
    std::string id;
    std::string state; ///< "RUNNING", "NODE_FAIL", "CANCELLED by 1000"
    std::string reason; ///< "Resources", "JobHeldUser", "launch failed requeued held"
    std::string nodes; ///< "n1"; empty before it has any
    std::string name;
    std::string comment;
    emulator::Micros submittedAt = 0;
    emulator::Micros startedAt = 0; ///< of a waiting job: when Slurm expects it to start
    emulator::Micros endedAt = 0; ///< of a running job: when its time limit ends it
};

/// What `state` and `reason` come to.
[[nodiscard]] emulator::model::JobState jobState(std::string_view state, std::string_view reason);

/// Whether sbatch refused it: Slurm keeps such a job for a while, as FAILED.
[[nodiscard]] bool wasRefused(const JobRecord& record);

/// The job, without the times that Slurm only expects.
[[nodiscard]] emulator::model::Job toJob(const JobRecord& record, const Label& label);

} // namespace remote::slurm
