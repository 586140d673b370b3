// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Bundle.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "remote/tunnel/FarHost.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

namespace remote::tunnel {

using namespace emulator;
namespace fs = std::filesystem;

namespace {

/// The C library's own come with the kernel's loader, which cannot be sent.
constexpr std::array ofGlibc {"ld-linux", "libc.so",     "libm.so",     "libpthread.so",
                              "libdl.so", "librt.so",    "libutil.so",  "libresolv.so",
                              "libnsl.",  "libanl.so",   "libnss_",     "linux-vdso",
                              "libmvec",  "libcrypt.so", "libthread_db"};

bool isGlibc(const std::string& name)
{
    return std::ranges::any_of(ofGlibc, [&](const char* own) { return name.starts_with(own); });
}

/// Name → path of what the loader would load for a program.
Result<std::map<std::string, fs::path>> librariesOf(const fs::path& program)
{
    TRY_ASSIGN(const auto listed, run({.argv = {"ldd", program.string()}}));
    if (!listed.status.success())
        return Error(ErrorCode::Unavailable,
                     "ldd " + program.string() + ": " + lastLines(listed.standardError));
    std::map<std::string, fs::path> libraries;
    std::istringstream lines(listed.standardOutput);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string name;
        std::string arrow;
        std::string path;
        words >> name >> arrow >> path;
        if (arrow != "=>" || isGlibc(name))
            continue;
        if (path.empty() || path.front() != '/')
            return Error(ErrorCode::NotFound,
                         program.filename().string() + " needs " + name
                             + ", which is not on this machine; install Slipway again");
        libraries[name] = path;
    }
    return libraries;
}

Result<> addFolder(Bundle& bundle, const fs::path& folder, const std::string& name)
{
    std::error_code failed;
    for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
         at.increment(failed))
        if (fs::is_regular_file(at->path()))
            bundle.files.push_back(
                {at->path(), name + "/" + fs::relative(at->path(), folder).string()});
    if (failed)
        return Error(ErrorCode::Io, "read " + folder.string() + ": " + failed.message());
    return {};
}

/// The newest "GLIBC_2.N" that is named in a program's or library's table of versions.
std::string glibcIn(std::string_view content)
{
    constexpr std::string_view prefix = "GLIBC_2.";
    std::string newest = "2.0";
    for (auto at = content.find(prefix); at != std::string_view::npos;
         at = content.find(prefix, at + 1)) {
        const auto from = at + prefix.size();
        const auto end
            = std::find_if_not(content.begin() + static_cast<std::ptrdiff_t>(from), content.end(),
                               [](char c) { return c >= '0' && c <= '9'; });
        const auto digits = static_cast<std::size_t>(end - content.begin()) - from;
        if (digits == 0 || digits > 3 || end == content.end() || (*end != '\0' && *end != '.'))
            continue;
        const auto found = "2." + std::string(content.substr(from, digits));
        if (atLeast(found, newest))
            newest = found;
    }
    return newest;
}

Result<> seal(Bundle& bundle, const std::string& version)
{
    std::ranges::sort(bundle.files, {}, &BundleFile::name);
    std::string digests;
    bundle.glibc = "2.0";
    for (auto& file : bundle.files) {
        TRY_ASSIGN(const auto content, readFile(file.source));
        file.size = content.size();
        bundle.bytes += file.size;
        digests += file.name + '\n' + sha256Hex(content) + '\n';
        if (const auto needs = glibcIn(content); atLeast(needs, bundle.glibc))
            bundle.glibc = needs;
    }
    bundle.id = version + "-" + sha256Hex(digests).substr(0, 12);
    return {};
}

} // namespace

Result<Bundle> Bundle::collect(const fs::path& programs, const std::string& version, Gpu gpu)
{
    Bundle bundle;
    std::vector<std::string> names {"slip", "slipwayd", "slipway-worker"};
    std::vector<fs::path> gpuFolders {programs / ".." / "lib" / "slipway" / "gpu",
                                      programs / ".." / "lib" / "gpu"};
    std::erase_if(gpuFolders,
                  [](const fs::path& folder) { return !fs::exists(folder / "libcuda.so.1"); });
    if (gpu == Gpu::WithEmulated && !gpuFolders.empty() && fs::exists(programs / "slipway-gpud")) {
        names.emplace_back("slipway-gpud");
        TRY(addFolder(bundle, fs::canonical(gpuFolders.front()), "lib/slipway/gpu"));
    }
    std::map<std::string, fs::path> libraries;
    for (const auto& name : names) {
        const auto program = programs / name;
        if (!fs::exists(program))
            return Error(ErrorCode::NotFound,
                         name + " is not in " + programs.string() + "; install Slipway again");
        bundle.files.push_back({program, "bin/" + name});
        TRY_ASSIGN(const auto needed, librariesOf(program));
        libraries.insert(needed.begin(), needed.end());
    }
    for (const auto& [name, path] : libraries)
        bundle.files.push_back({path, "lib/slipway-deps/" + name});
    TRY(seal(bundle, version));
    utsname host {};
    ::uname(&host);
    bundle.machine = static_cast<const char*>(host.machine);
    return bundle;
}

} // namespace remote::tunnel
