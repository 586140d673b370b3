// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/HomeLock.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <charconv>

namespace emulator::local {
namespace {

UniqueFd openLock(const std::filesystem::path& path)
{
    return UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

int pidIn(const std::filesystem::path& path)
{
    const auto text = readFile(path);
    int pid = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), pid);
    return pid;
}

} // namespace

Result<HomeLock> HomeLock::take(const std::filesystem::path& path)
{
    auto file = openLock(path);
    if (!file)
        return errnoError("open " + path.string(), errno);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return Error(ErrorCode::Unavailable,
                     "process " + std::to_string(pidIn(path)) + " already serves "
                         + path.parent_path().parent_path().string()
                         + "; use it, end it with `slip down`, or choose another SLIPWAY_HOME");
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file.get(), 0) != 0
        || ::pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
        return errnoError("write " + path.string(), errno);
    return HomeLock(std::move(file));
}

void HomeLock::awaitFree(const std::filesystem::path& path)
{
    const auto file = openLock(path);
    if (file)
        ::flock(file.get(), LOCK_SH);
}

int HomeLock::holder(const std::filesystem::path& path)
{
    const auto file = openLock(path);
    if (!file || ::flock(file.get(), LOCK_SH | LOCK_NB) == 0)
        return 0;
    return pidIn(path);
}

} // namespace emulator::local
