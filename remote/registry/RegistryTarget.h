// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Descriptor.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace remote::registry {

/// What a request to a registry is about (distribution-spec, "Endpoints").
struct RegistryTarget {
    enum class Kind {
        Version, ///< /v2/
        Blob, ///< /v2/<name>/blobs/<digest>
        Uploads, ///< /v2/<name>/blobs/uploads/
        Upload, ///< /v2/<name>/blobs/uploads/<id>
        Manifest, ///< /v2/<name>/manifests/<digest or tag>
    };
    Kind kind = Kind::Version;
    std::string repository;
    std::string reference; ///< the digest, id or tag
    std::map<std::string, std::string> query;
};

/// Nothing for a target that is none of these, or whose names are not valid.
[[nodiscard]] std::optional<RegistryTarget> parseRegistryTarget(std::string_view target);

/// Part of a body.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0; ///< included
};

/// "bytes=5-" or "bytes=5-9" of something of `size` bytes (RFC 9110 §14.1.2); nothing when it
/// cannot be satisfied or is another form.
[[nodiscard]] std::optional<ByteRange> parseByteRange(std::string_view header, std::uint64_t size);

/// "5-9": where a chunk belongs (distribution-spec, "Pushing a blob in chunks").
[[nodiscard]] std::optional<ByteRange> parseContentRange(std::string_view header);

} // namespace remote::registry
