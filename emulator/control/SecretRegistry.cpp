// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/SecretRegistry.h"

#include "emulator/control/AppRegistry.h"

namespace emulator::control {

using store::SecretRecord;

void SecretRegistry::load()
{
    m_records.clear();
    if (auto secrets = m_context.strand.keep(m_table.all()))
        for (auto& secret : *secrets)
            m_records.emplace(secret.id, std::move(secret));
}

Result<const SecretRecord*> SecretRegistry::create(std::string_view name,
                                                   std::string_view environment,
                                                   const Variables& variables, IfNamed policy)
{
    SecretRecord secret;
    if (const auto known = findNamed(name, environment)) {
        if (policy == IfNamed::Keep)
            return *known;
        if (policy == IfNamed::Fail)
            return Error(ErrorCode::AlreadyExists,
                         "a secret named '" + std::string(name) + "' exists already");
        secret = **known;
    } else {
        secret.id = m_context.ids.next("st");
        secret.createdAt = m_context.now();
    }
    secret.name = name;
    secret.environment = environment;
    secret.variables = mapToJson(variables);
    return &save(std::move(secret));
}

const SecretRecord& SecretRegistry::createOwned(std::string_view appId, const Variables& variables)
{
    SecretRecord secret;
    secret.id = m_context.ids.next("st");
    secret.appId = appId;
    secret.variables = mapToJson(variables);
    secret.createdAt = m_context.now();
    return save(std::move(secret));
}

Result<const SecretRecord*> SecretRegistry::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no secret " + std::string(id));
    return &found->second;
}

Result<const SecretRecord*> SecretRegistry::findNamed(std::string_view name,
                                                      std::string_view environment) const
{
    for (const auto& [id, secret] : m_records)
        if (!name.empty() && secret.name == name && secret.environment == environment)
            return &secret;
    return Error(ErrorCode::NotFound,
                 "there is no secret named '" + std::string(name)
                     + "'. Make it with: modal secret create " + std::string(name) + " KEY=VALUE");
}

std::vector<const SecretRecord*> SecretRegistry::named(std::string_view environment) const
{
    std::vector<const SecretRecord*> secrets;
    for (const auto& [id, secret] : m_records)
        if (!secret.name.empty() && secret.environment == environment)
            secrets.push_back(&secret);
    return secrets;
}

Result<> SecretRegistry::update(
    std::string_view id,
    const std::vector<std::pair<std::string, std::optional<std::string>>>& changes)
{
    TRY_ASSIGN(const auto* known, find(id));
    auto secret = *known;
    auto variables = mapFromJson(secret.variables);
    for (const auto& [key, value] : changes) {
        if (value)
            variables[key] = *value;
        else
            variables.erase(key);
    }
    secret.variables = mapToJson(variables);
    save(std::move(secret));
    return {};
}

Result<> SecretRegistry::remove(std::string_view id)
{
    TRY_ASSIGN([[maybe_unused]] const auto* known, find(id));
    m_context.strand.keep(m_table.remove(id));
    m_records.erase(std::string(id));
    return {};
}

void SecretRegistry::removeOwned(std::string_view appId)
{
    for (auto secret = m_records.begin(); secret != m_records.end();) {
        if (!secret->second.name.empty() || secret->second.appId != appId) {
            ++secret;
            continue;
        }
        m_context.strand.keep(m_table.remove(secret->first));
        secret = m_records.erase(secret);
    }
}

SecretRegistry::Variables SecretRegistry::variables(const std::vector<std::string>& ids) const
{
    Variables merged;
    for (const auto& id : ids)
        if (const auto secret = find(id))
            for (const auto& [key, value] : mapFromJson((*secret)->variables))
                merged[key] = value;
    return merged;
}

const SecretRecord& SecretRegistry::save(SecretRecord secret)
{
    m_context.strand.keep(m_table.put(secret));
    const auto id = secret.id;
    return m_records.insert_or_assign(id, std::move(secret)).first->second;
}

} // namespace emulator::control
