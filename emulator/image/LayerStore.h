// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Files.h"
#include "emulator/base/Result.h"
#include "emulator/image/Builder.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace emulator::image {

/// A layer in the making: a scratch directory that becomes the layer by one rename, or vanishes.
class LayerDraft {
public:
    [[nodiscard]] static Result<LayerDraft> begin(const Store& store);

    [[nodiscard]] std::filesystem::path path() const { return m_scratch.path() / "fs"; }

    /// Makes it the layer `digest`. When another build was quicker, its layer stays.
    [[nodiscard]] Result<> commit(const Store& store, std::string_view digest) &&;

private:
    explicit LayerDraft(TempDir scratch)
        : m_scratch(std::move(scratch))
    {
    }

    TempDir m_scratch;
};

/// A layer is named by what makes it: "sha256:" and the hash of its parent's key, the operation and
/// the content that goes in. (The digest of its bytes as a tar belongs to the export.)
[[nodiscard]] std::string layerDigest(std::string_view key);

[[nodiscard]] bool hasLayer(const Store& store, std::string_view digest);

/// The layer `digest`, made by `fill` (which gets the draft's directory) when it is missing.
[[nodiscard]] Result<std::filesystem::path>
makeLayer(const Store& store, std::string_view digest,
          const std::function<Result<>(const std::filesystem::path&)>& fill);

/// Where `path` (absolute in an image) really lies when the image's layers have symbolic links on
/// the way: what a COPY must write to. Invalid when it leads out of the image.
[[nodiscard]] Result<std::filesystem::path>
resolveInLayers(const std::vector<std::filesystem::path>& layers,
                const std::filesystem::path& path);

/// Whether the image has a directory there.
[[nodiscard]] bool isFolderInLayers(const std::vector<std::filesystem::path>& layers,
                                    const std::filesystem::path& path);

/// Makes `path` (absolute in the image, without symbolic links on the way) a directory of the layer
/// in `folder`. One that the image has already keeps its mode and owner, which the layer would
/// otherwise replace.
[[nodiscard]] Result<> makeFolders(const std::filesystem::path& folder,
                                   const std::vector<std::filesystem::path>& layers,
                                   const std::filesystem::path& path);

} // namespace emulator::image
