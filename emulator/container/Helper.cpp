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

/// Renames what is to be removed, so that its name is free at once.
fs::path setAside(const fs::path& tree, std::uint64_t handle)
{
    auto aside = tree;
    aside += ".gone-" + std::to_string(handle);
    std::error_code failed;
    fs::rename(tree, aside, failed);
    return failed ? tree : aside;
}

/// Of a container's init: it has waited for all others.
Usage usageFrom(const rusage& used)
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
    helper->sweepStale();
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
    plan.writes = m_stateFolder / ("trial." + std::to_string(::getpid()));
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

/// Removes what helpers that were killed have left: "<kind>.<pid of the helper>…".
void Helper::sweepStale()
{
    std::vector<fs::path> stale;
    std::error_code failed;
    for (fs::directory_iterator each(m_stateFolder, failed), end; !failed && each != end;
         each.increment(failed)) {
        const auto name = each->path().filename().string();
        const auto dot = name.find('.');
        if (dot == std::string::npos
            || (name.rfind("zygote.", 0) != 0 && name.rfind("trial.", 0) != 0))
            continue;
        const int pid = std::atoi(name.c_str() + dot + 1);
        if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH)
            stale.push_back(each->path());
    }
    if (!stale.empty())
        m_sweeper.sweep(stale, {});
}

/// The worker is gone: so are its containers, and what they wrote.
void Helper::endAll()
{
    for (auto& [handle, container] : m_running)
        if (container.init > 0)
            ::kill(container.init, SIGKILL);
    for (auto& [handle, container] : m_running) {
        if (container.init > 0)
            ::waitpid(container.init, nullptr, 0);
        std::vector<fs::path> trees {workFolder(container.plan)};
        if (!container.plan.keepWrites)
            trees.push_back(container.plan.writes);
        m_sweeper.sweep(trees,
                        container.group ? container.group->folders() : std::vector<fs::path>());
    }
    m_running.clear();
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
        std::vector<pollfd> sources;
        std::vector<std::function<void()>> actions;
        bool open = true;
        const auto listen = [&](const UniqueFd& fd, std::function<void()> action) {
            sources.push_back({fd.get(), POLLIN, 0}); // poll ignores negative descriptors
            actions.push_back(std::move(action));
        };
        for (const auto& [handle, container] : m_running) {
            listen(container.status, [this, which = handle] { hear(which); });
            listen(container.fork, [this, which = handle] { hearFork(which); });
        }
        for (const auto& [key, zygote] : m_zygotes)
            listen(zygote.control, [this, which = key] { hearZygote(which); });
        listen(m_children, [this] { reap(); });
        listen(m_socket, [&] {
            auto message = receiveMessage(m_socket.get());
            open = message && *message;
            if (open)
                serve(*std::move(*std::move(message)));
        });
        if (::poll(sources.data(), sources.size(), interval()) < 0 && errno != EINTR)
            return;
        for (std::size_t i = 0; i < sources.size(); ++i)
            if (sources[i].revents != 0)
                actions[i]();
        if (!open)
            return endAll();
        if (interval() > 0)
            watch();
    }
}

void Helper::serve(Message message)
{
    const auto order = unpack(message.payload);
    if (!order)
        return log::error("container", order.error().message());
    const auto op = (*order)["op"].get<std::string>();
    const auto handle = (*order)["handle"].get<Handle>();
    if (op == "kill")
        return kill(handle, (*order)["signal"].get<int>());
    if (op == "usage") {
        const auto found = m_running.find(handle);
        const auto usage = found == m_running.end() ? Usage {} : usageOf(found->second);
        return tell({{"usage", handle}, {"value", toJson(usage)}});
    }
    auto plan = planFrom((*order)["plan"]);
    if (op == "fork")
        return fork(handle, std::move(plan), zygoteFrom((*order)["zygote"]),
                    std::move(message.descriptors));
    start(handle, std::move(plan), std::move(message.descriptors));
}

void Helper::start(Handle handle, ContainerPlan plan, std::vector<UniqueFd> output)
{
    Way way;
    way.filter = useOf(plan);
    way.descriptors = {{1, output[0].get()}, {2, output[1].get()}};
    if (auto launched = launch(handle, std::move(plan), way); !launched)
        fail(handle, launched.error());
}

Result<> Helper::launch(Handle handle, ContainerPlan plan, const Way& way)
{
    TRY_ASSIGN(auto group, m_limiter->admit(plan.id + "-" + std::to_string(handle), plan.limits));
    TRY_ASSIGN(auto ends, socketPair());
    TRY_ASSIGN(const Bytes* bytes, filter(way.filter));
    kernel::Clone what;
    what.flags = namespaceFlags(plan);
    what.cgroup = group->directory();
    TRY_ASSIGN(const auto init, kernel::clone(what));
    if (init.pid == 0) {
        const StartOrder order {plan,
                                m_capability,
                                m_stateFolder,
                                *bytes,
                                what.cgroup >= 0 ? std::vector<fs::path>() : group->doors(),
                                ends.second.get(),
                                way.descriptors,
                                !way.zygote.empty()};
        runContainer(order);
    }
    Running container;
    container.plan = std::move(plan);
    container.init = init.pid;
    container.status = std::move(ends.first);
    container.group = std::move(group);
    container.zygote = way.zygote;
    m_running.insert_or_assign(handle, std::move(container));
    return {};
}

void Helper::fail(Handle handle, const Error& error)
{
    tell({{"failed", handle}, {"error", toJson(error)}});
}

void Helper::kill(Handle handle, int signal)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end() || found->second.init == 0)
        return;
    if (signal == SIGKILL)
        ::kill(found->second.init, SIGKILL);
    else if (found->second.first)
        (void)kernel::signalProcess(found->second.first.get(), signal);
}

Usage Helper::usageOf(Running& container) const
{
    if (!container.group)
        return {};
    std::vector<int> roots {container.init};
    if (container.forker > 0)
        roots.push_back(container.forker);
    return container.group->usage(roots);
}

void Helper::hear(Handle handle)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end() || !found->second.status)
        return;
    auto& container = found->second;
    auto received = receiveMessage(container.status.get());
    if (!received || !*received)
        return container.status.reset(); // its init has ended; reap() tells the rest
    auto message = *std::move(*std::move(received));
    const auto said = unpack(message.payload);
    if (!said)
        return;
    if (said->contains("error")) {
        container.failure = (*said)["error"];
        if (container.init > 0)
            ::kill(container.init, SIGKILL); // a zygote's would stay
    } else if (said->contains("builder")) {
        container.builder = (*said)["builder"].get<int>();
    } else if (said->contains("init")) {
        container.init = (*said)["init"].get<int>();
    } else if (said->contains("room")) {
        container.room = (*said)["room"];
        container.namespaces = std::move(message.descriptors);
        enterWhenReady(handle);
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
        for (auto& [handle, container] : m_running) {
            if (container.builder == pid) {
                // It has said who goes on building, or that an init is there to be waited for.
                while (container.builder == pid && container.init == 0 && container.status)
                    hear(handle);
                if (container.builder == pid)
                    container.builder = 0;
            }
            const bool unbuilt = container.fork && container.builder == 0 && container.init == 0;
            if (container.init == pid || unbuilt) {
                end(handle, status, usageFrom(used));
                break;
            }
        }
    }
}

void Helper::end(Handle handle, int status, const Usage& reaped)
{
    auto& container = m_running.at(handle);
    container.ending = true;
    while (container.status)
        hear(handle); // what it said before it ended
    const Error unknown(ErrorCode::Internal,
                        "its first process ended with status " + std::to_string(status));
    const auto failure = container.failure.is_null() ? unknown : errorFrom(container.failure);
    if (container.fork && !container.started) {
        container.init = 0;
        return startCold(handle, failure.message());
    }
    if (container.forker > 0)
        awaitForkedEnd(handle);
    const auto& plan = container.plan;
    auto usage = usageOf(container);
    if (m_capability.limiter == Capability::Limiter::Watchdog) {
        // The watch saw only what ran when it looked.
        usage.cpuMicros = std::max(usage.cpuMicros, reaped.cpuMicros + container.used.cpuMicros);
        usage.memoryPeakBytes = std::max(
            {usage.memoryPeakBytes, reaped.memoryPeakBytes, container.used.memoryPeakBytes});
    }
    if (!container.started) {
        fail(handle, failure);
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
    std::vector<fs::path> trees {setAside(workFolder(plan), handle)};
    if (!plan.keepWrites)
        trees.push_back(setAside(plan.writes, handle));
    m_sweeper.sweep(trees, container.group->folders());
    const auto home = container.home;
    m_running.erase(handle);
    zygoteHomeEnded(handle, failure);
    if (home != 0)
        endUnusedHome(home);
}

void Helper::watch()
{
    for (auto& [handle, container] : m_running) {
        const auto limit = container.plan.limits.memoryBytes;
        if (limit == 0 || container.outOfMemory || container.init == 0
            || usageOf(container).memoryBytes <= limit)
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
    (void)!::chdir("/"); // holds no folder busy, and moves along when a child changes its root
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
