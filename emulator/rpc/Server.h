// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emulator::rpc {

/// The door that a call came through.
enum class Origin {
    Tcp, ///< of clients
    Private, ///< HOME/run/studio.sock: the worker of this machine, the command line, the window
    Replica, ///< TLS, from other machines
};

/// The loopback address that tunnels connect from; everybody else's is 127.0.0.1.
inline constexpr const char* tunnelAddress = "127.0.0.2";

/// One RPC that a client has made, unary or server-streaming: its request, and the way back.
/// Handlers keep it for as long as they want (a parked poll); it stays valid after the client has
/// gone. Thread-safe.
class Call {
public:
    virtual ~Call() = default;

    [[nodiscard]] virtual const std::string& method() const = 0; ///< "/modal.client.ModalClient/…"
    [[nodiscard]] virtual const std::string& request() const = 0; ///< serialized message
    /// Empty when the client sent no such header.
    [[nodiscard]] virtual std::string metadata(std::string_view key) const = 0;
    [[nodiscard]] virtual const std::vector<std::pair<std::string, std::string>>& headers() const
        = 0;
    /// When the client gives up, in microseconds from now; negative when it never does.
    [[nodiscard]] virtual std::int64_t remainingMicros() const = 0;
    [[nodiscard]] virtual Origin origin() const = 0;
    /// What the caller calls this server: HTTP/2's :authority, "127.0.0.1:40001".
    [[nodiscard]] virtual const std::string& authority() const = 0;
    /// Whether it came through a tunnel, from another machine: that one knows this server by its
    /// authority() only. A tunnel's connections come from tunnelAddress.
    [[nodiscard]] virtual bool isTunnelled() const = 0;

    /// Metadata after the reply; call before finishing.
    virtual void addTrailer(std::string key, std::string value) = 0;

    /// Sends one message of a stream. Queued; ignored once finished or cancelled.
    virtual void write(std::string message) = 0;
    /// Ends the call well; unary calls give their reply here.
    virtual void finish() = 0;
    virtual void reply(std::string message) = 0;
    virtual void fail(Error error) = 0;
    /// The same with a serialized google.rpc.Status for grpc-status-details-bin.
    virtual void failWithDetails(Error error, std::string details) = 0;

    [[nodiscard]] virtual bool cancelled() const = 0;
    /// Runs `action` once when the client has gone before the end (at once if it has already).
    virtual void onCancel(std::function<void()> action) = 0;

    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

protected:
    Call() = default;
};

/// One generic gRPC service: every method arrives at one function. No message limits below 256 MiB,
/// no GOAWAY by age or by pings (modal-client's grpclib drops its streams on either).
class Server {
public:
    using Handler = std::function<void(std::shared_ptr<Call>)>;

    struct Listeners {
        int tcp = -1; ///< a listening socket, not owned; must outlive the server
        std::vector<std::string> privateSockets; ///< paths; made with mode 0600
        std::string tlsAddress; ///< "0.0.0.0:0": for replicas on other machines; empty: none
        std::string certificate; ///< of the TLS listener, PEM
        std::string key; ///< its private key, PEM
    };

    /// Unavailable when an address is in use, with who may hold it and what to do.
    [[nodiscard]] static Result<std::unique_ptr<Server>> create(const Listeners& listeners,
                                                                Handler handler);
    virtual ~Server() = default;

    /// Of the TLS listener; 0 without one.
    [[nodiscard]] virtual int tlsPort() const = 0;

    /// Cancels what is in flight and returns when the last call has ended.
    virtual void shutdown() = 0;

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

protected:
    Server() = default;
};

} // namespace emulator::rpc
