// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Helper.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/container/Holder.h"
#include "emulator/container/Kernel.h"
#include "emulator/container/Root.h"
#include "emulator/container/Start.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

constexpr int watchMillis = 50;

Result<UniqueFd> watchChildren()
{
    sigset_t children;
    ::sigemptyset(&children);
    ::sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    UniqueFd fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd)
        return errnoError("signalfd", errno);
    return fd;
}

FilterUse useOf(const ContainerPlan& plan)
{
    return plan.privilege == Privilege::Build ? FilterUse::Build : FilterUse::Function;
}

/// Of a container's init: it has waited for all others.
Usage usageOf(const rusage& used)
{
    const auto micros = [](const timeval& time) {
        return static_cast<std::uint64_t>(time.tv_sec * 1'000'000 + time.tv_usec);
    };
    return {micros(used.ru_utime) + micros(used.ru_stime), 0,
            static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
}

} // namespace

Helper::Helper(fs::path stateFolder, UniqueFd socket, Capability capability,
               std::unique_ptr<Limiter> limiter, Sweeper sweeper)
    : m_stateFolder(std::move(stateFolder))
    , m_socket(std::move(socket))
    , m_capability(std::move(capability))
    , m_limiter(std::move(limiter))
    , m_sweeper(std::move(sweeper))
{
}

Result<std::unique_ptr<Helper>> Helper::create(fs::path stateFolder, UniqueFd socket)
{
    TRY(prepareMountPoints(stateFolder));
    Capability capability;
    auto limiter = makeLimiter(capability.notes);
    TRY_ASSIGN(capability.way, acquirePrivilege(capability.notes));
    capability.limiter = limiter->kind();
    TRY_ASSIGN(Sweeper sweeper, Sweeper::start(limiter->folders()));
    std::unique_ptr<Helper> helper(new Helper(std::move(stateFolder), std::move(socket),
                                              std::move(capability), std::move(limiter),
                                              std::move(sweeper)));
    TRY_ASSIGN(helper->m_children, watchChildren());
    TRY(helper->tryRoot());
    helper->tell({{"ready", toJson(helper->m_capability)}});
    return helper;
}

/// Sets one root up and throws it away, so that what this machine refuses is known at the start.
Result<> Helper::tryRoot()
{
    TRY_ASSIGN(auto ends, socketPair());
    ContainerPlan plan;
    plan.layers = {m_stateFolder / "root"};
    plan.writes = m_stateFolder / "trial";
    kernel::Clone what;
    what.flags = namespaceFlags(plan);
    auto trial = kernel::clone(what);
    if (!trial)
        return std::move(trial).error().within("make namespaces");
    if (trial->pid == 0) {
        auto entered = enterRoot(plan, m_capability, m_stateFolder);
        if (!entered)
            (void)sendMessage(ends.second.get(), pack(toJson(entered.error())));
        ::_exit(0);
    }
    ends.second.reset();
    auto answer = receiveMessage(ends.first.get());
    ::waitpid(trial->pid, nullptr, 0);
    m_sweeper.sweep({plan.writes, workFolder(plan)}, {});
    if (!answer || !*answer)
        return {};
    TRY_ASSIGN(const Json error, unpack((*answer)->payload));
    return Error(ErrorCode::Unsupported,
                 "containers do not work on this machine: " + errorFrom(error).message()
                     + ". Needed are Linux 5.11 (without root), overlayfs, and a state folder ("
                     + m_stateFolder.string()
                     + ") on a file system that overlayfs can write to (ext4, xfs, btrfs, tmpfs)");
}

Result<const Bytes*> Helper::filter(FilterUse use)
{
    auto& bytes = m_filters[use];
    if (bytes.empty()) {
        TRY_ASSIGN(bytes, compileFilter(use, m_capability.way));
    }
    return &bytes;
}

void Helper::tell(const Json& message)
{
    if (auto sent = sendMessage(m_socket.get(), pack(message)); !sent)
        log::debug("container", "tell the worker: " + sent.error().message());
}

int Helper::interval() const
{
    if (m_capability.limiter == Capability::Limiter::Watchdog)
        for (const auto& [handle, container] : m_running)
            if (container.plan.limits.memoryBytes > 0)
                return watchMillis;
    return -1;
}

void Helper::run()
{
    for (;;) {
        std::vector<pollfd> sources {{m_socket.get(), POLLIN, 0}, {m_children.get(), POLLIN, 0}};
        std::vector<std::uint64_t> handles;
        for (const auto& [handle, container] : m_running)
            if (container.status) {
                sources.push_back({container.status.get(), POLLIN, 0});
                handles.push_back(handle);
            }
        if (::poll(sources.data(), sources.size(), interval()) < 0 && errno != EINTR)
            return;
        for (std::size_t i = 0; i < handles.size(); ++i)
            if (sources[i + 2].revents != 0)
                hear(handles[i], m_running.at(handles[i]));
        if (sources[1].revents != 0)
            reap();
        if (interval() > 0)
            watch();
        if (sources[0].revents == 0)
            continue;
        auto message = receiveMessage(m_socket.get());
        if (!message || !*message)
            return;
        serve(**message);
    }
}

void Helper::serve(const Message& message)
{
    const auto order = unpack(message.payload);
    if (!order)
        return log::error("container", order.error().message());
    const auto op = (*order)["op"].get<std::string>();
    const auto handle = (*order)["handle"].get<std::uint64_t>();
    if (op == "kill")
        return kill(handle, (*order)["signal"].get<int>());
    if (op == "usage") {
        const auto found = m_running.find(handle);
        Usage usage;
        if (found != m_running.end())
            usage = found->second.group->usage(found->second.init);
        return tell({{"usage", handle}, {"value", toJson(usage)}});
    }
    auto plan = planFrom((*order)["plan"]);
    const auto id = plan.id;
    if (auto launched = launch(handle, std::move(plan), message); !launched)
        tell({{"failed", handle}, {"error", toJson(launched.error())}});
}

Result<> Helper::launch(std::uint64_t handle, ContainerPlan plan, const Message& message)
{
    TRY_ASSIGN(auto group, m_limiter->admit(plan.id + "-" + std::to_string(handle), plan.limits));
    TRY_ASSIGN(auto ends, socketPair());
    TRY_ASSIGN(const Bytes* bytes, filter(useOf(plan)));
    kernel::Clone what;
    what.flags = namespaceFlags(plan);
    what.cgroup = group->directory();
    TRY_ASSIGN(const auto init, kernel::clone(what));
    if (init.pid == 0) {
        const StartOrder order {
            plan,
            m_capability,
            m_stateFolder,
            *bytes,
            what.cgroup >= 0 ? std::vector<fs::path>() : group->doors(),
            ends.second.get(),
            {{1, message.descriptors[0].get()}, {2, message.descriptors[1].get()}},
            false};
        runContainer(order);
    }
    Running container;
    container.plan = std::move(plan);
    container.init = init.pid;
    container.status = std::move(ends.first);
    container.group = std::move(group);
    m_running.emplace(handle, std::move(container));
    return {};
}

void Helper::kill(std::uint64_t handle, int signal)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end())
        return;
    if (signal == SIGKILL)
        ::kill(found->second.init, SIGKILL);
    else if (found->second.first)
        (void)kernel::signalProcess(found->second.first.get(), signal);
}

void Helper::hear(std::uint64_t handle, Running& container)
{
    auto received = receiveMessage(container.status.get());
    if (!received || !*received)
        return container.status.reset(); // its init has ended; reap() tells the rest
    auto message = *std::move(*std::move(received));
    const auto said = unpack(message.payload);
    if (!said)
        return;
    if (said->contains("error")) {
        container.failure = (*said)["error"];
    } else if (said->contains("exit")) {
        container.code = (*said)["exit"][0].get<int>();
        container.signal = (*said)["exit"][1].get<int>();
    } else if (container.failure.is_null() && !message.descriptors.empty()) {
        container.started = true;
        container.first = std::move(message.descriptors[0]);
        tell({{"started", handle}, {"pid", kernel::processOf(container.first.get())}});
    }
}

void Helper::reap()
{
    signalfd_siginfo ignored {};
    while (::read(m_children.get(), &ignored, sizeof ignored) > 0) { }
    int status = 0;
    rusage used {};
    for (pid_t pid = 0; (pid = ::wait4(-1, &status, WNOHANG, &used)) > 0;) {
        for (const auto& [handle, container] : m_running)
            if (container.init == pid) {
                end(handle, status, usageOf(used));
                break;
            }
    }
}

void Helper::end(std::uint64_t handle, int status, const Usage& reaped)
{
    auto& container = m_running.at(handle);
    while (container.status)
        hear(handle, container); // what it said before it ended
    const auto& plan = container.plan;
    auto usage = container.group->usage(0);
    if (m_capability.limiter == Capability::Limiter::Watchdog) {
        // The watch saw only what ran when it looked.
        usage.cpuMicros = std::max(usage.cpuMicros, reaped.cpuMicros);
        usage.memoryPeakBytes = std::max(usage.memoryPeakBytes, reaped.memoryPeakBytes);
    }
    if (!container.started) {
        const Error unknown(ErrorCode::Internal,
                            "its first process ended with status " + std::to_string(status));
        tell({{"failed", handle},
              {"error", container.failure.is_null() ? toJson(unknown) : container.failure}});
    } else {
        if (container.code < 0) {
            container.signal = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
            container.code = 128 + container.signal;
        }
        tell({{"ended", handle},
              {"code", container.code},
              {"signal", container.signal},
              {"outOfMemory", container.outOfMemory || container.group->ranOutOfMemory()},
              {"used", toJson(usage)}});
    }
    std::vector<fs::path> trees {workFolder(plan)};
    if (!plan.keepWrites)
        trees.push_back(plan.writes);
    m_sweeper.sweep(trees, container.group->folders());
    m_running.erase(handle);
}

void Helper::watch()
{
    for (auto& [handle, container] : m_running) {
        const auto limit = container.plan.limits.memoryBytes;
        if (limit == 0 || container.outOfMemory
            || container.group->usage(container.init).memoryBytes <= limit)
            continue;
        container.outOfMemory = true;
        ::kill(container.init, SIGKILL);
    }
}

int launcherMain(int argc, char** argv)
{
    constexpr int socket = 3;
    if (argc < 4) {
        log::error("container", "--launcher is for this program's own use");
        return 2;
    }
    ::syscall(SYS_close_range, 4U, ~0U, 0U);
    ::fcntl(socket, F_SETFD, FD_CLOEXEC); // posix_spawn has cleared it; no container may have it
    ::setsid(); // a terminal's interrupt is for the worker to act on
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE})
        ::signal(signal, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);
    const UniqueFd refusals(::fcntl(socket, F_DUPFD_CLOEXEC, 4));
    auto helper = Helper::create(argv[2], UniqueFd(socket));
    if (!helper) {
        (void)sendMessage(refusals.get(), pack({{"refused", toJson(helper.error())}}));
        return 1;
    }
    // After the privileges have changed, which clears it.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (::getppid() == std::atoi(argv[3]))
        (*helper)->run();
    return 0;
}

} // namespace emulator::container
