// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Puller.h"

#include "emulator/image/LayerStore.h"
#include "remote/registry/FileLock.h"
#include "remote/registry/LayerPipe.h"
#include "remote/registry/Manifest.h"
#include "remote/registry/Pause.h"

#include <map>

namespace remote::registry {

using emulator::image::LayerStore;
using emulator::image::Store;
using emulator::model::Image;
using OnLine = std::function<void(std::string_view)>;

namespace {

constexpr std::chrono::milliseconds pauseBeforeResuming {200};
constexpr std::uint64_t mebibyte = std::uint64_t {1} << 20U;
/// A line of progress for each so many bytes, or tenth of the blob if that is more.
constexpr std::uint64_t bytesPerLine = 32 * mebibyte;

/// A layer of the manifest.
struct RemoteLayer {
    Descriptor blob;
    std::string diffId;
};

std::string mebibytes(std::uint64_t bytes)
{
    return std::to_string((bytes + mebibyte / 2) / mebibyte);
}

/// Says how far one layer is, not too often.
class PullLines {
public:
    PullLines(const OnLine& onLine, std::string prefix, std::uint64_t total)
        : m_onLine(onLine)
        , m_prefix(std::move(prefix))
        , m_total(total)
        , m_step(std::max(bytesPerLine, total / 10))
    {
        say(0);
    }

    void at(std::uint64_t done)
    {
        if (done >= m_next)
            say(done);
    }

private:
    void say(std::uint64_t done)
    {
        m_next = done + m_step;
        if (m_onLine)
            m_onLine(m_prefix + ", " + mebibytes(done) + " of " + mebibytes(m_total) + " MiB");
    }

    const OnLine& m_onLine;
    const std::string m_prefix;
    const std::uint64_t m_total;
    const std::uint64_t m_step;
    std::uint64_t m_next = 0;
};

class Puller final : public emulator::image::ImageSource {
public:
    Puller(Registry& registry, PullOptions options)
        : m_registry(registry)
        , m_options(options)
    {
    }

    Result<> fetch(const Image& image, const Store& store, const OnLine& onLine,
                   std::stop_token stop) override
    {
        auto fetched = fetchLayers(image, store, onLine, std::move(stop));
        if (!fetched)
            return Error(std::move(fetched).error()).within("pull " + image.id);
        return fetched;
    }

private:
    Result<> fetchLayers(const Image& image, const Store& store, const OnLine& onLine,
                         std::stop_token stop);
    Result<std::map<std::string, RemoteLayer>> layersOf(const Image& image, std::stop_token stop);
    Result<std::string> smallBlob(const Descriptor& blob, std::stop_token stop);
    Result<> pullLayer(const RemoteLayer& layer, const std::filesystem::path& folder,
                       PullLines& lines, std::stop_token stop);

    Registry& m_registry;
    const PullOptions m_options;
};

Result<> Puller::fetchLayers(const Image& image, const Store& store, const OnLine& onLine,
                             std::stop_token stop)
{
    const LayerStore layers(store);
    std::map<std::string, RemoteLayer> remote;
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
        const auto& key = image.layers[i];
        if (!isLayerKey(key))
            return Error(ErrorCode::Invalid, "\"" + key.substr(0, 80) + "\" names no layer");
        if (layers.has(key))
            continue;
        if (remote.empty()) {
            TRY_ASSIGN(remote, layersOf(image, stop));
        }
        const auto layer = remote.find(key);
        if (layer == remote.end())
            return Error(ErrorCode::FailedPrecondition,
                         "the manifest " + image.manifest + " does not have the layer " + key
                             + "; deploy the app again");
        const auto place
            = "layer " + std::to_string(i + 1) + " of " + std::to_string(image.layers.size());
        TRY_ASSIGN(const auto lock,
                   FileLock::acquire(store.home / "oci" / ".locks" / (key + ".pull"), stop, [&] {
                       if (onLine)
                           onLine("waiting for another process that pulls " + place);
                   }));
        if (layers.has(key))
            continue;
        TRY_ASSIGN(const auto scratch, layers.scratch());
        PullLines lines(onLine, "pulling " + place, layer->second.blob.size);
        auto pulled = pullLayer(layer->second, scratch.writes(), lines, stop);
        if (!pulled)
            return Error(std::move(pulled).error())
                .within(place + ", blob " + layer->second.blob.digest + " of " + m_registry.name());
        TRY(layers.commit(scratch, key));
    }
    return {};
}

Result<std::map<std::string, RemoteLayer>> Puller::layersOf(const Image& image,
                                                            std::stop_token stop)
{
    if (image.manifest.empty())
        return Error(ErrorCode::FailedPrecondition,
                     "the image was never pushed, and its layers are not on this machine; deploy "
                     "the app again");
    TRY_ASSIGN(const auto bytes, m_registry.getManifest(image.manifest, stop));
    TRY_ASSIGN(const auto manifest, parseManifest(bytes));
    TRY_ASSIGN(const auto config, smallBlob(manifest.config, std::move(stop)));
    TRY_ASSIGN(const auto diffIds, parseDiffIds(config));
    if (diffIds.size() != manifest.layers.size())
        return Error(ErrorCode::FailedPrecondition,
                     "the config " + manifest.config.digest + " names "
                         + std::to_string(diffIds.size()) + " layers, the manifest "
                         + std::to_string(manifest.layers.size()));
    std::map<std::string, RemoteLayer> layers;
    for (std::size_t i = 0; i < diffIds.size(); ++i) {
        const auto& layer = manifest.layers[i];
        const auto key = layer.annotations.find(std::string(annotation::layerKey));
        if (key != layer.annotations.end())
            layers[key->second] = {layer, diffIds[i]};
    }
    return layers;
}

Result<std::string> Puller::smallBlob(const Descriptor& blob, std::stop_token stop)
{
    if (blob.size > mostManifestBytes)
        return Error(ErrorCode::FailedPrecondition,
                     "the config " + blob.digest + " is larger than 4 MiB");
    std::string bytes;
    const auto sink = [&](std::string_view piece) -> Result<> {
        if (bytes.size() + piece.size() > blob.size)
            return Error(ErrorCode::FailedPrecondition,
                         "the blob " + blob.digest + " is larger than its manifest says");
        bytes += piece;
        return {};
    };
    for (int resumed = 0;; ++resumed) {
        auto read = m_registry.readBlob(blob, bytes.size(), sink, stop);
        if (read)
            break;
        if (read.error().code() != ErrorCode::Unavailable || resumed >= m_options.resumes)
            return read.error();
        pauseFor(pauseBeforeResuming, stop);
    }
    if (const auto found = digestOf(bytes); found != blob.digest)
        return Error(ErrorCode::FailedPrecondition,
                     "the blob " + blob.digest + " of " + m_registry.name() + " is " + found);
    return bytes;
}

Result<> Puller::pullLayer(const RemoteLayer& layer, const std::filesystem::path& folder,
                           PullLines& lines, std::stop_token stop)
{
    TRY_ASSIGN(auto pipe, LayerPipe::create(layer.blob, folder));
    const auto sink = [&](std::string_view bytes) -> Result<> {
        TRY(pipe->feed(bytes));
        lines.at(pipe->received());
        return {};
    };
    for (int resumed = 0; pipe->received() < layer.blob.size; ++resumed) {
        auto read = m_registry.readBlob(layer.blob, pipe->received(), sink, stop);
        if (read)
            break;
        if (read.error().code() != ErrorCode::Unavailable || resumed >= m_options.resumes)
            return read.error();
        if (!pauseFor(pauseBeforeResuming * (resumed + 1), stop))
            return Error(ErrorCode::Cancelled, "cancelled");
    }
    return pipe->finish(layer.diffId);
}

} // namespace

std::unique_ptr<emulator::image::ImageSource> createPuller(Registry& registry, PullOptions options)
{
    return std::make_unique<Puller>(registry, options);
}

} // namespace remote::registry
