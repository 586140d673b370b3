// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/UniqueFd.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace samples {

/// Stands between a client and a registry on loopback and does what networks do. Each request gets
/// a connection of its own; a function decides what becomes of it.
class FaultProxy {
public:
    struct Request {
        std::string method;
        std::string target;
        std::string head; ///< all header lines
        int number = 0; ///< from 1, of all requests
    };
    struct Fate {
        std::string answer; ///< a whole response instead of the registry's
        std::int64_t cutRequestAfter = -1; ///< bytes of the body that still arrive
        std::int64_t cutAnswerAfter = -1; ///< bytes of head and body that still arrive
        std::int64_t flipAnswerAt = -1; ///< a byte, from the end of the head
        bool dropAuthorization = false; ///< the registry behind knows nobody
    };
    using Decide = std::function<Fate(const Request&)>;

    explicit FaultProxy(std::uint16_t upstream);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    [[nodiscard]] std::uint16_t port() const { return m_port; }
    void decide(Decide decide);
    [[nodiscard]] std::vector<Request> requests() const;

    /// "HTTP/1.1 500 …" with these header lines ("A: b\r\n") and this body.
    static std::string answer(int status, const std::string& headers = {},
                              const std::string& body = {});

private:
    void serve(emulator::UniqueFd client);

    const std::uint16_t m_upstream;
    std::uint16_t m_port = 0;
    emulator::UniqueFd m_listener;
    mutable std::mutex m_mutex;
    Decide m_decide;
    std::vector<Request> m_requests;
    std::vector<std::jthread> m_clients;
    std::jthread m_thread;
};

/// A listening socket on a free loopback port, and which it is.
struct LoopbackListener {
    emulator::UniqueFd fd;
    std::uint16_t port = 0;
};
LoopbackListener listenOnLoopback();

/// A port that was free a moment ago.
std::uint16_t freePort();

emulator::UniqueFd connectTo(std::uint16_t port);

} // namespace samples
