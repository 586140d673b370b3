// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

namespace remote::registry {

/// Where images go and come from: one repository of a registry, or an image layout. Calls give up
/// after bounded time with Unavailable; Denied and Unauthenticated say whom to ask. Thread-safe.
class Registry {
public:
    /// How a blob got there.
    struct Pushed {
        std::uint64_t sent = 0; ///< bytes that travelled now
        std::uint64_t resumed = 0; ///< bytes that an interrupted attempt had brought
    };

    virtual ~Registry() = default;

    /// For messages: "https://registry.example.org/team/slipway". Holds no secret.
    [[nodiscard]] virtual std::string name() const = 0;

    [[nodiscard]] virtual Result<bool> hasBlob(const Descriptor& blob, std::stop_token stop) = 0;

    /// Brings the content of `file`, which must have the blob's size and digest; goes on where an
    /// interrupted attempt stopped. `onProgress` sees the bytes of this blob.
    [[nodiscard]] virtual Result<Pushed>
    pushBlob(const Descriptor& blob, const std::filesystem::path& file,
             const OnProgress& onProgress, std::stop_token stop)
        = 0;

    /// Takes a blob over from another repository of the same registry; false when it cannot be
    /// (it is not there, or this registry does not offer it): push it then.
    [[nodiscard]] virtual Result<bool>
    mountBlob(const Descriptor& blob, std::string_view fromRepository, std::stop_token stop) = 0;

    /// The bytes of a blob from `offset` on, unchecked. Unavailable when they end early: what was
    /// given to `sink` stays good, and the call can be repeated from there.
    [[nodiscard]] virtual Result<> readBlob(const Descriptor& blob, std::uint64_t offset,
                                            const Sink& sink, std::stop_token stop)
        = 0;

    [[nodiscard]] virtual Result<bool> hasManifest(std::string_view digest, std::stop_token stop)
        = 0;

    /// The manifest's bytes, checked against `digest`. NotFound when there is none.
    [[nodiscard]] virtual Result<std::string> getManifest(std::string_view digest,
                                                          std::stop_token stop)
        = 0;

    /// Puts a manifest under its digest, and under `tag` unless that is empty. Returns the digest
    /// that the registry reports for it.
    [[nodiscard]] virtual Result<std::string>
    putManifest(std::string_view bytes, std::string_view tag, std::stop_token stop) = 0;

    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

protected:
    Registry() = default;
};

} // namespace remote::registry
