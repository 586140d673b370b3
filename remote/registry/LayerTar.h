// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Tar.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace remote::registry {

/// Whose the files of a layer are. Without root everything in a store belongs to the user, who is
/// root in a container: AllRoot says so in the tar.
enum class Owners { AsTheyAre, AllRoot };

/// What a layer's tar will hold, in order, and where its data is.
struct LayerListing {
    struct Item {
        TarEntry entry;
        std::filesystem::path file; ///< of a file's data
    };
    std::vector<Item> items;
    std::uint64_t tarBytes = 0;
};

/// Decides the tar of a layer folder (OCI image-spec, layer.md): members sorted, a whiteout
/// (character device 0/0) as ".wh.NAME", an opaque folder with ".wh..wh..opq", hard links within
/// the layer, owners as numbers, times to the nanosecond, the extended attributes user.* and
/// security.capability (others, such as SELinux labels, are the host's). Sockets are left out.
/// The root has no time. FailedPrecondition names what no layer can hold: a device node, a file
/// named ".wh.…", a folder that overlayfs keeps as a redirection.
[[nodiscard]] Result<LayerListing> listLayer(const std::filesystem::path& folder, Owners owners,
                                             std::stop_token stop);

/// Writes it. FailedPrecondition when a file has another size than it had.
[[nodiscard]] Result<> writeLayerTar(const LayerListing& listing, const Sink& sink,
                                     std::stop_token stop);

} // namespace remote::registry
