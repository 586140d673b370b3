// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Bootstrap.h"

#include "emulator/base/Subprocess.h"
#include "emulator/image/LayerStore.h"

#include <cstdlib>
#include <regex>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

constexpr const char* possible = "python:3.11-slim-bookworm, python:3.13-slim-trixie, "
                                 "debian:bookworm-slim, debian:trixie-slim";

// Bump when what comes out of the same plan changes.
constexpr const char* recipeVersion = "1";

std::string suiteOfPython(const std::string& series)
{
    return series == "3.11" ? "bookworm" : series == "3.13" ? "trixie" : "";
}

Result<fs::path> cacheFolder()
{
    const char* wanted = std::getenv("SLIPWAY_BASE_CACHE");
    const char* home = std::getenv("HOME");
    fs::path folder = wanted != nullptr && *wanted != '\0' ? fs::path(wanted)
        : home != nullptr ? fs::path(home) / ".cache" / "slipway" / "bases"
                          : fs::temp_directory_path() / "slipway-bases";
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + folder.string() + ": " + failed.message());
    return folder;
}

/// mmdebstrap into a tar beside its final name; it is only ever seen whole.
Result<> makeTar(const BootstrapPlan& plan, const fs::path& tar,
                 const std::function<void(std::string_view)>& onLine, std::stop_token stop)
{
    if (findProgram("mmdebstrap").empty())
        return Error(ErrorCode::Unavailable,
                     "mmdebstrap is not installed, and base images are made with it; "
                     "apt-get install mmdebstrap");
    std::string packages;
    for (const auto& package : plan.packages)
        packages += (packages.empty() ? "" : ",") + package;
    const auto draft = tar.string() + "." + std::to_string(::getpid()) + ".tar";
    CommandLine command {.argv = {"mmdebstrap", "--variant=minbase", "--include=" + packages,
                                  "--aptopt=Apt::Install-Recommends \"false\"",
                                  "--dpkgopt=path-exclude=/usr/share/man/*",
                                  "--dpkgopt=path-exclude=/usr/share/locale/*",
                                  "--dpkgopt=path-exclude=/usr/share/doc/*",
                                  "--dpkgopt=path-include=/usr/share/doc/*/copyright"}};
    if (!plan.python.empty())
        // As in the official images: plain names on PATH, and pip installs without being asked.
        command.argv.push_back("--customize-hook=cd \"$1\" && for n in python python3; do ln -s "
                               "/usr/bin/python3 usr/local/bin/$n; done && ln -s /usr/bin/pip3 "
                               "usr/local/bin/pip && rm -f usr/lib/python3*/EXTERNALLY-MANAGED");
    command.argv.insert(command.argv.end(), {plan.suite, draft, "http://deb.debian.org/debian"});
    const auto made = run(command, stop, onLine);
    std::error_code ignored;
    if (!made || !made->status.success()) {
        fs::remove(draft, ignored);
        if (!made)
            return made.error();
        return Error(ErrorCode::Unavailable,
                     "mmdebstrap ended with " + std::to_string(made->status.code)
                         + "; it needs Debian's mirror, and root or subordinate ids "
                           "(apt-get install uidmap). Its words are above");
    }
    fs::rename(draft, tar, ignored);
    return {};
}

} // namespace

Result<BootstrapPlan> planBootstrap(std::string_view reference)
{
    static const std::regex python(
        R"((?:docker\.io/)?(?:library/)?python:(\d+\.\d+)(?:\.\d+)?(?:-slim)?(?:-(bookworm|trixie))?)");
    static const std::regex debian(
        R"((?:docker\.io/)?(?:library/)?debian:(bookworm|trixie|12|13)(?:-slim)?)");
    const std::string text(reference);
    std::smatch match;
    if (std::regex_match(text, match, python)) {
        const std::string series = match[1];
        const auto suite = suiteOfPython(series);
        if (!suite.empty() && (!match[2].matched || match[2] == suite))
            return BootstrapPlan {suite,
                                  {"python3", "python3-pip", "python3-dev", "ca-certificates",
                                   "build-essential", "gcc", "gfortran"},
                                  series,
                                  text + " cannot be pulled here: Debian " + suite
                                      + " with its Python " + series + " stands in for it"};
    } else if (std::regex_match(text, match, debian)) {
        const std::string suite = match[1] == "12" ? "bookworm"
            : match[1] == "13"                     ? "trixie"
                                                   : match[1].str();
        return BootstrapPlan {suite,
                              {"ca-certificates"},
                              "",
                              text + " cannot be pulled here: Debian " + suite
                                  + "'s packages stand in for it"};
    }
    return Error(ErrorCode::Unavailable,
                 "base image " + text + " cannot be made here; these can: " + possible);
}

Result<std::string> bootstrap(const Store& store, const BootstrapPlan& plan,
                              const std::function<void(std::string_view)>& onLine,
                              std::stop_token stop)
{
    std::string key
        = std::string("bootstrap ") + recipeVersion + " " + plan.suite + " " + plan.python;
    for (const auto& package : plan.packages)
        key += " " + package;
    const auto digest = layerDigest(key);
    if (hasLayer(store, digest))
        return digest;
    onLine(plan.sentence);
    TRY_ASSIGN(const auto cache, cacheFolder());
    const auto tar = cache / (plan.suite + "-" + digest.substr(7, 16) + ".tar");
    if (!fs::exists(tar)) {
        onLine("making it from Debian's packages, once for this machine (about a minute)");
        TRY(makeTar(plan, tar, onLine, stop));
    }
    TRY(makeLayer(store, digest, [&](const fs::path& folder) -> Result<> {
        onLine("unpacking " + tar.filename().string());
        TRY_ASSIGN(const auto unpacked,
                   run({.argv = {"tar", "--extract", "--file", tar.string(), "--directory",
                                 folder.string(), "--numeric-owner", "--same-permissions",
                                 "--exclude=./dev/*"}},
                       stop));
        if (!unpacked.status.success())
            return Error(ErrorCode::Io, "unpack " + tar.string() + ": " + unpacked.standardError);
        return {};
    }));
    return digest;
}

} // namespace emulator::image
