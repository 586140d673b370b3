// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Hello.h"

#include "emulator/base/Json.h"

namespace remote::tunnel {

using namespace emulator;

namespace {

/// A text member; empty when it is missing or something else.
std::string textOf(const Json& json, const char* key)
{
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

} // namespace

std::string Hello::toJson() const
{
    Json json {{"version", version},          {"home", home},
               {"server_url", serverUrl},     {"token_id", tokenId},
               {"token_secret", tokenSecret}, {"engine", engine},
               {"services", services}};
    if (!registryKind.empty())
        json["registry"] = {{"kind", registryKind}, {"url", registryUrl}};
    return json.dump();
}

Result<Hello> Hello::parse(const std::string& text)
{
    const auto json = parseJson(text);
    if (!json || !json->is_object())
        return Error(ErrorCode::Invalid,
                     "the other end introduces itself with something else "
                     "than a JSON object");
    Hello hello;
    hello.version = textOf(*json, "version");
    hello.home = textOf(*json, "home");
    hello.serverUrl = textOf(*json, "server_url");
    hello.tokenId = textOf(*json, "token_id");
    hello.tokenSecret = textOf(*json, "token_secret");
    hello.engine = textOf(*json, "engine");
    if (const auto services = json->find("services");
        services != json->end() && services->is_array())
        for (const auto& service : *services)
            if (service.is_string())
                hello.services.push_back(service.get<std::string>());
    if (const auto registry = json->find("registry");
        registry != json->end() && registry->is_object()) {
        hello.registryKind = textOf(*registry, "kind");
        hello.registryUrl = textOf(*registry, "url");
    }
    if (hello.version.empty() || hello.tokenId.empty())
        return Error(ErrorCode::Invalid, "the other end does not say who it is");
    return hello;
}

} // namespace remote::tunnel
