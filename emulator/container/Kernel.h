// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Calls of the kernel that the C library (of Debian 12) has no function for, with their errors
/// turned into Error.
namespace emulator::container::kernel {

/// A child that runs on in the same program, as fork does.
struct Clone {
    std::uint64_t flags = 0; ///< CLONE_NEW…, CLONE_PARENT, CLONE_VFORK
    int cgroup = -1; ///< a cgroup v2 directory to be born in
    bool wantHandle = false; ///< CLONE_PIDFD
};

/// What the parent gets; in the child `pid` is 0.
struct Cloned {
    pid_t pid = 0;
    UniqueFd handle; ///< pidfd, when asked for
};

/// clone3(2). One thread: no fork handler runs.
[[nodiscard]] Result<Cloned> clone(const Clone& what);

/// pidfd_open(2).
[[nodiscard]] Result<UniqueFd> openProcess(pid_t pid);

/// pidfd_send_signal(2). NotFound when the process is gone.
[[nodiscard]] Result<> signalProcess(int handle, int signal);

/// The process behind a pidfd as this program numbers it; 0 when it is gone.
[[nodiscard]] pid_t processOf(int handle);

/// Opens (O_PATH) what `path` names when `root` is the root of all paths and links: nothing
/// outside `root` can be reached (openat2 RESOLVE_IN_ROOT). NotFound when it is missing.
[[nodiscard]] Result<UniqueFd> openInRoot(int root, const std::string& path);

/// The same, making folders (0755) and, for `file`, an empty file where they are missing.
[[nodiscard]] Result<UniqueFd> makeInRoot(int root, const std::string& path, bool file);

/// mount(2). `target` is an open descriptor: no name is looked up twice.
[[nodiscard]] Result<> mountOn(int target, const char* source, const char* type,
                               unsigned long flags, const char* options);

/// Makes the mount at `mount` (opened after it was mounted) and all below it read-only without
/// set-user-id; `devices` keeps device nodes usable. mount_setattr(2), else a plain remount.
[[nodiscard]] Result<> makeReadOnly(int mount, bool devices);

/// "/proc/self/fd/<fd>".
[[nodiscard]] std::string pathOf(int fd);

/// A Result from a call that returns -1 and errno.
[[nodiscard]] Result<> check(std::string_view attempt, long returned);

} // namespace emulator::container::kernel
