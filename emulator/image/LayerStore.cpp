// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/LayerStore.h"

#include "emulator/base/Log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace emulator::image {
namespace {

/// Everything of the layer is on the disk before its name is: after a power cut a layer that is
/// found is whole.
Result<> flush(const std::filesystem::path& folder)
{
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::syncfs(fd.get()) != 0)
        return errnoError("flush " + folder.string(), errno);
    return {};
}

} // namespace

bool LayerStore::has(std::string_view digest) const
{
    std::error_code error;
    return !digest.empty() && std::filesystem::is_directory(folder(digest), error);
}

std::filesystem::path LayerStore::folder(std::string_view digest) const
{
    return m_layers / digest;
}

bool LayerStore::isEmpty(std::string_view digest) const
{
    std::error_code error;
    return std::filesystem::is_empty(folder(digest), error);
}

Result<Scratch> LayerStore::scratch() const
{
    std::error_code error;
    std::filesystem::create_directories(scratchRoot(), error);
    if (error)
        return errnoError("make folder " + scratchRoot().string(), error.value());
    TRY_ASSIGN(auto folder, TempDir::create(scratchRoot()));
    UniqueFd lock(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0)
        return errnoError("lock " + folder.path().string(), errno);
    Scratch result(std::move(folder), std::move(lock));
    std::filesystem::create_directory(result.writes(), error);
    if (error || ::chmod(result.writes().c_str(), 0755) != 0)
        return errnoError("make folder " + result.writes().string(), errno);
    return result;
}

Result<> LayerStore::commit(const Scratch& scratch, std::string_view digest) const
{
    TRY(flush(scratch.writes()));
    const auto target = folder(digest);
    if (::rename(scratch.writes().c_str(), target.c_str()) == 0)
        return {};
    if (errno == EEXIST || errno == ENOTEMPTY)
        return {};
    return errnoError("commit layer " + target.string(), errno);
}

void LayerStore::sweep() const
{
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(scratchRoot(), error)) {
        const UniqueFd fd(::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
            continue;
        std::error_code removeError;
        std::filesystem::remove_all(entry.path(), removeError);
        if (removeError)
            log::warning("image",
                         "cannot remove the unfinished layer " + entry.path().string() + ": "
                             + removeError.message());
    }
}

std::filesystem::path layerFolder(const Store& store, std::string_view digest)
{
    return LayerStore(store).folder(digest);
}

} // namespace emulator::image
