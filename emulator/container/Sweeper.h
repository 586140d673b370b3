// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <filesystem>
#include <vector>

namespace emulator::container {

/// A process that removes what containers leave, off the request path: their writes and their
/// cgroups. It outlives the helper until all is removed. One thread.
class Sweeper {
public:
    /// `last` are folders of cgroups that go when the helper has ended.
    [[nodiscard]] static Result<Sweeper> start(const std::vector<std::filesystem::path>& last);

    /// Removes trees of files, then empty folders (cgroups), trying those again while a dying
    /// process is still in them.
    void sweep(const std::vector<std::filesystem::path>& trees,
               const std::vector<std::filesystem::path>& folders);

private:
    explicit Sweeper(UniqueFd socket)
        : m_socket(std::move(socket))
    {
    }

    UniqueFd m_socket;
};

} // namespace emulator::container
