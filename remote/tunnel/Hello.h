// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <string>
#include <vector>

namespace remote::tunnel {

/// What a control plane says about itself when a tunnel reaches it. It carries the token: whoever
/// may open the daemon's socket is its user.
struct Hello {
    std::string version; ///< of Slipway
    std::string home;
    std::string serverUrl; ///< as the cluster's own machines reach it
    std::string tokenId;
    std::string tokenSecret;
    std::string engine; ///< "local", "slurm"
    std::vector<std::string> services; ///< "api", "studio", "http", "registry"
    /// Where images are pushed to: "tunnel" (the service "registry"), "url", or empty for nowhere.
    std::string registryKind;
    std::string registryUrl; ///< with kind "url"

    [[nodiscard]] std::string toJson() const;
    /// Invalid when it is not such a record.
    [[nodiscard]] static emulator::Result<Hello> parse(const std::string& json);
};

} // namespace remote::tunnel
