// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"
#include "remote/registry/Descriptor.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace remote::registry {

/// An image layout as a registry on loopback (OCI distribution-spec: pull and push categories; no
/// listing, no deletion): what a desktop pushes to through a tunnel when the site has none. Every
/// repository name leads to the same layout. Bodies are streamed. Thread-safe.
class DirectoryServer {
public:
    struct Options {
        std::uint16_t port = 0; ///< 0: a free one
        emulator::UniqueFd listener; ///< a listening TCP socket; then `port` does not count
        std::filesystem::path folder; ///< of the layout, made when missing
        std::string token; ///< as Bearer, or as the password of Basic; must not be empty
        unsigned connections = 32; ///< at a time; more are answered with 503
    };

    /// Unavailable when the port is taken.
    [[nodiscard]] static Result<std::unique_ptr<DirectoryServer>> create(Options options);
    virtual ~DirectoryServer() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;

    DirectoryServer(const DirectoryServer&) = delete;
    DirectoryServer& operator=(const DirectoryServer&) = delete;

protected:
    DirectoryServer() = default;
};

} // namespace remote::registry
