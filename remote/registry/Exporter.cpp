// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Exporter.h"

#include "emulator/image/LayerStore.h"
#include "remote/registry/LayerPacker.h"
#include "remote/registry/LayerTar.h"
#include "remote/registry/Layout.h"
#include "remote/registry/Manifest.h"

#include <unistd.h>

#include <set>

namespace remote::registry {

namespace fs = std::filesystem;
using emulator::image::LayerStore;

struct Exporter::ImageFacts {
    std::string name;
    std::string pythonVersion;
    emulator::model::ImageConfig config;
};

namespace {

/// Counts what is packed, for OnProgress.
class PackProgress {
public:
    explicit PackProgress(const OnProgress& onProgress)
        : m_onProgress(onProgress)
    {
    }

    void expect(std::uint64_t bytes) { m_progress.total += bytes; }

    void add(std::uint64_t bytes)
    {
        m_progress.done += bytes;
        if (m_onProgress)
            m_onProgress(m_progress);
    }

    /// Somebody else did it.
    void settle(std::uint64_t done) { add(done - m_progress.done); }
    [[nodiscard]] std::uint64_t done() const { return m_progress.done; }

private:
    const OnProgress& m_onProgress;
    Progress m_progress;
};

Descriptor descriptorOf(const std::string& key, const PackedLayer& layer)
{
    return {std::string(mediatype::layerZstd),
            layer.digest,
            layer.size,
            {{std::string(annotation::layerKey), key},
             {std::string(annotation::layerBytes), std::to_string(layer.tarBytes)}}};
}

std::uint64_t totalOf(const ExportedImage& image)
{
    std::uint64_t total = image.manifest.size + image.config.size;
    std::set<std::string> counted;
    for (const auto& layer : image.layers)
        if (counted.insert(layer.digest).second)
            total += layer.size;
    return total;
}

} // namespace

Result<std::unique_ptr<Exporter>> Exporter::create(emulator::image::Store store)
{
    auto exporter = std::unique_ptr<Exporter>(new Exporter(std::move(store)));
    TRY(Layout::open(exporter->layoutFolder()));
    return exporter;
}

fs::path Exporter::layoutFolder() const
{
    return m_store.home / "oci";
}

fs::path Exporter::uploadsFolder() const
{
    return layoutFolder() / "uploads";
}

Result<ExportedImage> Exporter::exportImage(const emulator::model::Image& image,
                                            const OnProgress& onProgress, std::stop_token stop)
{
    const LayerStore layers(m_store);
    std::vector<LayerSource> sources;
    for (const auto& key : image.layers) {
        if (!isLayerKey(key))
            return Error(ErrorCode::Invalid, "\"" + key + "\" names no layer");
        if (!layers.has(key))
            return Error(ErrorCode::NotFound,
                         "the layer " + key + " of " + image.id
                             + " is not on this machine; build the image again");
        sources.push_back({key, layers.folder(key)});
    }
    auto exported = exportLayers({image.id, image.pythonVersion, image.config}, sources, onProgress,
                                 std::move(stop));
    if (!exported)
        return Error(std::move(exported).error()).within("export " + image.id);
    return exported;
}

Result<ExportedImage> Exporter::exportFolder(std::string_view key, const fs::path& folder,
                                             const OnProgress& onProgress, std::stop_token stop)
{
    const std::string name(key);
    if (!isLayerKey(key) || !isTag(key))
        return Error(ErrorCode::Invalid, "\"" + name + "\" cannot name an image");
    auto exported = exportLayers({name, {}, {}}, {{name, folder}}, onProgress, std::move(stop));
    if (!exported)
        return Error(std::move(exported).error()).within("export " + name);
    return exported;
}

Result<ExportedImage> Exporter::exportLayers(const ImageFacts& facts,
                                             const std::vector<LayerSource>& layers,
                                             const OnProgress& onProgress, std::stop_token stop)
{
    TRY_ASSIGN(const auto layout, Layout::open(layoutFolder()));
    const LayerPacker packer(layout);
    const auto owners = ::geteuid() == 0 ? Owners::AsTheyAre : Owners::AllRoot;
    PackProgress progress(onProgress);
    std::map<std::string, std::uint64_t> expected;
    for (const auto& layer : layers) {
        if (packer.find(layer.key) || expected.contains(layer.key))
            continue;
        TRY_ASSIGN(const auto listing, listLayer(layer.folder, owners, stop));
        progress.expect(expected[layer.key] = listing.tarBytes);
    }

    ExportedImage image;
    image.name = facts.name;
    Manifest manifest;
    std::vector<std::string> diffIds;
    for (const auto& layer : layers) {
        const auto doneAfter = progress.done() + std::exchange(expected[layer.key], 0);
        TRY_ASSIGN(const auto packed,
                   packer.pack(layer.key, layer.folder,
                               {[&](std::uint64_t bytes) { progress.add(bytes); }, {}}, stop));
        progress.settle(doneAfter);
        diffIds.push_back(packed.diffId);
        manifest.layers.push_back(descriptorOf(layer.key, packed));
    }
    TRY_ASSIGN(const auto config, composeConfig(facts.config, diffIds));
    manifest.config = {std::string(mediatype::config), {}, config.size(), {}};
    TRY_ASSIGN(manifest.config.digest, layout.put(config));
    manifest.annotations[std::string(annotation::image)] = facts.name;
    if (!facts.pythonVersion.empty())
        manifest.annotations[std::string(annotation::python)] = facts.pythonVersion;
    TRY_ASSIGN(image.manifestBytes, composeManifest(manifest));
    image.manifest = {std::string(mediatype::manifest), {}, image.manifestBytes.size(), {}};
    TRY_ASSIGN(image.manifest.digest, layout.put(image.manifestBytes));
    TRY(layout.addManifest(image.manifest, facts.name, std::move(stop)));
    image.config = std::move(manifest.config);
    image.layers = std::move(manifest.layers);
    image.totalBytes = totalOf(image);
    return image;
}

} // namespace remote::registry
