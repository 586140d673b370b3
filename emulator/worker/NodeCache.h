// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/local/HomeLock.h"

#include <filesystem>
#include <string>

namespace emulator::worker {

/// A node's own folder of one user: layers and contents that its replicas share, and one folder for
/// each replica that runs. What a killed replica left behind goes when the next one comes.
class NodeCache {
public:
    /// Denied when the folder belongs to somebody else: nodes' temporary folders are everyone's.
    [[nodiscard]] static Result<NodeCache> open(const std::filesystem::path& folder,
                                                const std::string& replicaId);
    ~NodeCache();

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
    /// Of this replica alone; removed with all in it.
    [[nodiscard]] const std::filesystem::path& runFolder() const { return m_runFolder; }

    NodeCache(NodeCache&&) = default;
    NodeCache& operator=(NodeCache&&) = delete;
    NodeCache(const NodeCache&) = delete;
    NodeCache& operator=(const NodeCache&) = delete;

private:
    NodeCache(std::filesystem::path folder, std::filesystem::path runFolder, local::HomeLock lock)
        : m_folder(std::move(folder))
        , m_runFolder(std::move(runFolder))
        , m_lock(std::move(lock))
    {
    }

    std::filesystem::path m_folder;
    std::filesystem::path m_runFolder;
    local::HomeLock m_lock;
};

} // namespace emulator::worker
