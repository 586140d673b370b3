// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Builder.h"
#include "emulator/image/LayerStore.h"

#include <sys/stat.h>
#include <unistd.h>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

// Blobs are kept with this mode; a link shares it.
constexpr std::uint32_t blobMode = 0644;

Result<> place(const Store& store, const model::MountFile& file, const fs::path& folder)
{
    const auto target = (folder / fs::path(file.filename).relative_path()).lexically_normal();
    const auto relative = target.lexically_relative(folder);
    if (relative.empty() || *relative.begin() == "..")
        return Error(ErrorCode::Invalid, "mount " + file.filename + ": leads out of the container");
    const auto source = store.blobs() / file.sha256;
    std::error_code failed;
    fs::create_directories(target.parent_path(), failed);
    const auto mode = file.mode & 07777U;
    if (mode == blobMode && ::link(source.c_str(), target.c_str()) == 0)
        return {};
    fs::copy_file(source, target, fs::copy_options::overwrite_existing, failed);
    if (failed)
        return Error(ErrorCode::Io, "place " + file.filename + ": " + failed.message());
    ::chmod(target.c_str(), mode == 0 ? blobMode : mode);
    return {};
}

} // namespace

Result<fs::path> mountLayer(const Store& store, const std::vector<model::MountFile>& files)
{
    std::string key = "mount 1";
    for (const auto& file : files)
        key += "\n" + file.filename + " " + file.sha256 + " " + std::to_string(file.mode);
    return makeLayer(store, layerDigest(key), [&](const fs::path& folder) -> Result<> {
        for (const auto& file : files)
            TRY(place(store, file, folder));
        return {};
    });
}

} // namespace emulator::image
