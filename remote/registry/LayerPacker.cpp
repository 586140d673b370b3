// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/LayerPacker.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"
#include "remote/registry/BackgroundSink.h"
#include "remote/registry/FileLock.h"
#include "remote/registry/LayerTar.h"
#include "remote/registry/Sha256.h"
#include "remote/registry/Zstd.h"

#include <unistd.h>

namespace remote::registry {

using emulator::errnoError;
using emulator::Json;
namespace fs = std::filesystem;

fs::path LayerPacker::noteFile(std::string_view key) const
{
    return m_layout.folder() / "layers" / (std::string(key) + ".json");
}

std::optional<PackedLayer> LayerPacker::find(std::string_view key) const
{
    const auto text = emulator::readFile(noteFile(key));
    if (!text)
        return std::nullopt;
    const auto json = emulator::parseJson(*text);
    if (!json)
        return std::nullopt;
    PackedLayer layer;
    try {
        json->at("diffId").get_to(layer.diffId);
        json->at("digest").get_to(layer.digest);
        json->at("size").get_to(layer.size);
        json->at("tarBytes").get_to(layer.tarBytes);
    } catch (const Json::exception&) {
        return std::nullopt;
    }
    // A blob that was removed, or cut by a disk's fault, is packed again.
    if (!isDigest(layer.diffId) || m_layout.blobSize(layer.digest) != layer.size)
        return std::nullopt;
    return layer;
}

Result<PackedLayer> LayerPacker::pack(const std::string& key, const fs::path& folder,
                                      const Watch& watch, std::stop_token stop) const
{
    if (auto layer = find(key))
        return *std::move(layer);
    TRY_ASSIGN(
        const auto lock,
        FileLock::acquire(m_layout.folder() / ".locks" / (key + ".pack"), stop, watch.onShared));
    if (auto layer = find(key))
        return *std::move(layer);
    TRY_ASSIGN(auto layer, write(folder, watch, std::move(stop)));
    const auto note = noteFile(key);
    std::error_code failed;
    fs::create_directories(note.parent_path(), failed);
    if (failed)
        return errnoError("make folder " + note.parent_path().string(), failed.value());
    TRY(emulator::writeFileAtomically(note,
                                      Json {{"diffId", layer.diffId},
                                            {"digest", layer.digest},
                                            {"size", layer.size},
                                            {"tarBytes", layer.tarBytes}}
                                              .dump()
                                          + "\n"));
    return layer;
}

Result<PackedLayer> LayerPacker::write(const fs::path& folder, const Watch& watch,
                                       std::stop_token stop) const
{
    const auto owners = ::geteuid() == 0 ? Owners::AsTheyAre : Owners::AllRoot;
    TRY_ASSIGN(const auto listing, listLayer(folder, owners, stop));
    TRY_ASSIGN(auto blob, m_layout.incoming());
    Sha256 diffId;
    Compressor compressor([&](std::string_view bytes) { return blob.write(bytes); });
    BackgroundSink background([&](std::string_view bytes) { return compressor.feed(bytes); });
    const auto sink = [&](std::string_view bytes) -> Result<> {
        diffId.update(bytes);
        if (watch.onBytes)
            watch.onBytes(bytes.size());
        return background.feed(bytes);
    };
    TRY(writeLayerTar(listing, sink, std::move(stop)));
    TRY(background.finish());
    TRY(compressor.finish());
    PackedLayer layer;
    layer.diffId = diffId.digest();
    layer.size = blob.size();
    layer.tarBytes = listing.tarBytes;
    TRY_ASSIGN(layer.digest, blob.commit());
    return layer;
}

} // namespace remote::registry
