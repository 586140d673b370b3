// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// What a control plane shows to the replicas that dial in: a key pair of its own, signed by
/// itself. Replicas get the certificate in their file and believe no other, so no authority is
/// needed. Kept in HOME/control.pem (0600); made at the first call.
struct Certificate {
    std::string certificate; ///< PEM
    std::string key; ///< PEM

    [[nodiscard]] static Result<Certificate> load(const std::filesystem::path& home,
                                                  const std::string& name);
};

} // namespace emulator::local
