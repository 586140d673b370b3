// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Subprocess.h"
#include "emulator/image/Builder.h"
#include "emulator/image/LayerStore.h"

#include <algorithm>
#include <array>
#include <mutex>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

/// Appended last, so that a user's own version of a package wins; then whatever sitecustomize the
/// image has of its own.
constexpr const char* siteCustomize
    = R"(# Slipway: the client's dependencies come after everything else.
import importlib.util
import os
import sys

sys.path.append("/__modal/deps")

_here = os.path.dirname(os.path.abspath(__file__))
for _entry in sys.path:
    _other = os.path.join(_entry or ".", "sitecustomize.py")
    if os.path.abspath(_entry or ".") != _here and os.path.isfile(_other):
        _spec = importlib.util.spec_from_file_location("_image_sitecustomize", _other)
        _spec.loader.exec_module(importlib.util.module_from_spec(_spec))
        break
)";

/// pip of a virtual environment of our own: Debian's Python comes without one.
Result<std::string> ensurePip(const Store& store, std::stop_token stop)
{
    const auto folder = store.home / "runtime" / "pip";
    const auto pip = folder / "bin" / "pip";
    if (fs::exists(pip))
        return pip.string();
    TRY_ASSIGN(const auto made, run({.argv = {"python3", "-m", "venv", folder.string()}}, stop));
    if (!made.status.success())
        return Error(ErrorCode::Unavailable,
                     "python3 -m venv failed (apt-get install python3-venv): " + made.standardOutput
                         + made.standardError);
    return pip.string();
}

bool belongsToPkg(const std::string& name)
{
    constexpr std::array<std::string_view, 4> packages {"modal", "modal_proto", "modal_version",
                                                        "synchronicity"};
    const auto stem = name.substr(0, name.find_first_of(".-"));
    return std::ranges::find(packages, stem) != packages.end();
}

Result<> fillClient(const fs::path& layer, const std::string& pip, std::string_view version,
                    std::string_view series, const std::function<void(std::string_view)>& onLine,
                    std::stop_token stop)
{
    const auto all = layer / "all";
    const std::string requirement = "modal==" + std::string(version);
    onLine("installing " + requirement + " for Python " + std::string(series)
           + " (once; containers share it)");
    CommandLine command {.argv = {pip, "install", "--quiet", "--disable-pip-version-check",
                                  "--no-compile", "--target", all.string(),
                                  "--only-binary=:all:", "--implementation", "cp",
                                  "--python-version", std::string(series)}};
    for (const char* platform :
         {"manylinux_2_28_x86_64", "manylinux_2_24_x86_64", "manylinux_2_17_x86_64",
          "manylinux2014_x86_64", "manylinux_2_5_x86_64", "manylinux1_x86_64"})
        command.argv.insert(command.argv.end(), {"--platform", platform});
    command.argv.push_back(requirement);
    TRY_ASSIGN(const auto installed, run(command, stop, onLine));
    if (!installed.status.success())
        return Error(ErrorCode::Unavailable,
                     "pip could not install " + requirement + " for Python " + std::string(series)
                         + "; it needs a package index once: " + installed.standardError);
    std::error_code failed;
    fs::create_directories(layer / "pkg", failed);
    fs::create_directories(layer / "__modal" / "deps", failed);
    for (const auto& entry : fs::directory_iterator(all)) {
        const auto name = entry.path().filename().string();
        const auto target = belongsToPkg(name) ? layer / "pkg" : layer / "__modal" / "deps";
        fs::rename(entry.path(), target / name, failed);
        if (failed)
            return Error(ErrorCode::Io, "sort " + name + ": " + failed.message());
    }
    fs::remove_all(all, failed);
    return writeFileAtomically(layer / "pkg" / "sitecustomize.py", siteCustomize);
}

} // namespace

Result<fs::path> clientLayer(const Store& store, std::string_view clientVersion,
                             std::string_view pythonSeries,
                             const std::function<void(std::string_view)>& onLine,
                             std::stop_token stop)
{
    // Two tasks that start together must not both install.
    static std::mutex installing;
    const std::lock_guard lock(installing);
    const auto digest
        = layerDigest("client 2 " + std::string(clientVersion) + " " + std::string(pythonSeries));
    if (hasLayer(store, digest))
        return layerFolder(store, digest);
    TRY_ASSIGN(const auto pip, ensurePip(store, stop));
    return makeLayer(store, digest, [&](const fs::path& folder) {
        return fillClient(folder, pip, clientVersion, pythonSeries, onLine, stop);
    });
}

} // namespace emulator::image
