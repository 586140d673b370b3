// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
// What a LayerUnpacker makes of each kind of member.
#include "emulator/base/Files.h"
#include "remote/registry/LayerUnpacker.h"
#include "remote/registry/Whiteout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;

namespace {

/// utimensat's pair. An access time is not in a tar; the modification's is as good as any.
std::array<timespec, 2> timesOf(const TarEntry& entry)
{
    const timespec time {static_cast<time_t>(entry.seconds), static_cast<long>(entry.nanoseconds)};
    return {time, time};
}

} // namespace

Result<> LayerUnpacker::makeFolder(const Place& place, const TarEntry& entry)
{
    const auto path = place.folder.empty() ? place.name : place.folder + "/" + place.name;
    const auto known = m_folders.find(path);
    if (known != m_folders.end() && known->second.stated)
        return refused(entry.path, "is there twice");
    if (known == m_folders.end() && ::mkdirat(place.parent, place.name.c_str(), 0700) != 0)
        return cannotMake(entry.path, errno);
    auto& folder = m_folders[path];
    folder.entry = entry;
    folder.stated = true;
    return {};
}

Result<> LayerUnpacker::makeFile(const Place& place)
{
    m_file = UniqueFd(::openat(place.parent, place.name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return m_file ? Result<>() : cannotMake(m_entry.path, errno);
}

Result<> LayerUnpacker::makeHardLink(const Place& place, const TarEntry& entry)
{
    // Opening the target's parent changes which one is open; both are needed at once.
    const UniqueFd parent(::fcntl(place.parent, F_DUPFD_CLOEXEC, 0));
    TRY_ASSIGN(const auto target, placeOf(entry.target));
    struct stat status {};
    if (target.name.empty()
        || ::fstatat(target.parent, target.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0
        || !S_ISREG(status.st_mode))
        return refused(entry.path,
                       "is a link to \"" + entry.target + "\", which is no file of the layer");
    if (::linkat(target.parent, target.name.c_str(), parent.get(), place.name.c_str(), 0) != 0)
        return cannotMake(entry.path, errno);
    return {};
}

Result<> LayerUnpacker::makeSymbolicLink(const Place& place, const TarEntry& entry)
{
    if (entry.target.empty() || entry.target.find('\0') != std::string::npos)
        return refused(entry.path, "is a link to nothing");
    if (::symlinkat(entry.target.c_str(), place.parent, place.name.c_str()) != 0)
        return cannotMake(entry.path, errno);
    return dressNode(place, entry);
}

Result<> LayerUnpacker::makeFifo(const Place& place, const TarEntry& entry)
{
    if (::mkfifoat(place.parent, place.name.c_str(), 0600) != 0)
        return cannotMake(entry.path, errno);
    if (::fchmodat(place.parent, place.name.c_str(), entry.mode, 0) != 0)
        return errnoError("unpack " + entry.path, errno);
    return dressNode(place, entry);
}

Result<> LayerUnpacker::makeMark(const Place& place, const TarEntry& entry)
{
    if (entry.kind != TarKind::File || entry.size != 0)
        return refused(entry.path, "is called like a whiteout, but is none");
    if (place.name == opaqueMark) {
        m_folders[place.folder].opaque = true;
        return {};
    }
    const auto hidden = place.name.substr(whiteoutPrefix.size());
    if (hidden.empty() || hidden == "." || hidden == ".." || hidden.starts_with(whiteoutPrefix))
        return refused(entry.path, "hides nothing that can be there");
    // Linux 5.8 and newer allow this device, which is none, to everybody.
    if (::mknodat(place.parent, hidden.c_str(), S_IFCHR, makedev(0, 0)) != 0)
        return cannotMake(entry.path, errno);
    return {};
}

Result<> LayerUnpacker::dressNode(const Place& place, const TarEntry& entry) const
{
    if (m_options.keepOwners
        && ::fchownat(place.parent, place.name.c_str(), static_cast<uid_t>(entry.user),
                      static_cast<gid_t>(entry.group), AT_SYMLINK_NOFOLLOW)
            != 0)
        return errnoError("give " + entry.path + " its owner", errno);
    const auto times = timesOf(entry);
    if (::utimensat(place.parent, place.name.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
        return errnoError("give " + entry.path + " its time", errno);
    return {};
}

Result<> LayerUnpacker::dressOpen(int fd, const TarEntry& entry) const
{
    // In this order: a new owner takes set-user-id bits and capabilities away.
    if (m_options.keepOwners
        && ::fchown(fd, static_cast<uid_t>(entry.user), static_cast<gid_t>(entry.group)) != 0)
        return errnoError("give " + entry.path + " its owner", errno);
    TRY(setAttributes(fd, entry));
    if (::fchmod(fd, entry.mode) != 0)
        return errnoError("give " + entry.path + " its mode", errno);
    const auto times = timesOf(entry);
    if (::futimens(fd, times.data()) != 0)
        return errnoError("give " + entry.path + " its time", errno);
    return {};
}

Result<> LayerUnpacker::setAttributes(int fd, const TarEntry& entry) const
{
    for (const auto& [name, value] : entry.attributes) {
        if (name.find(".overlay.") != std::string::npos)
            return refused(entry.path, "has the attribute " + name + ", which is overlayfs' own");
        if (!isKeptAttribute(name))
            continue;
        if (::fsetxattr(fd, name.c_str(), value.data(), value.size(), 0) == 0)
            continue;
        // Without root there are no capabilities to give, and nobody who would miss them.
        if (!m_options.keepOwners && (errno == EPERM || errno == ENOTSUP))
            continue;
        return errnoError("give " + entry.path + " the attribute " + name
                              + " (does the file system have extended attributes?)",
                          errno);
    }
    return {};
}

Result<> LayerUnpacker::setOpaque(int fd, const std::string& path) const
{
    if (m_options.keepOwners && ::fsetxattr(fd, "trusted.overlay.opaque", "y", 1, 0) == 0)
        return {};
    if (::fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) == 0)
        return {};
    return errnoError("mark /" + path
                          + " as replacing what is below it (does the file system have extended "
                            "attributes?)",
                      errno);
}

} // namespace remote::registry
