// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/store/Database.h"

#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace emulator::store {

/// A field of a record and the column that keeps it.
template<typename Record, typename Member>
struct Column {
    const char* name;
    Member Record::* member;
    bool blob = false;
};

template<typename Record, typename Member>
constexpr Column<Record, Member> column(const char* name, Member Record::* member)
{
    return {name, member, false};
}
template<typename Record>
constexpr Column<Record, std::string> blobColumn(const char* name, std::string Record::* member)
{
    return {name, member, true};
}

/// Says which table keeps a record: specialised in Records.h with `table` and `columns()`, the
/// key first.
template<typename Record>
struct Mapping;

/// Typed access to one table: records go in and come out whole. One thread.
template<typename Record>
class Table {
public:
    explicit Table(Database& database, std::string name = Mapping<Record>::table)
        : m_database(database)
    {
        std::string names;
        std::string marks;
        forEachColumn([&](const auto& each) {
            names += names.empty() ? "" : ", ";
            names += each.name;
            marks += marks.empty() ? "?" : ", ?";
        });
        const std::string key = std::get<0>(Mapping<Record>::columns()).name;
        m_put = "REPLACE INTO " + name + " (" + names + ") VALUES (" + marks + ")";
        m_remove = "DELETE FROM " + name + " WHERE " + key + " = ?";
        m_all = "SELECT " + names + " FROM " + name;
        m_name = std::move(name);
    }

    /// Inserts the record or replaces the one with its key.
    [[nodiscard]] Result<> put(const Record& record)
    {
        TRY_ASSIGN(auto statement, m_database.prepare(m_put));
        forEachColumn([&](const auto& each) {
            const auto& value = record.*(each.member);
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
                if (each.blob)
                    statement.bind(Blob {value});
                else
                    statement.bind(value);
            } else {
                statement.bind(value);
            }
        });
        return statement.run();
    }

    [[nodiscard]] Result<> remove(std::string_view key)
    {
        TRY_ASSIGN(auto statement, m_database.prepare(m_remove));
        return statement.bind(key).run();
    }

    /// Every record, in the order of the key.
    [[nodiscard]] Result<std::vector<Record>> all()
    {
        TRY_ASSIGN(auto statement, m_database.prepare(m_all));
        return records(std::move(statement));
    }

    /// The records with this value in a column that has an index.
    [[nodiscard]] Result<std::vector<Record>> where(std::string_view column, std::string_view value)
    {
        TRY_ASSIGN(auto statement,
                   m_database.prepare(m_all + " WHERE " + std::string(column) + " = ?"));
        statement.bind(value);
        return records(std::move(statement));
    }
    [[nodiscard]] Result<> removeWhere(std::string_view column, std::string_view value)
    {
        TRY_ASSIGN(
            auto statement,
            m_database.prepare("DELETE FROM " + m_name + " WHERE " + std::string(column) + " = ?"));
        return statement.bind(value).run();
    }

private:
    static Result<std::vector<Record>> records(Statement statement)
    {
        std::vector<Record> records;
        while (true) {
            TRY_ASSIGN(const bool row, statement.step());
            if (!row)
                return records;
            records.push_back(read(statement));
        }
    }

    template<typename Action>
    static void forEachColumn(Action action)
    {
        std::apply([&](const auto&... each) { (action(each), ...); }, Mapping<Record>::columns());
    }

    static Record read(const Statement& statement)
    {
        Record record;
        int index = 0;
        forEachColumn([&](const auto& each) {
            auto& value = record.*(each.member);
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, std::string>)
                value = statement.text(index);
            else if constexpr (std::is_floating_point_v<Value>)
                value = statement.real(index);
            else
                value = static_cast<Value>(statement.integer(index));
            ++index;
        });
        return record;
    }

    Database& m_database;
    std::string m_name;
    std::string m_put;
    std::string m_remove;
    std::string m_all;
};

} // namespace emulator::store
