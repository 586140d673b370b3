// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/store/Records.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// Secrets: named ones of an environment, and unnamed ones that belong to an app. Their values
/// leave this process only in a task's environment. Belongs to the strand's thread.
class SecretRegistry {
public:
    using Variables = std::map<std::string, std::string>;

    explicit SecretRegistry(Context& context)
        : m_context(context)
        , m_table(context.database)
    {
    }

    void load();

    enum class IfNamed { Fail, Keep, Overwrite };
    /// Makes a named secret. AlreadyExists when it is there and `policy` is Fail.
    [[nodiscard]] Result<const store::SecretRecord*> create(std::string_view name,
                                                            std::string_view environment,
                                                            const Variables& variables,
                                                            IfNamed policy);
    const store::SecretRecord& createOwned(std::string_view appId, const Variables& variables);

    [[nodiscard]] Result<const store::SecretRecord*> find(std::string_view id) const;
    /// NotFound, with how to make it.
    [[nodiscard]] Result<const store::SecretRecord*> findNamed(std::string_view name,
                                                               std::string_view environment) const;
    [[nodiscard]] std::vector<const store::SecretRecord*> named(std::string_view environment) const;

    /// Sets variables; an absent value removes one.
    [[nodiscard]] Result<>
    update(std::string_view id,
           const std::vector<std::pair<std::string, std::optional<std::string>>>& changes);
    [[nodiscard]] Result<> remove(std::string_view id);
    void removeOwned(std::string_view appId);

    /// The variables of several secrets; later ones win.
    [[nodiscard]] Variables variables(const std::vector<std::string>& ids) const;

private:
    const store::SecretRecord& save(store::SecretRecord secret);

    Context& m_context;
    store::Table<store::SecretRecord> m_table;
    std::map<std::string, store::SecretRecord> m_records;
};

} // namespace emulator::control
