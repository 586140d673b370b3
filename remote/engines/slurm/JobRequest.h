// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "remote/engines/slurm/Options.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remote::slurm {

/// One batch job as Slurm is asked for it, by either driver: a plain value made from an order.
struct JobRequest {
    std::string name;
    std::string comment;
    std::string partition;
    std::string account;
    std::string qos;
    std::uint32_t cpus = 1;
    std::uint64_t memoryMb = 0;
    std::string gpuType; ///< a gres type, "" for any
    std::uint32_t gpus = 0;
    std::uint32_t timeLimitMinutes = 0; ///< 0: the partition's
    bool warnBeforeEnd = false; ///< SIGTERM a minute before the time limit
    std::vector<std::string> excludedNodes;
    std::string outputFile;
    std::vector<std::string> sbatchOptions;
    std::string script;

    /// "gpu:h100:2"; empty without GPUs.
    [[nodiscard]] std::string gres() const;
};

/// Invalid, naming what in the order Slurm or a shell could not take.
[[nodiscard]] emulator::Result<JobRequest>
makeJobRequest(const Options& options, const emulator::model::ReplicaOrder& order);

/// The site's gres type for one of our cards ("H100" → "h100").
[[nodiscard]] std::string gresType(const Options& options, const std::string& card);

/// The batch script: becomes the worker, with the variables that the order names, those that Slurm
/// sets, and who the user is; nothing else. bash -p reads no file of the user's. Refuses to be run
/// a second time, whoever requeued the job: its replica has been given up by then.
[[nodiscard]] std::string batchScript(const emulator::model::ReplicaOrder& order);

/// `text` as one word of a shell, whatever it contains.
[[nodiscard]] std::string quoted(std::string_view text);

/// A file name that Slurm takes as it is: it would replace %j and its like.
[[nodiscard]] std::string literalFileName(const std::string& path);

/// How long before its time limit a worker is told to end (JobRequest::warnBeforeEnd).
constexpr std::uint32_t secondsToWarn = 60;

/// What sbatch is given beside the script.
[[nodiscard]] std::vector<std::string> sbatchArguments(const JobRequest& request);

} // namespace remote::slurm
