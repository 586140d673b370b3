// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <filesystem>
#include <string>

namespace emulator::local {

/// A lock file that one process holds for as long as it lives, whatever ends it; it names the
/// process. The daemon and the worker of a home each hold one.
class HomeLock {
public:
    /// Unavailable, naming the holder, when another process has it.
    [[nodiscard]] static Result<HomeLock> take(const std::filesystem::path& path);

    /// Blocks until nobody holds the lock, or a signal interrupts.
    static void awaitFree(const std::filesystem::path& path);

    /// The process that holds it; 0 when nobody does.
    [[nodiscard]] static int holder(const std::filesystem::path& path);

private:
    explicit HomeLock(UniqueFd file)
        : m_file(std::move(file))
    {
    }

    UniqueFd m_file;
};

} // namespace emulator::local
