// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace remote::deploy {

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;

/// What git says of the project.
struct GitState {
    std::string commit; ///< 40 digits; empty before the first
    std::string branch; ///< empty when detached
    bool dirty = false;
    std::vector<std::string> changedFiles; ///< relative to the repository
};

/// Asks git; nothing outside a repository or without git.
[[nodiscard]] std::optional<GitState> readGit(const std::filesystem::path& folder,
                                              std::stop_token stop);

/// Reads what `git status --porcelain=v2 --branch -z` prints.
[[nodiscard]] GitState parseGitStatus(std::string_view text);

} // namespace remote::deploy
