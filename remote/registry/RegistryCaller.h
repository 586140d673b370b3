// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Authorizer.h"
#include "remote/registry/Http.h"
#include "remote/registry/HttpRegistry.h"

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace remote::registry {

/// Calls a registry: authorises, repeats what may be repeated, and makes one sentence of what it
/// refuses. Thread-safe.
class RegistryCaller {
public:
    /// What a failed call may do. A 401 is answered and the call repeated in any case.
    enum class Repeat {
        Yes, ///< again after 5xx, 429, 408 and broken connections, RetryRules often
        No, ///< the caller decides
    };
    enum class Access { Pull, Push };

    RegistryCaller(const HttpRegistryOptions& options, Url url, const emulator::Clock& clock,
                   std::function<double()> random);

    /// "https://host:port/team/slipway", for messages.
    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const RetryRules& rules() const { return m_rules; }

    /// "/v2/<repository>/" + `rest`.
    [[nodiscard]] Url url(std::string_view rest) const;

    /// The repository's scope, for `call`.
    [[nodiscard]] std::string scope(Access access) const;

    /// Any answer but 401 is a value, a 5xx too once the tries are used up.
    [[nodiscard]] Result<HttpResponse> call(HttpRequest request, const std::string& scope,
                                            Repeat repeat, std::stop_token stop);

    /// What an answer that is no success means: what, why, what to do.
    [[nodiscard]] Error refusal(const HttpResponse& response) const;

    /// Waits before try number `failures` + 1: twice as long each time, with jitter, or as long as
    /// the answer's Retry-After says. Cancelled when `stop` fires.
    [[nodiscard]] Result<> pause(int failures, const HttpResponse* response, std::stop_token stop);

    /// Whether the same call may succeed later.
    [[nodiscard]] static bool isPassing(const HttpResponse& response);

private:
    [[nodiscard]] Result<HttpResponse> authorised(const HttpRequest& request,
                                                  const std::string& scope, std::stop_token stop);

    const Url m_url; ///< of the repository; its path is "/team/slipway"
    const std::string m_name;
    const RetryRules m_rules;
    std::mutex m_randomMutex;
    std::function<double()> m_random;
    HttpClient m_client;
    Authorizer m_authorizer;
};

} // namespace remote::registry
