// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace emulator::store {

/// Octets to bind as a BLOB, so that they come back as they were.
struct Blob {
    std::string_view bytes;
};

/// One prepared statement on its way through its rows; goes back to the database's cache when it
/// dies. One thread.
class Statement {
public:
    Statement(sqlite3* database, sqlite3_stmt* statement)
        : m_database(database)
        , m_statement(statement)
    {
    }
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    /// Binds the next parameter.
    Statement& bind(std::string_view text);
    Statement& bind(const std::string& text) { return bind(std::string_view(text)); }
    Statement& bind(const char* text) { return bind(std::string_view(text)); }
    Statement& bind(Blob blob);
    Statement& bind(double number);
    template<typename T>
        requires(std::is_integral_v<T> || std::is_enum_v<T>)
    Statement& bind(T number)
    {
        return bindInteger(static_cast<std::int64_t>(number));
    }

    /// Whether there is a row to read. A full disk is Exhausted, everything else Io.
    [[nodiscard]] Result<bool> step();
    /// Steps once, where no row is expected.
    [[nodiscard]] Result<> run();

    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] double real(int column) const;

private:
    Statement& bindInteger(std::int64_t number);

    sqlite3* m_database;
    sqlite3_stmt* m_statement;
    int m_bound = 0;
};

/// One SQLite file in WAL mode with synchronous=NORMAL: what was committed survives the death of
/// the process; the last moments may be lost with the power. One thread.
class Database {
public:
    /// Opens or makes the file, checks it and brings it to the newest schema. Io when it is
    /// damaged, FailedPrecondition when a newer Slipway made it: the file is never overwritten.
    [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);

    virtual ~Database();

    /// A statement whose text must be a literal or otherwise bounded in number: it is cached.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// Statements without parameters or rows.
    [[nodiscard]] Result<> execute(const char* sql);

    [[nodiscard]] Result<> begin();
    [[nodiscard]] Result<> commit();
    void rollback();

    /// Rows changed by the last statement.
    [[nodiscard]] std::int64_t changes() const;

    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

private:
    explicit Database(sqlite3* handle)
        : m_handle(handle)
    {
    }

    [[nodiscard]] Result<> check(const std::filesystem::path& path);
    [[nodiscard]] Result<> migrate(const std::filesystem::path& path);

    sqlite3* m_handle;
    std::unordered_map<std::string, sqlite3_stmt*> m_statements;
};

} // namespace emulator::store
