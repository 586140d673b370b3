// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Refusal.h"

#include "emulator/base/Json.h"

#include <algorithm>

namespace remote::registry {
namespace {

using emulator::Json;

constexpr std::size_t mostWords = 300;

std::string cleaned(std::string text)
{
    text.resize(std::min(text.size(), mostWords));
    std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
    return text;
}

std::string textOf(const Json& object, const char* name)
{
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "DENIED: requested access to the resource is denied", or nothing.
std::string wordsOf(const std::string& body)
{
    const auto json = emulator::parseJson(body);
    if (!json || !json->is_object() || !json->contains("errors") || !json->at("errors").is_array()
        || json->at("errors").empty() || !json->at("errors")[0].is_object())
        return {};
    const auto& first = json->at("errors")[0];
    const auto code = textOf(first, "code");
    const auto message = textOf(first, "message");
    return cleaned(code + (code.empty() || message.empty() ? "" : ": ") + message);
}

struct Meaning {
    ErrorCode code;
    std::string_view advice;
};

Meaning meaningOf(long status)
{
    switch (status) {
    case 401:
        return {ErrorCode::Unauthenticated,
                "set the registry's user name and password in the target's settings"};
    case 403:
        return {ErrorCode::Denied, "ask its owner for the right to use this repository"};
    case 404:
        return {ErrorCode::NotFound, "is this the registry's address, and was the image pushed?"};
    case 405:
    case 501:
        return {ErrorCode::Unsupported, "it does not offer this call; is it an OCI registry?"};
    case 413:
        return {ErrorCode::Exhausted, "it takes no blob of this size; ask its owner to allow it"};
    case 429:
        return {ErrorCode::Unavailable, "it wants fewer calls; try again later"};
    default:
        break;
    }
    if (status >= 500)
        return {ErrorCode::Unavailable, "try again later; its log says more"};
    return {ErrorCode::FailedPrecondition, "its log may say more"};
}

} // namespace

Error refusalOf(const HttpResponse& response, std::string_view registry)
{
    const auto meaning = meaningOf(response.status);
    const auto words = wordsOf(response.body);
    return {meaning.code,
            std::string(registry) + " answered " + std::to_string(response.status)
                + (words.empty() ? "" : " (" + words + ")") + "; " + std::string(meaning.advice)};
}

} // namespace remote::registry
