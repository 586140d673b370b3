// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace emulator::local {

/// What makes a home the front of a cluster, HOME/cluster.json: how its daemon is to be started.
/// Secrets are not in it; a registry's password lies beside it in registry-password (0600).
struct ClusterSettings {
    std::string engine = "local"; ///< "slurm"
    std::string partition;
    std::string account;
    std::string qos;
    std::string registryUrl; ///< where images are pushed to; empty: a folder of the home
    std::string registryUser;
    std::string listen; ///< the address that nodes dial; empty: chosen by the daemon
    std::string nodeCache; ///< a folder on each node for images; empty: chosen by the worker
    std::string gpu; ///< "real", "emulated"; empty: what the engine takes by itself

    /// Those of a home; nothing when it is no cluster's. Invalid when the file is damaged.
    [[nodiscard]] static Result<std::optional<ClusterSettings>>
    load(const std::filesystem::path& home);

    /// The file's content.
    [[nodiscard]] std::string toJson() const;

    /// The options that slipwayd is started with for them.
    [[nodiscard]] std::vector<std::string> arguments(const std::filesystem::path& home) const;

    bool operator==(const ClusterSettings&) const = default;
};

/// Where the settings and the password of a registry lie.
[[nodiscard]] std::filesystem::path clusterFile(const std::filesystem::path& home);
[[nodiscard]] std::filesystem::path registryPasswordFile(const std::filesystem::path& home);

} // namespace emulator::local
