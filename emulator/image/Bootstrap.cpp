// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/Bootstrap.h"

#include "emulator/base/Id.h"
#include "emulator/base/Log.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/FailureAdvice.h"

#include <unistd.h>

#include <cstdlib>
#include <regex>

namespace emulator::image {
namespace {

std::filesystem::path cacheFolder()
{
    if (const char* folder = std::getenv("SLIPWAY_BASE_CACHE"))
        return folder;
    if (const char* folder = std::getenv("XDG_CACHE_HOME"))
        return std::filesystem::path(folder) / "slipway" / "bases";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr ? home : "/var/tmp") / ".cache" / "slipway"
        / "bases";
}

std::vector<std::string> bootstrapArgv(const BaseImage& image, const std::filesystem::path& target)
{
    std::vector<std::string> argv {"mmdebstrap", "--variant=minbase", "--format=tar",
                                   ::geteuid() == 0 ? "--mode=root" : "--mode=unshare"};
    std::string packages;
    for (const auto& package : image.packages)
        packages += (packages.empty() ? "" : ",") + package;
    argv.push_back("--include=" + packages);
    for (const auto& option : image.dpkgOptions)
        argv.push_back("--dpkgopt=" + option);
    for (const auto& hook : image.hooks)
        argv.push_back("--customize-hook=" + hook);
    argv.push_back(image.suite);
    argv.push_back(target.string());
    for (auto& source : debianSources("/etc/apt", image.suite))
        argv.push_back(std::move(source));
    return argv;
}

/// A file that is being written; removed unless it was renamed.
struct Partial {
    std::filesystem::path path;
    explicit Partial(std::filesystem::path file)
        : path(std::move(file))
    {
    }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;
    ~Partial()
    {
        std::error_code error;
        std::filesystem::remove(path, error);
    }
};

} // namespace

Bootstrap::Bootstrap(LayerStore layers)
    : m_layers(std::move(layers))
    , m_cache(cacheFolder())
{
}

Result<> Bootstrap::ensure(const BaseImage& image, const LogLine& onLine,
                           std::stop_token stop) const
{
    if (m_layers.has(image.digest))
        return {};
    std::error_code error;
    std::filesystem::create_directories(m_cache, error);
    if (error)
        return errnoError("make folder " + m_cache.string(), error.value());
    const auto archive = m_cache / (image.suite + "-" + image.digest.substr(0, 16) + ".tar");
    if (!std::filesystem::exists(archive, error))
        TRY(makeArchive(image, archive, onLine, stop));
    onLine("Unpacking " + archive.filename().string());
    return unpack(image, archive, stop);
}

Result<> Bootstrap::makeArchive(const BaseImage& image, const std::filesystem::path& archive,
                                const LogLine& onLine, std::stop_token stop) const
{
    if (findProgram("mmdebstrap").empty())
        return Error(ErrorCode::Unavailable,
                     image.reference
                         + " has to be put together from Debian packages, and "
                           "mmdebstrap is missing: apt install mmdebstrap");
    onLine("Putting " + image.reference + " together from Debian packages (minutes, once)");
    const Partial partial(m_cache / (".partial-" + randomHex(8) + ".tar"));
    std::string last;
    FailureAdvice advice;
    const auto output
        = run({.argv = bootstrapArgv(image, partial.path)}, stop, [&](std::string_view line) {
              if (line.starts_with("E:"))
                  last = line;
              advice.read(line);
              onLine(line);
          });
    if (!output)
        return Error(output.error()).within("make " + image.reference);
    if (!output->status.success())
        return advice.advise(
            {ErrorCode::Unavailable,
             "mmdebstrap could not make " + image.reference + " (exit code "
                 + std::to_string(output->status.code) + (last.empty() ? "" : "; " + last)
                 + "). Is Debian's mirror reachable?"
                 + (::geteuid() == 0 ? ""
                                     : " Without root it needs newuidmap (apt install uidmap) and "
                                       "a range in /etc/subuid.")},
            m_cache);
    std::error_code error;
    std::filesystem::rename(partial.path, archive, error);
    if (error)
        return errnoError("keep " + archive.string(), error.value());
    return {};
}

Result<> Bootstrap::unpack(const BaseImage& image, const std::filesystem::path& archive,
                           std::stop_token stop) const
{
    TRY_ASSIGN(const auto scratch, m_layers.scratch());
    std::vector<std::string> argv {"tar",
                                   "--extract",
                                   "--numeric-owner",
                                   "--preserve-permissions",
                                   "--exclude=./dev/*",
                                   "--file",
                                   archive.string(),
                                   "--directory",
                                   scratch.writes().string()};
    if (::geteuid() == 0) {
        argv.insert(argv.begin() + 2, {"--same-owner", "--xattrs", "--xattrs-include=*"});
    } else {
        // An ordinary user owns it all: a container's user namespace maps that to root.
        argv.insert(argv.begin() + 2, "--no-same-owner");
    }
    TRY_ASSIGN(const auto output, run({.argv = std::move(argv)}, stop));
    if (!output.status.success()) {
        const auto reason = output.standardError.substr(0, output.standardError.find('\n'));
        FailureAdvice advice;
        advice.read(reason);
        auto advised = advice.advise({ErrorCode::Io, "unpack " + archive.string() + ": " + reason},
                                     m_layers.path());
        if (advised.code() == ErrorCode::Exhausted)
            return advised; // the archive is whole
        std::error_code error;
        std::filesystem::remove(archive, error);
        return Error(advised.code(), advised.message() + " (the archive was removed; try again)");
    }
    return m_layers.commit(scratch, image.digest);
}

std::vector<std::string> debianSources(const std::filesystem::path& aptFolder,
                                       std::string_view suite)
{
    std::string text;
    std::vector<std::filesystem::path> files {aptFolder / "sources.list"};
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(aptFolder / "sources.list.d", error))
        files.push_back(entry.path());
    for (const auto& file : files)
        if (auto content = readFile(file))
            text += *std::move(content) + '\n';
    std::string archive = "http://deb.debian.org/debian";
    std::string security = "http://deb.debian.org/debian-security";
    // One-line style puts options before the address, deb822 style puts "URIs:".
    const std::regex address(
        R"((?:^|\n)(?:deb[ \t]+(?:\[[^\]]*\][ \t]+)?|URIs:[ \t]*)(https?://\S+))");
    bool archiveFound = false;
    bool securityFound = false;
    for (std::sregex_iterator match(text.begin(), text.end(), address), end; match != end;
         ++match) {
        auto found = (*match)[1].str();
        while (found.ends_with('/'))
            found.pop_back();
        if (!archiveFound && found.ends_with("/debian")) {
            archive = found;
            archiveFound = true;
        } else if (!securityFound && found.ends_with("/debian-security")) {
            security = found;
            securityFound = true;
        }
    }
    const std::string name(suite);
    return {"deb " + archive + " " + name + " main",
            "deb " + archive + " " + name + "-updates main",
            "deb " + security + " " + name + "-security main"};
}

} // namespace emulator::image
