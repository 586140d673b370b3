// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Courier.h"

#include "remote/registry/HttpRegistry.h"
#include "remote/registry/Push.h"

#include <algorithm>
#include <random>
#include <set>

namespace remote::deploy {
namespace {

/// Progress of several things as that of one.
registry::OnProgress after(const registry::OnProgress& onProgress, std::uint64_t done,
                           std::uint64_t total)
{
    return [&onProgress, done, total](const registry::Progress& progress) {
        onProgress({std::min(done + progress.done, total), total, progress.resumed});
    };
}

/// A target's own registry is named without a repository: any leads to the same place.
std::string withRepository(std::string url)
{
    while (url.ends_with('/'))
        url.pop_back();
    const auto host = url.find("://");
    if (host != std::string::npos && url.find('/', host + 3) == std::string::npos)
        url += "/slipway";
    return url;
}

} // namespace

Courier::Courier(emulator::image::Store store, RegistryPlace place)
    : m_store(std::move(store))
    , m_place(std::move(place))
{
}

Result<> Courier::pack(const model::StagedApp& app, const registry::OnProgress& onProgress,
                       const std::function<void(std::string_view)>& onLine, std::stop_token stop)
{
    TRY_ASSIGN(m_exporter, registry::Exporter::create(m_store));
    std::set<std::string> used;
    for (const auto& staged : app.functions)
        if (staged.change.change != "removed")
            used.insert(staged.function.imageId);
    std::set<std::string> series;
    for (const auto& kept : app.images) {
        if (!used.contains(kept.id))
            continue;
        auto image = kept.image;
        image.id = kept.id; // it goes by the id of its recipe
        image.manifest.clear();
        auto exported = m_exporter->exportImage(image, onProgress, stop);
        if (!exported)
            return std::move(exported).error().within("pack image " + kept.id);
        m_exports.push_back(*std::move(exported));
        const auto python = model::pythonSeries(image.pythonVersion);
        if (python.empty())
            return Error(ErrorCode::FailedPrecondition,
                         "image " + kept.id + " has no Python that its PATH finds as `python`");
        series.insert(python);
    }
    for (const auto& each : series)
        TRY(packRuntime(app.clientVersion, each, onProgress, onLine, stop));
    return {};
}

Result<> Courier::packRuntime(const std::string& clientVersion, const std::string& series,
                              const registry::OnProgress& onProgress,
                              const std::function<void(std::string_view)>& onLine,
                              std::stop_token stop)
{
    const auto name = model::runtimeName(clientVersion, series);
    TRY_ASSIGN(const auto folder,
               emulator::image::clientLayer(m_store, clientVersion, series, onLine, stop));
    auto exported = m_exporter->exportFolder(name, folder, onProgress, stop);
    if (!exported)
        return std::move(exported).error().within("pack " + name);
    m_runtimes.push_back({clientVersion, series, exported->manifest.digest});
    m_exports.push_back(*std::move(exported));
    return {};
}

Result<registry::Registry*> Courier::connect()
{
    if (m_registry)
        return m_registry.get();
    if (m_place.url.empty())
        return Error(ErrorCode::Unavailable,
                     "the target names no registry; `slip cluster test` says more");
    registry::HttpRegistryOptions options;
    options.url = withRepository(m_place.url);
    options.token = m_place.token;
    options.userName = m_place.userName;
    options.password = m_place.password;
    options.caFile = m_place.caFile;
    options.uploadsFolder = m_exporter->uploadsFolder();
    TRY_ASSIGN(m_registry,
               registry::createHttpRegistry(
                   std::move(options), m_clock,
                   [random = std::make_shared<std::mt19937_64>(std::random_device {}())] {
                       return std::uniform_real_distribution<double>()(*random);
                   }));
    return m_registry.get();
}

Result<> Courier::compare(Facts& facts, std::stop_token stop)
{
    facts.transfers.clear();
    facts.bytesToPush = 0;
    facts.bytesTotal = 0;
    std::set<std::string> missing; // layers are shared, and sent once
    std::set<std::string> all;
    TRY_ASSIGN(auto* target, connect());
    for (const auto& image : m_exports) {
        TRY_ASSIGN(const auto lacks, registry::missing(image, *target, stop));
        ImageTransfer transfer;
        transfer.imageId = image.name;
        transfer.manifest = image.manifest.digest;
        transfer.bytes = image.totalBytes;
        transfer.missingBytes = lacks.bytes;
        transfer.layers = static_cast<std::uint32_t>(image.layers.size());
        transfer.missingLayers = static_cast<std::uint32_t>(lacks.layers.size());
        facts.bytesToPush += lacks.bytes;
        for (const auto& layer : lacks.layers)
            if (!missing.insert(layer.digest).second)
                facts.bytesToPush -= std::min(layer.size, facts.bytesToPush);
        facts.bytesTotal += image.totalBytes;
        for (const auto& layer : image.layers)
            if (!all.insert(layer.digest).second)
                facts.bytesTotal -= std::min(layer.size, facts.bytesTotal);
        facts.transfers.push_back(std::move(transfer));
    }
    m_missingBytes = facts.bytesToPush;
    return {};
}

Result<> Courier::push(const registry::OnProgress& onProgress, std::stop_token stop)
{
    TRY_ASSIGN(auto* target, connect());
    std::uint64_t done = 0;
    for (const auto& image : m_exports) {
        TRY_ASSIGN(const auto pushed,
                   registry::push(image, m_exporter->layoutFolder(), *target,
                                  after(onProgress, done, m_missingBytes), stop));
        done += pushed.bytesPushed + pushed.bytesResumed;
    }
    return {};
}

std::string Courier::manifestOf(const std::string& imageId) const
{
    for (const auto& image : m_exports)
        if (image.name == imageId)
            return image.manifest.digest;
    return {};
}

std::vector<model::KeptImage> Courier::images(const model::StagedApp& app) const
{
    auto images = app.images;
    for (auto& kept : images)
        if (auto manifest = manifestOf(kept.id); !manifest.empty()) {
            kept.image.id = kept.id;
            kept.image.manifest = std::move(manifest);
        }
    return images;
}

} // namespace remote::deploy
