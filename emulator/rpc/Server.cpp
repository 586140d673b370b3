// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/Server.h"

#include "emulator/base/UniqueFd.h"
#include "emulator/rpc/Status.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <thread>

namespace emulator::rpc {
namespace {

grpc::ByteBuffer toBuffer(const std::string& message)
{
    const grpc::Slice slice(message);
    return {&slice, 1};
}

std::string fromBuffer(const grpc::ByteBuffer& buffer)
{
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok())
        return {};
    std::string message;
    message.reserve(buffer.Length());
    for (const auto& slice : slices)
        message.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return message;
}

/// The half of a call that outlives gRPC's: handlers hold it, the reactor detaches from it.
///
/// At most one write is outstanding (gRPC forbids two), so messages queue; the end waits until the
/// queue is empty. After OnDone the reactor is gone and every way back is a no-op.
class GenericCall final : public Call, public std::enable_shared_from_this<GenericCall> {
public:
    class Reactor;

    GenericCall(grpc::GenericCallbackServerContext* context, Origin tcp, Reactor* reactor)
        : m_method(context->method())
        , m_origin(context->peer().rfind("unix:", 0) == 0 ? Origin::Private : tcp)
        , m_authority(context->ExperimentalGetAuthority().data(),
                      context->ExperimentalGetAuthority().size())
        , m_tunnelled(context->peer().rfind("ipv4:" + std::string(tunnelAddress) + ":", 0) == 0)
        , m_deadline(context->deadline())
        , m_context(context)
        , m_reactor(reactor)
    {
        for (const auto& [key, value] : context->client_metadata())
            m_metadata.emplace_back(std::string(key.data(), key.size()),
                                    std::string(value.data(), value.size()));
    }

    const std::string& method() const override { return m_method; }
    const std::string& request() const override { return m_request; }
    void setRequest(std::string request) { m_request = std::move(request); }

    std::string metadata(std::string_view key) const override
    {
        for (const auto& [name, value] : m_metadata)
            if (name == key)
                return value;
        return {};
    }

    const std::vector<std::pair<std::string, std::string>>& headers() const override
    {
        return m_metadata;
    }

    std::int64_t remainingMicros() const override
    {
        using namespace std::chrono;
        if (m_deadline == system_clock::time_point::max())
            return -1;
        return std::max<std::int64_t>(
            0, duration_cast<microseconds>(m_deadline - system_clock::now()).count());
    }

    Origin origin() const override { return m_origin; }
    const std::string& authority() const override { return m_authority; }
    bool isTunnelled() const override { return m_tunnelled; }

    void addTrailer(std::string key, std::string value) override
    {
        const std::lock_guard lock(m_mutex);
        if (m_reactor != nullptr && !m_finishing)
            m_context->AddTrailingMetadata(key, value);
    }

    void write(std::string message) override
    {
        const std::lock_guard lock(m_mutex);
        if (m_reactor == nullptr || m_finishing || m_cancelled)
            return;
        m_queue.push_back(std::move(message));
        pump();
    }

    void finish() override { end(grpc::Status::OK); }

    void reply(std::string message) override
    {
        const std::lock_guard lock(m_mutex);
        if (m_reactor == nullptr || m_finishing)
            return;
        m_queue.push_back(std::move(message));
        m_finishing = true;
        pump();
    }

    void fail(Error error) override { end(toStatus(error)); }

    void failWithDetails(Error error, std::string details) override
    {
        const auto status = toStatus(error);
        end(grpc::Status(status.error_code(), status.error_message(), details));
    }

    bool cancelled() const override
    {
        const std::lock_guard lock(m_mutex);
        return m_cancelled;
    }

    void onCancel(std::function<void()> action) override
    {
        {
            const std::lock_guard lock(m_mutex);
            if (!m_cancelled) {
                if (m_reactor != nullptr)
                    m_onCancel = std::move(action);
                return;
            }
        }
        action();
    }

    // ---- from the reactor ----

    void written(bool ok)
    {
        const std::lock_guard lock(m_mutex);
        m_writing = false;
        if (!ok)
            m_queue.clear();
        pump();
    }

    void clientGone()
    {
        std::function<void()> action;
        {
            const std::lock_guard lock(m_mutex);
            m_cancelled = true;
            m_queue.clear();
            action = std::move(m_onCancel);
            if (!m_finishing) {
                m_finishing = true;
                m_status = grpc::Status(grpc::StatusCode::CANCELLED, "cancelled");
            }
            pump();
        }
        if (action)
            action();
    }

    void detach()
    {
        std::function<void()> dropped;
        const std::lock_guard lock(m_mutex);
        m_reactor = nullptr;
        m_context = nullptr;
        dropped = std::move(m_onCancel);
    }

private:
    void end(grpc::Status status)
    {
        const std::lock_guard lock(m_mutex);
        if (m_reactor == nullptr || m_finishing)
            return;
        m_finishing = true;
        m_status = std::move(status);
        pump();
    }

    void pump(); ///< with the mutex held

    const std::string m_method;
    const Origin m_origin;
    const std::string m_authority;
    const bool m_tunnelled;
    const std::chrono::system_clock::time_point m_deadline;
    std::string m_request;
    std::vector<std::pair<std::string, std::string>> m_metadata;

    mutable std::mutex m_mutex;
    grpc::GenericCallbackServerContext* m_context;
    Reactor* m_reactor;
    std::deque<std::string> m_queue;
    grpc::ByteBuffer m_outgoing;
    grpc::Status m_status;
    std::function<void()> m_onCancel;
    bool m_writing = false;
    bool m_finishing = false;
    bool m_finished = false;
    bool m_cancelled = false;
};

class GenericCall::Reactor final : public grpc::ServerGenericBidiReactor {
public:
    Reactor(grpc::GenericCallbackServerContext* context, Origin tcp, const Server::Handler& handler)
        : m_handler(handler)
        , m_call(std::make_shared<GenericCall>(context, tcp, this))
    {
        StartRead(&m_incoming);
    }

private:
    void OnReadDone(bool ok) override
    {
        if (!ok) {
            m_call->fail(Error(ErrorCode::Invalid, "the call carried no message"));
            return;
        }
        m_call->setRequest(fromBuffer(m_incoming));
        m_incoming.Clear();
        m_handler(m_call);
    }
    void OnWriteDone(bool ok) override { m_call->written(ok); }
    void OnCancel() override { m_call->clientGone(); }
    void OnDone() override
    {
        m_call->detach();
        delete this;
    }

    const Server::Handler& m_handler;
    std::shared_ptr<GenericCall> m_call;
    grpc::ByteBuffer m_incoming;
};

void GenericCall::pump()
{
    if (m_reactor == nullptr || m_writing || m_finished)
        return;
    if (!m_queue.empty()) {
        m_outgoing = toBuffer(m_queue.front());
        m_queue.pop_front();
        m_writing = true;
        m_reactor->StartWrite(&m_outgoing);
    } else if (m_finishing) {
        m_finished = true;
        m_reactor->Finish(m_status);
    }
}

class GenericService final : public grpc::CallbackGenericService {
public:
    /// `tcp`: what a call that comes over TCP is.
    GenericService(Server::Handler handler, Origin tcp)
        : m_handler(std::move(handler))
        , m_tcp(tcp)
    {
    }

private:
    grpc::ServerGenericBidiReactor*
    CreateReactor(grpc::GenericCallbackServerContext* context) override
    {
        return new GenericCall::Reactor(context, m_tcp, m_handler); // deletes itself in OnDone
    }

    Server::Handler m_handler;
    const Origin m_tcp;
};

class GrpcServer final : public Server {
public:
    GrpcServer(Handler handler, Origin tcp)
        : m_service(std::move(handler), tcp)
    {
    }
    ~GrpcServer() override { shutdown(); }

    Result<> start(const Listeners& listeners)
    {
        grpc::ServerBuilder builder;
        const auto credentials = grpc::InsecureServerCredentials();
        if (listeners.tcp >= 0)
            m_acceptor = builder.experimental().AddExternalConnectionAcceptor(
                grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
                credentials);
        std::vector<int> bound(listeners.privateSockets.size(), -1);
        for (std::size_t i = 0; i < bound.size(); ++i) {
            ::unlink(listeners.privateSockets[i].c_str());
            builder.AddListeningPort("unix:" + listeners.privateSockets[i], credentials, &bound[i]);
        }
        if (!listeners.tlsAddress.empty())
            listenToReplicas(builder, listeners);
        builder.RegisterCallbackGenericService(&m_service);
        builder.SetMaxReceiveMessageSize(256 << 20);
        builder.SetMaxSendMessageSize(256 << 20);
        // The stock client pings every 30 s, with and without calls, and takes a GOAWAY as an
        // error.
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 1000);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
        builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 64 << 10);
        m_server = builder.BuildAndStart();
        if (!listeners.tlsAddress.empty() && (!m_server || m_tlsPort == 0))
            return Error(ErrorCode::Unavailable,
                         "listen on " + listeners.tlsAddress
                             + ": is the address this machine's, and the port free?");
        if (!m_server || std::ranges::find(bound, 0) != bound.end())
            return Error(ErrorCode::Unavailable,
                         "listen on " + listeners.privateSockets.front()
                             + ": the folder must be there and writable");
        if (listeners.tcp >= 0)
            m_accepting
                = std::jthread([this, listener = listeners.tcp](const std::stop_token& stop) {
                      accept(listener, stop);
                  });
        for (std::size_t i = 0; i < bound.size(); ++i)
            ::chmod(listeners.privateSockets[i].c_str(), 0600);
        return {};
    }

    int tlsPort() const override { return m_tlsPort; }

    void shutdown() override
    {
        if (!m_server)
            return;
        if (m_accepting.joinable()) {
            m_accepting.request_stop();
            m_accepting.join();
        }
        m_server->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
        m_server->Wait();
        m_server.reset();
    }

private:
    void listenToReplicas(grpc::ServerBuilder& builder, const Listeners& listeners)
    {
        grpc::SslServerCredentialsOptions options(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
        options.pem_key_cert_pairs.push_back({listeners.key, listeners.certificate});
        builder.AddListeningPort(listeners.tlsAddress, grpc::SslServerCredentials(options),
                                 &m_tlsPort);
        // A node that dies says nothing; who stops answering pings is gone within three seconds.
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 1500);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 1500);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
        // SO_REUSEPORT would let another process take half of our replicas.
        builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    }

    /// Hands each connection to gRPC, which can listen by itself but not on a socket that was given
    /// to it.
    void accept(int listener, const std::stop_token& stop)
    {
        const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
        const std::stop_callback end(stop, [&wake] { ::eventfd_write(wake.get(), 1); });
        while (!stop.stop_requested()) {
            std::array<pollfd, 2> waits {pollfd {listener, POLLIN, 0},
                                         pollfd {wake.get(), POLLIN, 0}};
            ::poll(waits.data(), waits.size(), -1);
            if (stop.stop_requested())
                return;
            const int connection
                = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (connection < 0)
                continue;
            const int on = 1;
            ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
            parameters.listener_fd = listener;
            parameters.fd = connection;
            m_acceptor->HandleNewConnection(&parameters);
        }
    }

    GenericService m_service;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> m_acceptor;
    std::unique_ptr<grpc::Server> m_server;
    std::jthread m_accepting;
    int m_tlsPort = 0;
};

} // namespace

Result<std::unique_ptr<Server>> Server::create(const Listeners& listeners, Handler handler)
{
    auto server = std::make_unique<GrpcServer>(
        std::move(handler), listeners.tlsAddress.empty() ? Origin::Tcp : Origin::Replica);
    TRY(server->start(listeners));
    return std::unique_ptr<Server>(std::move(server));
}

} // namespace emulator::rpc
