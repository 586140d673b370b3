// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/LayerUnpacker.h"

#include "emulator/base/Files.h"
#include "remote/registry/Whiteout.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <vector>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;

namespace {

constexpr std::size_t longestName = 255;
constexpr std::size_t longestPath = 4095;
constexpr std::uint64_t largestId = std::numeric_limits<std::uint32_t>::max() - 1ULL;

std::string joined(const std::string& folder, const std::string& name)
{
    return folder.empty() ? name : folder + "/" + name;
}

/// Why a member's name cannot be one below the root; empty when it can.
std::string faultOf(const std::string& path)
{
    if (path.empty() || path.size() > longestPath || path.find('\0') != std::string::npos)
        return "has no usable name";
    return path.front() == '/' ? "has an absolute name" : "";
}

/// The same of one part of it.
std::string faultOfPart(const std::string& part)
{
    if (part == "..")
        return "leads out of the layer";
    return part.size() > longestName ? "has a name of more than 255 bytes" : "";
}

} // namespace

Error LayerUnpacker::refused(const std::string& path, const std::string& why)
{
    return {ErrorCode::Invalid,
            "the layer is refused: its member \"" + path.substr(0, 200) + "\" " + why};
}

Error LayerUnpacker::cannotMake(const std::string& path, int number)
{
    return number == EEXIST ? refused(path, "is there twice")
                            : errnoError("unpack " + path, number);
}

Result<std::vector<std::string>> LayerUnpacker::partsOf(const std::string& path)
{
    if (const auto fault = faultOf(path); !fault.empty())
        return refused(path, fault);

    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= path.size();) {
        const auto slash = std::min(path.find('/', at), path.size());
        auto part = path.substr(at, slash - at);
        at = slash + 1;
        if (part.empty() || part == ".")
            continue;
        if (const auto fault = faultOfPart(part); !fault.empty())
            return refused(path, fault);
        parts.push_back(std::move(part));
    }
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        if (parts[i].starts_with(whiteoutPrefix))
            return refused(path, "lies in a whiteout");
    return parts;
}

LayerUnpacker::LayerUnpacker(UniqueFd root, const Options& options)
    : m_root(std::move(root))
    , m_options(options)
{
    auto& entry = m_folders[""].entry;
    entry.kind = TarKind::Folder;
    entry.mode = 0755;
}

Result<std::unique_ptr<LayerUnpacker>> LayerUnpacker::create(const std::filesystem::path& folder,
                                                             const Options& options)
{
    UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!root)
        return errnoError("unpack into " + folder.string(), errno);
    return std::unique_ptr<LayerUnpacker>(new LayerUnpacker(std::move(root), options));
}

Result<> LayerUnpacker::begin(const TarEntry& entry)
{
    if (++m_members > m_options.mostMembers)
        return refused(entry.path, "is one too many");
    m_bytes += entry.size;
    if (m_bytes > m_options.mostBytes)
        return refused(entry.path,
                       "makes it larger than the " + std::to_string(m_options.mostBytes)
                           + " bytes that were announced");
    if (entry.user > largestId || entry.group > largestId)
        return refused(entry.path, "has an owner that is no number of a user");
    TRY_ASSIGN(const auto place, placeOf(entry.path));
    if (entry.kind == TarKind::Folder)
        return makeFolder(place, entry);
    if (place.name.empty())
        return refused(entry.path, "would replace the root");
    if (place.name.starts_with(whiteoutPrefix))
        return makeMark(place, entry);
    switch (entry.kind) {
    case TarKind::File:
        m_entry = entry;
        return makeFile(place);
    case TarKind::HardLink:
        return makeHardLink(place, entry);
    case TarKind::SymbolicLink:
        return makeSymbolicLink(place, entry);
    case TarKind::Fifo:
        return makeFifo(place, entry);
    case TarKind::Folder:
    case TarKind::Device:
        break;
    }
    return refused(entry.path, "is a device node, which no container needs: each has its own /dev");
}

Result<> LayerUnpacker::data(std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(m_file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errnoError("unpack " + m_entry.path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<> LayerUnpacker::end()
{
    if (!m_file)
        return {};
    TRY(dressOpen(m_file.get(), m_entry));
    m_file.reset();
    return {};
}

Result<> LayerUnpacker::finish()
{
    m_parent.reset();
    m_parentPath.clear();
    // Backwards, a folder comes after what is in it: its mode may forbid entering it.
    for (auto folder = m_folders.rbegin(); folder != m_folders.rend(); ++folder) {
        const auto& [path, state] = *folder;
        TRY_ASSIGN(const auto fd, reopen(path));
        if (state.opaque)
            TRY(setOpaque(fd.get(), path));
        TRY(dressOpen(fd.get(), state.entry));
    }
    return {};
}

Result<LayerUnpacker::Place> LayerUnpacker::placeOf(const std::string& path)
{
    TRY_ASSIGN(auto parts, partsOf(path));
    Place place;
    if (!parts.empty()) {
        place.name = std::move(parts.back());
        parts.pop_back();
    }
    for (const auto& part : parts)
        place.folder = joined(place.folder, part);
    TRY(openParent(place.folder));
    place.parent = m_parent.get();
    return place;
}

Result<> LayerUnpacker::openParent(const std::string& folder)
{
    if (m_parent && m_parentPath == folder)
        return {};
    UniqueFd current(::openat(m_root.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!current)
        return errnoError("unpack", errno);
    std::string path;
    for (std::size_t at = 0; at < folder.size();) {
        const auto slash = std::min(folder.find('/', at), folder.size());
        const auto name = folder.substr(at, slash - at);
        at = slash + 1;
        path = joined(path, name);
        TRY(enter(current, path, name));
    }
    m_parent = std::move(current);
    m_parentPath = folder;
    return {};
}

Result<> LayerUnpacker::enter(UniqueFd& current, const std::string& path, const std::string& name)
{
    constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    UniqueFd next(::openat(current.get(), name.c_str(), flags));
    if (!next && errno == ENOENT) {
        if (::mkdirat(current.get(), name.c_str(), 0700) != 0)
            return cannotMake(path, errno);
        auto& made = m_folders[path].entry;
        made.path = path;
        made.kind = TarKind::Folder;
        made.mode = 0755;
        next = UniqueFd(::openat(current.get(), name.c_str(), flags));
    }
    if (!next && (errno == ENOTDIR || errno == ELOOP))
        return refused(path, "is not a folder, but others are to lie in it");
    if (!next)
        return errnoError("unpack " + path, errno);
    current = std::move(next);
    return {};
}

Result<UniqueFd> LayerUnpacker::reopen(const std::string& path) const
{
    UniqueFd current(::openat(m_root.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t at = 0; current && at < path.size();) {
        const auto slash = std::min(path.find('/', at), path.size());
        const auto name = path.substr(at, slash - at);
        at = slash + 1;
        const int access = at > path.size() ? O_RDONLY : O_PATH;
        current = UniqueFd(
            ::openat(current.get(), name.c_str(), access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    if (!current)
        return errnoError("unpack " + path, errno);
    return current;
}

} // namespace remote::registry
