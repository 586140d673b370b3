// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/store/Records.h"

#include <string_view>
#include <vector>

namespace emulator::control {

/// Definitions of functions as they stood in a deployment or stand in a staging, whose id owns
/// them. They are read when they are asked for: code that was serialized is megabytes. Belongs to
/// the strand's thread.
class DefinitionArchive {
public:
    explicit DefinitionArchive(Context& context)
        : m_context(context)
        , m_table(context.database)
    {
    }

    void put(std::string_view owner, const store::FunctionRecord& function);
    [[nodiscard]] std::vector<store::FunctionRecord> functionsOf(std::string_view owner);
    void drop(std::string_view owner);

private:
    Context& m_context;
    store::Table<store::FunctionVersionRecord> m_table;
};

} // namespace emulator::control
