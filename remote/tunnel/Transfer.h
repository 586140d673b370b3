// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/tunnel/Bundle.h"
#include "remote/tunnel/Ssh.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace remote::tunnel {

/// Told how many octets of how many were sent.
using OnBytes = std::function<void(std::uint64_t sent, std::uint64_t all)>;

/// Sends a bundle as one compressed tar through ssh into FOLDER/versions/ID, which appears whole or
/// not at all. Says what was in the way.
[[nodiscard]] std::optional<Fault> sendBundle(const Ssh& ssh, const Bundle& bundle,
                                              const std::string& folder, const OnBytes& onBytes);

/// Makes a version in FOLDER/versions the current one, after it was seen to run, and removes old
/// ones: all but it, the one before, and those that run.
[[nodiscard]] std::optional<Fault> activate(const Ssh& ssh, const std::string& id,
                                            const std::string& folder);

} // namespace remote::tunnel
