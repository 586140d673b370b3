// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/LayerTar.h"

#include "emulator/base/Files.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/image/LayerView.h"
#include "remote/registry/Whiteout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t pieceBytes = std::size_t {1} << 18U;

Result<std::string> attributeValue(const fs::path& path, const std::string& name)
{
    for (;;) {
        const auto size = ::lgetxattr(path.c_str(), name.c_str(), nullptr, 0);
        if (size < 0)
            return errnoError("read the attribute " + name + " of " + path.string(), errno);
        std::string value(static_cast<std::size_t>(size), '\0');
        const auto got = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
        if (got < 0 && errno == ERANGE)
            continue;
        if (got < 0)
            return errnoError("read the attribute " + name + " of " + path.string(), errno);
        value.resize(static_cast<std::size_t>(got));
        return value;
    }
}

Result<std::vector<std::string>> attributeNames(const fs::path& path)
{
    std::string list;
    for (;;) {
        const auto size = ::llistxattr(path.c_str(), nullptr, 0);
        if (size < 0 && errno == ENOTSUP)
            return std::vector<std::string>();
        if (size < 0)
            return errnoError("list the attributes of " + path.string(), errno);
        list.resize(static_cast<std::size_t>(size));
        const auto got = ::llistxattr(path.c_str(), list.data(), list.size());
        if (got < 0 && errno == ERANGE)
            continue;
        if (got < 0)
            return errnoError("list the attributes of " + path.string(), errno);
        list.resize(static_cast<std::size_t>(got));
        break;
    }
    std::vector<std::string> names;
    for (std::size_t at = 0; at < list.size();) {
        names.emplace_back(list.c_str() + at);
        at += names.back().size() + 1;
    }
    return names;
}

/// A capability that was given in a user namespace (revision 3) also says whose namespace; an
/// image is nobody's (linux/capability.h, struct vfs_ns_cap_data).
std::string namespaceless(std::string capability)
{
    constexpr std::size_t revision2Size = 20;
    constexpr std::size_t revision3Size = 24;
    if (capability.size() == revision3Size && capability[3] == 3) {
        capability.resize(revision2Size);
        capability[3] = 2;
    }
    return capability;
}

/// Walks one layer.
class Lister {
public:
    Lister(fs::path root, Owners owners, std::stop_token stop)
        : m_root(std::move(root))
        , m_owners(owners)
        , m_stop(std::move(stop))
    {
    }

    Result<LayerListing> list()
    {
        struct stat status {};
        if (::lstat(m_root.c_str(), &status) != 0)
            return errnoError("read " + m_root.string(), errno);
        if (!S_ISDIR(status.st_mode))
            return Error(ErrorCode::Invalid, m_root.string() + " is not a folder");
        status.st_mtim = {};
        TRY(add(m_root, "./", status));
        TRY(addContent(m_root, ""));
        m_listing.tarBytes += 2 * tarBlock;
        return std::move(m_listing);
    }

private:
    Result<> addContent(const fs::path& folder, const std::string& path)
    {
        if (emulator::image::isOpaque(folder))
            mark(path + std::string(opaqueMark));
        std::vector<std::string> names;
        std::error_code failed;
        fs::directory_iterator entries(folder, failed);
        for (; !failed && entries != fs::directory_iterator(); entries.increment(failed))
            names.push_back(entries->path().filename().string());
        if (failed)
            return unreadable(folder, failed.value());
        std::ranges::sort(names);
        for (const auto& name : names) {
            if (m_stop.stop_requested())
                return Error(ErrorCode::Cancelled, "cancelled");
            TRY(addNamed(folder / name, path, name));
        }
        return {};
    }

    Result<> addNamed(const fs::path& file, const std::string& parent, const std::string& name)
    {
        struct stat status {};
        if (::lstat(file.c_str(), &status) != 0)
            return errnoError("read " + file.string(), errno);
        if (name.starts_with(whiteoutPrefix))
            return impossible(parent + name, "is a name that would mean a whiteout");
        if (emulator::image::isWhiteout(status)) {
            mark(parent + std::string(whiteoutPrefix) + name);
            return {};
        }
        if (S_ISDIR(status.st_mode)) {
            TRY(add(file, parent + name + "/", status));
            return addContent(file, parent + name + "/");
        }
        // A socket without its process is nothing.
        return S_ISSOCK(status.st_mode) ? Result<>() : add(file, parent + name, status);
    }

    Result<> add(const fs::path& file, const std::string& path, const struct stat& status)
    {
        TarEntry entry;
        entry.path = path;
        entry.mode = status.st_mode & 07777U;
        if (m_owners == Owners::AsTheyAre) {
            entry.user = status.st_uid;
            entry.group = status.st_gid;
        }
        entry.seconds = status.st_mtim.tv_sec;
        entry.nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
        TRY(addKind(file, status, entry));
        if (entry.kind != TarKind::HardLink && entry.kind != TarKind::SymbolicLink)
            TRY(addAttributes(file, entry));
        append(std::move(entry), file);
        return {};
    }

    Result<> addKind(const fs::path& file, const struct stat& status, TarEntry& entry)
    {
        if (S_ISREG(status.st_mode)) {
            if (status.st_nlink > 1) {
                const auto [first, fresh]
                    = m_linked.try_emplace({status.st_dev, status.st_ino}, entry.path);
                if (!fresh) {
                    entry.kind = TarKind::HardLink;
                    entry.target = first->second;
                    return {};
                }
            }
            entry.size = static_cast<std::uint64_t>(status.st_size);
            return {};
        }
        if (S_ISDIR(status.st_mode)) {
            entry.kind = TarKind::Folder;
            return {};
        }
        if (S_ISFIFO(status.st_mode)) {
            entry.kind = TarKind::Fifo;
            return {};
        }
        if (!S_ISLNK(status.st_mode))
            return impossible(entry.path, "is a device node");
        entry.kind = TarKind::SymbolicLink;
        TRY_ASSIGN(entry.target, emulator::image::linkTarget(file));
        return {};
    }

    Result<> addAttributes(const fs::path& file, TarEntry& entry)
    {
        TRY_ASSIGN(const auto names, attributeNames(file));
        for (const auto& name : names) {
            if (name.ends_with(".overlay.redirect") || name.ends_with(".overlay.metacopy"))
                return impossible(entry.path,
                                  "is kept by overlayfs as a reference to a lower "
                                  "layer (redirect_dir or metacopy)");
            if (!isKeptAttribute(name))
                continue;
            TRY_ASSIGN(auto value, attributeValue(file, name));
            entry.attributes[name]
                = name == capabilityAttribute ? namespaceless(std::move(value)) : std::move(value);
        }
        return {};
    }

    void mark(const std::string& path)
    {
        TarEntry entry;
        entry.path = path;
        entry.mode = 0600;
        append(std::move(entry), {});
    }

    void append(TarEntry entry, const fs::path& file)
    {
        m_listing.tarBytes += tarHeader(entry).size() + entry.size + tarPadding(entry.size);
        m_listing.items.push_back({std::move(entry), file});
    }

    Error impossible(const std::string& path, const std::string& why) const
    {
        return {ErrorCode::FailedPrecondition,
                "/" + path + " in the layer " + m_root.filename().string() + " " + why
                    + ", which an OCI layer cannot hold; remove it in the image's recipe"};
    }

    static Error unreadable(const fs::path& path, int number)
    {
        auto error = errnoError("read " + path.string(), number);
        if (number == EACCES)
            return {error.code(),
                    error.message() + "; let its owner read it (chmod u+rX in the image's recipe)"};
        return error;
    }

    const fs::path m_root;
    const Owners m_owners;
    const std::stop_token m_stop;
    LayerListing m_listing;
    std::map<std::pair<dev_t, ino_t>, std::string> m_linked; ///< to the name that comes first
};

Result<> writeContent(const LayerListing::Item& item, const Sink& sink, const std::stop_token& stop)
{
    const UniqueFd file(::open(item.file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file)
        return errnoError("read " + item.file.string()
                              + (errno == EACCES ? " (let its owner read it: chmod u+r in the "
                                                   "image's recipe)"
                                                 : ""),
                          errno);
    std::string buffer(std::min<std::uint64_t>(pieceBytes, item.entry.size + 1), '\0');
    std::uint64_t size = 0;
    for (;;) {
        if (stop.stop_requested())
            return Error(ErrorCode::Cancelled, "cancelled");
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errnoError("read " + item.file.string(), errno);
        size += static_cast<std::uint64_t>(got);
        if (size > item.entry.size || (got == 0 && size < item.entry.size))
            return Error(ErrorCode::FailedPrecondition,
                         item.file.string() + " changed while it was read; try again");
        if (got == 0)
            return {};
        TRY(sink(std::string_view(buffer.data(), static_cast<std::size_t>(got))));
    }
}

} // namespace

Result<LayerListing> listLayer(const fs::path& folder, Owners owners, std::stop_token stop)
{
    return Lister(folder, owners, std::move(stop)).list();
}

Result<> writeLayerTar(const LayerListing& listing, const Sink& sink, std::stop_token stop)
{
    static constexpr std::array<char, 2 * tarBlock> zeros {};
    for (const auto& item : listing.items) {
        if (stop.stop_requested())
            return Error(ErrorCode::Cancelled, "cancelled");
        TRY(sink(tarHeader(item.entry)));
        if (item.entry.kind != TarKind::File || item.entry.size == 0)
            continue;
        TRY(writeContent(item, sink, stop));
        if (const auto padding = tarPadding(item.entry.size); padding != 0)
            TRY(sink(std::string_view(zeros.data(), padding)));
    }
    return sink(std::string_view(zeros.data(), zeros.size()));
}

} // namespace remote::registry
