// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Subprocess.h"
#include "remote/engines/slurm/Options.h"

#include <chrono>
#include <string>
#include <vector>

namespace remote::slurm {

/// One call of a program of Slurm.
struct Call {
    std::string program; ///< "squeue"
    std::vector<std::string> arguments;
    std::string standardInput;
    std::chrono::milliseconds timeout {};
    std::string waitsFor = "slurmctld"; ///< named when it does not answer in time
};

/// Runs Slurm's programs: with an environment of its own (nothing of ours reaches a job through
/// sbatch, times are UTC, words are English), each killed when its time is over. Thread-safe.
class Commands {
public:
    explicit Commands(const Options& options);

    /// Its output when it ended well. FailedPrecondition: not installed; Unavailable: did not end
    /// in time; else what refusal() makes of its words.
    [[nodiscard]] emulator::Result<std::string> run(const Call& call) const;

    /// Where a program is; empty when it is not.
    [[nodiscard]] std::string find(const std::string& program) const;

private:
    std::string m_folder;
    std::map<std::string, std::string> m_environment;
};

} // namespace remote::slurm
