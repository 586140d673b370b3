// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/ControlPlane.h"
#include "emulator/rpc/Server.h"

#include <google/protobuf/message.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emulator::api {

/// Who calls: established before a handler runs.
struct Caller {
    std::string principal; ///< for idempotency: token id, or task id
    std::string taskId; ///< of a container or a replica's worker; empty for a client
    std::string replicaId; ///< of a replica, with
    std::string replicaToken; ///< what proves it
    std::string clientVersion; ///< "1.6.4"
    std::string runId; ///< x-slipway-run
    std::string staging; ///< x-slipway-stage: what it publishes is kept under this nonce
};

/// One request on its way through the strand. What it answers leaves after the commit; an answer
/// to a request with effects is stored with them under its idempotency key.
///
/// Belongs to the strand's thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
public:
    /// Told how the exchange ended, after the commit.
    using Finished = std::function<void(const std::string* reply, const Error* error)>;

    Exchange(std::shared_ptr<rpc::Call> call, control::ControlPlane& plane, Caller caller)
        : m_call(std::move(call))
        , m_plane(plane)
        , m_caller(std::move(caller))
    {
    }

    [[nodiscard]] const Caller& caller() const { return m_caller; }
    [[nodiscard]] Caller& caller() { return m_caller; }
    [[nodiscard]] control::ControlPlane& plane() { return m_plane; }
    [[nodiscard]] control::State& state() { return m_plane.state(); }
    [[nodiscard]] bool gone() const { return m_call->cancelled(); }
    [[nodiscard]] std::string idempotencyKey() const
    {
        return m_call->metadata("x-idempotency-key");
    }
    /// Where the caller reaches this machine's HTTP: "http://127.0.0.1:40001" through a tunnel,
    /// whose port takes it too; empty when the listener's own address is good.
    [[nodiscard]] std::string httpBase() const
    {
        return m_call->isTunnelled() ? "http://" + m_call->authority() : std::string();
    }
    [[nodiscard]] std::string metadata(std::string_view key) const { return m_call->metadata(key); }

    /// The answer of a unary call.
    void reply(const google::protobuf::Message& message);
    void replyBytes(std::string bytes);
    void fail(Error error);

    /// One message of a stream, and its end.
    void write(const google::protobuf::Message& message);
    void finish();

    /// A message outside of any batch, from within an effect of one.
    void writeNow(std::string bytes) { m_call->write(std::move(bytes)); }

    /// Runs `action`, on any thread, once the caller has gone.
    void onGone(std::function<void()> action) { m_call->onCancel(std::move(action)); }

    /// Parks the exchange under a topic until `attempt` is done, for at most `seconds`, or
    /// somewhat less than the caller waits. `attempt` is not made for a caller that has gone.
    void park(const std::string& topic, double seconds, control::Parking::Attempt attempt);

    /// Stores the answer under the caller's key; see Idempotency.
    void rememberAs(store::ReplyKey key, Finished finished)
    {
        m_key = std::move(key);
        m_finished = std::move(finished);
    }

    /// Where failures of this exchange are counted.
    void countErrorsIn(std::atomic<std::uint64_t>& counter) { m_errors = &counter; }

    /// Fails at once, outside of any batch: this one was lost.
    void failNow(const Error& error);

private:
    std::shared_ptr<rpc::Call> m_call;
    control::ControlPlane& m_plane;
    Caller m_caller;
    std::optional<store::ReplyKey> m_key;
    Finished m_finished;
    std::atomic<std::uint64_t>* m_errors = nullptr;
    std::vector<control::Parking::Token> m_tokens;
};

} // namespace emulator::api
