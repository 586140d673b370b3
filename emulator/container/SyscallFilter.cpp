// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// An allow-list by purpose: what programs in a container call. What is not on it is answered
// with ENOSYS, as an older kernel would, so that C libraries fall back; what programs probe for
// and must learn is forbidden is answered with EPERM. Names that this machine does not have are
// left out by libseccomp.

#include "emulator/container/SyscallFilter.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <memory>
#include <type_traits>

namespace emulator::container {
namespace {

constexpr std::array files {
    "access",
    "chdir",
    "chmod",
    "chown",
    "chown32",
    "close",
    "close_range",
    "copy_file_range",
    "creat",
    "dup",
    "dup2",
    "dup3",
    "faccessat",
    "faccessat2",
    "fadvise64",
    "fadvise64_64",
    "fallocate",
    "fchdir",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "fchown",
    "fchown32",
    "fchownat",
    "fcntl",
    "fcntl64",
    "fdatasync",
    "fgetxattr",
    "flistxattr",
    "flock",
    "fremovexattr",
    "fsetxattr",
    "fstat",
    "fstat64",
    "fstatat64",
    "fstatfs",
    "fstatfs64",
    "fsync",
    "ftruncate",
    "ftruncate64",
    "futimesat",
    "getcwd",
    "getdents",
    "getdents64",
    "getxattr",
    "inotify_add_watch",
    "inotify_init",
    "inotify_init1",
    "inotify_rm_watch",
    "lchown",
    "lchown32",
    "lgetxattr",
    "link",
    "linkat",
    "listxattr",
    "llistxattr",
    "lremovexattr",
    "lseek",
    "lsetxattr",
    "lstat",
    "lstat64",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "newfstatat",
    "open",
    "openat",
    "openat2",
    "pread64",
    "preadv",
    "preadv2",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "read",
    "readahead",
    "readlink",
    "readlinkat",
    "readv",
    "removexattr",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "sendfile",
    "sendfile64",
    "setxattr",
    "splice",
    "stat",
    "stat64",
    "statfs",
    "statfs64",
    "statx",
    "symlink",
    "symlinkat",
    "sync",
    "sync_file_range",
    "syncfs",
    "tee",
    "truncate",
    "truncate64",
    "umask",
    "unlink",
    "unlinkat",
    "utime",
    "utimensat",
    "utimensat_time64",
    "utimes",
    "vmsplice",
    "write",
    "writev",
    "_llseek",
    "name_to_handle_at",
    "chroot",
};

constexpr std::array memory {
    "brk",
    "get_mempolicy",
    "madvise",
    "mbind",
    "membarrier",
    "memfd_create",
    "memfd_secret",
    "migrate_pages",
    "mincore",
    "mlock",
    "mlock2",
    "mlockall",
    "mmap",
    "mmap2",
    "move_pages",
    "mprotect",
    "mremap",
    "mseal",
    "msync",
    "munlock",
    "munlockall",
    "munmap",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "process_madvise",
    "remap_file_pages",
    "set_mempolicy",
    "map_shadow_stack",
};

constexpr std::array processes {
    "arch_prctl",
    "capget",
    "capset",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "fork",
    "get_robust_list",
    "get_thread_area",
    "getcpu",
    "getegid",
    "getegid32",
    "geteuid",
    "geteuid32",
    "getgid",
    "getgid32",
    "getgroups",
    "getgroups32",
    "getpgid",
    "getpgrp",
    "getpid",
    "getppid",
    "getpriority",
    "getresgid",
    "getresgid32",
    "getresuid",
    "getresuid32",
    "getrlimit",
    "getrusage",
    "getsid",
    "gettid",
    "getuid",
    "getuid32",
    "ioprio_get",
    "ioprio_set",
    "kcmp",
    "kill",
    "landlock_add_rule",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    "modify_ldt",
    "pidfd_getfd",
    "pidfd_open",
    "pidfd_send_signal",
    "prctl",
    "prlimit64",
    "process_mrelease",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "restart_syscall",
    "rseq",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "sched_getaffinity",
    "sched_getattr",
    "sched_getparam",
    "sched_getscheduler",
    "sched_rr_get_interval",
    "sched_setaffinity",
    "sched_setattr",
    "sched_setparam",
    "sched_setscheduler",
    "sched_yield",
    "seccomp",
    "set_robust_list",
    "set_thread_area",
    "set_tid_address",
    "setfsgid",
    "setfsgid32",
    "setfsuid",
    "setfsuid32",
    "setgid",
    "setgid32",
    "setgroups",
    "setgroups32",
    "setpgid",
    "setpriority",
    "setregid",
    "setregid32",
    "setresgid",
    "setresgid32",
    "setresuid",
    "setresuid32",
    "setreuid",
    "setreuid32",
    "setrlimit",
    "setsid",
    "setuid",
    "setuid32",
    "tgkill",
    "times",
    "tkill",
    "ugetrlimit",
    "vfork",
    "wait4",
    "waitid",
    "waitpid",
    "sysinfo",
    "uname",
    "getrandom",
    "ioctl",
};

constexpr std::array signalsAndTime {
    "alarm",
    "clock_getres",
    "clock_getres_time64",
    "clock_gettime",
    "clock_gettime64",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "getitimer",
    "gettimeofday",
    "nanosleep",
    "pause",
    "rt_sigaction",
    "rt_sigpending",
    "rt_sigprocmask",
    "rt_sigqueueinfo",
    "rt_sigreturn",
    "rt_sigsuspend",
    "rt_sigtimedwait",
    "rt_sigtimedwait_time64",
    "rt_tgsigqueueinfo",
    "setitimer",
    "sigaltstack",
    "signalfd",
    "signalfd4",
    "sigreturn",
    "time",
    "timer_create",
    "timer_delete",
    "timer_getoverrun",
    "timer_gettime",
    "timer_gettime64",
    "timer_settime",
    "timer_settime64",
    "timerfd_create",
    "timerfd_gettime",
    "timerfd_gettime64",
    "timerfd_settime",
    "timerfd_settime64",
};

constexpr std::array waiting {
    "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_pwait",  "epoll_pwait2",  "epoll_wait",
    "eventfd",      "eventfd2",      "futex",
    "futex_time64", "futex_waitv",   "futex_wake",
    "futex_wait",   "futex_requeue", "io_cancel",
    "io_destroy",   "io_getevents",  "io_pgetevents",
    "io_setup",     "io_submit",     "pipe",
    "pipe2",        "poll",          "ppoll",
    "ppoll_time64", "pselect6",      "pselect6_time64",
    "select",       "_newselect",    "mq_getsetattr",
    "mq_notify",    "mq_open",       "mq_timedreceive",
    "mq_timedsend", "mq_unlink",     "msgctl",
    "msgget",       "msgrcv",        "msgsnd",
    "semctl",       "semget",        "semop",
    "semtimedop",   "shmat",         "shmctl",
    "shmdt",        "shmget",        "ipc",
};

constexpr std::array network {
    "accept",   "accept4", "bind",     "connect",    "getpeername",     "getsockname", "getsockopt",
    "listen",   "recv",    "recvfrom", "recvmmsg",   "recvmmsg_time64", "recvmsg",     "send",
    "sendmmsg", "sendmsg", "sendto",   "setsockopt", "shutdown",        "socketpair",
};

/// What a program may try and must be told it may not.
constexpr std::array forbidden {
    "acct",
    "add_key",
    "bpf",
    "delete_module",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "init_module",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pivot_root",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "swapoff",
    "swapon",
    "syslog",
    "umount",
    "umount2",
    "unshare",
    "userfaultfd",
    "vhangup",
    "clock_settime",
    "settimeofday",
    "adjtimex",
    "clock_adjtime",
    "fanotify_init",
    "io_uring_setup",
    "iopl",
    "ioperm",
    "nfsservctl",
    "lookup_dcookie",
    "uselib",
    "ustat",
};

/// What one id cannot do and a package's installation does not need to have done.
constexpr std::array pretended {
    "chown",       "chown32",    "fchown",     "fchown32",    "fchownat",
    "lchown",      "lchown32",   "setfsgid",   "setfsgid32",  "setfsuid",
    "setfsuid32",  "setgid",     "setgid32",   "setgroups",   "setgroups32",
    "setregid",    "setregid32", "setresgid",  "setresgid32", "setresuid",
    "setresuid32", "setreuid",   "setreuid32", "setuid",      "setuid32",
};

struct Release {
    void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release>;

/// Collects rules; the first refusal of libseccomp is kept.
class Rules {
public:
    explicit Rules(scmp_filter_ctx context)
        : m_context(context)
    {
    }

    void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> when = {})
    {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number < 0)
            return; // of another machine
        const int result = ::seccomp_rule_add_array(m_context, action, number,
                                                    static_cast<unsigned>(when.size()),
                                                    when.size() == 0 ? nullptr : when.begin());
        if (result != 0 && m_failed == 0)
            m_failed = -result;
    }

    template<std::size_t N>
    void allow(const std::array<const char*, N>& names)
    {
        for (const char* name : names)
            add(SCMP_ACT_ALLOW, name);
    }

    [[nodiscard]] int failed() const { return m_failed; }

private:
    scmp_filter_ctx m_context;
    int m_failed = 0;
};

constexpr std::uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC
    | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

void addConditional(Rules& rules)
{
    // Flags of clone3 stand in memory, where a filter cannot read: ENOSYS makes libraries clone.
    rules.add(SCMP_ACT_ALLOW, "clone", {SCMP_A0_64(SCMP_CMP_MASKED_EQ, namespaces, 0)});
    for (const auto family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK})
        rules.add(SCMP_ACT_ALLOW, "socket",
                  {SCMP_A0_64(SCMP_CMP_EQ, static_cast<std::uint64_t>(family))});
    for (const std::uint64_t persona : {0x0UL, 0x20000UL, 0x40000UL, 0xffffffffUL})
        rules.add(SCMP_ACT_ALLOW, "personality", {SCMP_A0_64(SCMP_CMP_EQ, persona)});
}

/// mknod of a pipe, socket or file is real, of a device pretended.
void pretendDevices(Rules& rules)
{
    for (const int kind : {S_IFCHR, S_IFBLK}) {
        const auto mode = static_cast<std::uint64_t>(kind);
        rules.add(SCMP_ACT_ERRNO(0), "mknod", {SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_IFMT, mode)});
        rules.add(SCMP_ACT_ERRNO(0), "mknodat", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, S_IFMT, mode)});
    }
    for (const int kind : {S_IFIFO, S_IFREG, S_IFSOCK, 0}) {
        const auto mode = static_cast<std::uint64_t>(kind);
        rules.add(SCMP_ACT_ALLOW, "mknod", {SCMP_A1_64(SCMP_CMP_MASKED_EQ, S_IFMT, mode)});
        rules.add(SCMP_ACT_ALLOW, "mknodat", {SCMP_A2_64(SCMP_CMP_MASKED_EQ, S_IFMT, mode)});
    }
}

template<std::size_t N>
void addFiles(Rules& rules, const std::array<const char*, N>& names, FilterUse use,
              Capability::Way way)
{
    const bool build = use == FilterUse::Build;
    const bool pretendOwners = build && way == Capability::Way::SingleId;
    const bool pretendNodes = build && way != Capability::Way::Root;
    for (const char* name : names) {
        const std::string_view text(name);
        const bool node = text == "mknod" || text == "mknodat";
        bool owner = false;
        for (const char* pretend : pretended)
            owner = owner || text == pretend;
        if ((node && pretendNodes) || (owner && pretendOwners))
            continue;
        rules.add(SCMP_ACT_ALLOW, name);
    }
}

Result<Bytes> exported(scmp_filter_ctx context)
{
    const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
    if (!file)
        return errnoError("memfd_create", errno);
    if (const int result = ::seccomp_export_bpf(context, file.get()); result != 0)
        return errnoError("compile the system call filter", -result);
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    Bytes bytes(static_cast<std::size_t>(size), '\0');
    if (::pread(file.get(), bytes.data(), bytes.size(), 0) != size)
        return errnoError("read the system call filter", errno);
    return bytes;
}

} // namespace

Result<Bytes> compileFilter(FilterUse use, Capability::Way way)
{
    const Context context(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
    if (!context)
        return Error(ErrorCode::Internal, "libseccomp: out of memory");
    ::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    ::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    Rules rules(context.get());
    addFiles(rules, files, use, way);
    rules.allow(memory);
    addFiles(rules, processes, use, way);
    rules.allow(signalsAndTime);
    rules.allow(waiting);
    rules.allow(network);
    addConditional(rules);
    for (const char* name : forbidden)
        rules.add(SCMP_ACT_ERRNO(EPERM), name);
    rules.add(use == FilterUse::Zygote ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), "setns");
    if (use == FilterUse::Build && way != Capability::Way::Root)
        pretendDevices(rules);
    if (use == FilterUse::Build && way == Capability::Way::SingleId)
        for (const char* name : pretended)
            rules.add(SCMP_ACT_ERRNO(0), name);
    if (rules.failed() != 0)
        return errnoError("add a system call rule", rules.failed());
    return exported(context.get());
}

} // namespace emulator::container
