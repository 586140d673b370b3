// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/worker/NodeCache.h"

#include "emulator/base/Files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace emulator::worker {
namespace {

namespace fs = std::filesystem;

/// A folder that is ours and nobody else's to write to.
Result<> claim(const fs::path& folder)
{
    std::error_code failed;
    fs::create_directories(folder.parent_path(), failed);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        return errnoError("make folder " + folder.string(), errno);
    struct stat status {};
    if (::lstat(folder.c_str(), &status) != 0)
        return errnoError("look at " + folder.string(), errno);
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid())
        return Error(ErrorCode::Denied,
                     folder.string()
                         + " belongs to somebody else; set node_cache in cluster.json to a folder "
                           "of your own on the nodes");
    if ((status.st_mode & 077) != 0 && ::chmod(folder.c_str(), 0700) != 0)
        return errnoError("protect " + folder.string(), errno);
    return {};
}

void sweep(const fs::path& runs)
{
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(runs, ignored))
        if (entry.is_directory() && local::HomeLock::holder(entry.path() / "lock") == 0)
            fs::remove_all(entry.path(), ignored);
}

} // namespace

Result<NodeCache> NodeCache::open(const fs::path& folder, const std::string& replicaId)
{
    TRY(claim(folder));
    std::error_code failed;
    for (const char* name : {"run", "layers", "blobs/sha256", "logs"})
        fs::create_directories(folder / name, failed);
    if (failed)
        return errnoError("make folders in " + folder.string(), failed.value());
    const auto runFolder = folder / "run" / replicaId;
    fs::create_directories(runFolder, failed);
    if (failed)
        return errnoError("make folder " + runFolder.string(), failed.value());
    TRY_ASSIGN(auto lock, local::HomeLock::take(runFolder / "lock"));
    sweep(folder / "run");
    return NodeCache(folder, runFolder, std::move(lock));
}

NodeCache::~NodeCache()
{
    if (m_runFolder.empty())
        return; // moved from
    std::error_code ignored;
    fs::remove_all(m_runFolder, ignored);
}

} // namespace emulator::worker
