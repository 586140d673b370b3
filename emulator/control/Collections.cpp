// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Collections.h"

namespace emulator::control {

using store::Blob;
using store::Statement;

void Collections::load()
{
    m_records.clear();
    auto query = m_context.strand.keep(m_context.database.prepare(
        "SELECT id, kind, name, environment, created_at FROM collections"));
    while (query) {
        const auto row = m_context.strand.keep(query->step());
        if (!row || !*row)
            break;
        Collection collection {query->text(0), static_cast<CollectionKind>(query->integer(1)),
                               query->text(2), query->text(3), query->integer(4)};
        m_beats.try_emplace(collection.id, m_context.now());
        m_records[collection.id] = std::move(collection);
    }
}

const Collection& Collections::create(CollectionKind kind, std::string_view name,
                                      std::string_view environment)
{
    Collection made {m_context.ids.next(kind == CollectionKind::Dict ? "di" : "qu"), kind,
                     std::string(name), std::string(environment), m_context.now()};
    if (auto insert = m_context.strand.keep(m_context.database.prepare(
            "INSERT INTO collections (id, kind, name, environment, created_at) VALUES "
            "(?,?,?,?,?)")))
        m_context.strand.keep(insert->bind(made.id)
                                  .bind(made.kind)
                                  .bind(made.name)
                                  .bind(made.environment)
                                  .bind(made.createdAt)
                                  .run());
    beat(made.id);
    const auto id = made.id;
    return m_records.emplace(id, std::move(made)).first->second;
}

Result<const Collection*> Collections::find(CollectionKind kind, std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end() || found->second.kind != kind)
        return Error(ErrorCode::NotFound,
                     std::string("there is no ")
                         + (kind == CollectionKind::Dict ? "dict " : "queue ") + std::string(id));
    return &found->second;
}

const Collection* Collections::findNamed(CollectionKind kind, std::string_view name,
                                         std::string_view environment) const
{
    for (const auto& [id, each] : m_records)
        if (each.kind == kind && each.name == name && each.environment == environment)
            return &each;
    return nullptr;
}

std::vector<const Collection*> Collections::named(CollectionKind kind,
                                                  std::string_view environment) const
{
    std::vector<const Collection*> found;
    for (const auto& [id, each] : m_records)
        if (each.kind == kind && !each.name.empty() && each.environment == environment)
            found.push_back(&each);
    return found;
}

void Collections::remove(const std::string& id)
{
    clear(id);
    clearQueue(id);
    run("DELETE FROM collections WHERE id = ?", id);
    m_records.erase(id);
    m_beats.erase(id);
}

void Collections::prune(Micros before)
{
    std::vector<std::string> old;
    for (const auto& [id, each] : m_records)
        if (const auto beat = m_beats.find(id);
            each.name.empty() && (beat == m_beats.end() || beat->second < before))
            old.push_back(id);
    for (const auto& id : old)
        remove(id);
    if (auto expire = m_context.strand.keep(
            m_context.database.prepare("DELETE FROM queue_items WHERE expires_at < ?")))
        m_context.strand.keep(expire->bind(m_context.now()).run());
}

std::optional<Bytes> Collections::get(std::string_view dictId, std::string_view key)
{
    auto query = m_context.strand.keep(
        m_context.database.prepare("SELECT value FROM dict_entries WHERE dict_id = ? AND key = ?"));
    if (!query)
        return std::nullopt;
    query->bind(dictId).bind(Blob {key});
    const auto row = m_context.strand.keep(query->step());
    if (!row || !*row)
        return std::nullopt;
    return query->text(0);
}

bool Collections::set(std::string_view dictId, std::string_view key, std::string_view value,
                      Overwrite overwrite)
{
    auto insert = m_context.strand.keep(m_context.database.prepare(
        overwrite == Overwrite::Always
            ? "REPLACE INTO dict_entries (dict_id, key, value) VALUES (?,?,?)"
            : "INSERT OR IGNORE INTO dict_entries (dict_id, key, value) VALUES (?,?,?)"));
    if (!insert)
        return false;
    m_context.strand.keep(insert->bind(dictId).bind(Blob {key}).bind(Blob {value}).run());
    return m_context.database.changes() > 0;
}

std::optional<Bytes> Collections::pop(std::string_view dictId, std::string_view key)
{
    auto value = get(dictId, key);
    if (value)
        if (auto remove = m_context.strand.keep(m_context.database.prepare(
                "DELETE FROM dict_entries WHERE dict_id = ? AND key = ?")))
            m_context.strand.keep(remove->bind(dictId).bind(Blob {key}).run());
    return value;
}

std::vector<std::pair<Bytes, Bytes>> Collections::entries(std::string_view dictId)
{
    std::vector<std::pair<Bytes, Bytes>> entries;
    auto query = m_context.strand.keep(
        m_context.database.prepare("SELECT key, value FROM dict_entries WHERE dict_id = ?"));
    if (query)
        query->bind(dictId);
    while (query) {
        const auto row = m_context.strand.keep(query->step());
        if (!row || !*row)
            break;
        entries.emplace_back(query->text(0), query->text(1));
    }
    return entries;
}

std::int64_t Collections::size(std::string_view dictId)
{
    return count("SELECT COUNT(*) FROM dict_entries WHERE dict_id = ?", dictId, std::nullopt);
}

void Collections::clear(std::string_view dictId)
{
    run("DELETE FROM dict_entries WHERE dict_id = ?", dictId);
}

Result<> Collections::push(const std::string& queueId, std::string_view part,
                           const std::vector<Bytes>& values, Micros expiresAt)
{
    if (length(queueId, part) + static_cast<std::int64_t>(values.size()) > queueLimit)
        return Error(ErrorCode::Exhausted,
                     "the queue's partition is full: it holds at most " + std::to_string(queueLimit)
                         + " values");
    for (const auto& value : values)
        if (auto insert = m_context.strand.keep(m_context.database.prepare(
                "INSERT INTO queue_items (queue_id, part, value, expires_at) VALUES (?,?,?,?)")))
            m_context.strand.keep(
                insert->bind(queueId).bind(Blob {part}).bind(Blob {value}).bind(expiresAt).run());
    m_context.parking.signal("queue " + queueId);
    return {};
}

std::vector<QueueItem> Collections::peek(std::string_view queueId, std::string_view part,
                                         std::int64_t afterPosition, std::uint32_t limit)
{
    std::vector<QueueItem> items;
    auto query = m_context.strand.keep(m_context.database.prepare(
        "SELECT position, value FROM queue_items WHERE queue_id = ? AND part = ? AND position > ? "
        "AND expires_at >= ? ORDER BY position LIMIT ?"));
    if (query)
        query->bind(queueId)
            .bind(Blob {part})
            .bind(afterPosition)
            .bind(m_context.now())
            .bind(limit);
    while (query) {
        const auto row = m_context.strand.keep(query->step());
        if (!row || !*row)
            break;
        items.push_back({query->integer(0), query->text(1)});
    }
    return items;
}

std::vector<Bytes> Collections::take(std::string_view queueId, std::string_view part,
                                     std::uint32_t limit)
{
    std::vector<Bytes> values;
    for (auto& item : peek(queueId, part, 0, limit)) {
        if (auto remove = m_context.strand.keep(
                m_context.database.prepare("DELETE FROM queue_items WHERE position = ?")))
            m_context.strand.keep(remove->bind(item.position).run());
        values.push_back(std::move(item.value));
    }
    return values;
}

std::int64_t Collections::length(std::string_view queueId, std::string_view part)
{
    return count("SELECT COUNT(*) FROM queue_items WHERE queue_id = ? AND part = ?", queueId, part);
}

std::int64_t Collections::totalLength(std::string_view queueId)
{
    return count("SELECT COUNT(*) FROM queue_items WHERE queue_id = ?", queueId, std::nullopt);
}

void Collections::clearPart(std::string_view queueId, std::string_view part)
{
    run("DELETE FROM queue_items WHERE queue_id = ? AND part = ?", queueId, part);
}

void Collections::clearQueue(std::string_view queueId)
{
    run("DELETE FROM queue_items WHERE queue_id = ?", queueId);
}

std::int64_t Collections::count(std::string_view sql, std::string_view id,
                                std::optional<std::string_view> part)
{
    auto query = m_context.strand.keep(m_context.database.prepare(sql));
    if (!query)
        return 0;
    query->bind(id);
    if (part)
        query->bind(Blob {*part});
    const auto row = m_context.strand.keep(query->step());
    return row && *row ? query->integer(0) : 0;
}

void Collections::run(std::string_view sql, std::string_view id,
                      std::optional<std::string_view> part)
{
    if (auto statement = m_context.strand.keep(m_context.database.prepare(sql))) {
        statement->bind(id);
        if (part)
            statement->bind(Blob {*part});
        m_context.strand.keep(statement->run());
    }
}

} // namespace emulator::control
