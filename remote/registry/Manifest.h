// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/model/Image.h"
#include "remote/registry/Descriptor.h"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remote::registry {

/// The documents of an image (OCI image-spec: manifest.md, config.md, image-index.md). What is
/// composed is the same bytes for the same content.

/// As much as registries take (distribution-spec, "Pushing manifests").
constexpr std::size_t mostManifestBytes = std::size_t {4} << 20U;

struct Manifest {
    Descriptor config;
    std::vector<Descriptor> layers; ///< lowest first
    std::map<std::string, std::string> annotations;
};

/// Invalid when a text of it is not UTF-8.
[[nodiscard]] Result<std::string> composeManifest(const Manifest& manifest);
/// Invalid, saying what is wrong; an index (several platforms) is Unsupported.
[[nodiscard]] Result<Manifest> parseManifest(std::string_view bytes);

[[nodiscard]] Result<std::string> composeConfig(const emulator::model::ImageConfig& config,
                                                const std::vector<std::string>& diffIds);
/// rootfs.diff_ids of a config: the digests of the layers' tars.
[[nodiscard]] Result<std::vector<std::string>> parseDiffIds(std::string_view config);

[[nodiscard]] Result<std::string> composeIndex(const std::vector<Descriptor>& manifests);
[[nodiscard]] Result<std::vector<Descriptor>> parseIndex(std::string_view bytes);

} // namespace remote::registry
