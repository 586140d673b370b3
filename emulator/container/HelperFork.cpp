// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// A forked container is made on two sides at once: the zygote forks a child ("hello"), and a
// builder makes the room. When both are there the child enters the room and forks the user's
// process there ("started"), waits for it and reports how it ended ("exit"). Whatever goes wrong
// before "started" ends in a cold start of the same plan.

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/container/Helper.h"
#include "emulator/container/Kernel.h"
#include "emulator/container/Room.h"
#include "emulator/container/Root.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace emulator::container {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t mostZygotes = 8; ///< each holds an interpreter and its imports

void endChild(int pid)
{
    if (pid <= 0)
        return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

std::string errorIn(const Result<Json>& said)
{
    if (!said)
        return said.error().message();
    const auto found = said->find("error");
    return found != said->end() && found->is_string() ? found->get<std::string>() : "no reason";
}

std::int64_t numberAt(const Json& list, std::size_t index)
{
    const bool there = list.is_array() && list.size() > index && list[index].is_number_integer();
    return there ? list[index].get<std::int64_t>() : 0;
}

/// What a program of the image may keep the helper waiting for a message it has begun.
void limitPatience(const UniqueFd& socket)
{
    constexpr timeval patience {1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

} // namespace

void Helper::fork(Handle handle, ContainerPlan plan, const ZygotePlan& wanted,
                  std::vector<UniqueFd> output)
{
    Running container;
    const auto unfit = whyUnfit(plan, wanted);
    const auto key = unfit.empty() ? keyOf(plan, wanted) : std::string();
    container.zygote = key;
    container.plan = std::move(plan);
    container.output = std::move(output);
    m_running.insert_or_assign(handle, std::move(container));
    if (!unfit.empty())
        return startCold(handle, unfit);
    if (m_zygotes.count(key) == 0)
        if (auto started = startZygote(key, m_running.at(handle).plan, wanted); !started)
            return startCold(handle, started.error().message());
    auto& zygote = m_zygotes.at(key);
    zygote.lastUse = ++m_uses;
    switch (zygote.state) {
    case Zygote::State::Failed:
        return startCold(handle, zygote.failure);
    case Zygote::State::Starting:
        return zygote.waiting.push_back(handle);
    case Zygote::State::Ready:
        if (auto forked = forkNow(handle); !forked)
            startCold(handle, forked.error().message());
    }
}

Result<> Helper::startZygote(const std::string& key, const ContainerPlan& plan,
                             const ZygotePlan& wanted)
{
    makePlaceForZygote();
    TRY_ASSIGN(const UniqueFd script, openScript());
    TRY_ASSIGN(auto ends, socketPair());
    const UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    Zygote zygote;
    zygote.handle = m_nextOwn++;
    Way way;
    way.filter = FilterUse::Zygote;
    way.descriptors = {{1, null.get()}, {2, null.get()}, {3, script.get()}, {4, ends.second.get()}};
    way.zygote = key;
    TRY(launch(zygote.handle, homeOf(plan, wanted, m_stateFolder, zygote.handle), way));
    TRY(sendMessage(ends.first.get(), Json {{"preload", wanted.preload}}.dump()));
    zygote.control = std::move(ends.first);
    limitPatience(zygote.control);
    m_zygotes.emplace(key, std::move(zygote));
    return {};
}

/// Ends the zygote that was used longest ago and serves nobody now.
void Helper::makePlaceForZygote()
{
    if (m_zygotes.size() < mostZygotes)
        return;
    const auto serves = [this](Handle home) {
        return std::any_of(m_running.begin(), m_running.end(),
                           [&](const auto& each) { return each.second.home == home; });
    };
    auto oldest = m_zygotes.end();
    for (auto each = m_zygotes.begin(); each != m_zygotes.end(); ++each)
        if (each->second.state != Zygote::State::Starting && !serves(each->second.handle)
            && (oldest == m_zygotes.end() || each->second.lastUse < oldest->second.lastUse))
            oldest = each;
    if (oldest != m_zygotes.end())
        retireZygote(std::string(oldest->first));
}

void Helper::hearZygote(const std::string& key)
{
    const auto found = m_zygotes.find(key);
    if (found == m_zygotes.end() || !found->second.control)
        return;
    auto& zygote = found->second;
    const auto message = receiveMessage(zygote.control.get());
    if (!message || !*message) {
        if (zygote.state == Zygote::State::Ready)
            return retireZygote(key);
        const auto home = m_running.find(zygote.handle);
        if (home != m_running.end() && home->second.first)
            return zygoteFailed(key, "the zygote ended while it imported");
        return zygote.control.reset(); // it never started: zygoteHomeEnded tells why
    }
    const auto said = parseJson((*message)->payload);
    if (!said || !said->contains("ready"))
        return zygoteFailed(key, "the zygote cannot import: " + errorIn(said));
    zygote.state = Zygote::State::Ready;
    for (auto waiting = std::move(zygote.waiting); !waiting.empty(); waiting.pop_front())
        if (auto forked = forkNow(waiting.front()); !forked)
            startCold(waiting.front(), forked.error().message());
}

void Helper::zygoteHomeEnded(Handle home, const Error& why)
{
    for (auto& [key, zygote] : m_zygotes)
        if (zygote.handle == home && zygote.state == Zygote::State::Starting)
            return zygoteFailed(key, "the zygote does not start: " + why.message());
}

/// It stays on record, so that the same import is not tried for each container again.
void Helper::zygoteFailed(const std::string& key, const std::string& why)
{
    auto& zygote = m_zygotes.at(key);
    zygote.state = Zygote::State::Failed;
    zygote.failure = why;
    zygote.control.reset();
    kill(zygote.handle, SIGKILL);
    for (auto waiting = std::move(zygote.waiting); !waiting.empty(); waiting.pop_front())
        startCold(waiting.front(), why);
}

/// Serves nobody any more; its container, in whose pid namespace its children live, stays for
/// them.
void Helper::retireZygote(const std::string& key)
{
    const std::string name = key; // may be the map's own
    const auto home = m_zygotes.at(name).handle;
    m_zygotes.erase(name);
    endUnusedHome(home);
}

void Helper::endUnusedHome(Handle home)
{
    const auto isHome = [&](const auto& each) { return each.second.handle == home; };
    if (std::any_of(m_zygotes.begin(), m_zygotes.end(), isHome))
        return;
    for (const auto& [handle, container] : m_running)
        if (container.home == home)
            return;
    kill(home, SIGKILL);
}

Result<> Helper::forkNow(Handle handle)
{
    auto& container = m_running.at(handle);
    const auto& zygote = m_zygotes.at(container.zygote);
    const auto home = m_running.find(zygote.handle);
    if (home == m_running.end() || !home->second.first)
        return Error(ErrorCode::Unavailable, "the zygote has ended");
    TRY_ASSIGN(
        container.group,
        m_limiter->admit(container.plan.id + "-" + std::to_string(handle), container.plan.limits));
    TRY_ASSIGN(auto child, socketPair());
    constexpr int yes = 1;
    ::setsockopt(child.first.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    const std::array theirs {child.second.get()};
    limitPatience(child.first);
    TRY(sendMessage(zygote.control.get(), "{}", theirs));

    TRY_ASSIGN(auto status, socketPair());
    kernel::Clone what;
    what.flags = CLONE_NEWNS;
    what.cgroup = container.group->directory();
    TRY_ASSIGN(const auto builder, kernel::clone(what));
    if (builder.pid == 0)
        buildRoom({container.plan, m_capability, m_stateFolder,
                   what.cgroup >= 0 ? std::vector<fs::path>() : container.group->doors(),
                   home->second.first.get(), status.second.get()});
    container.home = zygote.handle;
    container.builder = builder.pid;
    container.fork = std::move(child.first);
    container.status = std::move(status.first);
    return {};
}

void Helper::hearFork(Handle handle)
{
    const auto found = m_running.find(handle);
    if (found == m_running.end() || !found->second.fork)
        return;
    auto& container = found->second;
    const auto message = receiveMessage(container.fork.get());
    if (message && *message) {
        if (const auto said = parseJson((*message)->payload); said && !said->contains("error"))
            return takeFromFork(handle, *said, (*message)->sender);
        else if (!container.started)
            return startCold(handle, "the zygote's child failed: " + errorIn(said));
    }
    container.fork.reset();
    if (!container.started && !container.ending)
        return startCold(handle, "the zygote's child ended");
    kill(handle, SIGKILL);
}

/// The other end runs a program of the image: what it says is checked.
void Helper::takeFromFork(Handle handle, const Json& said, int sender)
{
    auto& container = m_running.at(handle);
    if (said.contains("hello") && container.forker == 0) {
        auto forker = kernel::openProcess(sender);
        if (!forker)
            return startCold(handle, forker.error().message());
        container.forker = sender;
        container.forkerHandle = *std::move(forker);
        return enterWhenReady(handle);
    }
    if (said.contains("exit")) {
        container.code = static_cast<int>(numberAt(said["exit"], 0) & 0xff);
        container.signal = static_cast<int>(numberAt(said["exit"], 1) & 0x7f);
        if (said.contains("used"))
            container.used = {static_cast<std::uint64_t>(numberAt(said["used"], 0)), 0,
                              static_cast<std::uint64_t>(numberAt(said["used"], 2))};
        return kill(handle, SIGKILL); // the room, with all that is left in it
    }
    if (container.started || !said.contains("started"))
        return;
    auto first = kernel::openProcess(sender);
    if (first)
        container.first = *std::move(first);
    container.started = true;
    container.output.clear();
    tell({{"started", handle}, {"pid", sender}});
}

/// How the user's process ended is known to its parent, which is not ours and has moments to say.
void Helper::awaitForkedEnd(Handle handle)
{
    auto& container = m_running.at(handle);
    while (container.fork && container.code < 0) {
        pollfd source {container.fork.get(), POLLIN, 0};
        if (::poll(&source, 1, 500) != 1)
            break;
        hearFork(handle);
    }
    (void)kernel::signalProcess(container.forkerHandle.get(), SIGKILL);
}

void Helper::enterWhenReady(Handle handle)
{
    auto& container = m_running.at(handle);
    if (container.ending || container.forker == 0 || container.room.is_null()
        || container.namespaces.empty())
        return;
    for (const auto& door : container.group->doors()) {
        const UniqueFd file(::open(door.c_str(), O_WRONLY | O_CLOEXEC));
        const auto pid = std::to_string(container.forker);
        if (!file || ::write(file.get(), pid.data(), pid.size()) < 0)
            return startCold(handle, errnoError("enter " + door.string(), errno).message());
    }
    const auto function = filter(FilterUse::Function);
    if (!function)
        return startCold(handle, function.error().message());
    std::vector<int> descriptors {container.output[0].get(), container.output[1].get()};
    for (const auto& each : container.namespaces)
        descriptors.push_back(each.get());
    const auto text = enterText(container.plan, m_capability, container.room, **function);
    auto sent = sendMessage(container.fork.get(), text, descriptors);
    container.namespaces.clear();
    if (!sent)
        startCold(handle, sent.error().message());
}

void Helper::startCold(Handle handle, const std::string& why)
{
    auto container = std::move(m_running.at(handle));
    m_running.erase(handle);
    log::warning("container", container.plan.id + " starts without a zygote: " + why);
    container.fork.reset();
    endChild(container.builder);
    endChild(container.init);
    // The overlay that the room had used it as it should not be used twice.
    std::error_code ignored;
    fs::remove_all(workFolder(container.plan), ignored);
    const auto home = container.home;
    start(handle, std::move(container.plan), std::move(container.output));
    if (home != 0)
        endUnusedHome(home);
}

} // namespace emulator::container
