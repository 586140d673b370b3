// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Engine.h"
#include "remote/engines/slurm/JobRecord.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remote::slurm {

/// Readers of what Slurm's programs print. Pure; a line that is not what it should be is passed
/// over, because one odd job of a stranger must not hide ours.

/// Stands between the fields of squeue: no name, comment or reason has one.
constexpr char squeueSeparator = '\x1f';

/// For squeue -o: the fields that parseSqueue reads.
[[nodiscard]] std::string squeueFormat();
[[nodiscard]] std::vector<JobRecord> parseSqueue(std::string_view text);

/// scontrol show nodes --oneliner --details.
[[nodiscard]] std::vector<emulator::model::NodeSummary> parseNodes(std::string_view text);

/// "MIXED+DRAIN", "IDLE*", "IDLE+CLOUD+POWERED_DOWN" → sinfo's word and whether jobs start there.
struct NodeState {
    std::string word;
    bool usable = true;
};
[[nodiscard]] NodeState parseNodeState(std::string_view state);

/// GPUs by type of a Gres= or GresUsed= value: "gpu:h100:4(S:0-1),gpu:2".
using GpuCounts = std::map<std::string, std::uint32_t>;
[[nodiscard]] GpuCounts parseGres(std::string_view text);

/// A TRES list: "cpu=2,mem=1500M,gres/gpu=2,gres/gpu:h100=2".
struct Tres {
    std::uint32_t cpus = 0;
    std::uint64_t memoryMb = 0;
    GpuCounts gpus; ///< those without a type under ""
};
[[nodiscard]] Tres parseTres(std::string_view text);

/// For sacct -P -X --format: the fields that parseSacct reads.
[[nodiscard]] std::string sacctFormat();

/// A line of accounting; of a job that still runs, endedAt is 0.
struct AccountingLine {
    emulator::model::JobUsage usage;
    emulator::Micros submittedAt = 0;
    std::string nodes;
};
[[nodiscard]] std::vector<AccountingLine> parseSacct(std::string_view text);

/// A partition of scontrol show partition --oneliner.
struct Partition {
    std::string name;
    bool standard = false; ///< the one that is taken when none is named
    bool up = false;
    std::string state; ///< "UP", "DOWN", "DRAIN", "INACTIVE"
    std::string maxTime; ///< "UNLIMITED", "00:05:00"
};
[[nodiscard]] std::vector<Partition> parsePartitions(std::string_view text);

} // namespace remote::slurm
