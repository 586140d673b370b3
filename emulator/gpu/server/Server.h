// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/gpu/cards/Cards.h"
#include "emulator/gpu/server/Device.h"

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

namespace emulator::gpu::server {

/// What slipway-gpud is started with.
struct ServerOptions {
    std::filesystem::path socket; ///< the unix socket to listen on; made, and removed at the end
    cards::Card card;
    unsigned count = 1;
    std::uint64_t seed = 0; ///< same seed, same UUIDs
};

/// slipway-gpud: listens on a socket and serves each client process that connects on a thread of
/// its own, until it is told to stop.
class Server {
public:
    /// Reserves the devices' memory and listens. Exhausted, Io, or Invalid for a bad path.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(const ServerOptions& options);
    ~Server();

    /// Accepts clients until `stop` fires, then ends those that are left.
    void run(std::stop_token stop);

    [[nodiscard]] Devices& devices() { return *m_devices; }

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

private:
    struct Client;

    Server() = default;
    void accept();
    /// The thread of one client, from its greeting to its end.
    void attend(Client& client);
    [[nodiscard]] bool greet(Client& client);
    void reap();
    [[nodiscard]] std::vector<protocol::Process> processes(std::uint64_t device);

    std::filesystem::path m_path;
    std::unique_ptr<Devices> m_devices;
    UniqueFd m_listener;
    UniqueFd m_wake; ///< an eventfd: a client ended, or stop
    std::mutex m_mutex;
    std::list<std::unique_ptr<Client>> m_clients;
    std::uint64_t m_lastClient = 0;
};

} // namespace emulator::gpu::server
