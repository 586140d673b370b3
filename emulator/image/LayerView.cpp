// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/LayerView.h"

#include "emulator/base/Files.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <deque>

namespace emulator::image {
namespace {

constexpr int mostLinks = 40; ///< as the kernel's MAXSYMLINKS

/// The child `name` of a merged folder.
std::optional<LayerNode> childOf(const LayerNode& folder, const std::string& name)
{
    LayerNode child;
    child.path = (folder.path == "/" ? "" : folder.path) + "/" + name;
    for (const auto& host : folder.hosts) {
        struct stat status {};
        const auto path = host / name;
        if (::lstat(path.c_str(), &status) != 0)
            continue;
        if (isWhiteout(status))
            break;
        if (!S_ISDIR(status.st_mode) && !child.hosts.empty())
            break;
        if (child.hosts.empty())
            child.status = status;
        child.hosts.push_back(path);
        if (!S_ISDIR(status.st_mode) || isOpaque(path))
            break;
    }
    if (child.hosts.empty())
        return std::nullopt;
    return child;
}

void prepend(std::deque<std::string>& pending, std::string_view path)
{
    std::vector<std::string> parts;
    for (const auto& part : std::filesystem::path(path).relative_path())
        if (!part.empty() && part != ".")
            parts.push_back(part.string());
    pending.insert(pending.begin(), parts.begin(), parts.end());
}

} // namespace

bool isWhiteout(const struct stat& status)
{
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

bool isOpaque(const std::filesystem::path& folder)
{
    for (const char* name : {"trusted.overlay.opaque", "user.overlay.opaque"}) {
        char value = 0;
        if (::lgetxattr(folder.c_str(), name, &value, 1) == 1 && value == 'y')
            return true;
    }
    return false;
}

LayerView::LayerView(std::vector<std::filesystem::path> layers)
{
    m_root.path = "/";
    m_root.status.st_mode = S_IFDIR | 0755;
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        m_root.hosts.push_back(*layer);
        if (isOpaque(*layer))
            break;
    }
    if (!m_root.hosts.empty())
        ::lstat(m_root.host().c_str(), &m_root.status);
}

Result<std::optional<LayerNode>> LayerView::find(std::string_view path, LastLink lastLink) const
{
    std::deque<std::string> pending;
    prepend(pending, path);
    std::vector<LayerNode> trail {m_root};
    for (int links = 0; !pending.empty();) {
        const auto name = std::move(pending.front());
        pending.pop_front();
        if (name == "..") {
            if (trail.size() > 1)
                trail.pop_back();
            continue;
        }
        if (!trail.back().isFolder())
            return std::optional<LayerNode>();
        auto child = childOf(trail.back(), name);
        if (!child)
            return std::optional<LayerNode>();
        if (!child->isLink() || (pending.empty() && lastLink == LastLink::Keep)) {
            trail.push_back(std::move(*child));
            continue;
        }
        if (++links > mostLinks)
            return Error(ErrorCode::Invalid,
                         std::string(path) + ": too many levels of symbolic links");
        TRY_ASSIGN(const auto target, linkTarget(child->host()));
        if (target.starts_with('/'))
            trail.resize(1);
        prepend(pending, target);
    }
    return std::optional(std::move(trail.back()));
}

Result<std::map<std::string, LayerNode>> LayerView::list(const LayerNode& folder)
{
    std::map<std::string, LayerNode> children;
    for (const auto& host : folder.hosts) {
        std::error_code error;
        std::filesystem::directory_iterator entries(host, error);
        for (; !error && entries != std::filesystem::directory_iterator();
             entries.increment(error)) {
            auto name = entries->path().filename().string();
            if (children.contains(name))
                continue;
            if (auto child = childOf(folder, name))
                children.emplace(std::move(name), std::move(*child));
        }
        if (error)
            return errnoError("read folder " + host.string(), error.value());
    }
    return children;
}

std::string LayerView::text(std::string_view path) const
{
    const auto node = find(path);
    if (!node || !*node || !(*node)->isFile())
        return {};
    auto content = readFile((*node)->host());
    return content ? *std::move(content) : std::string();
}

Result<std::string> linkTarget(const std::filesystem::path& link)
{
    std::error_code error;
    auto target = std::filesystem::read_symlink(link, error);
    if (error)
        return errnoError("read link " + link.string(), error.value());
    return target.string();
}

} // namespace emulator::image
