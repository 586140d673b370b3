// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/image/BaseImages.h"
#include "emulator/image/LayerStore.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace emulator::image {

using LogLine = std::function<void(std::string_view)>;

/// Makes base images out of Debian packages with mmdebstrap. The archive is kept in
/// SLIPWAY_BASE_CACHE (default ~/.cache/slipway/bases), so that another home has it at once.
class Bootstrap {
public:
    explicit Bootstrap(LayerStore layers);

    /// The layer of a base image is there afterwards. Takes minutes the first time. Unavailable
    /// says what to install or that Debian's mirror cannot be reached.
    [[nodiscard]] Result<> ensure(const BaseImage& image, const LogLine& onLine,
                                  std::stop_token stop) const;

private:
    [[nodiscard]] Result<> makeArchive(const BaseImage& image, const std::filesystem::path& archive,
                                       const LogLine& onLine, std::stop_token stop) const;
    [[nodiscard]] Result<> unpack(const BaseImage& image, const std::filesystem::path& archive,
                                  std::stop_token stop) const;

    LayerStore m_layers;
    std::filesystem::path m_cache;
};

/// The deb lines for a suite, with the mirror that this machine's apt uses for Debian.
[[nodiscard]] std::vector<std::string> debianSources(const std::filesystem::path& aptFolder,
                                                     std::string_view suite);

} // namespace emulator::image
