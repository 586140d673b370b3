// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/control/DefinitionArchive.h"
#include "emulator/store/Records.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// What clients have published under a nonce: layouts and definitions that nobody can call yet.
/// Belongs to the strand's thread.
class StagingRegistry {
public:
    StagingRegistry(Context& context, DefinitionArchive& archive)
        : m_context(context)
        , m_archive(archive)
        , m_table(context.database)
    {
    }

    void load();

    struct Staging {
        store::StagingRecord record;
        std::map<std::string, store::FunctionRecord> functions; ///< by id
    };
    /// NotFound in words for the user.
    [[nodiscard]] Result<const Staging*> find(std::string_view nonce) const;
    [[nodiscard]] const std::map<std::string, Staging>& all() const { return m_stagings; }
    /// Whether an app has one that its client has finished.
    [[nodiscard]] bool holds(std::string_view appId) const;

    /// A definition of a staging, which is made when it is new.
    void put(std::string_view nonce, const store::FunctionRecord& function);
    /// Stores the staging's own part.
    void update(store::StagingRecord record);
    void remove(const std::string& nonce);

    // ---- of this process only ----

    /// Why the container of a probe failed, in its own words.
    void noteFailure(const std::string& taskId, std::string text)
    {
        m_failures[taskId] = std::move(text);
        m_context.changed = true;
    }
    [[nodiscard]] std::string failureOf(const std::string& taskId) const;

    /// No container of an app starts while its old ones are being stopped for a new version.
    void setSwitching(const std::string& appId, bool switching);
    [[nodiscard]] bool switching(const std::string& appId) const
    {
        return m_switching.contains(appId);
    }

private:
    Context& m_context;
    DefinitionArchive& m_archive;
    store::Table<store::StagingRecord> m_table;
    std::map<std::string, Staging> m_stagings;
    std::map<std::string, std::string> m_failures; ///< by task
    std::set<std::string> m_switching; ///< apps
};

} // namespace emulator::control
