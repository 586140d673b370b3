// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/MountRegistry.h"

#include "emulator/control/ImageJson.h"

#include <algorithm>

namespace emulator::control {

void MountRegistry::load()
{
    m_records.clear();
    if (auto mounts = m_context.strand.keep(m_table.all()))
        for (auto& mount : *mounts)
            m_records.emplace(mount.id, std::move(mount));
}

const store::MountRecord& MountRegistry::getOrCreate(std::vector<model::MountFile> files,
                                                     std::string_view name)
{
    std::sort(files.begin(), files.end(),
              [](const auto& a, const auto& b) { return a.filename < b.filename; });
    store::MountRecord mount;
    mount.name = name;
    mount.files = toJson(files).dump();
    mount.id = idFromContent("mo", mount.name + '\n' + mount.files);
    mount.createdAt = m_context.now();
    if (const auto known = m_records.find(mount.id); known != m_records.end())
        return known->second;
    m_context.strand.keep(m_table.put(mount));
    const auto id = mount.id;
    return m_records.emplace(id, std::move(mount)).first->second;
}

Result<std::vector<model::MountFile>> MountRegistry::files(std::string_view id) const
{
    TRY_ASSIGN(const auto* mount, find(id));
    TRY_ASSIGN(const auto json, parseJson(mount->files));
    return filesFromJson(json);
}

Result<const store::MountRecord*> MountRegistry::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no mount " + std::string(id));
    return &found->second;
}

} // namespace emulator::control
