// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"
#include "remote/registry/Descriptor.h"

#include <filesystem>
#include <functional>
#include <stop_token>

namespace remote::registry {

/// Holds a lock file (flock) until it dies: between threads, processes and, on a shared file
/// system, hosts. A crash lets go of it.
class FileLock {
public:
    /// Makes the file and its folder when missing and waits for the lock; `onWait` is called once
    /// when somebody else has it. Cancelled when `stop` fires first.
    [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& file,
                                                  std::stop_token stop,
                                                  const std::function<void()>& onWait = {});

private:
    explicit FileLock(emulator::UniqueFd fd)
        : m_fd(std::move(fd))
    {
    }

    emulator::UniqueFd m_fd;
};

} // namespace remote::registry
