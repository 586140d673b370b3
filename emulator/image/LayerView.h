// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::image {

/// Something in a stack of layers. A folder has one host folder per layer that takes part in it,
/// topmost first; anything else has exactly one.
struct LayerNode {
    std::string path; ///< in the image: "/usr/lib"; symbolic links above it are resolved
    std::vector<std::filesystem::path> hosts;
    struct stat status {};

    [[nodiscard]] bool isFolder() const { return S_ISDIR(status.st_mode); }
    [[nodiscard]] bool isLink() const { return S_ISLNK(status.st_mode); }
    [[nodiscard]] bool isFile() const { return S_ISREG(status.st_mode); }
    [[nodiscard]] const std::filesystem::path& host() const { return hosts.front(); }
};

/// The merged tree of a stack of layers, read as overlayfs would show it (whiteouts and opaque
/// folders count), without mounting anything. A path never leaves the stack: links and ".." are
/// resolved against the image's root, whatever they point to on the host.
class LayerView {
public:
    enum class LastLink { Follow, Keep };

    /// `layers` lowest first.
    explicit LayerView(std::vector<std::filesystem::path> layers);

    /// What stands at `path`; nothing when there is nothing (or a link leads nowhere). Invalid for
    /// a ring of links.
    [[nodiscard]] Result<std::optional<LayerNode>> find(std::string_view path,
                                                        LastLink lastLink = LastLink::Follow) const;

    /// What a folder holds.
    [[nodiscard]] static Result<std::map<std::string, LayerNode>> list(const LayerNode& folder);

    /// The content of a small file, e.g. /etc/passwd; empty when there is none.
    [[nodiscard]] std::string text(std::string_view path) const;

private:
    LayerNode m_root;
};

/// Kernel overlay format (Documentation/filesystems/overlayfs.rst, "whiteouts and opaque
/// directories"): a character device 0/0 hides what is below, and so does a folder with an
/// extended attribute (trusted.overlay.opaque; without root user.overlay.opaque).
[[nodiscard]] bool isWhiteout(const struct stat& status);
[[nodiscard]] bool isOpaque(const std::filesystem::path& folder);

/// The target of a symbolic link on the host.
[[nodiscard]] Result<std::string> linkTarget(const std::filesystem::path& link);

} // namespace emulator::image
