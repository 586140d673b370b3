// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/store/Replies.h"

namespace emulator::store {

Result<std::optional<std::string>> Replies::find(const ReplyKey& key)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare(
                   "SELECT reply FROM replies WHERE principal = ? AND method = ? AND key = ?"));
    statement.bind(key.principal).bind(key.method).bind(key.key);
    TRY_ASSIGN(const bool row, statement.step());
    if (!row)
        return std::optional<std::string> {};
    return std::optional<std::string>(statement.text(0));
}

Result<> Replies::put(const ReplyKey& key, std::string_view reply, Micros now)
{
    TRY_ASSIGN(auto statement,
               m_database.prepare("REPLACE INTO replies (principal, method, key, reply, "
                                  "created_at) VALUES (?,?,?,?,?)"));
    return statement.bind(key.principal)
        .bind(key.method)
        .bind(key.key)
        .bind(Blob {reply})
        .bind(now)
        .run();
}

Result<> Replies::dropBefore(Micros time)
{
    TRY_ASSIGN(auto statement, m_database.prepare("DELETE FROM replies WHERE created_at < ?"));
    return statement.bind(time).run();
}

} // namespace emulator::store
