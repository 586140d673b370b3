// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/store/Database.h"

#include "emulator/store/Schema.h"

#include <sqlite3.h>
#include <sys/stat.h>

namespace emulator::store {
namespace {

Error storeError(sqlite3* handle, std::string_view attempt)
{
    const int code = handle == nullptr ? SQLITE_NOMEM : sqlite3_errcode(handle);
    const std::string text = handle == nullptr ? "out of memory" : sqlite3_errmsg(handle);
    if (code == SQLITE_FULL)
        return {ErrorCode::Exhausted,
                std::string(attempt) + ": the disk is full; free some space and try again"};
    return {ErrorCode::Io, std::string(attempt) + ": " + text};
}

Error damaged(const std::filesystem::path& path, const std::string& finding)
{
    return {ErrorCode::Io,
            "the database " + path.string() + " is damaged (" + finding
                + "). It has not been touched. Move it aside to start with an empty one, or try "
                  "'sqlite3 "
                + path.string() + " .recover'"};
}

} // namespace

Statement::Statement(Statement&& other) noexcept
    : m_database(other.m_database)
    , m_statement(std::exchange(other.m_statement, nullptr))
    , m_bound(other.m_bound)
{
}

Statement::~Statement()
{
    if (m_statement == nullptr)
        return;
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
}

Statement& Statement::bind(std::string_view text)
{
    sqlite3_bind_text64(m_statement, ++m_bound, text.data() == nullptr ? "" : text.data(),
                        text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
}

Statement& Statement::bind(Blob blob)
{
    sqlite3_bind_blob64(m_statement, ++m_bound,
                        blob.bytes.data() == nullptr ? "" : blob.bytes.data(), blob.bytes.size(),
                        SQLITE_TRANSIENT);
    return *this;
}

Statement& Statement::bind(double number)
{
    sqlite3_bind_double(m_statement, ++m_bound, number);
    return *this;
}

Statement& Statement::bindInteger(std::int64_t number)
{
    sqlite3_bind_int64(m_statement, ++m_bound, number);
    return *this;
}

Result<bool> Statement::step()
{
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return storeError(m_database, "write to the database");
}

Result<> Statement::run()
{
    TRY_ASSIGN([[maybe_unused]] const bool row, step());
    return {};
}

std::string Statement::text(int column) const
{
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
    const auto size = sqlite3_column_bytes(m_statement, column);
    return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

double Statement::real(int column) const
{
    return sqlite3_column_double(m_statement, column);
}

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path)
{
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
        nullptr);
    std::unique_ptr<Database> database(new Database(handle)); // its constructor is private
    if (code != SQLITE_OK)
        return storeError(handle, "open " + path.string());
    sqlite3_busy_timeout(handle, 5000);
    TRY(database->check(path));
    TRY(database->migrate(path));
    ::chmod(path.c_str(), 0600); // it holds secrets
    return database;
}

Result<> Database::check(const std::filesystem::path& path)
{
    for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
                               "PRAGMA foreign_keys=OFF", "PRAGMA temp_store=MEMORY",
                               "PRAGMA cache_size=-32768", "PRAGMA wal_autocheckpoint=2000"}) {
        char* message = nullptr;
        const int code = sqlite3_exec(m_handle, pragma, nullptr, nullptr, &message);
        const std::string text = message == nullptr ? "" : message;
        sqlite3_free(message);
        if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
            return damaged(path, text);
        if (code != SQLITE_OK)
            return storeError(m_handle, "open " + path.string());
    }
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(m_handle, "PRAGMA quick_check(1)", -1, &statement, nullptr);
    std::string verdict;
    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        verdict = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    else
        verdict = sqlite3_errmsg(m_handle);
    sqlite3_finalize(statement);
    if (verdict != "ok")
        return damaged(path, verdict);
    return {};
}

Result<> Database::migrate(const std::filesystem::path& path)
{
    std::int64_t version = 0;
    {
        TRY_ASSIGN(auto query, prepare("PRAGMA user_version"));
        TRY_ASSIGN(const bool row, query.step());
        if (row)
            version = query.integer(0);
    }
    const auto steps = migrations();
    if (version > static_cast<std::int64_t>(steps.size()))
        return Error(ErrorCode::FailedPrecondition,
                     "the database " + path.string() + " was made by a newer Slipway (schema "
                         + std::to_string(version) + ", this one knows "
                         + std::to_string(steps.size())
                         + "); update Slipway or use another "
                           "SLIPWAY_HOME");
    for (auto next = static_cast<std::size_t>(version); next < steps.size(); ++next) {
        TRY(begin());
        auto done = execute(steps[next]);
        if (done)
            done = execute(("PRAGMA user_version=" + std::to_string(next + 1)).c_str());
        if (done)
            done = commit();
        if (!done) {
            rollback();
            return std::move(done).error().within("bring " + path.string() + " to schema "
                                                  + std::to_string(next + 1));
        }
    }
    return {};
}

Database::~Database()
{
    for (const auto& [sql, statement] : m_statements)
        sqlite3_finalize(statement);
    sqlite3_close(m_handle);
}

Result<Statement> Database::prepare(std::string_view sql)
{
    const std::string key(sql);
    auto found = m_statements.find(key);
    if (found == m_statements.end()) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v3(m_handle, key.c_str(), static_cast<int>(key.size()),
                               SQLITE_PREPARE_PERSISTENT, &statement, nullptr)
            != SQLITE_OK)
            return storeError(m_handle, "prepare '" + key + "'");
        found = m_statements.emplace(key, statement).first;
    }
    return Statement(m_handle, found->second);
}

Result<> Database::execute(const char* sql)
{
    if (sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return storeError(m_handle, "write to the database");
    return {};
}

Result<> Database::begin()
{
    return execute("BEGIN IMMEDIATE");
}
Result<> Database::commit()
{
    return execute("COMMIT");
}

void Database::rollback()
{
    // Some errors have rolled back already; then this one says so, and that is fine.
    sqlite3_exec(m_handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Database::changes() const
{
    return sqlite3_changes64(m_handle);
}

} // namespace emulator::store
