// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Url.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace remote::registry {
namespace {

struct FreeUrl {
    void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

std::string part(const Handle& handle, CURLUPart which, unsigned flags = 0)
{
    char* text = nullptr;
    if (curl_url_get(handle.get(), which, &text, flags) != CURLUE_OK || text == nullptr)
        return {};
    std::string copy(text);
    curl_free(text);
    return copy;
}

Error notUsable(std::string_view text)
{
    // What might be a secret is not repeated.
    const bool secret = text.find('@') != std::string_view::npos;
    const auto shown = "\""
        + std::string(text.substr(0, std::min<std::size_t>(text.find_first_of("?#"), 200))) + "\"";
    return {ErrorCode::Invalid,
            (secret ? "an address with a user name or password" : shown)
                + " is not usable; it should look like https://registry.example.org/team/name"};
}

Result<Url> split(const Handle& handle, std::string_view text)
{
    Url url;
    url.scheme = part(handle, CURLUPART_SCHEME);
    url.host = part(handle, CURLUPART_HOST);
    url.port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    url.path = part(handle, CURLUPART_PATH);
    url.query = part(handle, CURLUPART_QUERY);
    std::ranges::transform(url.host, url.host.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool usable = (url.scheme == "http" || url.scheme == "https") && !url.host.empty()
        && part(handle, CURLUPART_USER).empty() && part(handle, CURLUPART_PASSWORD).empty();
    if (!usable)
        return notUsable(text);
    return url;
}

Result<Handle> handleOf(const std::string& text)
{
    Handle handle(curl_url());
    if (text.find_first_of("\r\n") != std::string::npos
        || curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
        return notUsable(text);
    return handle;
}

} // namespace

std::string Url::text() const
{
    return origin() + path + (query.empty() ? "" : "?" + query);
}

bool Url::isLoopback() const
{
    const auto digits = [](std::string_view text) {
        return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    };
    return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && digits(host));
}

Result<Url> parseUrl(std::string_view text)
{
    TRY_ASSIGN(const auto handle, handleOf(std::string(text)));
    return split(handle, text);
}

Result<Url> resolveUrl(const Url& base, std::string_view reference)
{
    TRY_ASSIGN(const auto handle, handleOf(base.text()));
    const std::string text(reference);
    if (text.find_first_of("\r\n") != std::string::npos
        || curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
        return notUsable(text);
    return split(handle, text);
}

void addQuery(Url& url, std::string_view name, std::string_view value)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    url.query += (url.query.empty() ? "" : "&") + std::string(name) + "=";
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (std::isalnum(octet) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
            url.query += c;
            continue;
        }
        url.query += '%';
        url.query += digits[octet >> 4U];
        url.query += digits[octet & 15U];
    }
}

} // namespace remote::registry
