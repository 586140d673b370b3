// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Authorizer.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"

#include <algorithm>

namespace remote::registry {

using emulator::Json;
using emulator::Micros;

namespace {

constexpr Micros second = 1'000'000;
/// What the token protocol says when a server does not.
constexpr std::int64_t defaultLifeSeconds = 60;
/// A token is renewed so long before its end, so that it does not end on the way.
constexpr Micros margin = 10 * second;

Error noEntry(const std::string& why)
{
    return {
        ErrorCode::Unauthenticated,
        why + "; set the registry's user name and password, or a token, in the target's settings"};
}

std::string sentence(const Authorizer::Credentials& credentials)
{
    if (!credentials.token.empty())
        return "the registry does not take the token";
    return credentials.userName.empty()
        ? "the registry wants to know who calls"
        : "the registry does not take the password of " + credentials.userName;
}

} // namespace

Authorizer::Authorizer(Credentials credentials, Realms realms, HttpClient& client,
                       const emulator::Clock& clock)
    : m_credentials(std::move(credentials))
    , m_realms(realms)
    , m_client(client)
    , m_clock(clock)
{
}

std::string Authorizer::header(const std::string& scope) const
{
    if (!m_credentials.token.empty())
        return "Authorization: Bearer " + m_credentials.token;
    const std::scoped_lock lock(m_mutex);
    const auto token = m_tokens.find(scope);
    if (token != m_tokens.end() && m_clock.now() + margin < token->second.expiresAt)
        return "Authorization: Bearer " + token->second.text;
    return m_wantsBasic ? basic() : std::string();
}

Error Authorizer::refused() const
{
    return noEntry(sentence(m_credentials));
}

std::string Authorizer::basic() const
{
    return "Authorization: Basic "
        + emulator::toBase64(m_credentials.userName + ":" + m_credentials.password);
}

Result<> Authorizer::answer(const HttpResponse& refusal, const std::string& scope,
                            const std::string& sent, std::stop_token stop)
{
    if (!m_credentials.token.empty())
        return refused();
    const std::scoped_lock fetching(m_fetching);
    // Another thread may have asked for the same token meanwhile.
    if (const auto now = header(scope); !now.empty() && now != sent)
        return {};
    std::vector<Challenge> challenges;
    const auto [first, last] = refusal.headers.equal_range("www-authenticate");
    for (auto line = first; line != last; ++line)
        for (auto& challenge : parseChallenges(line->second))
            challenges.push_back(std::move(challenge));
    const auto bearer = std::ranges::find(challenges, "bearer", &Challenge::scheme);
    if (bearer == challenges.end()) {
        if (std::ranges::find(challenges, "basic", &Challenge::scheme) != challenges.end())
            return answerBasic(sent);
        return Error(ErrorCode::Unsupported,
                     "the registry asks for a way to log in that Slipway does not know; it knows "
                     "Basic and Bearer");
    }
    TRY_ASSIGN(auto token, fetchToken(*bearer, scope, std::move(stop)));
    const std::scoped_lock lock(m_mutex);
    m_tokens[scope] = std::move(token);
    return {};
}

Result<> Authorizer::answerBasic(const std::string& sent)
{
    if (m_credentials.userName.empty() || sent == basic())
        return refused();
    const std::scoped_lock lock(m_mutex);
    m_wantsBasic = true;
    return {};
}

Result<Authorizer::Token> Authorizer::fetchToken(const Challenge& challenge,
                                                 const std::string& scope, std::stop_token stop)
{
    const auto parameter = [&](const char* name) {
        const auto found = challenge.parameters.find(name);
        return found == challenge.parameters.end() ? std::string() : found->second;
    };
    HttpRequest request;
    TRY_ASSIGN(request.url, parseUrl(parameter("realm")));
    if (request.url.scheme != "https" && !request.url.isLoopback() && m_realms != Realms::Any)
        return Error(ErrorCode::Denied,
                     "the registry wants the password sent to " + request.url.origin()
                         + " without encryption, which Slipway does not do");
    if (const auto service = parameter("service"); !service.empty())
        addQuery(request.url, "service", service);
    for (std::size_t at = 0; at < scope.size();) {
        const auto space = std::min(scope.find(' ', at), scope.size());
        addQuery(request.url, "scope", scope.substr(at, space - at));
        at = space + 1;
    }
    if (!m_credentials.userName.empty())
        request.headers.push_back(basic());
    auto response = m_client.send(request, std::move(stop));
    if (!response)
        return Error(std::move(response).error()).within("ask for a token");
    if (response->status == 401 || response->status == 403)
        return refused();
    if (!response->good())
        return Error(ErrorCode::Unavailable,
                     request.url.origin() + ", which gives the registry's tokens, answered "
                         + std::to_string(response->status) + "; try again later");
    const auto json = emulator::parseJson(response->body);
    if (!json || !json->is_object())
        return Error(ErrorCode::Unavailable, request.url.origin() + " did not answer with a token");
    const auto text = json->value("token", json->value("access_token", Json()));
    const auto life = json->value("expires_in", Json(defaultLifeSeconds));
    if (!text.is_string() || text.get<std::string>().find_first_of("\r\n") != std::string::npos)
        return Error(ErrorCode::Unavailable, request.url.origin() + " did not answer with a token");
    const auto seconds = std::clamp<std::int64_t>(
        life.is_number_integer() ? life.get<std::int64_t>() : defaultLifeSeconds, 15, 86'400);
    return Token {text.get<std::string>(), m_clock.now() + seconds * second};
}

} // namespace remote::registry
