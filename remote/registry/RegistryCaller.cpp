// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/RegistryCaller.h"

#include "remote/registry/Pause.h"
#include "remote/registry/Refusal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace remote::registry {

using std::chrono::milliseconds;

namespace {

std::string nameOf(const Url& url)
{
    const bool usual = (url.scheme == "https" && url.port == "443")
        || (url.scheme == "http" && url.port == "80");
    return url.scheme + "://" + url.host + (usual ? "" : ":" + url.port) + url.path;
}

/// RFC 9110 §10.2.3, as seconds; its other form, a date, is rare and treated as absent.
std::optional<milliseconds> retryAfter(const HttpResponse& response)
{
    const auto text = response.header("retry-after");
    unsigned seconds = 0;
    const auto* end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, seconds);
    if (text.empty() || error != std::errc() || parsed != end)
        return std::nullopt;
    return milliseconds(std::chrono::seconds(std::min(seconds, 3600U)));
}

} // namespace

RegistryCaller::RegistryCaller(const HttpRegistryOptions& options, Url url,
                               const emulator::Clock& clock, std::function<double()> random)
    : m_url(std::move(url))
    , m_name(nameOf(m_url))
    , m_rules(options.retry)
    , m_random(std::move(random))
    , m_client(
          {options.caFile, options.connectTimeout, options.stallTimeout, options.answerTimeout})
    , m_authorizer({options.userName, options.password, options.token},
                   options.plainHttp == HttpRegistryOptions::PlainHttp::Anywhere
                       ? Authorizer::Realms::Any
                       : Authorizer::Realms::HttpsOrLoopback,
                   m_client, clock)
{
}

Url RegistryCaller::url(std::string_view rest) const
{
    auto url = m_url;
    url.path = "/v2" + m_url.path + "/" + std::string(rest);
    return url;
}

std::string RegistryCaller::scope(Access access) const
{
    return "repository:" + m_url.path.substr(1) + (access == Access::Pull ? ":pull" : ":pull,push");
}

bool RegistryCaller::isPassing(const HttpResponse& response)
{
    return response.status == 408 || response.status == 429
        || (response.status >= 500 && response.status != 501);
}

Error RegistryCaller::refusal(const HttpResponse& response) const
{
    return refusalOf(response, m_name);
}

Result<> RegistryCaller::pause(int failures, const HttpResponse* response, std::stop_token stop)
{
    milliseconds delay = m_rules.firstDelay * (1LL << std::clamp(failures - 1, 0, 20));
    {
        const std::scoped_lock lock(m_randomMutex);
        const auto share = 0.5 + m_random() / 2;
        delay = milliseconds(std::llround(static_cast<double>(delay.count()) * share));
    }
    if (response != nullptr)
        delay = std::max(delay, retryAfter(*response).value_or(milliseconds(0)));
    if (!pauseFor(std::min(delay, m_rules.longestDelay), std::move(stop)))
        return Error(ErrorCode::Cancelled, "cancelled");
    return {};
}

Result<HttpResponse> RegistryCaller::authorised(const HttpRequest& request,
                                                const std::string& scope, std::stop_token stop)
{
    for (bool asked = false;; asked = true) {
        auto dressed = request;
        // An upload may be sent on to another host, whose business our password is not.
        const auto authorization
            = request.url.origin() == m_url.origin() ? m_authorizer.header(scope) : std::string();
        if (!authorization.empty())
            dressed.headers.push_back(authorization);
        TRY_ASSIGN(auto response, m_client.send(dressed, stop));
        if (response.status != 401)
            return response;
        if (asked)
            return m_authorizer.refused().within(m_name);
        if (auto answered = m_authorizer.answer(response, scope, authorization, stop); !answered)
            return Error(std::move(answered).error()).within(m_name);
    }
}

Result<HttpResponse> RegistryCaller::call(HttpRequest request, const std::string& scope,
                                          Repeat repeat, std::stop_token stop)
{
    // What a sink has taken cannot be taken back, so only a call that gave nothing is repeated.
    std::uint64_t taken = 0;
    if (auto sink = std::exchange(request.sink, {}))
        request.sink = [&taken, sink = std::move(sink)](std::string_view bytes, long status) {
            taken += bytes.size();
            return sink(bytes, status);
        };
    for (int failures = 1;; ++failures) {
        auto response = authorised(request, scope, stop);
        const bool passing
            = response ? isPassing(*response) : response.error().code() == ErrorCode::Unavailable;
        if (!passing || repeat == Repeat::No || failures >= m_rules.attempts || taken != 0)
            return response;
        TRY(pause(failures, response ? &*response : nullptr, stop));
    }
}

} // namespace remote::registry
