// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"

namespace emulator::api {
namespace {

/// The newest builder that every served client knows; one that a client does not know is a
/// VersionError there.
constexpr const char* builderVersion = "2025.06";
constexpr const char* workspace = "local";

Result<wire::EnvironmentGetOrCreateResponse>
getOrCreate(Exchange&, const wire::EnvironmentGetOrCreateRequest& request)
{
    const auto name = environmentOf(request.deployment_name());
    wire::EnvironmentGetOrCreateResponse response;
    response.set_environment_id(idFromContent("en", name));
    response.mutable_metadata()->set_name(name);
    response.mutable_metadata()->mutable_settings()->set_image_builder_version(builderVersion);
    return response;
}

Result<wire::EnvironmentListResponse> list(Exchange&, const Empty&)
{
    wire::EnvironmentListResponse response;
    auto& item = *response.add_items();
    item.set_name("main");
    item.set_default_(true);
    item.set_environment_id(idFromContent("en", "main"));
    item.set_image_builder_version(builderVersion);
    return response;
}

std::string base64Url(std::string_view bytes)
{
    std::string text = toBase64(bytes);
    for (auto& c : text)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (!text.empty() && text.back() == '=')
        text.pop_back();
    return text;
}

/// RFC 7519, HS256. The client reads only when it expires.
std::string makeToken(const std::string& subject, const std::string& key, Micros now)
{
    const auto expires = now / 1'000'000 + 3600;
    const Json claims {{"sub", subject}, {"exp", expires}};
    const auto head = base64Url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64Url(claims.dump());
    return head + "." + base64Url(hmacSha256(key, head));
}

} // namespace

void addEnvironments(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::EnvironmentGetOrCreateRequest>("EnvironmentGetOrCreate", Repeat::Harmless,
                                                       getOrCreate);
    methods.unary<Empty>("EnvironmentList", Repeat::Harmless, list);
    methods.unary<Empty>("ClientHello", Repeat::Harmless,
                         [](Exchange&, const Empty&) -> Result<wire::ClientHelloResponse> {
                             wire::ClientHelloResponse response;
                             response.set_image_builder_version(builderVersion);
                             return response;
                         });
    methods.unary<Empty>("WorkspaceNameLookup", Repeat::Harmless,
                         [](Exchange&, const Empty&) -> Result<wire::WorkspaceNameLookupResponse> {
                             wire::WorkspaceNameLookupResponse response;
                             response.set_username(workspace);
                             return response;
                         });
    methods.unary<wire::TokenInfoGetRequest>(
        "TokenInfoGet", Repeat::Harmless,
        [&desk](Exchange&, const wire::TokenInfoGetRequest&) -> Result<wire::TokenInfoGetResponse> {
            wire::TokenInfoGetResponse response;
            response.set_token_id(desk.options.tokenId);
            response.set_workspace_id(idFromContent("ac", workspace));
            response.set_workspace_name(workspace);
            response.mutable_user_identity()->set_username(workspace);
            return response;
        });
    methods.unary<wire::AuthTokenGetRequest>(
        "AuthTokenGet", Repeat::Harmless,
        [&desk](Exchange& exchange,
                const wire::AuthTokenGetRequest&) -> Result<wire::AuthTokenGetResponse> {
            wire::AuthTokenGetResponse response;
            response.set_token(makeToken(exchange.caller().principal, desk.options.tokenSecret,
                                         exchange.plane().clock().now()));
            return response;
        });
}

} // namespace emulator::api
