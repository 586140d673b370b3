// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/FileLock.h"

#include "emulator/base/Files.h"
#include "remote/registry/Pause.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace remote::registry {

using emulator::errnoError;
using emulator::UniqueFd;

Result<FileLock> FileLock::acquire(const std::filesystem::path& file, std::stop_token stop,
                                   const std::function<void()>& onWait)
{
    std::error_code failed;
    std::filesystem::create_directories(file.parent_path(), failed);
    if (failed)
        return errnoError("make folder " + file.parent_path().string(), failed.value());
    UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd)
        return errnoError("open the lock " + file.string(), errno);
    for (bool waited = false; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; waited = true) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return errnoError("lock " + file.string(), errno);
        if (!waited && onWait)
            onWait();
        // flock has no event that a stop could end, so it is asked again.
        if (!pauseFor(std::chrono::milliseconds(50), stop))
            return Error(ErrorCode::Cancelled, "cancelled while waiting for " + file.string());
    }
    return FileLock(std::move(fd));
}

} // namespace remote::registry
