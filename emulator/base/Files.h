// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace emulator {

/// The whole content of a file. NotFound or Io, naming the path.
[[nodiscard]] Result<std::string> readFile(const std::filesystem::path& path);

/// Replaces a file in one step (write beside it, fsync, rename): a reader sees the old or the new
/// content, also after a power cut. Io (a full disk says so), naming the path.
[[nodiscard]] Result<> writeFileAtomically(const std::filesystem::path& path,
                                           std::string_view content, unsigned mode = 0644);

/// An Io error "<attempt>: <text of errno>", with advice for a full disk.
[[nodiscard]] Error errnoError(std::string_view attempt, int number);

/// A fresh directory below `parent` (default: the system's temporary folder), removed with its
/// content when the value dies.
class TempDir {
public:
    [[nodiscard]] static Result<TempDir> create(const std::filesystem::path& parent = {});

    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&& other) noexcept;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }

private:
    explicit TempDir(std::filesystem::path path)
        : m_path(std::move(path))
    {
    }

    std::filesystem::path m_path;
};

} // namespace emulator
