// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Push.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

namespace remote::registry {

namespace fs = std::filesystem;

namespace {

std::vector<Descriptor> uniqueLayers(const ExportedImage& image)
{
    std::vector<Descriptor> layers;
    std::set<std::string> known;
    for (const auto& layer : image.layers)
        if (known.insert(layer.digest).second)
            layers.push_back(layer);
    return layers;
}

/// One push: what its threads share.
class Pusher {
public:
    Pusher(fs::path layoutFolder, Registry& registry, const OnProgress& onProgress,
           const PushOptions& options)
        : m_layout(std::move(layoutFolder))
        , m_registry(registry)
        , m_onProgress(onProgress)
        , m_options(options)
    {
    }

    void expect(std::uint64_t bytes) { m_progress.total += bytes; }

    void skip(const Descriptor& blob)
    {
        const std::scoped_lock lock(m_mutex);
        m_report.bytesSkipped += blob.size;
        ++m_report.blobsSkipped;
    }

    /// Sends blobs, some at a time; the first failure stops them all.
    Result<> send(const std::vector<Descriptor>& blobs, std::stop_token stop)
    {
        std::stop_source failed;
        const std::stop_callback forward(stop, [&] { failed.request_stop(); });
        std::atomic<std::size_t> next {0};
        {
            std::vector<std::jthread> threads;
            const auto count = std::min<std::size_t>(
                blobs.size(), static_cast<std::size_t>(std::max(m_options.parallel, 1)));
            for (std::size_t i = 0; i < count; ++i)
                threads.emplace_back([&] {
                    for (auto at = next++; at < blobs.size(); at = next++)
                        if (auto sent = sendOne(blobs[at], failed.get_token()); !sent) {
                            keep(std::move(sent).error());
                            failed.request_stop();
                            return;
                        }
                });
        }
        if (m_error)
            return *m_error;
        return {};
    }

    Result<> sendManifest(const ExportedImage& image, std::stop_token stop)
    {
        TRY_ASSIGN(const auto reported,
                   m_registry.putManifest(image.manifestBytes, image.name, std::move(stop)));
        if (reported != image.manifest.digest)
            return Error(ErrorCode::FailedPrecondition,
                         m_registry.name() + " keeps the manifest as " + reported + ", not as "
                             + image.manifest.digest
                             + ": something on the way changes it, so nodes would not find it");
        move(image.manifest, image.manifest.size, 0);
        m_report.bytesPushed += image.manifest.size;
        return {};
    }

    [[nodiscard]] const PushReport& report() const { return m_report; }

private:
    Result<> sendOne(const Descriptor& blob, std::stop_token stop)
    {
        if (stop.stop_requested())
            return Error(ErrorCode::Cancelled, "cancelled");
        if (!m_options.mountFrom.empty()) {
            TRY_ASSIGN(const bool mounted, m_registry.mountBlob(blob, m_options.mountFrom, stop));
            if (mounted) {
                skip(blob);
                move(blob, blob.size, 0);
                const std::scoped_lock lock(m_mutex);
                ++m_report.blobsMounted;
                return {};
            }
        }
        const auto onBytes
            = [&](const Progress& progress) { move(blob, progress.done, progress.resumed); };
        TRY_ASSIGN(const auto pushed,
                   m_registry.pushBlob(blob, m_layout / "blobs" / "sha256" / hexOf(blob.digest),
                                       onBytes, std::move(stop)));
        move(blob, blob.size, pushed.resumed);
        const std::scoped_lock lock(m_mutex);
        m_report.bytesPushed += pushed.sent;
        m_report.bytesResumed += pushed.resumed;
        ++m_report.blobsPushed;
        return {};
    }

    /// A blob has come so far (or back: an upload that is begun again).
    void move(const Descriptor& blob, std::uint64_t done, std::uint64_t resumed)
    {
        const std::scoped_lock lock(m_mutex);
        auto& known = m_parts[blob.digest];
        m_progress.done += done - known.done;
        m_progress.resumed += resumed - known.resumed;
        known = {done, 0, resumed};
        if (m_onProgress)
            m_onProgress(m_progress);
    }

    void keep(Error error)
    {
        const std::scoped_lock lock(m_mutex);
        // What follows the first failure is the others being cancelled.
        if (!m_error)
            m_error = std::move(error);
    }

    const fs::path m_layout;
    Registry& m_registry;
    const OnProgress& m_onProgress;
    const PushOptions& m_options;
    std::mutex m_mutex; ///< of what follows
    PushReport m_report;
    Progress m_progress;
    std::map<std::string, Progress> m_parts; ///< by digest
    std::optional<Error> m_error;
};

Result<PushReport> pushTo(const ExportedImage& image, Registry& registry, Pusher& pusher,
                          std::stop_token stop)
{
    std::vector<Descriptor> absent;
    for (const auto& layer : uniqueLayers(image)) {
        TRY_ASSIGN(const bool there, registry.hasBlob(layer, stop));
        if (there)
            pusher.skip(layer);
        else
            absent.push_back(layer);
    }
    TRY_ASSIGN(const bool configThere, registry.hasBlob(image.config, stop));
    for (const auto& layer : absent)
        pusher.expect(layer.size);
    pusher.expect((configThere ? 0 : image.config.size) + image.manifest.size);
    TRY(pusher.send(absent, stop));
    if (configThere)
        pusher.skip(image.config);
    else
        TRY(pusher.send({image.config}, stop));
    // Put again, because the tag may lead elsewhere by now.
    TRY(pusher.sendManifest(image, stop));
    return pusher.report();
}

} // namespace

Result<PushReport> push(const ExportedImage& image, const fs::path& layoutFolder,
                        Registry& registry, const OnProgress& onProgress, std::stop_token stop,
                        const PushOptions& options)
{
    Pusher pusher(layoutFolder, registry, onProgress, options);
    auto report = pushTo(image, registry, pusher, std::move(stop));
    if (!report)
        return Error(std::move(report).error()).within("push " + image.name);
    return report;
}

Result<Missing> missing(const ExportedImage& image, Registry& registry, std::stop_token stop)
{
    Missing missing;
    TRY_ASSIGN(const bool there, registry.hasManifest(image.manifest.digest, stop));
    missing.manifest = !there;
    missing.bytes = there ? 0 : image.manifest.size;
    for (const auto& layer : uniqueLayers(image)) {
        TRY_ASSIGN(const bool layerThere, registry.hasBlob(layer, stop));
        if (layerThere)
            continue;
        missing.bytes += layer.size;
        missing.layers.push_back(layer);
    }
    TRY_ASSIGN(const bool configThere, registry.hasBlob(image.config, stop));
    missing.bytes += configThere ? 0 : image.config.size;
    return missing;
}

} // namespace remote::registry
