// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "remote/registry/Registry.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace remote::registry {

/// How often and how soon a failed call is repeated (5xx, 429, broken connections).
struct RetryRules {
    int attempts = 5; ///< all in all
    std::chrono::milliseconds firstDelay {300}; ///< doubled each time, with jitter
    std::chrono::milliseconds longestDelay {10'000}; ///< also of a Retry-After
};

/// A repository of a registry, over HTTP (OCI distribution-spec). Plain http:// is for loopback
/// only. A proxy is taken from the environment as curl does, never for loopback.
struct HttpRegistryOptions {
    enum class PlainHttp { LoopbackOnly, Anywhere };

    std::string url; ///< "https://host[:port]/team/slipway"
    std::string userName; ///< with a password: Basic, or what a token is asked for with
    std::string password;
    std::string token; ///< a bearer token as it is
    std::filesystem::path caFile; ///< empty: the system's authorities
    std::filesystem::path
        uploadsFolder; ///< HOME/oci/uploads: interrupted uploads; empty: none kept
    PlainHttp plainHttp = PlainHttp::LoopbackOnly;
    std::size_t chunkBytes = std::size_t {8} << 20U;
    std::chrono::seconds connectTimeout {10};
    std::chrono::seconds stallTimeout {30}; ///< a transfer below 1 KiB/s for so long has failed
    std::chrono::seconds answerTimeout {60}; ///< for calls without a body
    RetryRules retry;
};

/// `random` gives numbers in [0, 1): the jitter. Invalid for a URL that is no repository's, or a
/// plain http:// one beyond loopback. Nothing is sent yet.
[[nodiscard]] Result<std::unique_ptr<Registry>> createHttpRegistry(HttpRegistryOptions options,
                                                                   const emulator::Clock& clock,
                                                                   std::function<double()> random);

} // namespace remote::registry
