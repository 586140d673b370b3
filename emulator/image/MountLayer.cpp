// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/MountLayer.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/image/BlobStore.h"
#include "emulator/image/BuildContext.h"
#include "emulator/image/LayerStore.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace emulator::image {
namespace {

constexpr std::uint32_t modeBits = 07777;

/// A link shares its mode with the blob and with everybody else who links to it, so only a file
/// that wants the blob's own mode may be one.
Result<> place(const std::filesystem::path& blob, const std::filesystem::path& target,
               std::uint32_t mode)
{
    struct stat status {};
    if (::lstat(blob.c_str(), &status) != 0)
        return Error(ErrorCode::NotFound,
                     "the content of " + target.filename().string()
                         + " is not in the blob store; send the file again");
    const auto wanted = mode == 0 ? 0644U : mode & modeBits;
    std::error_code error;
    std::filesystem::remove(target, error);
    if ((status.st_mode & modeBits) == wanted && ::link(blob.c_str(), target.c_str()) == 0)
        return {};
    std::filesystem::copy_file(blob, target, error);
    if (error)
        return errnoError("copy to " + target.string(), error.value());
    if (::chmod(target.c_str(), wanted) != 0)
        return errnoError("chmod " + target.string(), errno);
    return {};
}

} // namespace

Result<> layOutFiles(const Store& store, const std::vector<model::MountFile>& files,
                     const std::filesystem::path& folder)
{
    const BlobStore blobs(store);
    std::filesystem::path lastParent;
    for (const auto& file : files) {
        TRY_ASSIGN(const auto name, relativeName(file.filename));
        if (name.empty() || !isSha256(file.sha256))
            return Error(ErrorCode::Invalid,
                         "\"" + file.filename + "\" is not a file of a mount (name or digest)");
        const auto target = folder / name;
        if (target.parent_path() != lastParent) {
            lastParent = target.parent_path();
            std::error_code error;
            std::filesystem::create_directories(lastParent, error);
            if (error)
                return errnoError("make folder " + lastParent.string(), error.value());
        }
        TRY(place(blobs.path(file.sha256), target, file.mode));
    }
    return {};
}

Result<std::filesystem::path> mountLayer(const Store& store,
                                         const std::vector<model::MountFile>& files)
{
    std::string content = "mount";
    for (const auto& file : files)
        content += '\0' + file.filename + '\0' + file.sha256 + '\0' + std::to_string(file.mode);
    const auto digest = sha256Hex(content);
    const LayerStore layers(store);
    if (layers.has(digest))
        return layers.folder(digest);
    TRY_ASSIGN(const auto scratch, layers.scratch());
    TRY(layOutFiles(store, files, scratch.writes()));
    TRY(layers.commit(scratch, digest));
    return layers.folder(digest);
}

} // namespace emulator::image
