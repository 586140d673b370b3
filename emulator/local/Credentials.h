// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// What a client needs to speak to this home's daemon. Kept in HOME/credentials.json (0600), so
/// that address and token stay the same over restarts.
struct Credentials {
    std::string tokenId; ///< ak-…
    std::string tokenSecret; ///< as-…
    std::string blobKey; ///< signs the URLs of blobs
    int port = 0; ///< the last one that the daemon served on; 0 before the first time
    int blobPort = 0; ///< the same for blobs

    /// Those of `home`; made up at the first call. Invalid when the file is damaged.
    [[nodiscard]] static Result<Credentials> load(const std::filesystem::path& home);

    [[nodiscard]] Result<> save(const std::filesystem::path& home) const;

    [[nodiscard]] std::string serverUrl() const
    {
        return "http://127.0.0.1:" + std::to_string(port);
    }
};

} // namespace emulator::local
