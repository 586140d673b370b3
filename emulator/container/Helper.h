// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"
#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/Limiter.h"
#include "emulator/container/Message.h"
#include "emulator/container/Sweeper.h"
#include "emulator/container/SyscallFilter.h"
#include "emulator/container/Zygote.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace emulator::container {

/// The process that makes containers and waits for them; see Launcher. Serves one socket:
///   {"op": "launch", "handle", "plan"} + standard output, error → {"started": handle, "pid"}
///                                                             or {"failed": handle, "error"}
///   {"op": "fork", "handle", "plan", "zygote"}: the same through a zygote
///   {"op": "kill", "handle", "signal"}
///   {"op": "usage", "handle"} → {"usage": handle, "value"}
/// and says {"ended": handle, …} when a container's last process is gone. One thread; ends, and
/// with it every container, when the socket closes.
class Helper {
public:
    /// `socket` is connected to the worker.
    [[nodiscard]] static Result<std::unique_ptr<Helper>> create(std::filesystem::path stateFolder,
                                                                UniqueFd socket);

    /// Serves until the worker is gone.
    void run();

private:
    /// A container from its order to the end of its last process.
    struct Running {
        ContainerPlan plan;
        int init = 0; ///< pid; 0 while there is none
        UniqueFd status; ///< socket to its init
        UniqueFd first; ///< pidfd of the user's process
        std::unique_ptr<Group> group;
        bool started = false; ///< the worker knows it
        bool outOfMemory = false; ///< killed by our own watch
        int code = -1; ///< of the user's process; -1: not ended by itself
        int signal = 0;
        Usage used; ///< by processes that were not init's children
        Json failure; ///< why it did not start
        bool ending = false; ///< its init is gone; nothing new may begin in it
        std::string zygote; ///< key, of a zygote's own container and of those that it serves
        std::uint64_t home = 0; ///< of a forked one: its zygote's container

        // Of a forked one only.
        std::vector<UniqueFd> output; ///< standard output and error, until it has them
        UniqueFd fork; ///< socket to the zygote's child
        int forker = 0; ///< that child, which waits for the user's process
        UniqueFd forkerHandle; ///< its pidfd
        int builder = 0; ///< the process that makes its room
        Json room; ///< who it will be, once the room is made
        std::vector<UniqueFd> namespaces; ///< of the room
    };

    /// How a container's first process starts.
    struct Way {
        FilterUse filter = FilterUse::Function;
        std::map<int, int> descriptors; ///< its number → ours
        std::string zygote; ///< key, if it is a zygote
    };

    using Handle = std::uint64_t;

    Helper(std::filesystem::path stateFolder, UniqueFd socket, Capability capability,
           std::unique_ptr<Limiter> limiter, Sweeper sweeper);

    Result<> tryRoot();
    void sweepStale();
    void endAll();
    Result<const Bytes*> filter(FilterUse use);
    void serve(Message message);
    void start(Handle handle, ContainerPlan plan, std::vector<UniqueFd> output);
    Result<> launch(Handle handle, ContainerPlan plan, const Way& way);
    void kill(Handle handle, int signal);
    [[nodiscard]] Usage usageOf(Running& container) const;
    void hear(Handle handle);
    void reap();
    void end(Handle handle, int status, const Usage& reaped);
    void watch();
    void tell(const Json& message);
    void fail(Handle handle, const Error& error);
    [[nodiscard]] int interval() const;

    // Forked containers (HelperFork.cpp).
    void fork(Handle handle, ContainerPlan plan, const ZygotePlan& wanted,
              std::vector<UniqueFd> output);
    Result<> startZygote(const std::string& key, const ContainerPlan& plan,
                         const ZygotePlan& wanted);
    void makePlaceForZygote();
    void hearZygote(const std::string& key);
    void zygoteHomeEnded(Handle home, const Error& why);
    void zygoteFailed(const std::string& key, const std::string& why);
    void retireZygote(const std::string& key);
    void endUnusedHome(Handle home);
    Result<> forkNow(Handle handle);
    void hearFork(Handle handle);
    void takeFromFork(Handle handle, const Json& said, int sender);
    void awaitForkedEnd(Handle handle);
    void enterWhenReady(Handle handle);
    void startCold(Handle handle, const std::string& why);

    std::filesystem::path m_stateFolder;
    UniqueFd m_socket;
    Capability m_capability;
    std::unique_ptr<Limiter> m_limiter;
    Sweeper m_sweeper;
    UniqueFd m_children; ///< signalfd of SIGCHLD
    std::map<FilterUse, Bytes> m_filters;
    std::map<Handle, Running> m_running;
    std::map<std::string, Zygote> m_zygotes; ///< by key
    Handle m_nextOwn = Handle {1} << 63; ///< the worker's count from 1
    std::uint64_t m_uses = 0;
};

} // namespace emulator::container
