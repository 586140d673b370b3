// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/Relay.h"

#include "emulator/rpc/Channel.h"
#include "emulator/rpc/Server.h"
#include "emulator/rpc/Status.h"

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <map>
#include <mutex>

namespace emulator::rpc {
namespace {

/// What a caller may pass on. Everything that could name an identity is ours to say.
bool travels(std::string_view header)
{
    return header.starts_with("x-modal-") || header == "x-idempotency-key"
        || header.starts_with("x-retry-") || header.starts_with("x-throttle-");
}

/// One call on its way: a reactor an attempt, each holding this until it is done.
class Forward final : public std::enable_shared_from_this<Forward> {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    /// `identity`: what every call says of who makes it.
    Forward(grpc::GenericStub& stub, std::shared_ptr<Call> call, Headers identity)
        : m_stub(stub)
        , m_call(std::move(call))
        , m_identity(std::move(identity))
    {
        if (const auto remaining = m_call->remainingMicros(); remaining >= 0)
            m_deadline = std::chrono::system_clock::now() + std::chrono::microseconds(remaining);
    }

    void start()
    {
        m_call->onCancel([self = shared_from_this()] { self->cancel(); });
        attempt();
    }

private:
    class Attempt final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
    public:
        explicit Attempt(std::shared_ptr<Forward> owner)
            : m_owner(std::move(owner))
        {
        }

        void begin(grpc::GenericStub& stub)
        {
            const auto& call = *m_owner->m_call;
            for (const auto& [key, value] : call.headers())
                if (travels(key))
                    context.AddMetadata(key, value);
            for (const auto& [key, value] : m_owner->m_identity)
                context.AddMetadata(key, value);
            context.set_wait_for_ready(true);
            context.set_deadline(m_owner->m_deadline);
            stub.PrepareBidiStreamingCall(&context, call.method(), {}, this);
            const grpc::Slice slice(call.request());
            m_request = grpc::ByteBuffer(&slice, 1);
            StartWriteLast(&m_request, {});
            StartRead(&m_response);
            StartCall();
        }

        grpc::ClientContext context;

    private:
        void OnReadDone(bool ok) override
        {
            if (!ok)
                return;
            m_received = true;
            std::vector<grpc::Slice> slices;
            if (m_response.Dump(&slices).ok()) {
                std::string message;
                for (const auto& slice : slices)
                    message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
                m_owner->m_call->write(std::move(message));
            }
            m_response.Clear();
            StartRead(&m_response);
        }

        void OnDone(const grpc::Status& status) override
        {
            // A stream that broke after its first message is the caller's to open again, from
            // where it stands.
            const auto owner = m_owner;
            const bool again = status.error_code() == grpc::StatusCode::UNAVAILABLE && !m_received;
            owner->forget();
            if (again)
                owner->later();
            else
                owner->end(status, context);
            delete this;
        }

        std::shared_ptr<Forward> m_owner;
        grpc::ByteBuffer m_request;
        grpc::ByteBuffer m_response;
        bool m_received = false;
    };

    void attempt()
    {
        auto* next = new Attempt(shared_from_this()); // deletes itself in OnDone
        {
            const std::lock_guard lock(m_mutex);
            m_attempt = next;
            if (m_cancelled)
                next->context.TryCancel();
        }
        next->begin(m_stub);
    }

    void forget()
    {
        const std::lock_guard lock(m_mutex);
        m_attempt = nullptr;
    }

    void later()
    {
        const std::lock_guard lock(m_mutex);
        m_alarm = std::make_unique<grpc::Alarm>();
        m_alarm->Set(std::chrono::system_clock::now() + std::chrono::milliseconds(200),
                     [self = shared_from_this()](bool) { self->attempt(); });
    }

    void end(const grpc::Status& status, const grpc::ClientContext& context)
    {
        for (const auto& [key, value] : context.GetServerTrailingMetadata())
            if (key.starts_with("x-modal-"))
                m_call->addTrailer(std::string(key.data(), key.size()),
                                   std::string(value.data(), value.size()));
        if (status.ok())
            m_call->finish();
        else
            m_call->failWithDetails(toError(status), status.error_details());
        const std::lock_guard lock(m_mutex);
        m_alarm.reset(); // it holds us
    }

    void cancel()
    {
        const std::lock_guard lock(m_mutex);
        m_cancelled = true;
        if (m_attempt != nullptr)
            m_attempt->context.TryCancel();
    }

    grpc::GenericStub& m_stub;
    std::shared_ptr<Call> m_call;
    const Headers m_identity;
    std::chrono::system_clock::time_point m_deadline = std::chrono::system_clock::time_point::max();
    std::mutex m_mutex;
    Attempt* m_attempt = nullptr; ///< the one on its way
    std::unique_ptr<grpc::Alarm> m_alarm; ///< before the next one
    bool m_cancelled = false;
};

class GrpcRelay final : public Relay {
public:
    explicit GrpcRelay(const Upstream& upstream)
        : m_stub(makeChannel(upstream))
        , m_headers(upstream.headers)
    {
    }

    Result<> open(const std::string& taskId, const std::filesystem::path& socket) override
    {
        auto identity = m_headers;
        identity.emplace_back("x-slipway-task", taskId);
        TRY_ASSIGN(auto server,
                   Server::create(
                       {.privateSockets = {socket.string()}},
                       [this, identity](std::shared_ptr<Call> call) {
                           std::make_shared<Forward>(m_stub, std::move(call), identity)->start();
                       }));
        const std::lock_guard lock(m_mutex);
        m_servers.insert_or_assign(taskId, std::move(server));
        return {};
    }

    void close(const std::string& taskId) override
    {
        std::unique_ptr<Server> server;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_servers.find(taskId);
            if (found == m_servers.end())
                return;
            server = std::move(found->second);
            m_servers.erase(found);
        }
        server->shutdown();
    }

private:
    grpc::GenericStub m_stub;
    const Forward::Headers m_headers;
    std::mutex m_mutex;
    std::map<std::string, std::unique_ptr<Server>> m_servers;
};

} // namespace

std::unique_ptr<Relay> Relay::create(const Upstream& upstream)
{
    return std::make_unique<GrpcRelay>(upstream);
}

} // namespace emulator::rpc
