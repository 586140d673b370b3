// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// The stock client and what it needs, as a layer: /pkg/{modal,modal_proto,…} and /__modal/deps,
// the places at which the cloud mounts them.
#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/Builder.h"
#include "emulator/image/FailureAdvice.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

namespace emulator::image {
namespace {

constexpr std::array clientPackages {"modal", "modal_proto", "modal_version", "synchronicity"};

constexpr std::string_view siteCustomize = R"(# SPDX-FileCopyrightText: The Slipway authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the client's dependencies behind everything that the image itself has installed."""
import importlib.machinery
import importlib.util
import os
import sys

_dependencies = "/__modal/deps"
if _dependencies not in sys.path and os.path.isdir(_dependencies):
    sys.path.append(_dependencies)

# The image may have a sitecustomize of its own, which this file hides.
_here = os.path.dirname(os.path.abspath(__file__))
_others = [p for p in sys.path if p and os.path.abspath(p) not in (_here, _dependencies)]
_spec = importlib.machinery.PathFinder.find_spec("sitecustomize", _others)
if _spec is not None and _spec.loader is not None and _spec.origin != __file__:
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))
)";

bool isPlain(std::string_view text)
{
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '+' || c == '_';
    });
}

/// A host Python that has pip.
Result<std::string> hostPython(std::stop_token stop)
{
    for (const char* name : {"python3", "/usr/bin/python3"}) {
        const auto output = run({.argv = {name, "-m", "pip", "--version"}}, stop);
        if (output && output->status.success())
            return std::string(name);
    }
    return Error(ErrorCode::Unavailable,
                 "the client's packages cannot be fetched: this machine has no Python with pip "
                 "(apt install python3-pip)");
}

std::vector<std::string> pipArgv(const std::string& python, std::string_view version,
                                 std::string_view series, const std::filesystem::path& target)
{
#ifdef __aarch64__
    const std::string machine = "aarch64";
#else
    const std::string machine = "x86_64";
#endif
    std::vector<std::string> argv {python,
                                   "-m",
                                   "pip",
                                   "install",
                                   "--quiet",
                                   "--no-input",
                                   "--no-compile",
                                   "--disable-pip-version-check",
                                   "--target",
                                   target.string(),
                                   "--implementation",
                                   "cp",
                                   "--python-version",
                                   std::string(series),
                                   "--only-binary",
                                   ":all:"};
    for (const char* platform :
         {"manylinux_2_36_", "manylinux_2_34_", "manylinux_2_31_", "manylinux_2_28_",
          "manylinux_2_27_", "manylinux_2_24_", "manylinux_2_17_", "manylinux2014_",
          "manylinux_2_12_", "manylinux_2_5_", "manylinux1_", "linux_"}) {
        argv.emplace_back("--platform");
        argv.push_back(platform + machine);
    }
    argv.push_back("modal==" + std::string(version));
    return argv;
}

/// Sorts what pip installed into the client itself and its dependencies.
Result<> arrange(const std::filesystem::path& installed, const std::filesystem::path& layer)
{
    const auto client = layer / "pkg";
    const auto dependencies = layer / "__modal" / "deps";
    std::error_code error;
    std::filesystem::create_directories(client, error);
    std::filesystem::create_directories(dependencies, error);
    for (const auto& entry : std::filesystem::directory_iterator(installed, error)) {
        const auto name = entry.path().filename().string();
        if (name == "bin" || name == "share" || name == "__pycache__")
            continue;
        const bool own = std::ranges::any_of(clientPackages, [&](std::string_view package) {
            return name == package || name.starts_with(std::string(package) + ".py")
                || name.starts_with(std::string(package) + "-");
        });
        std::filesystem::rename(entry.path(), (own ? client : dependencies) / name, error);
        if (error)
            break;
    }
    if (error)
        return errnoError("arrange the client's packages", error.value());
    return writeFileAtomically(client / "sitecustomize.py", siteCustomize);
}

/// Byte code makes the first import faster; only the same Python can make it.
void compile(const std::filesystem::path& layer, std::string_view series, std::stop_token stop)
{
    const auto python = "python" + std::string(series);
    if (findProgram(python).empty())
        return;
    static_cast<void>(
        run({.argv = {python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode",
                      "unchecked-hash", "-s", layer.string(), "-p", "/", layer.string()}},
            stop));
}

} // namespace

Result<std::filesystem::path> clientLayer(const Store& store, std::string_view clientVersion,
                                          std::string_view pythonSeries,
                                          const std::function<void(std::string_view)>& onLine,
                                          std::stop_token stop)
{
    if (!isPlain(clientVersion) || !isPlain(pythonSeries))
        return Error(ErrorCode::Invalid,
                     "\"" + std::string(clientVersion) + "\" for Python \""
                         + std::string(pythonSeries) + "\" is no client version");
    std::string tag(pythonSeries);
    std::erase(tag, '.');
    const auto folder = store.home / "runtime" / "clients";
    const auto layer = folder / (std::string(clientVersion) + "-cp" + tag);
    std::error_code error;
    if (std::filesystem::is_directory(layer, error))
        return layer;
    std::filesystem::create_directories(folder, error);
    // One installation at a time, also between processes; the second one finds the first one's.
    const UniqueFd lock(::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0)
        return errnoError("lock " + folder.string(), errno);
    if (std::filesystem::is_directory(layer, error))
        return layer;

    TRY_ASSIGN(const auto python, hostPython(stop));
    TRY_ASSIGN(const auto scratch, TempDir::create(folder));
    onLine("Installing the client " + std::string(clientVersion) + " for Python "
           + std::string(pythonSeries));
    const auto installed = scratch.path() / "installed";
    FailureAdvice advice;
    TRY_ASSIGN(const auto output,
               run({.argv = pipArgv(python, clientVersion, pythonSeries, installed)}, stop,
                   [&](std::string_view line) {
                       advice.read(line);
                       onLine(line);
                   }));
    if (!output.status.success())
        return advice.advise({ErrorCode::Unavailable,
                              "pip could not install modal==" + std::string(clientVersion)
                                  + " for Python " + std::string(pythonSeries)
                                  + ". pip said: " + output.standardError.substr(0, 1000)},
                             store.home);
    const auto made = scratch.path() / "layer";
    TRY(arrange(installed, made));
    compile(made, pythonSeries, stop);
    if (stop.stop_requested())
        return Error(ErrorCode::Cancelled, "installing the client was cancelled");
    if (::chmod(made.c_str(), 0755) != 0 || ::rename(made.c_str(), layer.c_str()) != 0)
        return errnoError("keep " + layer.string(), errno);
    return layer;
}

} // namespace emulator::image
