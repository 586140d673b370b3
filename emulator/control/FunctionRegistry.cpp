// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/FunctionRegistry.h"

#include <utility>

namespace emulator::control {

using store::FunctionRecord;

void FunctionRegistry::load()
{
    m_records.clear();
    m_next.clear();
    if (auto functions = m_context.strand.keep(m_live.all()))
        for (auto& function : *functions)
            m_records.emplace(function.id, std::move(function));
    if (auto functions = m_context.strand.keep(m_staged.all()))
        for (auto& function : *functions)
            m_next.emplace(function.id, std::move(function));
}

std::string FunctionRegistry::idOf(std::string_view appId, std::string_view tag)
{
    return idFromContent("fu", std::string(appId) + '\n' + std::string(tag));
}

std::string FunctionRegistry::boundIdOf(std::string_view baseId, std::string_view parameters,
                                        std::string_view options)
{
    return idFromContent("fu",
                         std::string(baseId) + '\n' + std::to_string(parameters.size()) + '\n'
                             + std::string(parameters) + std::string(options));
}

Result<const FunctionRecord*> FunctionRegistry::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no function " + std::string(id));
    return &found->second;
}

std::vector<const FunctionRecord*> FunctionRegistry::ofApp(std::string_view appId) const
{
    std::vector<const FunctionRecord*> functions;
    for (const auto& [id, function] : m_records)
        if (function.appId == appId)
            functions.push_back(&function);
    return functions;
}

void FunctionRegistry::put(FunctionRecord function, Effect effect)
{
    const auto live = m_records.find(function.id);
    if (live != m_records.end()) {
        function.createdAt = live->second.createdAt;
        function.revision = live->second.revision + (effect == Effect::AtPublish ? 1 : 0);
    } else {
        function.createdAt = m_context.now();
        effect = Effect::Now; // nobody can have called it yet
    }
    const auto id = function.id;
    if (effect == Effect::AtPublish) {
        m_context.strand.keep(m_staged.put(function));
        m_next.insert_or_assign(id, std::move(function));
        return;
    }
    m_context.strand.keep(m_live.put(function));
    m_records.insert_or_assign(id, std::move(function));
    m_context.touch(id);
}

std::vector<std::string> FunctionRegistry::publish(std::string_view appId)
{
    std::vector<FunctionRecord> next;
    for (auto each = m_next.begin(); each != m_next.end();) {
        if (each->second.appId != appId) {
            ++each;
            continue;
        }
        m_context.strand.keep(m_staged.remove(each->first));
        next.push_back(std::move(each->second));
        each = m_next.erase(each);
    }
    return makeLive(std::move(next));
}

std::vector<std::string> FunctionRegistry::makeLive(std::vector<FunctionRecord> functions)
{
    std::vector<std::string> changed;
    for (auto& function : functions) {
        const auto live = m_records.find(function.id);
        if (live != m_records.end()) {
            function.createdAt = live->second.createdAt;
            function.revision = live->second.revision + 1;
        } else {
            function.createdAt = m_context.now();
            function.revision = 1;
        }
        m_context.strand.keep(m_live.put(function));
        m_context.touch(function.id);
        changed.push_back(function.id);
        m_records.insert_or_assign(changed.back(), std::move(function));
    }
    // What is bound to a changed function runs the old code until it is bound again.
    for (auto& [id, function] : m_records)
        for (std::size_t i = 0, direct = changed.size(); i < direct; ++i)
            if (function.baseId == changed[i]) {
                const auto& base = m_records.at(changed[i]);
                function.definition = base.definition;
                function.imageId = base.imageId;
                ++function.revision;
                m_context.strand.keep(m_live.put(function));
                m_context.touch(id);
                changed.push_back(id);
                break;
            }
    return changed;
}

void FunctionRegistry::update(const FunctionRecord& function)
{
    m_context.strand.keep(m_live.put(function));
    m_records.insert_or_assign(function.id, function);
    m_context.touch(function.id);
}

} // namespace emulator::control
