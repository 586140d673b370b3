// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Builder.h"
#include "emulator/image/LayerStore.h"

#include <algorithm>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

constexpr const char* libraryFolder = "usr/local/slipway/lib";

/// Changes when a library does.
std::string stampOf(const fs::path& folder)
{
    std::vector<std::string> entries;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (!entry.is_regular_file())
            continue;
        const auto written = entry.last_write_time().time_since_epoch().count();
        entries.push_back(entry.path().filename().string() + " " + std::to_string(entry.file_size())
                          + " " + std::to_string(written));
    }
    std::ranges::sort(entries);
    std::string stamp;
    for (const auto& entry : entries)
        stamp += entry + "\n";
    return stamp;
}

Result<> fillDriver(const fs::path& layer, const fs::path& libraries, const fs::path& tools)
{
    std::error_code failed;
    const auto target = layer / libraryFolder;
    fs::create_directories(target, failed);
    fs::create_directories(layer / "usr/bin", failed);
    fs::create_directories(layer / "etc/ld.so.conf.d", failed);
    for (const auto& entry : fs::directory_iterator(libraries, failed))
        if (entry.path().filename().string().find(".so") != std::string::npos)
            fs::copy(entry.path(), target / entry.path().filename(),
                     fs::copy_options::copy_symlinks, failed);
    if (!failed)
        fs::copy_file(tools / "nvidia-smi", layer / "usr/bin/nvidia-smi", failed);
    if (failed)
        return Error(ErrorCode::Io, "lay out the emulated driver: " + failed.message());
    return writeFileAtomically(layer / "etc/ld.so.conf.d/00-slipway.conf",
                               std::string("/") + libraryFolder + "\n");
}

} // namespace

Result<fs::path> driverLayer(const Store& store, const model::Image& image,
                             const fs::path& libraries, const fs::path& tools, StepRunner& steps,
                             std::stop_token stop)
{
    std::string key = "driver 1\n" + stampOf(libraries) + stampOf(tools);
    for (const auto& layer : image.layers)
        key += layer + "\n";
    return makeLayer(store, layerDigest(key), [&](const fs::path& folder) -> Result<> {
        TRY(fillDriver(folder, libraries, tools));
        // The image's own ldconfig writes the cache that the image's own loader reads.
        TRY_ASSIGN(const auto draft, LayerDraft::begin(store));
        Step step {.writes = draft.path(),
                   .argv = {"/sbin/ldconfig"},
                   .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}};
        for (const auto& digest : image.layers)
            step.layers.push_back(layerFolder(store, digest));
        step.layers.push_back(folder);
        std::string words;
        const auto code = steps.run(
            step, [&](std::string_view line) { words.append(line).append("\n"); }, stop);
        if (!code)
            return code.error();
        std::error_code failed;
        fs::copy_file(draft.path() / "etc/ld.so.cache", folder / "etc/ld.so.cache", failed);
        // An image without ldconfig (musl, distroless) finds the driver by LD_LIBRARY_PATH alone.
        return {};
    });
}

} // namespace emulator::image
