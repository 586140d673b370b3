// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "remote/engines/slurm/Options.h"
#include "remote/engines/slurm/Preflight.h"
#include "remote/engines/slurm/Reasons.h"

#include <memory>

namespace remote::slurm {

class Accounting;
class Commands;
class Driver;
class EndedJobs;

/// Starts workers as Slurm batch jobs, one a replica, on a machine that has Slurm's programs (a
/// login or service node) or reaches its slurmrestd, and as the user whom the jobs belong to.
/// Thread-safe.
///
/// A job is found again through its comment, "slipway:<tag>:<replica>:<deployment>"; jobs of
/// another tag are not seen. Slurm never requeues a job: what becomes of a lost replica's inputs
/// is the control plane's to decide.
class SlurmEngine final : public emulator::model::Engine {
public:
    /// Invalid: an option that Slurm could not take; FailedPrecondition: no programs here. Does
    /// not ask slurmctld anything.
    [[nodiscard]] static emulator::Result<std::unique_ptr<SlurmEngine>> create(Options options);
    ~SlurmEngine() override;

    [[nodiscard]] emulator::Result<std::string> describe() override;
    [[nodiscard]] emulator::Result<std::string>
    submit(const emulator::model::ReplicaOrder& order) override;
    [[nodiscard]] emulator::Result<std::optional<std::string>>
    find(const std::string& replicaId) override;
    [[nodiscard]] emulator::Result<> cancel(const std::string& jobId) override;
    [[nodiscard]] emulator::Result<std::vector<emulator::model::Job>> list() override;
    [[nodiscard]] emulator::Result<std::vector<emulator::model::NodeSummary>> nodes() override;
    [[nodiscard]] emulator::Result<std::vector<emulator::model::JobUsage>>
    usage(const std::vector<std::string>& jobIds) override;

    /// What a target needs, tried step by step; for `slip cluster test`.
    [[nodiscard]] std::vector<Check> preflight();

private:
    SlurmEngine(Options options, std::unique_ptr<Commands> commands);
    [[nodiscard]] const emulator::Clock& clock() const;

    Options m_options;
    emulator::SystemClock m_machineClock;
    std::unique_ptr<Commands> m_commands;
    std::unique_ptr<Driver> m_driver;
    std::unique_ptr<Accounting> m_accounting;
    std::unique_ptr<EndedJobs> m_ended;
};

} // namespace remote::slurm
