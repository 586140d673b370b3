// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/RuntimeRegistry.h"

namespace emulator::control {
namespace {

std::string keyOf(std::string_view clientVersion, std::string_view pythonSeries)
{
    return std::string(clientVersion) + "/" + std::string(pythonSeries);
}

} // namespace

void RuntimeRegistry::load()
{
    m_records.clear();
    if (auto runtimes = m_context.strand.keep(m_table.all()))
        for (auto& runtime : *runtimes)
            m_records.emplace(runtime.id, std::move(runtime));
}

void RuntimeRegistry::import(const model::RuntimeImage& runtime)
{
    store::RuntimeRecord record;
    record.id = keyOf(runtime.clientVersion, runtime.pythonSeries);
    record.clientVersion = runtime.clientVersion;
    record.pythonSeries = runtime.pythonSeries;
    record.manifest = runtime.manifest;
    record.createdAt = m_context.now();
    m_context.strand.keep(m_table.put(record));
    const auto id = record.id;
    m_records.insert_or_assign(id, std::move(record));
}

std::string RuntimeRegistry::manifestOf(std::string_view clientVersion,
                                        std::string_view pythonSeries) const
{
    const auto found = m_records.find(keyOf(clientVersion, pythonSeries));
    return found == m_records.end() ? std::string() : found->second.manifest;
}

} // namespace emulator::control
