// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace remote::registry {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Nothing;
using emulator::Result;

/// What names a piece of content (OCI image-spec, descriptor.md).
struct Descriptor {
    std::string mediaType;
    std::string digest; ///< "sha256:<64 hexadecimal digits>"
    std::uint64_t size = 0;
    std::map<std::string, std::string> annotations;
};

namespace mediatype {
inline constexpr std::string_view manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view index = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view config = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
} // namespace mediatype

namespace annotation {
inline constexpr std::string_view referenceName = "org.opencontainers.image.ref.name";
/// On the manifest: our image id or a runtime's name, and what `python -VV` said.
inline constexpr std::string_view image = "dev.slipway.image";
inline constexpr std::string_view python = "dev.slipway.python";
/// On a layer: the name under which LayerStore keeps it, and the size of its tar.
inline constexpr std::string_view layerKey = "dev.slipway.layer.key";
inline constexpr std::string_view layerBytes = "dev.slipway.layer.bytes";
} // namespace annotation

/// Whether `text` is a SHA-256 digest as the image-spec spells it.
[[nodiscard]] bool isDigest(std::string_view text);

/// What follows "sha256:".
[[nodiscard]] std::string_view hexOf(std::string_view digest);

/// "sha256:<hex>" of `bytes`.
[[nodiscard]] std::string digestOf(std::string_view bytes);

/// Whether `text` may be a repository ("team/slipway") or a tag ("im-4Zt…"); distribution-spec,
/// "Pulling manifests".
[[nodiscard]] bool isRepository(std::string_view text);
[[nodiscard]] bool isTag(std::string_view text);

/// Whether `text` may name a layer: a file name of letters, digits and ". _ : + -".
[[nodiscard]] bool isLayerKey(std::string_view text);

/// How far something is, in bytes.
struct Progress {
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::uint64_t resumed = 0; ///< of `done`: what an earlier, interrupted attempt had brought
};
using OnProgress = std::function<void(const Progress&)>;

/// Takes bytes as they come; an error ends the stream.
using Sink = std::function<Result<>(std::string_view)>;

} // namespace remote::registry
