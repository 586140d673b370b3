// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/local/ClusterSettings.h"
#include "emulator/local/ReplicaFile.h"
#include "emulator/model/Engine.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// Makes orders of briefs: writes the replica's file, and says which program to start with it.
/// Thread-safe.
class ReplicaOrders {
public:
    struct Options {
        std::filesystem::path home; ///< on a file system that nodes share
        std::filesystem::path programs; ///< slipway-worker's folder, as nodes see it
        ClusterSettings settings;
        ReplicaFile common; ///< what the files of all replicas say
    };

    explicit ReplicaOrders(Options options)
        : m_options(std::move(options))
    {
    }

    /// FailedPrecondition when the function wants a GPU and the target gives out no emulated ones:
    /// those of nodes are not served yet.
    [[nodiscard]] Result<model::ReplicaOrder> prepare(const model::ReplicaBrief& brief) const;

    /// The replica has ended: its file with the token goes.
    void discard(const std::string& replicaId) const;

    /// HOME/logs/replicas/<id>.log: what its worker itself says.
    [[nodiscard]] std::filesystem::path logOf(const std::string& replicaId) const;

private:
    Options m_options;
};

/// "slipway-<app>-<function>-v<version>" of letters that every engine takes.
[[nodiscard]] std::string replicaName(const model::ReplicaBrief& brief);

} // namespace emulator::local
