// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/image/Builder.h"
#include "emulator/model/Image.h"
#include "remote/registry/Descriptor.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace remote::registry {

/// An image as OCI content: what push() sends. Its blobs are in an image layout.
struct ExportedImage {
    std::string name; ///< the image's id or the runtime's name; the tag in a registry
    Descriptor manifest; ///< its digest is what model::Image::manifest holds
    std::string manifestBytes;
    Descriptor config;
    std::vector<Descriptor> layers; ///< lowest first; annotations name their keys
    std::uint64_t totalBytes = 0; ///< of all blobs and the manifest, each counted once
};

/// Turns images into OCI content in the layout HOME/oci. A layer is compressed once:
/// HOME/oci/layers keeps its digests under its key. The same image gives the same manifest digest,
/// always; so does another home that has the same layers (pulled, or copied with their times) and
/// the same zstd. Thread-safe, also between processes: exports of one layer share the work.
class Exporter {
public:
    [[nodiscard]] static Result<std::unique_ptr<Exporter>> create(emulator::image::Store store);

    /// NotFound when a layer is not in the store; FailedPrecondition when one holds what a layer of
    /// an image cannot (a device node, a name that means a whiteout). `onProgress` sees the bytes
    /// of the layers' tars that have to be made now.
    [[nodiscard]] Result<ExportedImage> exportImage(const emulator::model::Image& image,
                                                    const OnProgress& onProgress,
                                                    std::stop_token stop);

    /// An image of one folder, named by `key` ("client-1.6.4-3.11"), under which the puller also
    /// keeps the layer. The folder's content must be as immutable as a layer's.
    [[nodiscard]] Result<ExportedImage> exportFolder(std::string_view key,
                                                     const std::filesystem::path& folder,
                                                     const OnProgress& onProgress,
                                                     std::stop_token stop);

    /// HOME/oci: the layout for push().
    [[nodiscard]] std::filesystem::path layoutFolder() const;
    /// HOME/oci/uploads, for HttpRegistryOptions.
    [[nodiscard]] std::filesystem::path uploadsFolder() const;

private:
    explicit Exporter(emulator::image::Store store)
        : m_store(std::move(store))
    {
    }

    struct LayerSource {
        std::string key;
        std::filesystem::path folder;
    };
    struct ImageFacts;

    [[nodiscard]] Result<ExportedImage> exportLayers(const ImageFacts& facts,
                                                     const std::vector<LayerSource>& layers,
                                                     const OnProgress& onProgress,
                                                     std::stop_token stop);

    emulator::image::Store m_store;
};

} // namespace remote::registry
