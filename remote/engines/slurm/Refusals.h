// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <string_view>

namespace remote::slurm {

/// What a program of Slurm (or slurmrestd) meant by failing: Invalid what can never work and what
/// to do, Exhausted a limit, Unavailable a daemon that is not there, Denied, else Internal; with
/// Slurm's own words. `program`: "sbatch".
[[nodiscard]] emulator::Error refusal(std::string_view program, std::string_view words);

/// Slurm's words without "sbatch: error:" before each line and what was only noise.
[[nodiscard]] std::string plainWords(std::string_view words);

} // namespace remote::slurm
