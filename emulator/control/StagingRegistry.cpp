// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/StagingRegistry.h"

namespace emulator::control {

void StagingRegistry::load()
{
    m_stagings.clear();
    auto stagings = m_context.strand.keep(m_table.all());
    if (!stagings)
        return;
    for (auto& record : *stagings) {
        Staging staging;
        for (auto& function : m_archive.functionsOf(record.id)) {
            const auto id = function.id;
            staging.functions.emplace(id, std::move(function));
        }
        const auto id = record.id;
        staging.record = std::move(record);
        m_stagings.emplace(id, std::move(staging));
    }
}

Result<const StagingRegistry::Staging*> StagingRegistry::find(std::string_view nonce) const
{
    const auto found = m_stagings.find(std::string(nonce));
    if (found == m_stagings.end())
        return Error(ErrorCode::NotFound,
                     "nothing is staged as " + std::string(nonce)
                         + ": it was discarded, or a newer staging of the app took its place");
    return &found->second;
}

bool StagingRegistry::holds(std::string_view appId) const
{
    for (const auto& [nonce, staging] : m_stagings)
        if (staging.record.appId == appId && staging.record.complete)
            return true;
    return false;
}

void StagingRegistry::put(std::string_view nonce, const store::FunctionRecord& function)
{
    const std::string key(nonce);
    if (!m_stagings.contains(key)) {
        store::StagingRecord record;
        record.id = key;
        record.appId = function.appId;
        record.createdAt = m_context.now();
        update(std::move(record));
    }
    m_archive.put(nonce, function);
    m_stagings[key].functions.insert_or_assign(function.id, function);
}

void StagingRegistry::update(store::StagingRecord record)
{
    m_context.strand.keep(m_table.put(record));
    const auto id = record.id;
    m_stagings[id].record = std::move(record);
    m_context.changed = true;
}

void StagingRegistry::remove(const std::string& nonce)
{
    m_context.strand.keep(m_table.remove(nonce));
    m_archive.drop(nonce);
    m_stagings.erase(nonce);
    m_context.changed = true;
}

std::string StagingRegistry::failureOf(const std::string& taskId) const
{
    const auto found = m_failures.find(taskId);
    return found == m_failures.end() ? std::string() : found->second;
}

void StagingRegistry::setSwitching(const std::string& appId, bool switching)
{
    if (switching)
        m_switching.insert(appId);
    else
        m_switching.erase(appId);
}

} // namespace emulator::control
