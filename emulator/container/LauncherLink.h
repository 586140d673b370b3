// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/Launcher.h"

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>

namespace emulator::container {

/// The worker's end of the helper's socket. Its thread starts the helper (which dies with that
/// thread), reads its answers and wakes who waits for them. Owned by the launcher and its
/// containers. Thread-safe.
class LauncherLink {
public:
    [[nodiscard]] static Result<std::shared_ptr<LauncherLink>>
    create(const std::filesystem::path& stateFolder);
    ~LauncherLink();

    [[nodiscard]] const Capability& capability() const { return m_capability; }

    /// What a start came to.
    struct Started {
        std::uint64_t handle = 0;
        int pid = 0;
    };

    /// Sends `order` with a fresh handle; waits until the container has started or failed.
    [[nodiscard]] Result<Started> start(Json order, std::span<const int> descriptors);

    void kill(std::uint64_t handle, int signal);
    [[nodiscard]] Result<ContainerExit> wait(std::uint64_t handle, std::stop_token stop);
    [[nodiscard]] Usage usage(std::uint64_t handle);

    /// Ends the container if it has not ended, and forgets it.
    void forget(std::uint64_t handle);

    /// Ends the helper, and with it all containers.
    void close();

    LauncherLink(const LauncherLink&) = delete;
    LauncherLink& operator=(const LauncherLink&) = delete;

private:
    /// What is known of a container; `pid` -1 while it has not started.
    struct State {
        int pid = -1;
        std::optional<Error> failure;
        std::optional<ContainerExit> exit;
        std::optional<Usage> usage; ///< the newest answer
        bool asked = false; ///< somebody has asked for usage
    };

    LauncherLink() = default;
    void serve(const std::filesystem::path& stateFolder);
    Result<int> spawn(const std::filesystem::path& stateFolder, UniqueFd theirs);
    void take(const Json& said);
    Result<> send(const Json& order, std::span<const int> descriptors);
    Result<> send(const Json& order) { return send(order, {}); }

    UniqueFd m_socket;
    std::mutex m_sending; ///< one message at a time on the socket
    std::mutex m_mutex; ///< all below
    std::condition_variable_any m_changed;
    std::map<std::uint64_t, State> m_states;
    std::uint64_t m_next = 1;
    bool m_ready = false;
    std::optional<Error> m_ended; ///< why there is no helper any more
    Capability m_capability; ///< constant once ready
    std::thread m_thread; ///< last: uses all above
};

} // namespace emulator::container
