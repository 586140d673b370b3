// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/DirectoryServer.h"

#include "remote/registry/DirectoryConnection.h"

#include <boost/asio/ip/address_v4.hpp>

#include <list>
#include <mutex>
#include <thread>

namespace remote::registry {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

class ThreadedServer final : public DirectoryServer {
public:
    ThreadedServer(Layout layout, std::unique_ptr<UploadSessions> uploads, const Options& options)
        : m_uploads(std::move(uploads))
        , m_state {std::move(layout), *m_uploads, options.token}
        , m_most(options.connections)
        , m_acceptor(m_io)
    {
    }

    ~ThreadedServer() override
    {
        m_io.stop();
        if (m_thread.joinable())
            m_thread.join();
        const std::scoped_lock lock(m_mutex);
        for (auto& client : m_clients)
            client.connection->stop();
        m_clients.clear(); // waits for their threads
    }

    Result<> start(Options& options)
    {
        boost::system::error_code error;
        if (options.listener) {
            m_acceptor.assign(tcp::v4(), options.listener.release(), error);
        } else {
            m_acceptor.open(tcp::v4(), error);
            if (!error)
                m_acceptor.set_option(asio::socket_base::reuse_address(true), error);
            if (!error)
                m_acceptor.bind({asio::ip::address_v4::loopback(), options.port}, error);
            if (!error)
                m_acceptor.listen(asio::socket_base::max_listen_connections, error);
        }
        const auto endpoint = error ? tcp::endpoint() : m_acceptor.local_endpoint(error);
        if (error)
            return Error(ErrorCode::Unavailable,
                         "listen for images on 127.0.0.1:" + std::to_string(options.port) + ": "
                             + error.message()
                             + "; stop the program that holds it or choose another port");
        if (!endpoint.address().is_loopback())
            return Error(ErrorCode::Invalid, "images are served on loopback only");
        m_port = endpoint.port();
        accept();
        m_thread = std::thread([this] { m_io.run(); });
        return {};
    }

    std::uint16_t port() const override { return m_port; }

private:
    struct Client {
        asio::io_context io {1};
        std::unique_ptr<DirectoryConnection> connection;
        std::atomic<bool> done = false;
        std::jthread thread; ///< last: joined before the rest goes
    };

    void accept()
    {
        // A connection's socket lives in a context of its own, which its thread runs.
        auto client = std::make_shared<std::list<Client>>(1);
        auto& io = client->front().io;
        m_acceptor.async_accept(
            io, [this, client](boost::system::error_code error, tcp::socket socket) {
                if (error == asio::error::operation_aborted)
                    return;
                if (!error)
                    begin(*client, std::move(socket));
                accept();
            });
    }

    void begin(std::list<Client>& fresh, tcp::socket socket)
    {
        const std::scoped_lock lock(m_mutex);
        m_clients.remove_if([](const Client& client) { return client.done.load(); });
        const bool full = m_clients.size() >= m_most;
        m_clients.splice(m_clients.end(), fresh);
        auto& client = m_clients.back();
        client.connection
            = std::make_unique<DirectoryConnection>(client.io, std::move(socket), m_state);
        client.thread = std::jthread([&client, full] {
            if (full)
                client.connection->refuse();
            else
                client.connection->serve();
            client.done = true;
        });
    }

    const std::unique_ptr<UploadSessions> m_uploads;
    const DirectoryState m_state;
    const unsigned m_most;
    asio::io_context m_io {1};
    tcp::acceptor m_acceptor;
    std::uint16_t m_port = 0;
    std::thread m_thread;
    std::mutex m_mutex; ///< of the clients
    std::list<Client> m_clients;
};

} // namespace

Result<std::unique_ptr<DirectoryServer>> DirectoryServer::create(Options options)
{
    if (options.token.empty())
        return Error(ErrorCode::Invalid, "images are not served without a token");
    TRY_ASSIGN(auto layout, Layout::open(options.folder));
    TRY_ASSIGN(auto uploads, UploadSessions::create(layout));
    auto server = std::make_unique<ThreadedServer>(std::move(layout), std::move(uploads), options);
    TRY(server->start(options));
    return std::unique_ptr<DirectoryServer>(std::move(server));
}

} // namespace remote::registry
