// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/Image.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// A public image that can be made here, and how.
struct BaseImage {
    std::string reference; ///< as the user wrote it
    std::string digest; ///< of its one layer
    std::string suite; ///< Debian's
    std::string substitution; ///< the sentence that tells the user
    model::ImageConfig config;
    std::vector<std::string> packages;
    std::vector<std::string> dpkgOptions;
    std::vector<std::string> hooks; ///< shell lines; "$1" is the new root
};

/// The base image for a reference such as "python:3.11.12-slim-bookworm", from
/// resources/base-images.json. Unavailable with the list of those that work.
[[nodiscard]] Result<BaseImage> findBaseImage(std::string_view reference);

/// The version in "ghcr.io/astral-sh/uv:0.5.1"; "latest" without one; nothing for other images.
[[nodiscard]] std::optional<std::string> uvVersion(std::string_view reference);

} // namespace emulator::image
