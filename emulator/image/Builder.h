// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/StepRunner.h"
#include "emulator/model/Image.h"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// Where images, layers and content live: SLIPWAY_HOME.
struct Store {
    std::filesystem::path home;

    [[nodiscard]] std::filesystem::path layers() const { return home / "layers"; }
    /// Content-addressed files: blobs/sha256/<hex>, what MountPutFile brought.
    [[nodiscard]] std::filesystem::path blobs() const { return home / "blobs" / "sha256"; }
};

/// Turns recipes into images. Steps are cached by hash(parent, operation, content); the same
/// recipe gives the same id everywhere. Thread-safe: two builds of one image share the work.
class Builder {
public:
    [[nodiscard]] static std::unique_ptr<Builder> create(Store store, StepRunner& runner);
    virtual ~Builder() = default;

    /// im-… of a recipe: hash(recipe chain, builder version, context digests). Pure.
    [[nodiscard]] virtual std::string idOf(const model::ImageRecipe& recipe) const = 0;

    /// The finished image, when it and its layers are all there.
    [[nodiscard]] virtual Result<model::Image> find(std::string_view imageId) const = 0;

    /// Builds what is missing. `onLine` sees the build's log. Invalid names the instruction and its
    /// line; a failing RUN says its exit code. Nothing half-made is ever found later.
    [[nodiscard]] virtual Result<model::Image>
    build(const model::ImageRecipe& recipe, const std::function<void(std::string_view)>& onLine,
          std::stop_token stop)
        = 0;

    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;

protected:
    Builder() = default;
};

/// The layer directory of a digest.
[[nodiscard]] std::filesystem::path layerFolder(const Store& store, std::string_view digest);

/// A layer that holds the files of a mount under their absolute names (hard links into the blob
/// store), made once per content. The worker lays it over the image.
[[nodiscard]] Result<std::filesystem::path> mountLayer(const Store& store,
                                                       const std::vector<model::MountFile>& files);

/// A layer with the stock client under /pkg and its dependencies under /__modal/deps for one
/// Python ("3.11"), installed once from the user's package index. Unavailable with what to do when
/// there is no network.
[[nodiscard]] Result<std::filesystem::path>
clientLayer(const Store& store, std::string_view clientVersion, std::string_view pythonSeries,
            const std::function<void(std::string_view)>& onLine, std::stop_token stop);

/// A layer for on top of `image` with the emulated driver: the libraries of a folder under
/// /usr/local/slipway/lib, nvidia-smi from `tools` under /usr/bin, and a loader cache (made by the
/// image's own ldconfig in a step) that knows them, so that every way of finding libcuda works.
/// Made once per image and driver content.
[[nodiscard]] Result<std::filesystem::path>
driverLayer(const Store& store, const model::Image& image, const std::filesystem::path& libraries,
            const std::filesystem::path& tools, StepRunner& steps, std::stop_token stop);

/// The user's network settings (proxy, CA bundle, package indexes) as a build step or a function
/// sees them: environment to add and host files to mount. Never part of a layer or a cache key.
struct NetworkSettings {
    std::map<std::string, std::string> environment;
    std::map<std::string, std::filesystem::path> mounts; ///< target → source
    std::vector<std::string> notes; ///< sentences for slip doctor
};
[[nodiscard]] NetworkSettings networkSettings(const Store& store);

} // namespace emulator::image
