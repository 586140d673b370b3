// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/LauncherLink.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/container/Message.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace emulator::container {
namespace fs = std::filesystem;

Result<std::shared_ptr<LauncherLink>> LauncherLink::create(const fs::path& stateFolder)
{
    std::error_code failed;
    fs::create_directories(stateFolder, failed);
    const auto absolute = fs::canonical(stateFolder, failed);
    if (failed)
        return Error(ErrorCode::Io,
                     "state folder " + stateFolder.string() + ": " + failed.message());
    std::shared_ptr<LauncherLink> link(new LauncherLink);
    auto* const raw = link.get();
    link->m_thread = std::thread([raw, absolute] { raw->serve(absolute); });
    std::unique_lock lock(link->m_mutex);
    link->m_changed.wait(lock, [&] { return link->m_ready || link->m_ended; });
    if (!link->m_ready) {
        auto error = *link->m_ended;
        lock.unlock();
        return error;
    }
    lock.unlock();
    return link;
}

LauncherLink::~LauncherLink()
{
    close();
}

void LauncherLink::close()
{
    if (m_socket)
        ::shutdown(m_socket.get(), SHUT_RDWR);
    if (m_thread.joinable())
        m_thread.join();
}

/// PR_SET_PDEATHSIG means the parent's thread: the helper is started by the thread that lives as
/// long as it may.
Result<int> LauncherLink::spawn(const fs::path& stateFolder, UniqueFd theirs)
{
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    // 3 is where the helper looks; as an action of posix_spawn it also loses close-on-exec.
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 3);
    std::string name = "slipway-launcher";
    std::string mode = "--launcher";
    std::string folder = stateFolder.string();
    std::string parent = std::to_string(::getpid());
    const std::array<char*, 5> argv {name.data(), mode.data(), folder.data(), parent.data(),
                                     nullptr};
    // Containers' first processes run on in the helper's memory: it gets nothing of the worker's
    // environment that a task must not see.
    std::vector<std::string> environment {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    for (const char* key :
         {"SLIPWAY_LOG", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "LD_LIBRARY_PATH"})
        if (const char* value = std::getenv(key))
            environment.push_back(std::string(key) + "=" + value);
    std::vector<char*> variables;
    for (auto& each : environment)
        variables.push_back(each.data());
    variables.push_back(nullptr);
    pid_t pid = -1;
    const int result
        = ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (result != 0)
        return errnoError("start the container helper", result);
    return pid;
}

void LauncherLink::serve(const fs::path& stateFolder)
{
    const auto end = [this](Error error) {
        const std::scoped_lock lock(m_mutex);
        if (!m_ended)
            m_ended = std::move(error);
        m_changed.notify_all();
    };
    auto pair = socketPair();
    if (!pair)
        return end(pair.error());
    auto ends = *std::move(pair);
    m_socket = std::move(ends.first);
    auto helper = spawn(stateFolder, std::move(ends.second));
    if (!helper)
        return end(helper.error());
    for (;;) {
        auto message = receiveMessage(m_socket.get());
        if (!message || !*message)
            break;
        if (const auto said = unpack((*message)->payload))
            take(*said);
    }
    int status = 0;
    ::waitpid(*helper, &status, 0);
    end(Error(ErrorCode::Unavailable,
              "the container helper has ended (status " + std::to_string(status)
                  + "), and with it its containers"));
}

void LauncherLink::take(const Json& said)
{
    const std::scoped_lock lock(m_mutex);
    const auto about = [&](const char* key) -> State* {
        if (!said.contains(key))
            return nullptr;
        const auto found = m_states.find(said[key].get<std::uint64_t>());
        return found == m_states.end() ? nullptr : &found->second;
    };
    if (said.contains("ready")) {
        m_capability = capabilityFrom(said["ready"]);
        m_ready = true;
    } else if (said.contains("refused")) {
        m_ended = errorFrom(said["refused"]);
    } else if (auto* started = about("started")) {
        started->pid = said["pid"].get<int>();
    } else if (auto* failed = about("failed")) {
        failed->failure = errorFrom(said["error"]);
    } else if (auto* ended = about("ended")) {
        ended->exit = ContainerExit {said["code"].get<int>(), said["signal"].get<int>(),
                                     said["outOfMemory"].get<bool>(), usageFrom(said["used"])};
    } else if (auto* used = about("usage")) {
        used->usage = usageFrom(said["value"]);
    }
    m_changed.notify_all();
}

Result<> LauncherLink::send(const Json& order, std::span<const int> descriptors)
{
    const std::scoped_lock lock(m_sending);
    auto sent = sendMessage(m_socket.get(), pack(order), descriptors);
    if (!sent)
        return Error(ErrorCode::Unavailable, "the container helper has ended");
    return {};
}

Result<LauncherLink::Started> LauncherLink::start(Json order, std::span<const int> descriptors)
{
    std::unique_lock lock(m_mutex);
    const auto handle = m_next++;
    m_states.emplace(handle, State {});
    lock.unlock();
    order["handle"] = handle;
    if (auto sent = send(order, descriptors); !sent) {
        forget(handle);
        return sent.error();
    }
    lock.lock();
    const auto& state = m_states.at(handle);
    m_changed.wait(lock, [&] { return state.pid >= 0 || state.failure || m_ended; });
    if (state.pid >= 0)
        return Started {handle, state.pid};
    const Error error = state.failure ? *state.failure : *m_ended;
    m_states.erase(handle);
    return error;
}

void LauncherLink::kill(std::uint64_t handle, int signal)
{
    (void)send({{"op", "kill"}, {"handle", handle}, {"signal", signal}});
}

Result<ContainerExit> LauncherLink::wait(std::uint64_t handle, std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    const auto& state = m_states.at(handle);
    const bool ended = m_changed.wait(lock, stop, [&] { return state.exit || m_ended; });
    if (!ended)
        return Error(ErrorCode::Cancelled, "waiting for the container was stopped");
    if (state.exit)
        return *state.exit;
    return *m_ended;
}

Usage LauncherLink::usage(std::uint64_t handle)
{
    std::unique_lock lock(m_mutex);
    auto& state = m_states.at(handle);
    if (state.exit)
        return state.exit->usage;
    if (m_ended)
        return state.usage.value_or(Usage {});
    state.usage.reset();
    lock.unlock();
    if (!send({{"op", "usage"}, {"handle", handle}}))
        return {};
    lock.lock();
    m_changed.wait(lock, [&] { return state.usage || state.exit || m_ended; });
    if (state.exit)
        return state.exit->usage;
    return state.usage.value_or(Usage {});
}

void LauncherLink::forget(std::uint64_t handle)
{
    std::unique_lock lock(m_mutex);
    const auto found = m_states.find(handle);
    if (found == m_states.end())
        return;
    const bool running = found->second.pid >= 0 && !found->second.exit && !m_ended;
    m_states.erase(found);
    lock.unlock();
    if (running)
        kill(handle, SIGKILL);
}

} // namespace emulator::container
