// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Two processes: init (the container's pid 1) stays in this program, so it is kept out of the
// user's reach: not dumpable, hence its /proc/1 belongs to nobody inside, no capabilities, no
// descriptors but its socket. The user's program is its child, an ordinary process with default
// signals, which pid 1 is not.

#include "emulator/container/Start.h"

#include "emulator/base/Files.h"
#include "emulator/container/Identity.h"
#include "emulator/container/Kernel.h"
#include "emulator/container/Message.h"
#include "emulator/container/Root.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace emulator::container {
namespace {

constexpr int firstFree = 16; ///< descriptors below may be wanted by the user's process

[[noreturn]] void fail(const StartOrder& order, const Error& error)
{
    (void)sendMessage(order.status, pack({{"error", toJson(error)}}));
    ::_exit(125);
}

std::vector<char*> pointers(std::vector<std::string>& strings)
{
    std::vector<char*> out;
    for (auto& text : strings)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

/// Gives the user's process its descriptors and closes all others on exec.
Result<> arrangeDescriptors(const std::map<int, int>& wanted)
{
    std::map<int, int> high;
    for (const auto& [number, ours] : wanted) {
        high[number] = ::fcntl(ours, F_DUPFD_CLOEXEC, firstFree);
        if (high[number] < 0)
            return errnoError("duplicate a descriptor", errno);
    }
    for (const auto& [number, copy] : high)
        if (::dup2(copy, number) < 0)
            return errnoError("place a descriptor", errno);
    if (wanted.count(0) == 0) {
        const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (null < 0 || ::dup2(null, 0) < 0)
            return errnoError("open /dev/null", errno);
    }
    return {};
}

/// execve along PATH of the plan's environment; returns why not.
Error execute(const ContainerPlan& plan)
{
    auto argv = plan.argv;
    std::vector<std::string> environment;
    for (const auto& [key, value] : plan.environment)
        environment.push_back(key + "=" + value);
    const auto arguments = pointers(argv);
    const auto variables = pointers(environment);
    if (argv[0].find('/') != std::string::npos) {
        ::execve(argv[0].c_str(), arguments.data(), variables.data());
        const int why = errno;
        if (why == ENOENT)
            return {ErrorCode::NotFound, argv[0] + ": no such program in the image"};
        return errnoError("execute " + argv[0], why);
    }
    const auto found = plan.environment.find("PATH");
    std::string path = found == plan.environment.end()
        ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        : found->second;
    int why = ENOENT;
    for (std::size_t at = 0; at <= path.size();) {
        const auto end = std::min(path.find(':', at), path.size());
        const auto folder = path.substr(at, end - at);
        const auto program = (folder.empty() ? "." : folder) + "/" + argv[0];
        ::execve(program.c_str(), arguments.data(), variables.data());
        if (errno != ENOENT && errno != ENOTDIR)
            why = errno;
        at = end + 1;
    }
    if (why == ENOENT)
        return {ErrorCode::NotFound, argv[0] + ": no such program on PATH (" + path + ")"};
    return errnoError("execute " + argv[0], why);
}

Result<> limitResources(const StartOrder& order)
{
    const rlimit none {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    if (order.capability.limiter == Capability::Limiter::Watchdog
        && order.plan.limits.processes > 0) {
        // Counts all of this user's processes in the namespace: shared by its containers.
        const rlimit most {order.plan.limits.processes, order.plan.limits.processes};
        TRY(kernel::check("limit processes", ::setrlimit(RLIMIT_NPROC, &most)));
    }
    return {};
}

Result<> becomeUser(const StartOrder& order, const Identity& identity)
{
    ::setsid();
    ::umask(022);
    TRY(arrangeDescriptors(order.descriptors));
    if (::chdir(order.plan.workingDirectory.c_str()) != 0)
        return Error(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Io,
                     "working directory " + order.plan.workingDirectory + ": "
                         + std::strerror(errno));
    TRY(limitResources(order));
    return become(identity, order.plan.privilege, order.capability, order.filter);
}

[[noreturn]] void runUser(const StartOrder& order, const Identity& identity)
{
    if (auto done = becomeUser(order, identity); !done)
        fail(order, done.error());
    resetSignals();
    fail(order, execute(order.plan));
}

Result<Identity> setUp(const StartOrder& order)
{
    for (const auto& door : order.doors) {
        const UniqueFd file(::open(door.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file || ::write(file.get(), "0", 1) != 1)
            return errnoError("enter " + door.parent_path().string(), errno);
    }
    // After the group is entered: it becomes the root that the container sees.
    TRY(kernel::check("unshare cgroups", ::unshare(CLONE_NEWCGROUP)));
    TRY(enterRoot(order.plan, order.capability, order.stateFolder));
    TRY(nameAndConnect(order.plan));
    TRY_ASSIGN(const Identity identity, identityOf(order.plan));
    // Programs open /dev/stdout again by name, as the user they are.
    if (order.capability.way != Capability::Way::SingleId)
        for (const auto& [number, ours] : order.descriptors)
            if (number == 1 || number == 2)
                (void)::fchown(ours, identity.user, identity.group);
    return identity;
}

/// Closes all descriptors but `kept`, which must be above 2.
void closeOthers(int kept)
{
    const auto number = static_cast<unsigned>(kept);
    ::syscall(SYS_close_range, 0U, number - 1, 0U);
    ::syscall(SYS_close_range, number + 1, ~0U, 0U);
}

} // namespace

std::uint64_t namespaceFlags(const ContainerPlan& plan)
{
    return CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS
        | (plan.network == Network::None ? CLONE_NEWNET : 0U);
}

Result<Identity> identityOf(const ContainerPlan& plan)
{
    if (plan.user.empty())
        return Identity {};
    const auto passwd = readFile("/etc/passwd");
    const auto group = readFile("/etc/group");
    return findIdentity(plan.user, passwd ? *passwd : std::string(),
                        group ? *group : std::string());
}

void stayAsInit(int status, std::optional<pid_t> first, bool outlivesFirst)
{
    closeOthers(status);
    if (!dropCapabilities())
        ::_exit(125);
    // Only now: a change of capabilities clears it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    const int signals = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
    std::array<pollfd, 2> sources {{{signals, POLLIN, 0}, {status, POLLIN, 0}}};
    for (;;) {
        int how = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &how, WNOHANG)) > 0;) {
            if (pid != first)
                continue;
            const int signal = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
            const int code = signal != 0 ? 128 + signal : WEXITSTATUS(how);
            (void)sendMessage(status, pack({{"exit", {code, signal}}}));
            if (!outlivesFirst)
                ::_exit(0);
        }
        ::poll(sources.data(), sources.size(), -1);
        signalfd_siginfo ignored {};
        while (::read(signals, &ignored, sizeof ignored) > 0) { }
        if (sources[1].revents != 0)
            ::_exit(0);
    }
}

void resetSignals()
{
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<> nameAndConnect(const ContainerPlan& plan)
{
    if (!plan.hostname.empty())
        TRY(kernel::check("set the hostname",
                          ::sethostname(plan.hostname.data(), plan.hostname.size())));
    if (plan.network == Network::Host)
        return {};
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request {};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return kernel::check("raise the loopback", ::ioctl(socket.get(), SIOCSIFFLAGS, &request));
}

void runContainer(const StartOrder& order)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    auto identity = setUp(order);
    if (!identity)
        fail(order, identity.error());

    kernel::Clone what;
    what.flags = CLONE_VFORK; // without CLONE_VM: waits for the exec, shares no memory
    what.wantHandle = true;
    auto first = kernel::clone(what);
    if (!first)
        fail(order, first.error());
    if (first->pid == 0)
        runUser(order, *identity);
    const std::array handle {first->handle.get()};
    (void)sendMessage(order.status, pack({{"started", true}}), handle);
    stayAsInit(order.status, first->pid, order.outlivesFirst);
}

} // namespace emulator::container
