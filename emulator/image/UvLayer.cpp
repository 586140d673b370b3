// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/UvLayer.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Subprocess.h"
#include "emulator/image/FailureAdvice.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace emulator::image {

std::string uvDigest(std::string_view version)
{
    return sha256Hex("uv " + std::string(version));
}

Result<> ensureUv(const LayerStore& layers, std::string_view version, const LogLine& onLine,
                  std::stop_token stop)
{
    const auto digest = uvDigest(version);
    if (layers.has(digest))
        return {};
    // Tags like "0.5-debian" or "latest" name more than a version; pip wants a version or nothing.
    const auto number = version.substr(0, version.find_first_not_of("0123456789."));
    const auto requirement = number.empty() ? std::string("uv")
                                            : "uv==" + std::string(number)
            + (std::count(number.begin(), number.end(), '.') < 2 ? ".*" : "");
    onLine("Taking uv " + std::string(version) + " from the package index");
    TRY_ASSIGN(const auto scratch, layers.scratch());
    const auto target = scratch.folder() / "uv";
    FailureAdvice advice;
    TRY_ASSIGN(const auto output,
               run({.argv = {"python3", "-m", "pip", "install", "--quiet", "--no-input",
                             "--no-deps", "--only-binary", ":all:", "--disable-pip-version-check",
                             "--target", target.string(), requirement}},
                   stop, [&](std::string_view line) {
                       advice.read(line);
                       onLine(line);
                   }));
    if (!output.status.success())
        return advice.advise(
            {ErrorCode::Unavailable,
             "pip could not fetch " + requirement + ", which stands for ghcr.io/astral-sh/uv:"
                 + std::string(version) + ": " + output.standardError.substr(0, 500)},
            layers.path());
    for (const char* name : {"uv", "uvx"}) {
        const auto file = scratch.writes() / name;
        std::error_code error;
        std::filesystem::rename(target / "bin" / name, file, error);
        if (error || ::chmod(file.c_str(), 0755) != 0)
            return errnoError("take " + std::string(name) + " out of " + requirement,
                              error ? error.value() : errno);
    }
    return layers.commit(scratch, digest);
}

} // namespace emulator::image
