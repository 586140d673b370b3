// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/CopyPlan.h"

#include "emulator/image/LayerStore.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

/// "/a/./b/" → "a/b"; "." and "/" → "".
std::string normalise(const std::string& path)
{
    auto text = fs::path(path).lexically_normal().relative_path().string();
    while (text.ends_with('/'))
        text.pop_back();
    return text == "." ? std::string() : text;
}

/// What a source names: one file, or files below a folder that it matches.
struct Match {
    const CopyEntry* entry = nullptr;
    std::string below; ///< path below the matched folder; empty for a file that matched itself
};

/// The name's leading part with as many components as the pattern, and the rest.
std::pair<std::string, std::string> splitLike(const std::string& name, const std::string& pattern)
{
    auto components = std::ranges::count(pattern, '/') + 1;
    std::size_t at = 0;
    while (components-- > 0 && at != std::string::npos)
        at = name.find('/', at == 0 ? 0 : at + 1);
    if (at == std::string::npos)
        return {name, {}};
    return {name.substr(0, at), name.substr(at + 1)};
}

std::vector<Match> matchesOf(const std::vector<CopyEntry>& entries, const std::string& pattern)
{
    std::vector<Match> matches;
    for (const auto& entry : entries) {
        if (pattern.empty()) {
            matches.push_back({&entry, entry.name});
            continue;
        }
        const auto [head, rest] = splitLike(entry.name, pattern);
        if (::fnmatch(pattern.c_str(), head.c_str(), FNM_PATHNAME) == 0)
            matches.push_back({&entry, rest});
    }
    return matches;
}

} // namespace

std::string CopyPlan::identity() const
{
    std::string text;
    for (const auto& item : items)
        text += item.target.string() + " " + item.entry.identity + " "
            + std::to_string(item.entry.mode) + "\n";
    return text;
}

Result<CopyPlan> planCopy(const std::vector<CopyEntry>& entries,
                          const std::vector<std::string>& sources, const std::string& target,
                          const std::string& workingDirectory, const std::vector<fs::path>& layers)
{
    const auto destination = target.starts_with('/')
        ? fs::path(target)
        : fs::path(workingDirectory.empty() ? "/" : workingDirectory) / target;
    const bool isFolder = target.ends_with('/') || target == "." || sources.size() > 1
        || isFolderInLayers(layers, destination);
    CopyPlan plan;
    for (const auto& source : sources) {
        const auto pattern = normalise(source);
        if (pattern == ".." || pattern.starts_with("../"))
            return Error(ErrorCode::Invalid, source + " leads out of the build context");
        const auto matches = matchesOf(entries, pattern);
        if (matches.empty())
            return Error(ErrorCode::Invalid, source + " is not in the build context");
        for (const auto& match : matches) {
            fs::path place = destination;
            if (!match.below.empty())
                place /= match.below;
            else if (isFolder)
                place /= fs::path(match.entry->name).filename();
            plan.items.push_back({*match.entry, place.lexically_normal()});
        }
    }
    return plan;
}

Result<> carryOut(const CopyPlan& plan, const fs::path& folder, const std::vector<fs::path>& layers)
{
    auto below = layers;
    below.push_back(folder); // what an earlier item made counts as well
    for (const auto& item : plan.items) {
        TRY_ASSIGN(const auto resolved, resolveInLayers(below, item.target));
        const auto target = folder / resolved.relative_path();
        TRY(makeFolders(folder, layers, resolved.parent_path()));
        std::error_code failed;
        fs::copy_file(item.entry.file, target, fs::copy_options::overwrite_existing, failed);
        if (failed)
            return Error(ErrorCode::Io,
                         "copy to " + item.target.string() + ": " + failed.message());
        ::chmod(target.c_str(), item.entry.mode & 07777U);
    }
    return {};
}

} // namespace emulator::image
