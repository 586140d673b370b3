// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Layout.h"

#include "emulator/base/Files.h"
#include "remote/registry/FileLock.h"
#include "remote/registry/Manifest.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view layoutText = R"({"imageLayoutVersion":"1.0.0"})";
/// A writer locks its file right after it made it; younger ones may be in between.
constexpr auto youngestLeftover = std::chrono::hours(1);

Result<> flushFolder(const fs::path& folder)
{
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some shared file systems cannot; they order renames by themselves.
    if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL && errno != ENOTSUP))
        return errnoError("flush " + folder.string(), errno);
    return {};
}

/// Moves a finished file to its name. When somebody else was faster, theirs is the same.
Result<> place(const fs::path& file, const fs::path& target)
{
    if (::rename(file.c_str(), target.c_str()) != 0)
        return errnoError("keep " + target.string(), errno);
    return flushFolder(target.parent_path());
}

Error differs(std::string_view expected, const std::string& found)
{
    return {ErrorCode::FailedPrecondition,
            "the content of the blob " + std::string(expected) + " is another one (" + found
                + "); it was damaged on the way or is not what was announced"};
}

} // namespace

IncomingBlob::IncomingBlob(fs::path blobs, fs::path file, UniqueFd fd)
    : m_blobs(std::move(blobs))
    , m_file(std::move(file))
    , m_fd(std::move(fd))
{
}

IncomingBlob::IncomingBlob(IncomingBlob&& other) noexcept
    : m_blobs(std::move(other.m_blobs))
    , m_file(std::exchange(other.m_file, {}))
    , m_fd(std::move(other.m_fd))
    , m_digest(std::move(other.m_digest))
    , m_size(other.m_size)
{
}

IncomingBlob::~IncomingBlob()
{
    if (!m_file.empty())
        ::unlink(m_file.c_str());
}

Result<> IncomingBlob::write(std::string_view bytes)
{
    m_digest.update(bytes);
    m_size += bytes.size();
    while (!bytes.empty()) {
        const auto written = ::write(m_fd.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errnoError("write " + m_file.string(), errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<std::string> IncomingBlob::commit(std::string_view digest)
{
    auto found = m_digest.digest();
    if (!digest.empty() && digest != found)
        return differs(digest, found);
    if (::fchmod(m_fd.get(), 0644) != 0 || ::fsync(m_fd.get()) != 0)
        return errnoError("write " + m_file.string(), errno);
    TRY(place(m_file, m_blobs / hexOf(found)));
    m_file.clear();
    return found;
}

Result<Layout> Layout::open(fs::path folder)
{
    Layout layout(std::move(folder));
    TRY(layout.make());
    layout.sweep();
    return layout;
}

/// A layout is made where there is nothing, or where one is being made.
Result<> Layout::checkFree() const
{
    constexpr std::array expected {".", "blobs", "index.json", "oci-layout", "layers", "uploads"};
    std::error_code absent;
    for (const auto& entry : fs::directory_iterator(m_folder, absent)) {
        const auto name = entry.path().filename().string();
        if (!std::ranges::any_of(expected,
                                 [&](const char* start) { return name.starts_with(start); }))
            return Error(ErrorCode::Invalid,
                         m_folder.string() + " is no image layout (it holds " + name
                             + "); name an empty or a new folder");
    }
    return {};
}

Result<> Layout::make() const
{
    std::error_code failed;
    const auto marker = m_folder / "oci-layout";
    if (!fs::exists(marker, failed))
        TRY(checkFree());
    fs::create_directories(m_folder / "blobs" / "sha256", failed);
    if (!failed)
        fs::create_directories(m_folder / ".incoming", failed);
    if (failed)
        return errnoError("make the image layout " + m_folder.string(), failed.value());
    if (fs::exists(marker, failed))
        return {};
    TRY_ASSIGN(const auto lock, FileLock::acquire(m_folder / ".lock", {}));
    if (!fs::exists(m_folder / "index.json", failed)) {
        TRY_ASSIGN(const auto index, composeIndex({}));
        TRY(emulator::writeFileAtomically(m_folder / "index.json", index));
    }
    return emulator::writeFileAtomically(marker, layoutText);
}

void Layout::sweep() const
{
    std::error_code failed;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& entry : fs::directory_iterator(m_folder / ".incoming", failed)) {
        std::error_code unknown;
        if (now - entry.last_write_time(unknown) < youngestLeftover || unknown)
            continue;
        const UniqueFd fd(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC));
        if (fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
            ::unlink(entry.path().c_str());
    }
}

fs::path Layout::blobFile(std::string_view digest) const
{
    return m_folder / "blobs" / "sha256" / hexOf(digest);
}

std::optional<std::uint64_t> Layout::blobSize(std::string_view digest) const
{
    struct stat status {};
    if (!isDigest(digest) || ::stat(blobFile(digest).c_str(), &status) != 0
        || !S_ISREG(status.st_mode))
        return std::nullopt;
    return static_cast<std::uint64_t>(status.st_size);
}

Result<IncomingBlob> Layout::incoming() const
{
    auto name = (m_folder / ".incoming" / "blob-XXXXXX").string();
    UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd)
        return errnoError("write into " + m_folder.string(), errno);
    // Held for as long as it is written, so that sweep() spares it.
    static_cast<void>(::flock(fd.get(), LOCK_SH | LOCK_NB));
    return IncomingBlob(m_folder / "blobs" / "sha256", name, std::move(fd));
}

Result<> Layout::adopt(const fs::path& file, std::string_view digest) const
{
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || ::fchmod(fd.get(), 0644) != 0 || ::fsync(fd.get()) != 0)
        return errnoError("keep " + file.string(), errno);
    return place(file, blobFile(digest));
}

Result<std::string> Layout::put(std::string_view bytes) const
{
    auto digest = digestOf(bytes);
    if (blobSize(digest) == bytes.size())
        return digest;
    TRY_ASSIGN(auto blob, incoming());
    TRY(blob.write(bytes));
    return blob.commit(digest);
}

Result<std::string> Layout::get(std::string_view digest) const
{
    const auto size = blobSize(digest);
    if (!size)
        return Error(ErrorCode::NotFound,
                     m_folder.string() + " has no blob " + std::string(digest));
    if (*size > mostManifestBytes)
        return Error(ErrorCode::Invalid,
                     "the blob " + std::string(digest) + " is too large for what it should be");
    TRY_ASSIGN(auto bytes, emulator::readFile(blobFile(digest)));
    if (const auto found = digestOf(bytes); found != digest)
        return differs(digest, found);
    return bytes;
}

Result<std::vector<Descriptor>> Layout::manifests() const
{
    TRY_ASSIGN(const auto text, emulator::readFile(m_folder / "index.json"));
    auto index = parseIndex(text);
    if (!index)
        return Error(std::move(index).error()).within((m_folder / "index.json").string());
    return index;
}

Result<> Layout::addManifest(const Descriptor& manifest, std::string_view tag,
                             std::stop_token stop) const
{
    TRY_ASSIGN(const auto lock, FileLock::acquire(m_folder / ".lock", std::move(stop)));
    TRY_ASSIGN(auto all, manifests());
    const auto tagOf = [](const Descriptor& entry) {
        const auto found = entry.annotations.find(std::string(annotation::referenceName));
        return found == entry.annotations.end() ? std::string() : found->second;
    };
    const auto removed = tag.empty() ? 0 : std::erase_if(all, [&](const Descriptor& entry) {
        const bool same = entry.digest == manifest.digest;
        return same ? tagOf(entry).empty() : tagOf(entry) == tag;
    });
    const bool there = std::ranges::any_of(all, [&](const Descriptor& entry) {
        return entry.digest == manifest.digest && (tag.empty() || tagOf(entry) == tag);
    });
    if (there && removed == 0)
        return {};
    if (!there) {
        auto entry = manifest;
        entry.annotations.clear();
        if (!tag.empty())
            entry.annotations[std::string(annotation::referenceName)] = tag;
        all.push_back(std::move(entry));
    }
    TRY_ASSIGN(const auto text, composeIndex(all));
    return emulator::writeFileAtomically(m_folder / "index.json", text);
}

} // namespace remote::registry
