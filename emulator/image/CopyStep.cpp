// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/CopyStep.h"

#include "emulator/base/Files.h"
#include "emulator/image/LayerView.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <sstream>

namespace emulator::image {
namespace {

constexpr mode_t modeBits = 07777;

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

/// The number of a name in /etc/passwd or /etc/group of the image.
Result<unsigned> idOf(const LayerView& image, const std::string& file, const std::string& name)
{
    unsigned number = 0;
    const auto* end = name.data() + name.size();
    if (const auto [parsed, error] = std::from_chars(name.data(), end, number);
        error == std::errc() && parsed == end)
        return number;
    std::istringstream lines(image.text(file));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name + ":"))
            continue;
        const auto begin = line.find(':', name.size() + 1) + 1;
        std::from_chars(line.data() + begin, line.data() + line.size(), number);
        return number;
    }
    return Error(ErrorCode::Invalid,
                 "--chown: the image's " + file + " does not know \"" + name + "\"");
}

Result<std::optional<Owner>> ownerOf(const LayerView& image, const std::string& text)
{
    if (text.empty())
        return std::optional<Owner>();
    const auto colon = text.find(':');
    Owner owner;
    TRY_ASSIGN(owner.user, idOf(image, "/etc/passwd", text.substr(0, colon)));
    owner.group = owner.user;
    if (colon != std::string::npos) {
        TRY_ASSIGN(owner.group, idOf(image, "/etc/group", text.substr(colon + 1)));
    }
    return std::optional(owner);
}

/// Copies into the writes of one COPY.
class Copier {
public:
    static Result<Copier> create(const CopyOperation& operation, const CopyPlaces& places)
    {
        auto layers = places.onto;
        layers.push_back(places.writes);
        Copier copier(operation, places, LayerView(std::move(layers)));
        TRY_ASSIGN(copier.m_owner, ownerOf(copier.m_image, operation.owner));
        return copier;
    }

    /// Where a file that is called `name` belongs.
    Result<std::string> targetOf(const std::string& name)
    {
        const auto& target = m_operation.target;
        TRY_ASSIGN(const auto there, m_image.find(target));
        if (target.ends_with('/') || (there && there->isFolder()))
            return (std::filesystem::path(target) / name).string();
        return target;
    }

    /// `name` is what the source is called where it was found; a link is called as itself, but
    /// gives what it points to.
    Result<> copySource(const std::string& name, const LayerNode& source)
    {
        if (source.isFolder()) {
            TRY(makeFolders(m_operation.target));
            return copyContent(source, m_operation.target);
        }
        TRY_ASSIGN(const auto target, targetOf(name));
        return copyNode(source, target);
    }

    Result<> writeDocument(const HereDocument& document)
    {
        TRY_ASSIGN(const auto target, targetOf(document.name));
        TRY_ASSIGN(const auto place, placeFor(target));
        TRY(writeFileAtomically(place, document.text));
        struct stat status {};
        status.st_mode = S_IFREG | 0644;
        return dress(place, status);
    }

    /// Every folder of a path, as in the image where it has them. Gives the path with its links
    /// resolved.
    Result<std::string> makeFolders(const std::string& path)
    {
        std::string current = "/";
        for (const auto& part : std::filesystem::path(path).relative_path()) {
            if (part.empty())
                continue;
            const auto next = (std::filesystem::path(current) / part).string();
            TRY_ASSIGN(const auto kept, m_image.find(next, LayerView::LastLink::Keep));
            if (!kept) {
                TRY(makeNew(next));
                current = next;
                continue;
            }
            TRY_ASSIGN(const auto node, m_image.find(next));
            if (!node || !node->isFolder())
                return Error(ErrorCode::Invalid,
                             next + " is not a folder in the image, so nothing can go into it");
            TRY(mirror(*node));
            current = node->path;
        }
        return current;
    }

private:
    Copier(const CopyOperation& operation, const CopyPlaces& places, LayerView image)
        : m_operation(operation)
        , m_places(places)
        , m_image(std::move(image))
    {
    }

    std::filesystem::path inWrites(const std::string& path) const
    {
        return m_places.writes / std::filesystem::path(path).relative_path();
    }

    Result<> makeNew(const std::string& path) const
    {
        const auto place = inWrites(path);
        // A whiteout of the layer that is being made cannot stand here: it starts empty.
        if (::mkdir(place.c_str(), 0755) != 0 || ::chmod(place.c_str(), 0755) != 0)
            return errnoError("make folder " + path, errno);
        struct stat status {};
        status.st_mode = S_IFDIR | 0755;
        return m_operation.owner.empty() ? Result<>() : own(place, status);
    }

    /// A folder of a lower layer must be repeated with its own mode and owner, for the topmost
    /// one's are what overlayfs shows.
    Result<> mirror(const LayerNode& node) const
    {
        const auto place = inWrites(node.path);
        if (::mkdir(place.c_str(), 0755) != 0)
            return errno == EEXIST ? Result<>() : errnoError("make folder " + node.path, errno);
        if (::geteuid() == 0
            && ::lchown(place.c_str(), node.status.st_uid, node.status.st_gid) != 0)
            return errnoError("chown " + node.path, errno);
        if (::chmod(place.c_str(), node.status.st_mode & modeBits) != 0)
            return errnoError("chmod " + node.path, errno);
        return {};
    }

    /// The host path at which a file of the image is to be written, free of what stood there.
    Result<std::filesystem::path> placeFor(const std::string& path)
    {
        const std::filesystem::path full(path);
        TRY_ASSIGN(const auto folder, makeFolders(full.parent_path().string()));
        const auto resolved = (std::filesystem::path(folder) / full.filename()).string();
        TRY_ASSIGN(const auto there, m_image.find(resolved, LayerView::LastLink::Keep));
        if (there && there->isFolder())
            return Error(ErrorCode::Invalid,
                         "a file cannot replace the folder " + path + " of the image");
        auto place = inWrites(resolved);
        ::unlink(place.c_str());
        return place;
    }

    Result<> copyContent(const LayerNode& folder, const std::string& target)
    {
        TRY_ASSIGN(const auto children, LayerView::list(folder));
        for (const auto& [name, child] : children)
            TRY(copyNode(child, (std::filesystem::path(target) / name).string()));
        return {};
    }

    Result<> copyNode(const LayerNode& node, const std::string& target)
    {
        if (node.isFolder()) {
            TRY_ASSIGN(const auto before, m_image.find(target));
            TRY_ASSIGN(const auto resolved, makeFolders(target));
            if (!before)
                TRY(dress(inWrites(resolved), node.status));
            return copyContent(node, resolved);
        }
        TRY_ASSIGN(const auto place, placeFor(target));
        if (node.isLink()) {
            TRY_ASSIGN(const auto goal, linkTarget(node.host()));
            if (::symlink(goal.c_str(), place.c_str()) != 0)
                return errnoError("link " + target, errno);
            return own(place, node.status);
        }
        if (!node.isFile())
            return Error(ErrorCode::Unsupported,
                         node.path + " is a device, pipe or socket and cannot be copied");
        std::error_code error;
        std::filesystem::copy_file(node.host(), place, error);
        if (error)
            return errnoError("copy to " + target, error.value());
        const timespec times[] {node.status.st_atim, node.status.st_mtim};
        ::utimensat(AT_FDCWD, place.c_str(), times, 0);
        return dress(place, node.status);
    }

    Result<> own(const std::filesystem::path& place, const struct stat& source) const
    {
        Owner owner;
        if (m_owner)
            owner = *m_owner;
        else if (m_places.keepOwners)
            owner = {source.st_uid, source.st_gid};
        // Without root, all is ours, which a container's user namespace maps to its root.
        if (::geteuid() == 0 && ::lchown(place.c_str(), owner.user, owner.group) != 0)
            return errnoError("chown " + place.string(), errno);
        return {};
    }

    Result<> dress(const std::filesystem::path& place, const struct stat& source) const
    {
        TRY(own(place, source)); // before the mode: chown clears set-user-id
        auto mode = source.st_mode & modeBits;
        if (m_operation.mode)
            mode = *m_operation.mode;
        if (::chmod(place.c_str(), mode) != 0)
            return errnoError("chmod " + place.string(), errno);
        return {};
    }

    const CopyOperation& m_operation;
    const CopyPlaces& m_places;
    LayerView m_image;
    std::optional<Owner> m_owner;
};

using NamedNodes = std::vector<std::pair<std::string, LayerNode>>;

/// The nodes that a source means; wildcards never cross a slash.
Result<NamedNodes> matching(const LayerView& view, const std::string& source)
{
    const auto path = std::filesystem::path("/" + source).lexically_normal();
    TRY_ASSIGN(auto exact, view.find(path.string()));
    NamedNodes level;
    if (exact) {
        level.emplace_back(path.filename().string(), *std::move(exact));
        return level;
    }
    TRY_ASSIGN(auto root, view.find("/"));
    if (root)
        level.emplace_back("", *std::move(root));
    for (const auto& part : path.relative_path()) {
        NamedNodes next;
        for (const auto& [parent, folder] : level) {
            if (part.empty() || !folder.isFolder())
                continue;
            TRY_ASSIGN(const auto children, LayerView::list(folder));
            for (const auto& [name, child] : children) {
                if (::fnmatch(part.c_str(), name.c_str(), 0) != 0)
                    continue;
                TRY_ASSIGN(auto resolved, view.find(child.path));
                if (resolved)
                    next.emplace_back(name, *std::move(resolved));
            }
        }
        level = std::move(next);
    }
    return level;
}

} // namespace

Result<> copyFiles(const CopyOperation& operation, const CopyPlaces& places)
{
    TRY_ASSIGN(auto copier, Copier::create(operation, places));
    const LayerView from(places.from);
    for (const auto& source : operation.sources) {
        TRY_ASSIGN(const auto nodes, matching(from, source));
        if (nodes.empty())
            return Error(ErrorCode::NotFound, "there is no " + source + " to copy");
        if (nodes.size() > 1 && !operation.target.ends_with('/'))
            return Error(ErrorCode::Invalid,
                         source + " matches several files, so the target must end in /");
        for (const auto& [name, node] : nodes)
            TRY(copier.copySource(name, node));
    }
    for (const auto& document : operation.documents)
        TRY(copier.writeDocument(document));
    return {};
}

Result<> makeFolder(std::string_view path, const CopyPlaces& places)
{
    const CopyOperation operation;
    TRY_ASSIGN(auto copier, Copier::create(operation, places));
    TRY(copier.makeFolders(std::string(path)));
    return {};
}

} // namespace emulator::image
