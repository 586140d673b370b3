// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "emulator/model/Engine.h"
#include "remote/engines/slurm/JobRecord.h"
#include "remote/engines/slurm/JobRequest.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remote::slurm {

/// A version of slurmrestd's API and how it differs from others; a row of a table. Versions to
/// 0.0.38 are tried against a real slurmrestd; later ones follow Slurm's documentation.
struct RestDialect {
    int minor = 0; ///< 38: "/slurm/v0.0.38"
    bool structured = false; ///< numbers as {set, number}, states as lists, environment as a list
    bool excludesNodes = false; ///< has excluded_nodes
    bool warnsBatch = false; ///< can send a signal before the time limit to the batch script only
    bool scriptInJob = false; ///< the script is a field of the job

    [[nodiscard]] std::string prefix() const; ///< "/slurm/v0.0.38"

    /// The newest of the table that the answer of /openapi/v3 has; absent when it has none.
    [[nodiscard]] static std::optional<RestDialect> choose(const emulator::Json& openapi);
};

/// Whether REST can say all of the request; else it goes through sbatch.
[[nodiscard]] bool canSay(const RestDialect& dialect, const JobRequest& request);

/// The body of POST job/submit.
[[nodiscard]] emulator::Json submitBody(const RestDialect& dialect, const JobRequest& request);

/// An answer's text as JSON; Invalid when it is none, or has a number that nothing can hold
/// (1e999).
[[nodiscard]] emulator::Result<emulator::Json> parseAnswer(std::string_view text);

/// Readers of answers, of any version: what is missing or of another type counts as absent.
[[nodiscard]] std::vector<JobRecord> readJobs(const emulator::Json& answer,
                                              const std::string& user);
[[nodiscard]] std::vector<emulator::model::NodeSummary> readNodes(const emulator::Json& answer);
[[nodiscard]] std::optional<std::string> readJobId(const emulator::Json& answer);
[[nodiscard]] std::string readRelease(const emulator::Json& answer); ///< "22.05.8"

/// The words of an answer's "errors", one a line; empty when it has none.
[[nodiscard]] std::string errorWords(const emulator::Json& answer);

} // namespace remote::slurm
