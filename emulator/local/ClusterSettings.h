// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace emulator::local {

/// What makes a home the front of a cluster: HOME/cluster.json. Nothing in it is secret; a
/// registry's password is in HOME/registry.json (0600).
struct ClusterSettings {
    std::string engine = "slurm";
    std::string driver = "auto"; ///< "cli", "rest", "auto"
    std::string partition; ///< empty: the site's default
    std::string account;
    std::string qos;
    std::vector<std::string> options; ///< more of sbatch, one a word
    std::map<std::string, std::string> environment; ///< of the engine's programs: SLURM_CONF
    std::map<std::string, std::string> gpuTypes; ///< our card → the site's type: "H100" → "h100"
    std::string gpu = "real"; ///< "real": the node's, "emulated": ours
    std::string listen = "0.0.0.0"; ///< where replicas dial in
    std::uint16_t port = 0; ///< of it; 0: any free one, the same after a restart
    std::string advertise; ///< this machine as nodes know it; empty: its host name
    std::string nodeCache; ///< on a node's own disk; empty: /tmp/slipway-UID
    std::string registry; ///< "https://…/prefix"; empty: HOME/oci on the shared file system
    std::string registryUser;
    std::string registryCertificate; ///< a file with the authority that signed the registry's
    std::uint32_t maxReplicas = 64;

    /// NotFound when this home is not a cluster's; Invalid names the entry that is wrong.
    [[nodiscard]] static Result<ClusterSettings> load(const std::filesystem::path& home);
    [[nodiscard]] Result<> save(const std::filesystem::path& home) const;
};

/// The password of a cluster's registry, HOME/registry.json; empty when there is none.
[[nodiscard]] std::string registryPassword(const std::filesystem::path& home);
[[nodiscard]] Result<> saveRegistryPassword(const std::filesystem::path& home,
                                            const std::string& password);

} // namespace emulator::local
