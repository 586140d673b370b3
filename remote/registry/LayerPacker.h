// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "remote/registry/Layout.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace remote::registry {

/// A layer that stands in a layout as a blob.
struct PackedLayer {
    std::string diffId; ///< the digest of its tar
    std::string digest; ///< of the blob, the compressed tar
    std::uint64_t size = 0; ///< of the blob
    std::uint64_t tarBytes = 0;
};

/// Packs layers into a layout, each once: layers/<key>.json beside the blobs remembers what a key
/// became. The note is written after the blob is on the disk, so it is never ahead of it.
/// Thread-safe, also between processes.
class LayerPacker {
public:
    explicit LayerPacker(const Layout& layout)
        : m_layout(layout)
    {
    }

    /// What a key became; nothing when it has to be packed (again).
    [[nodiscard]] std::optional<PackedLayer> find(std::string_view key) const;

    /// Packs `folder` unless it is packed. Two callers with one key share the work. `onBytes` gets
    /// the size of each piece of the tar, and `onShared` is called when somebody else packs it.
    struct Watch {
        std::function<void(std::uint64_t)> onBytes;
        std::function<void()> onShared;
    };
    [[nodiscard]] Result<PackedLayer> pack(const std::string& key,
                                           const std::filesystem::path& folder, const Watch& watch,
                                           std::stop_token stop) const;

private:
    [[nodiscard]] std::filesystem::path noteFile(std::string_view key) const;
    [[nodiscard]] Result<PackedLayer> write(const std::filesystem::path& folder, const Watch& watch,
                                            std::stop_token stop) const;

    const Layout& m_layout;
};

} // namespace remote::registry
