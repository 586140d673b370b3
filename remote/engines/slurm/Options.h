// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace remote::slurm {

/// How Slurm is spoken to.
enum class DriverChoice {
    Auto, ///< Cli where sbatch is found, else Rest
    Cli, ///< sbatch, squeue, scancel, scontrol: on every site
    Rest, ///< slurmrestd; what it lacks (excluded nodes, accounting) still goes through the
          ///< programs
};

/// Where slurmrestd listens and how it knows us (a JWT: auth/jwt on the site's side).
struct RestAccess {
    std::string url; ///< "http://slurm:6820"; empty: the socket
    std::string socket; ///< a unix socket's path
    std::string tokenFile; ///< of mode 0600; empty: `scontrol token`, renewed before it runs out
};

/// What a target says of its site. Nothing in it is secret.
struct Options {
    /// Marks the jobs of one control plane ("slipway-<home id>"): two of one user leave each
    /// other's jobs alone. Letters, digits, '.', '_', '-'.
    std::string tag;
    std::string partition; ///< empty: the site's default, as for account and qos
    std::string account;
    std::string qos;
    std::vector<std::string> sbatchOptions; ///< "--constraint=ib": long options of a fixed list
    std::uint32_t timeLimitSeconds = 0; ///< of orders that give none; 0: the partition's
    std::uint32_t minimumMemoryMb = 512; ///< Slurm's request is a limit too: room for the worker
    /// Our card's name → the site's gres type ("A100-80GB" → "a100"; "" → any GPU). A card that
    /// is not listed is asked for by its name in lower case.
    std::map<std::string, std::string> gpuTypes;

    DriverChoice driver = DriverChoice::Auto;
    RestAccess rest;
    std::string programFolder; ///< "/opt/slurm/bin"; empty: PATH
    std::map<std::string, std::string> environment; ///< of Slurm's programs: SLURM_CONF
    std::chrono::milliseconds submitTimeout {10'000};
    std::chrono::milliseconds queryTimeout {5'000};
    const emulator::Clock* clock = nullptr; ///< not owned; null: the machine's
};

/// Invalid, naming the option and what it may be, unless all of `options` can be given to Slurm.
[[nodiscard]] emulator::Result<> check(const Options& options);

} // namespace remote::slurm
