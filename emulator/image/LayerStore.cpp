// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/LayerStore.h"

#include "emulator/base/Bytes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

constexpr int deepestLink = 40; // as the kernel's

/// A character device 0/0 is overlayfs's whiteout: the name is gone here and below.
bool isWhiteout(const fs::path& path)
{
    struct stat found {};
    return ::lstat(path.c_str(), &found) == 0 && S_ISCHR(found.st_mode) && found.st_rdev == 0;
}

/// The topmost thing of that name.
fs::path lookUp(const std::vector<fs::path>& layers, const fs::path& path)
{
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
        const auto candidate = *layer / path.relative_path();
        if (isWhiteout(candidate))
            return {};
        std::error_code ignored;
        if (fs::exists(fs::symlink_status(candidate, ignored)))
            return candidate;
    }
    return {};
}

} // namespace

Result<LayerDraft> LayerDraft::begin(const Store& store)
{
    std::error_code failed;
    fs::create_directories(store.layers() / ".drafts", failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + store.layers().string() + ": " + failed.message());
    TRY_ASSIGN(auto scratch, TempDir::create(store.layers() / ".drafts"));
    fs::create_directory(scratch.path() / "fs", failed);
    ::chmod((scratch.path() / "fs").c_str(), 0755);
    return LayerDraft(std::move(scratch));
}

Result<> LayerDraft::commit(const Store& store, std::string_view digest) &&
{
    const auto target = layerFolder(store, digest);
    if (::rename(path().c_str(), target.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY)
        return errnoError("keep layer " + target.string(), errno);
    return {};
}

std::string layerDigest(std::string_view key)
{
    return "sha256:" + sha256Hex(key);
}

fs::path layerFolder(const Store& store, std::string_view digest)
{
    const auto colon = digest.find(':');
    return store.layers() / digest.substr(colon == std::string_view::npos ? 0 : colon + 1);
}

bool hasLayer(const Store& store, std::string_view digest)
{
    std::error_code ignored;
    return fs::is_directory(layerFolder(store, digest), ignored);
}

Result<fs::path> makeLayer(const Store& store, std::string_view digest,
                           const std::function<Result<>(const fs::path&)>& fill)
{
    if (!hasLayer(store, digest)) {
        TRY_ASSIGN(auto draft, LayerDraft::begin(store));
        TRY(fill(draft.path()));
        TRY(std::move(draft).commit(store, digest));
    }
    return layerFolder(store, digest);
}

Result<fs::path> resolveInLayers(const std::vector<fs::path>& layers, const fs::path& path)
{
    fs::path done = "/";
    fs::path rest = path.lexically_normal().relative_path();
    int links = 0;
    while (!rest.empty()) {
        const auto first = *rest.begin();
        rest = rest.lexically_relative(first);
        if (rest == ".")
            rest.clear();
        if (first == ".." || first == ".") {
            done = first == ".." ? done.parent_path() : done;
            continue;
        }
        const auto found = lookUp(layers, done / first);
        std::error_code ignored;
        if (found.empty() || !fs::is_symlink(found, ignored)) {
            done /= first;
            continue;
        }
        if (++links > deepestLink)
            return Error(ErrorCode::Invalid, path.string() + ": too many symbolic links");
        const auto target = fs::read_symlink(found, ignored);
        if (target.is_absolute())
            done = "/";
        rest = target.relative_path() / rest;
    }
    return done;
}

bool isFolderInLayers(const std::vector<fs::path>& layers, const fs::path& path)
{
    const auto resolved = resolveInLayers(layers, path);
    if (!resolved)
        return false;
    std::error_code ignored;
    const auto found = lookUp(layers, *resolved);
    return *resolved == "/" || (!found.empty() && fs::is_directory(found, ignored));
}

Result<> makeFolders(const fs::path& folder, const std::vector<fs::path>& layers,
                     const fs::path& path)
{
    fs::path done;
    for (const auto& component : path.relative_path()) {
        done /= component;
        const auto target = folder / done;
        if (::mkdir(target.c_str(), 0755) != 0) {
            if (errno == EEXIST)
                continue;
            return errnoError("make " + target.string(), errno);
        }
        struct stat found {};
        const auto below = lookUp(layers, "/" / done);
        if (!below.empty() && ::stat(below.c_str(), &found) == 0) {
            ::chmod(target.c_str(), found.st_mode & 07777U);
            [[maybe_unused]] const int owned = ::lchown(target.c_str(), found.st_uid, found.st_gid);
        }
    }
    return {};
}

} // namespace emulator::image
