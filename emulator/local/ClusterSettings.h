// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emulator::local {

/// What makes a home the front of a cluster, HOME/cluster.json: its daemon reads it when it starts.
/// Secrets are not in it; a registry's password lies beside it in registry-password (0600).
struct ClusterSettings {
    std::string engine = "local"; ///< "slurm"
    std::string driver = "auto"; ///< "cli", "rest", "auto"
    std::string partition; ///< empty: the site's default, as for account and qos
    std::string account;
    std::string qos;
    std::vector<std::string> options; ///< more of sbatch, one a word
    std::map<std::string, std::string> environment; ///< of the engine's programs: SLURM_CONF
    std::map<std::string, std::string> gpuTypes; ///< our card → the site's type: "H100" → "h100"
    std::string gpu; ///< "emulated": ours; "real" or empty: the node's own, not served yet
    std::string listen; ///< where replicas dial in; empty: every address
    std::uint16_t port = 0; ///< of it; 0: any free one, the same after a restart
    std::string advertise; ///< this machine as nodes know it; empty: its host name
    std::string nodeCache; ///< on a node's own disk; empty: /tmp/slipway-UID
    std::string registryUrl; ///< "https://…/prefix"; empty: HOME/oci on the shared file system
    std::string registryUser;
    std::string registryCertificate; ///< a file with the authority that signed the registry's
    std::uint32_t maxReplicas = 64;

    /// Those of a home; nothing when it is no cluster's. Invalid names the entry that is wrong.
    [[nodiscard]] static Result<std::optional<ClusterSettings>>
    load(const std::filesystem::path& home);

    /// The file's content.
    [[nodiscard]] std::string toJson() const;

    bool operator==(const ClusterSettings&) const = default;
};

/// Where the settings and the password of a registry lie.
[[nodiscard]] std::filesystem::path clusterFile(const std::filesystem::path& home);
[[nodiscard]] std::filesystem::path registryPasswordFile(const std::filesystem::path& home);

} // namespace emulator::local
