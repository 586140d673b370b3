// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/store/Records.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// Functions by id. An id is stable for (app, tag), and for (base, parameters, options) of a bound
/// one, so that a repetition finds the same. A function of an app that has been published before
/// changes only with the next publish. Belongs to the strand's thread.
class FunctionRegistry {
public:
    explicit FunctionRegistry(Context& context)
        : m_context(context)
        , m_live(context.database)
        , m_staged(context.database, "staged_functions")
    {
    }

    void load();

    [[nodiscard]] static std::string idOf(std::string_view appId, std::string_view tag);
    [[nodiscard]] static std::string boundIdOf(std::string_view baseId, std::string_view parameters,
                                               std::string_view options);

    [[nodiscard]] Result<const store::FunctionRecord*> find(std::string_view id) const;
    [[nodiscard]] std::vector<const store::FunctionRecord*> ofApp(std::string_view appId) const;
    [[nodiscard]] const std::map<std::string, store::FunctionRecord>& all() const
    {
        return m_records;
    }

    /// Makes a definition live at once, or at the next publish() of its app when `staged`.
    enum class Effect { Now, AtPublish };
    void put(store::FunctionRecord function, Effect effect);

    /// Makes what was staged for the app live; gives the ids that changed, bound ones included.
    std::vector<std::string> publish(std::string_view appId);
    /// Makes these definitions live, whatever was staged for them; as publish().
    std::vector<std::string> makeLive(std::vector<store::FunctionRecord> functions);

    /// Changes limits that a client may change on a live function.
    void update(const store::FunctionRecord& function);

private:
    Context& m_context;
    store::Table<store::FunctionRecord> m_live;
    store::Table<store::FunctionRecord> m_staged;
    std::map<std::string, store::FunctionRecord> m_records;
    std::map<std::string, store::FunctionRecord> m_next;
};

} // namespace emulator::control
