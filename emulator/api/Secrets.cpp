// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"

namespace emulator::api {
namespace {

using control::SecretRegistry;
using store::SecretRecord;

wire::SecretMetadata metadataOf(const SecretRecord& secret)
{
    wire::SecretMetadata metadata;
    metadata.set_name(secret.name);
    metadata.mutable_creation_info()->set_created_at(toSeconds(secret.createdAt));
    metadata.mutable_creation_info()->set_created_by("local");
    for (const auto& [key, value] : control::mapFromJson(secret.variables))
        metadata.add_keys(key);
    metadata.set_environment_name(secret.environment);
    return metadata;
}

Result<> checkKeys(const SecretRecord& secret, const wire::SecretGetOrCreateRequest& request)
{
    const auto variables = control::mapFromJson(secret.variables);
    std::string missing;
    for (const auto& key : request.required_keys())
        if (!variables.contains(key))
            missing += (missing.empty() ? "" : ", ") + key;
    if (missing.empty())
        return {};
    return Error(ErrorCode::FailedPrecondition,
                 "the secret '" + secret.name
                     + "' lacks the keys that the program requires: " + missing);
}

Result<wire::SecretGetOrCreateResponse> getOrCreate(Exchange& exchange,
                                                    const wire::SecretGetOrCreateRequest& request)
{
    auto& secrets = exchange.state().secrets;
    const SecretRegistry::Variables variables(request.env_dict().begin(), request.env_dict().end());
    const auto environment = environmentOf(request.environment_name());
    const auto create = [&](SecretRegistry::IfNamed policy) {
        return secrets.create(request.deployment_name(), environment, variables, policy);
    };
    const SecretRecord* secret = nullptr;
    switch (request.object_creation_type()) {
    case wire::OBJECT_CREATION_TYPE_ANONYMOUS_OWNED_BY_APP:
    case wire::OBJECT_CREATION_TYPE_EPHEMERAL:
        secret = &secrets.createOwned(request.app_id(), variables);
        break;
    case wire::OBJECT_CREATION_TYPE_CREATE_IF_MISSING: {
        TRY_ASSIGN(secret, create(SecretRegistry::IfNamed::Keep));
        break;
    }
    case wire::OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS: {
        TRY_ASSIGN(secret, create(SecretRegistry::IfNamed::Fail));
        break;
    }
    case wire::OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS: {
        TRY_ASSIGN(secret, create(SecretRegistry::IfNamed::Overwrite));
        break;
    }
    default: {
        TRY_ASSIGN(secret, secrets.findNamed(request.deployment_name(), environment));
        break;
    }
    }
    TRY(checkKeys(*secret, request));
    wire::SecretGetOrCreateResponse response;
    response.set_secret_id(secret->id);
    *response.mutable_metadata() = metadataOf(*secret);
    return response;
}

Result<wire::SecretListResponse> list(Exchange& exchange, const wire::SecretListRequest& request)
{
    const auto environment = environmentOf(request.environment_name());
    wire::SecretListResponse response;
    response.set_environment_name(environment);
    for (const auto* secret : exchange.state().secrets.named(environment)) {
        const auto created = toSeconds(secret->createdAt);
        if (request.pagination().created_before() > 0
            && created >= request.pagination().created_before())
            continue;
        auto& item = *response.add_items();
        item.set_label(secret->name);
        item.set_created_at(created);
        item.set_environment_name(environment);
        item.set_secret_id(secret->id);
        *item.mutable_metadata() = metadataOf(*secret);
    }
    return response;
}

Result<Empty> update(Exchange& exchange, const wire::SecretUpdateRequest& request)
{
    std::vector<std::pair<std::string, std::optional<std::string>>> changes;
    for (const auto& change : request.updates())
        changes.emplace_back(change.key(),
                             change.has_value() ? std::optional<std::string>(change.value())
                                                : std::nullopt);
    TRY(exchange.state().secrets.update(request.secret_id(), changes));
    return Empty();
}

} // namespace

void addSecrets(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::SecretGetOrCreateRequest>("SecretGetOrCreate", Repeat::Once, getOrCreate);
    methods.unary<wire::SecretListRequest>("SecretList", Repeat::Harmless, list);
    methods.unary<wire::SecretUpdateRequest>("SecretUpdate", Repeat::Harmless, update);
    methods.unary<wire::SecretDeleteRequest>(
        "SecretDelete", Repeat::Once,
        [](Exchange& exchange, const wire::SecretDeleteRequest& request) -> Result<Empty> {
            TRY(exchange.state().secrets.remove(request.secret_id()));
            return Empty();
        });
}

} // namespace emulator::api
