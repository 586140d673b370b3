// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/store/Database.h"

#include <optional>
#include <string>

namespace emulator::store {

/// Who asked what under which idempotency key.
struct ReplyKey {
    std::string principal;
    std::string method;
    std::string key;

    [[nodiscard]] std::string joined() const { return principal + '\n' + method + '\n' + key; }
};

/// The replies that requests with effects got, so that a repetition gets the same again and has
/// none. One thread.
class Replies {
public:
    explicit Replies(Database& database)
        : m_database(database)
    {
    }

    [[nodiscard]] Result<std::optional<std::string>> find(const ReplyKey& key);
    [[nodiscard]] Result<> put(const ReplyKey& key, std::string_view reply, Micros now);
    [[nodiscard]] Result<> dropBefore(Micros time);

private:
    Database& m_database;
};

} // namespace emulator::store
