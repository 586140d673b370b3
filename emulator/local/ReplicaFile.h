// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// What a replica's worker must know and nobody else may: HOME/run/replicas/<id>.json, mode 0600,
/// on a file system that its node shares. So nothing secret is in a script, a comment, an argument
/// or an environment.
struct ReplicaFile {
    std::string control; ///< "host:port" of the control plane's TLS port
    std::string certificate; ///< PEM, the only one to be believed
    std::string replicaId;
    std::string token; ///< good for one worker process
    std::filesystem::path cache; ///< on the node: layers and contents
    std::string registry; ///< "https://…/prefix"; empty: `layout`
    std::string registryUser;
    std::string registryPassword;
    std::string registryCertificate; ///< a file
    std::filesystem::path layout; ///< an OCI image layout on a shared file system
    bool emulatedGpu = false;

    [[nodiscard]] static std::filesystem::path pathOf(const std::filesystem::path& home,
                                                      const std::string& replicaId);
    [[nodiscard]] static Result<ReplicaFile> read(const std::filesystem::path& path);
    [[nodiscard]] Result<> write(const std::filesystem::path& path) const;
};

} // namespace emulator::local
