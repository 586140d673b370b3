// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/LogStore.h"

#include <mutex>

namespace app::models {

std::uint32_t LogStore::sourceIndex(std::string_view source)
{
    if (!m_sources.empty() && m_sources.back() == source)
        return static_cast<std::uint32_t>(m_sources.size() - 1);
    const auto [found, fresh] = m_sourceIndex.try_emplace(
        std::string(source), static_cast<std::uint32_t>(m_sources.size()));
    if (fresh)
        m_sources.emplace_back(source);
    return found->second;
}

void LogStore::append(const std::vector<LogInput>& lines)
{
    const std::unique_lock lock(m_mutex);
    for (const auto& line : lines) {
        if (m_chunks.empty() || m_chunks.back()->entries.size() == chunkLines) {
            m_chunks.push_back(std::make_unique<Chunk>());
            m_chunks.back()->entries.reserve(chunkLines);
        }
        auto& chunk = *m_chunks.back();
        chunk.entries.push_back({line.time, static_cast<std::uint32_t>(chunk.text.size()),
                                 static_cast<std::uint32_t>(line.text.size()),
                                 sourceIndex(line.source), line.descriptor});
        chunk.text += line.text;
        ++m_end;
    }
    while (m_end - m_first > m_cap && m_chunks.size() > 1) {
        m_chunks.pop_front();
        m_base += chunkLines;
        m_first = m_base;
    }
}

void LogStore::clear()
{
    const std::unique_lock lock(m_mutex);
    m_chunks.clear();
    m_base = m_first = m_end;
}

std::uint64_t LogStore::firstLine() const
{
    const std::shared_lock lock(m_mutex);
    return m_first;
}

std::uint64_t LogStore::endLine() const
{
    const std::shared_lock lock(m_mutex);
    return m_end;
}

const LogStore::Chunk* LogStore::chunkOf(std::uint64_t number) const
{
    if (number < m_first || number >= m_end)
        return nullptr;
    return m_chunks[(number - m_base) / chunkLines].get();
}

LogRecord LogStore::line(std::uint64_t number) const
{
    const std::shared_lock lock(m_mutex);
    const auto* chunk = chunkOf(number);
    if (chunk == nullptr)
        return {};
    const auto& entry = chunk->entries[(number - m_base) % chunkLines];
    return {entry.time, m_sources[entry.source], entry.descriptor,
            chunk->text.substr(entry.offset, entry.length)};
}

std::uint64_t
LogStore::visitChunk(std::uint64_t from,
                     const std::function<void(std::uint64_t, const LogInput&)>& visit) const
{
    const std::shared_lock lock(m_mutex);
    from = std::max(from, m_first);
    const auto* chunk = chunkOf(from);
    if (chunk == nullptr)
        return from;
    const std::string_view text = chunk->text;
    for (auto i = (from - m_base) % chunkLines; i < chunk->entries.size(); ++i, ++from) {
        const auto& entry = chunk->entries[i];
        visit(from,
              {entry.time, m_sources[entry.source], entry.descriptor,
               text.substr(entry.offset, entry.length)});
    }
    return from;
}

std::size_t LogStore::memory() const
{
    const std::shared_lock lock(m_mutex);
    std::size_t octets = 0;
    for (const auto& chunk : m_chunks)
        octets += chunk->text.capacity() + chunk->entries.capacity() * sizeof(Entry);
    return octets;
}

} // namespace app::models
