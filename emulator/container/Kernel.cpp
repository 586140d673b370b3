// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Kernel.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace emulator::container::kernel {
namespace {

int openAt(int root, const char* path, std::uint64_t flags)
{
    open_how how {};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
}

/// The flags that a remount inside a user namespace must not take away.
unsigned long keptFlags(const std::string& path)
{
    struct statvfs facts {};
    if (::statvfs(path.c_str(), &facts) != 0)
        return 0;
    unsigned long flags = 0;
    const auto keep = [&](unsigned long have, unsigned long want) {
        if ((facts.f_flag & have) != 0)
            flags |= want;
    };
    keep(ST_NODEV, MS_NODEV);
    keep(ST_NOEXEC, MS_NOEXEC);
    keep(ST_NOSUID, MS_NOSUID);
    keep(ST_NOATIME, MS_NOATIME);
    keep(ST_NODIRATIME, MS_NODIRATIME);
    keep(ST_RELATIME, MS_RELATIME);
    return flags;
}

} // namespace

Result<> check(std::string_view attempt, long returned)
{
    if (returned == -1)
        return errnoError(attempt, errno);
    return {};
}

Result<Cloned> clone(const Clone& what)
{
    int handle = -1;
    clone_args arguments {};
    arguments.flags = what.flags;
    arguments.exit_signal = (what.flags & CLONE_PARENT) != 0 ? 0 : SIGCHLD;
    if (what.wantHandle) {
        arguments.flags |= CLONE_PIDFD;
        arguments.pidfd = reinterpret_cast<std::uint64_t>(&handle);
    }
    if (what.cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = static_cast<std::uint64_t>(what.cgroup);
    }
    const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0)
        return errnoError("clone3", errno);
    Cloned cloned;
    cloned.pid = static_cast<pid_t>(pid);
    if (pid > 0 && what.wantHandle)
        cloned.handle = UniqueFd(handle);
    return cloned;
}

Result<UniqueFd> openProcess(pid_t pid)
{
    UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!handle)
        return errnoError("open process " + std::to_string(pid), errno);
    return handle;
}

Result<> signalProcess(int handle, int signal)
{
    if (::syscall(SYS_pidfd_send_signal, handle, signal, nullptr, 0) == 0)
        return {};
    if (errno == ESRCH)
        return Error(ErrorCode::NotFound, "the process has ended");
    return errnoError("send signal", errno);
}

pid_t processOf(int handle)
{
    std::ifstream info("/proc/self/fdinfo/" + std::to_string(handle));
    for (std::string line; std::getline(info, line);)
        if (line.rfind("Pid:", 0) == 0)
            return std::max(0, std::atoi(line.c_str() + 4));
    return 0;
}

std::string pathOf(int fd)
{
    return "/proc/self/fd/" + std::to_string(fd);
}

Result<UniqueFd> openInRoot(int root, const std::string& path)
{
    UniqueFd found(openAt(root, path.c_str(), O_PATH));
    if (found)
        return found;
    if (errno == ENOENT)
        return Error(ErrorCode::NotFound, path + ": not in the container");
    return errnoError(path, errno);
}

Result<UniqueFd> makeInRoot(int root, const std::string& path, bool file)
{
    auto there = openInRoot(root, path);
    if (there || there.error().code() != ErrorCode::NotFound)
        return there;
    const auto slash = path.find_last_not_of('/');
    const std::string whole = path.substr(0, slash + 1);
    const auto cut = whole.rfind('/');
    const std::string parent = cut == std::string::npos || cut == 0 ? "/" : whole.substr(0, cut);
    const std::string name = cut == std::string::npos ? whole : whole.substr(cut + 1);
    if (name.empty() || name == "..")
        return Error(ErrorCode::Invalid, path + ": no name for a mount");
    TRY_ASSIGN(const UniqueFd folder, makeInRoot(root, parent, false));
    if (file) {
        // A dangling link is not followed: the empty file takes no place outside the root.
        const UniqueFd made(
            openAt(folder.get(), name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW));
        if (!made)
            TRY(check("make " + path,
                      ::mknodat(folder.get(), name.c_str(), S_IFREG | 0644, 0) == 0
                              || errno == EEXIST
                          ? 0
                          : -1));
    } else if (::mkdirat(folder.get(), name.c_str(), 0755) != 0 && errno != EEXIST) {
        return errnoError("make " + path, errno);
    }
    return openInRoot(root, path);
}

Result<> mountOn(int target, const char* source, const char* type, unsigned long flags,
                 const char* options)
{
    return check("mount", ::mount(source, pathOf(target).c_str(), type, flags, options));
}

Result<> makeReadOnly(int mount, bool devices)
{
    mount_attr attributes {};
    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID;
    if (!devices)
        attributes.attr_set |= MOUNT_ATTR_NODEV;
    constexpr unsigned wholeTree = AT_EMPTY_PATH | AT_RECURSIVE;
    if (::syscall(SYS_mount_setattr, mount, "", wholeTree, &attributes, sizeof attributes) == 0)
        return {};
    const auto path = pathOf(mount);
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | keptFlags(path);
    if (!devices)
        flags |= MS_NODEV;
    return check("make read-only", ::mount(nullptr, path.c_str(), nullptr, flags, nullptr));
}

} // namespace emulator::container::kernel
