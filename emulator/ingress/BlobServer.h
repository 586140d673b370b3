// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace emulator::ingress {

/// Blobs over HTTP/1.1 on loopback: the client PUTs and GETs them with presigned URLs, as it does
/// with object storage. A PUT is answered with 200 and an ETag (MD5 of the body, hexadecimal); the
/// file appears whole or not at all. Thread-safe.
class BlobServer {
public:
    struct Options {
        std::string address = "127.0.0.1";
        std::uint16_t port = 0; ///< 0: a free one
        std::filesystem::path folder; ///< of the blobs, made if missing
        std::string key; ///< of the signatures; the same after a restart keeps URLs good
        std::uint64_t maxBytes = 1ULL << 33U;
    };

    /// Unavailable when the address is in use.
    [[nodiscard]] static Result<std::unique_ptr<BlobServer>> create(const Options& options,
                                                                    const Clock& clock);
    virtual ~BlobServer() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    /// URLs that are good for a day. `base` ("http://127.0.0.1:40001") is how the reader reaches
    /// this server when it is not by its own address.
    [[nodiscard]] virtual std::string uploadUrl(std::string_view blobId,
                                                const std::string& base = {}) const
        = 0;
    [[nodiscard]] virtual std::string downloadUrl(std::string_view blobId,
                                                  const std::string& base = {}) const
        = 0;

    /// Where a blob is or will be.
    [[nodiscard]] virtual std::filesystem::path pathOf(std::string_view blobId) const = 0;

    BlobServer(const BlobServer&) = delete;
    BlobServer& operator=(const BlobServer&) = delete;

protected:
    BlobServer() = default;
};

} // namespace emulator::ingress
