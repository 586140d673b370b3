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

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

namespace emulator::container {

/// The process that makes containers and waits for them; see Launcher. Serves one socket:
///   {"op": "launch", "handle", "plan"} + standard output, error → {"started": handle, "pid"}
///                                                             or {"failed": handle, "error"}
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
    /// A container from its clone to the end of its last process.
    struct Running {
        ContainerPlan plan;
        int init = 0; ///< pid
        UniqueFd status; ///< socket to its init
        UniqueFd first; ///< pidfd of the user's process
        std::unique_ptr<Group> group;
        bool started = false; ///< the worker knows it
        bool outOfMemory = false; ///< killed by our own watch
        int code = -1; ///< of the user's process; -1: not ended by itself
        int signal = 0;
        Json failure; ///< why it did not start
    };

    Helper(std::filesystem::path stateFolder, UniqueFd socket, Capability capability,
           std::unique_ptr<Limiter> limiter, Sweeper sweeper);

    Result<> tryRoot();
    Result<const Bytes*> filter(FilterUse use);
    void serve(const Message& message);
    Result<> launch(std::uint64_t handle, ContainerPlan plan, const Message& message);
    void kill(std::uint64_t handle, int signal);
    void hear(std::uint64_t handle, Running& container);
    void reap();
    void end(std::uint64_t handle, int status, const Usage& reaped);
    void watch();
    void tell(const Json& message);
    [[nodiscard]] int interval() const;

    std::filesystem::path m_stateFolder;
    UniqueFd m_socket;
    Capability m_capability;
    std::unique_ptr<Limiter> m_limiter;
    Sweeper m_sweeper;
    UniqueFd m_children; ///< signalfd of SIGCHLD
    std::map<FilterUse, Bytes> m_filters;
    std::map<std::uint64_t, Running> m_running; ///< by handle
};

} // namespace emulator::container
