// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/BuildContext.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/image/BlobStore.h"
#include "emulator/image/MountLayer.h"

#include <fnmatch.h>

#include <algorithm>
#include <sstream>

namespace emulator::image {
namespace {

std::vector<std::string> segments(std::string_view path)
{
    std::vector<std::string> result;
    for (const auto& part : std::filesystem::path(path).relative_path())
        if (!part.empty() && part != ".")
            result.push_back(part.string());
    return result;
}

/// "**" stands for any number of folders (.dockerignore only).
bool matchesSegments(std::vector<std::string>::const_iterator pattern,
                     std::vector<std::string>::const_iterator patternEnd,
                     std::vector<std::string>::const_iterator name,
                     std::vector<std::string>::const_iterator nameEnd)
{
    for (; pattern != patternEnd; ++pattern, ++name) {
        if (*pattern == "**") {
            for (auto rest = name;; ++rest) {
                if (matchesSegments(pattern + 1, patternEnd, rest, nameEnd))
                    return true;
                if (rest == nameEnd)
                    return false;
            }
        }
        if (name == nameEnd || ::fnmatch(pattern->c_str(), name->c_str(), 0) != 0)
            return false;
    }
    return true;
}

} // namespace

Result<std::string> relativeName(std::string_view name)
{
    std::string result;
    for (const auto& part : segments(name)) {
        if (part == "..")
            return Error(ErrorCode::Invalid,
                         "\"" + std::string(name) + "\" points outside the build context");
        result += (result.empty() ? "" : "/") + part;
    }
    return result;
}

bool matchesBelow(std::string_view pattern, std::string_view name)
{
    const auto patterns = segments(pattern);
    const auto names = segments(name);
    return matchesSegments(patterns.begin(), patterns.end(), names.begin(), names.end());
}

IgnoreRules::IgnoreRules(std::string_view text)
{
    std::istringstream lines {std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        line.erase(line.find_last_not_of(" \t\r") + 1);
        line.erase(0, line.find_first_not_of(" \t"));
        if (line.empty() || line.front() == '#')
            continue;
        const bool keep = line.front() == '!';
        m_rules.push_back({line.substr(keep ? 1 : 0), keep});
    }
}

bool IgnoreRules::ignores(std::string_view name) const
{
    for (auto rule = m_rules.rbegin(); rule != m_rules.rend(); ++rule)
        if (matchesBelow(rule->pattern, name))
            return !rule->keep;
    return false;
}

Result<BuildContext> BuildContext::create(const Store& store, const model::ImageRecipe& recipe)
{
    BuildContext context;
    for (const auto& file : recipe.contextMount) {
        TRY_ASSIGN(auto name, relativeName(file.filename));
        context.m_files.insert_or_assign(name, file);
    }
    for (const auto& file : recipe.contextFiles) {
        TRY_ASSIGN(auto name, relativeName(file.filename));
        TRY_ASSIGN(const auto blob, BlobStore(store).put(file.data));
        context.m_files.insert_or_assign(
            name, model::MountFile {file.filename, blob.sha256, file.data.size(), 0644});
    }
    if (const auto ignore = context.m_files.find(".dockerignore");
        ignore != context.m_files.end()) {
        TRY_ASSIGN(const auto text, readFile(BlobStore(store).path(ignore->second.sha256)));
        std::erase_if(context.m_files, [rules = IgnoreRules(text)](const auto& file) {
            return rules.ignores(file.first);
        });
    }
    for (auto& [name, file] : context.m_files)
        file.filename = name;
    return context;
}

Result<std::vector<model::MountFile>> BuildContext::matching(std::string_view pattern) const
{
    TRY_ASSIGN(const auto relative, relativeName(pattern));
    std::vector<model::MountFile> found;
    for (const auto& [name, file] : m_files)
        if (matchesBelow(relative, name))
            found.push_back(file);
    if (found.empty() && !relative.empty())
        return Error(ErrorCode::NotFound,
                     "\"" + std::string(pattern)
                         + "\" is not among the files that came with the build");
    return found;
}

Result<> BuildContext::layOut(const Store& store, const std::filesystem::path& folder) const
{
    std::vector<model::MountFile> files;
    files.reserve(m_files.size());
    for (const auto& [name, file] : m_files)
        files.push_back(file);
    return layOutFiles(store, files, folder);
}

} // namespace emulator::image
