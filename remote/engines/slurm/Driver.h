// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "remote/engines/slurm/JobRecord.h"
#include "remote/engines/slurm/JobRequest.h"

#include <string>
#include <vector>

namespace remote::slurm {

/// A way to speak to slurmctld. Thread-safe; every call ends within the options' time-outs.
class Driver {
public:
    virtual ~Driver() = default;

    [[nodiscard]] virtual emulator::Result<std::string> describe() = 0;

    /// The job's id.
    [[nodiscard]] virtual emulator::Result<std::string> submit(const JobRequest& request) = 0;

    /// This user's jobs: those that live, and those that slurmctld has not forgotten (MinJobAge).
    [[nodiscard]] virtual emulator::Result<std::vector<JobRecord>> jobs() = 0;
    [[nodiscard]] virtual emulator::Result<> cancel(const std::string& jobId) = 0;
    [[nodiscard]] virtual emulator::Result<std::vector<emulator::model::NodeSummary>> nodes() = 0;

    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

protected:
    Driver() = default;
};

} // namespace remote::slurm
