// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "remote/registry/Challenge.h"
#include "remote/registry/Http.h"

#include <map>
#include <mutex>
#include <stop_token>
#include <string>

namespace remote::registry {

/// Finds out how a registry wants to be told who calls, gets tokens and keeps them (distribution
/// token protocol). Secrets stay in here: no message holds one. Thread-safe.
class Authorizer {
public:
    struct Credentials {
        std::string userName;
        std::string password;
        std::string token;
    };
    enum class Realms { HttpsOrLoopback, Any };

    Authorizer(Credentials credentials, Realms realms, HttpClient& client,
               const emulator::Clock& clock);

    /// The Authorization header for `scope` ("repository:team/x:pull,push", several between
    /// blanks): empty until the registry has asked for one.
    [[nodiscard]] std::string header(const std::string& scope) const;

    /// Answers a 401. Unauthenticated, with what to do, when there is nothing (new) to answer with.
    /// `sent` is the header that was refused.
    [[nodiscard]] Result<> answer(const HttpResponse& refusal, const std::string& scope,
                                  const std::string& sent, std::stop_token stop);

    /// What is wrong when an answered call is refused again.
    [[nodiscard]] Error refused() const;

private:
    struct Token {
        std::string text;
        emulator::Micros expiresAt = 0;
    };

    [[nodiscard]] std::string basic() const;
    [[nodiscard]] Result<> answerBasic(const std::string& sent);
    [[nodiscard]] Result<Token> fetchToken(const Challenge& challenge, const std::string& scope,
                                           std::stop_token stop);

    const Credentials m_credentials;
    const Realms m_realms;
    HttpClient& m_client;
    const emulator::Clock& m_clock;
    std::mutex m_fetching; ///< one token request at a time
    mutable std::mutex m_mutex; ///< of what follows
    bool m_wantsBasic = false;
    std::map<std::string, Token> m_tokens; ///< by scope
};

} // namespace remote::registry
