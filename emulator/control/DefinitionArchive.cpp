// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/DefinitionArchive.h"

namespace emulator::control {

void DefinitionArchive::put(std::string_view owner, const store::FunctionRecord& function)
{
    store::FunctionVersionRecord version;
    static_cast<store::FunctionRecord&>(version) = function;
    version.owner = owner;
    version.key = version.owner + "/" + function.id;
    m_context.strand.keep(m_table.put(version));
}

std::vector<store::FunctionRecord> DefinitionArchive::functionsOf(std::string_view owner)
{
    std::vector<store::FunctionRecord> functions;
    if (auto versions = m_context.strand.keep(m_table.where("owner", owner)))
        for (auto& version : *versions)
            functions.push_back(std::move(static_cast<store::FunctionRecord&>(version)));
    return functions;
}

void DefinitionArchive::drop(std::string_view owner)
{
    m_context.strand.keep(m_table.removeWhere("owner", owner));
}

} // namespace emulator::control
