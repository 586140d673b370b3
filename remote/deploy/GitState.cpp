// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/GitState.h"

#include "emulator/base/Subprocess.h"

namespace remote::deploy {
namespace {

/// The word number `index` of an entry and all that follows.
std::string_view from(std::string_view entry, int index)
{
    for (; index > 0; --index) {
        const auto blank = entry.find(' ');
        if (blank == std::string_view::npos)
            return {};
        entry.remove_prefix(blank + 1);
    }
    return entry;
}

} // namespace

GitState parseGitStatus(std::string_view text)
{
    GitState state;
    bool isOrigin = false; // of a renamed file: an entry of its own
    while (!text.empty()) {
        const auto end = std::min(text.find('\0'), text.size());
        const auto entry = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (std::exchange(isOrigin, false) || entry.size() < 2)
            continue;
        if (entry.starts_with("# branch.oid ")) {
            if (entry.substr(13) != "(initial)")
                state.commit = entry.substr(13);
        } else if (entry.starts_with("# branch.head ")) {
            if (entry.substr(14) != "(detached)")
                state.branch = entry.substr(14);
        } else if (entry[0] == '1') {
            state.changedFiles.emplace_back(from(entry, 8));
        } else if (entry[0] == '2') {
            state.changedFiles.emplace_back(from(entry, 9));
            isOrigin = true;
        } else if (entry[0] == 'u') {
            state.changedFiles.emplace_back(from(entry, 10));
        } else if (entry[0] == '?') {
            state.changedFiles.emplace_back(from(entry, 1));
        }
    }
    state.dirty = !state.changedFiles.empty();
    return state;
}

std::optional<GitState> readGit(const std::filesystem::path& folder, std::stop_token stop)
{
    const auto git = emulator::findProgram("git");
    if (git.empty())
        return std::nullopt;
    const auto status = emulator::run({.argv = {git, "status", "--porcelain=v2", "--branch", "-z"},
                                       .workingDirectory = folder.string()},
                                      std::move(stop));
    if (!status || !status->status.success())
        return std::nullopt;
    return parseGitStatus(status->standardOutput);
}

} // namespace remote::deploy
