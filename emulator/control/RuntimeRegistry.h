// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/model/Studio.h"
#include "emulator/store/Records.h"

#include <map>
#include <string>
#include <string_view>

namespace emulator::control {

/// The stock client's package as images, for workers that can reach no package index. Belongs to
/// the strand's thread.
class RuntimeRegistry {
public:
    explicit RuntimeRegistry(Context& context)
        : m_context(context)
        , m_table(context.database)
    {
    }

    void load();
    void import(const model::RuntimeImage& runtime);

    /// The manifest for a client version ("1.6.4") and a Python series ("3.11"); empty when there
    /// is none.
    [[nodiscard]] std::string manifestOf(std::string_view clientVersion,
                                         std::string_view pythonSeries) const;

private:
    Context& m_context;
    store::Table<store::RuntimeRecord> m_table;
    std::map<std::string, store::RuntimeRecord> m_records;
};

} // namespace emulator::control
