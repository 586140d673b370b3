// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The emulated driver on top of an image: libraries in a folder of their own, a line in
// ld.so.conf.d that puts it first, and a regenerated ld.so.cache. It is what RUNPATH, ctypes,
// `ldconfig -p` and `env -i` all find.
#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/image/BuildRun.h"
#include "emulator/image/Builder.h"
#include "emulator/image/LayerStore.h"
#include "emulator/image/LayerView.h"
#include "emulator/image/StagePlanner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace emulator::image {
namespace {

constexpr std::string_view libraryFolder = "/usr/local/slipway/lib";

struct DriverFile {
    std::filesystem::path source;
    std::filesystem::path target; ///< relative to the layer
};

/// The libraries and nvidia-smi; links among the libraries stay links.
Result<std::vector<DriverFile>> driverFiles(const std::filesystem::path& libraries,
                                            const std::filesystem::path& tools)
{
    std::vector<DriverFile> files;
    std::error_code error;
    const auto folder = std::filesystem::path(libraryFolder).relative_path();
    for (const auto& entry : std::filesystem::directory_iterator(libraries, error)) {
        const auto name = entry.path().filename().string();
        if (name.find(".so") != std::string::npos && !entry.is_directory())
            files.push_back({entry.path(), folder / name});
    }
    if (error)
        return errnoError("read the driver in " + libraries.string(), error.value());
    if (files.empty())
        return Error(ErrorCode::NotFound, "there is no driver in " + libraries.string());
    if (std::filesystem::exists(tools / "nvidia-smi", error))
        files.push_back({tools / "nvidia-smi", "usr/bin/nvidia-smi"});
    std::ranges::sort(files, {}, &DriverFile::target);
    return files;
}

/// The /usr of some images is reached through links; the layer must not turn one into a folder.
Result<std::filesystem::path> resolved(const LayerView& image, const std::filesystem::path& path)
{
    std::filesystem::path done;
    for (const auto& part : path) {
        TRY_ASSIGN(const auto node, image.find("/" + (done / part).string()));
        done = node ? std::filesystem::path(node->path).relative_path() : done / part;
    }
    return done;
}

Result<> link(const std::string& goal, const std::filesystem::path& place)
{
    ::unlink(place.c_str());
    if (::symlink(goal.c_str(), place.c_str()) != 0)
        return errnoError("link " + place.string(), errno);
    return {};
}

Result<> lay(const std::vector<DriverFile>& files, const LayerView& image,
             const std::filesystem::path& layer)
{
    std::error_code error;
    for (const auto& file : files) {
        TRY_ASSIGN(const auto folder, resolved(image, file.target.parent_path()));
        const auto target = layer / folder / file.target.filename();
        std::filesystem::create_directories(target.parent_path(), error);
        if (std::filesystem::is_symlink(file.source, error)) {
            TRY_ASSIGN(const auto goal, linkTarget(file.source));
            // A link out of the driver's folder would lead nowhere in a container.
            if (goal.find('/') == std::string::npos) {
                TRY(link(goal, target));
                continue;
            }
        }
        std::filesystem::copy_file(file.source, target,
                                   std::filesystem::copy_options::overwrite_existing, error);
        if (error || ::chmod(target.c_str(), 0755) != 0)
            return errnoError("lay " + target.string(), error ? error.value() : errno);
        // libcuda.so.1 → libcuda.so; of two versions the later one wins.
        const auto name = target.filename().string();
        if (const auto end = name.find(".so."); end != std::string::npos)
            TRY(link(name, target.parent_path() / name.substr(0, end + 3)));
    }
    std::filesystem::create_directories(layer / "etc" / "ld.so.conf.d", error);
    return writeFileAtomically(layer / "etc" / "ld.so.conf.d" / "00-slipway.conf",
                               std::string(libraryFolder) + "\n");
}

/// Lets the image's own ldconfig write the cache; its format belongs to the image's libc.
Result<> regenerateCache(StepRunner& runner, std::vector<std::filesystem::path> layers,
                         const Scratch& scratch, std::stop_token stop)
{
    Step step;
    layers.push_back(scratch.writes());
    step.layers = std::move(layers);
    step.writes = scratch.folder() / "cache";
    std::error_code error;
    std::filesystem::create_directory(step.writes, error);
    step.argv = {"/sbin/ldconfig"};
    step.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
    std::string last;
    const auto code = runner.run(step, [&](std::string_view line) { last = line; }, stop);
    if (!code && code.error().code() == ErrorCode::Cancelled)
        return code.error();
    const auto made = step.writes / "etc" / "ld.so.cache";
    if (!code || *code != 0 || !std::filesystem::is_regular_file(made, error)) {
        log::warning("image",
                     "the image has no working ldconfig (" + (code ? last : code.error().message())
                         + "); programs find the emulated driver by LD_LIBRARY_PATH only");
        return {};
    }
    std::filesystem::rename(made, scratch.writes() / "etc" / "ld.so.cache", error);
    if (error)
        return errnoError("keep ld.so.cache", error.value());
    return {};
}

} // namespace

Result<std::filesystem::path> driverLayer(const Store& store, const model::Image& image,
                                          const std::filesystem::path& libraries,
                                          const std::filesystem::path& tools, StepRunner& steps,
                                          std::stop_token stop)
{
    TRY_ASSIGN(const auto files, driverFiles(libraries, tools));
    std::vector<std::string> key {"driver 1"};
    key.insert(key.end(), image.layers.begin(), image.layers.end());
    for (const auto& file : files) {
        TRY_ASSIGN(const auto content, readFile(file.source));
        key.push_back(file.target.string() + " " + sha256Hex(content));
    }
    const LayerStore layers(store);
    const auto digest = keyOf(key);
    if (layers.has(digest))
        return layers.folder(digest);
    std::vector<std::filesystem::path> below;
    for (const auto& layer : image.layers)
        below.push_back(layers.folder(layer));
    TRY_ASSIGN(const auto scratch, layers.scratch());
    TRY(lay(files, LayerView(below), scratch.writes()));
    TRY(regenerateCache(steps, below, scratch, stop));
    TRY(layers.commit(scratch, digest));
    return layers.folder(digest);
}

} // namespace emulator::image
