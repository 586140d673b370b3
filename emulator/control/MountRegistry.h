// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/model/Image.h"
#include "emulator/store/Records.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// Mounts: lists of files by content. The same list has the same id. Belongs to the strand's
/// thread.
class MountRegistry {
public:
    explicit MountRegistry(Context& context)
        : m_context(context)
        , m_table(context.database)
    {
    }

    void load();

    const store::MountRecord& getOrCreate(std::vector<model::MountFile> files,
                                          std::string_view name = {});
    [[nodiscard]] Result<std::vector<model::MountFile>> files(std::string_view id) const;
    [[nodiscard]] Result<const store::MountRecord*> find(std::string_view id) const;

private:
    Context& m_context;
    store::Table<store::MountRecord> m_table;
    std::map<std::string, store::MountRecord> m_records;
};

} // namespace emulator::control
