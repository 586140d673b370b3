// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/remote_registry/FaultProxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace samples {

using emulator::UniqueFd;

namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool sendAll(int fd, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

/// A reset, as when a cable is pulled: no polite end.
void reset(const UniqueFd& fd)
{
    const linger hard {.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

std::string readHead(int fd, std::string& rest)
{
    std::string bytes;
    std::array<char, 4096> buffer {};
    for (;;) {
        if (const auto end = bytes.find("\r\n\r\n"); end != std::string::npos) {
            rest = bytes.substr(end + 4);
            return bytes.substr(0, end + 2);
        }
        const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0)
            return {};
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

/// The request's head for the registry behind: one request a connection.
std::string forUpstream(const std::string& head, bool dropAuthorization)
{
    std::istringstream lines(head);
    std::string changed;
    for (std::string line; std::getline(lines, line);) {
        const bool drop = line.starts_with("Connection:")
            || (dropAuthorization && line.starts_with("Authorization:"));
        if (!drop)
            changed += line + "\n";
    }
    return changed + "Connection: close\r\n\r\n";
}

/// Carries both directions until one ends or the fate strikes.
class Pump {
public:
    Pump(UniqueFd& client, UniqueFd& upstream, FaultProxy::Fate fate)
        : m_client(client)
        , m_upstream(upstream)
        , m_fate(std::move(fate))
    {
    }

    void run(const std::string& bodyStart)
    {
        if (!toUpstream(bodyStart))
            return;
        bool clientOpen = true;
        for (;;) {
            std::array<pollfd, 2> both {pollfd {clientOpen ? m_client.get() : -1, POLLIN, 0},
                                        pollfd {m_upstream.get(), POLLIN, 0}};
            if (::poll(both.data(), both.size(), 20'000) <= 0)
                return;
            if (both[0].revents != 0) {
                const auto piece = receive(m_client);
                clientOpen = !piece.empty();
                if (clientOpen && !toUpstream(piece))
                    return;
            }
            if (both[1].revents != 0) {
                const auto piece = receive(m_upstream);
                if (piece.empty() || !toClient(piece))
                    return;
            }
        }
    }

private:
    static std::string receive(const UniqueFd& fd)
    {
        std::string buffer(1U << 16U, '\0');
        const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
        buffer.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return buffer;
    }

    bool toUpstream(std::string_view piece)
    {
        const bool cut = m_fate.cutRequestAfter >= 0
            && m_sent + static_cast<std::int64_t>(piece.size()) > m_fate.cutRequestAfter;
        if (cut)
            piece = piece.substr(0, static_cast<std::size_t>(m_fate.cutRequestAfter - m_sent));
        m_sent += static_cast<std::int64_t>(piece.size());
        const bool sent = sendAll(m_upstream.get(), piece);
        if (cut)
            reset(m_client);
        return sent && !cut;
    }

    bool toClient(std::string piece)
    {
        if (m_fate.flipAnswerAt >= 0) {
            m_head += piece;
            const auto end = m_head.find("\r\n\r\n");
            if (end == std::string::npos)
                return true; // until the head is whole
            const auto at = end + 4 + static_cast<std::size_t>(m_fate.flipAnswerAt);
            if (at >= m_head.size())
                return true;
            m_head[at] = static_cast<char>(m_head[at] ^ 1);
            piece = std::exchange(m_head, {});
            m_fate.flipAnswerAt = -1;
        }
        const bool cut = m_fate.cutAnswerAfter >= 0
            && m_given + static_cast<std::int64_t>(piece.size()) > m_fate.cutAnswerAfter;
        if (cut)
            piece.resize(static_cast<std::size_t>(m_fate.cutAnswerAfter - m_given));
        m_given += static_cast<std::int64_t>(piece.size());
        return sendAll(m_client.get(), piece) && !cut;
    }

    UniqueFd& m_client;
    UniqueFd& m_upstream;
    FaultProxy::Fate m_fate;
    std::string m_head;
    std::int64_t m_sent = 0;
    std::int64_t m_given = 0;
};

} // namespace

LoopbackListener listenOnLoopback()
{
    LoopbackListener listener;
    listener.fd = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.fd.get(), generic, size) != 0 || ::listen(listener.fd.get(), 64) != 0
        || ::getsockname(listener.fd.get(), generic, &size) != 0)
        return {};
    listener.port = ntohs(address.sin_port);
    return listener;
}

std::uint16_t freePort()
{
    return listenOnLoopback().port;
}

UniqueFd connectTo(std::uint16_t port)
{
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = loopback(port);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return {};
    return fd;
}

FaultProxy::FaultProxy(std::uint16_t upstream)
    : m_upstream(upstream)
{
    auto listener = listenOnLoopback();
    m_port = listener.port;
    m_listener = std::move(listener.fd);
    m_thread = std::jthread([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            UniqueFd client(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client)
                return;
            const std::scoped_lock lock(m_mutex);
            m_clients.emplace_back([this](UniqueFd owned) { serve(std::move(owned)); },
                                   std::move(client));
        }
    });
}

FaultProxy::~FaultProxy()
{
    m_thread.request_stop();
    ::shutdown(m_listener.get(), SHUT_RDWR);
    m_thread.join();
}

void FaultProxy::decide(Decide decide)
{
    const std::scoped_lock lock(m_mutex);
    m_decide = std::move(decide);
    m_requests.clear();
}

std::vector<FaultProxy::Request> FaultProxy::requests() const
{
    const std::scoped_lock lock(m_mutex);
    return m_requests;
}

std::string FaultProxy::answer(int status, const std::string& headers, const std::string& body)
{
    return "HTTP/1.1 " + std::to_string(status) + " Fate\r\n" + headers
        + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void FaultProxy::serve(UniqueFd client)
{
    std::string body;
    const auto head = readHead(client.get(), body);
    if (head.empty())
        return;
    Request request;
    std::istringstream(head) >> request.method >> request.target;
    request.head = head;
    Fate fate;
    {
        const std::scoped_lock lock(m_mutex);
        request.number = static_cast<int>(m_requests.size()) + 1;
        m_requests.push_back(request);
        if (m_decide)
            fate = m_decide(request);
    }
    if (!fate.answer.empty()) {
        sendAll(client.get(), fate.answer);
        ::shutdown(client.get(), SHUT_WR);
        std::array<char, 4096> rest {};
        while (::recv(client.get(), rest.data(), rest.size(), 0) > 0) { }
        return;
    }
    auto upstream = connectTo(m_upstream);
    if (!upstream || !sendAll(upstream.get(), forUpstream(head, fate.dropAuthorization)))
        return;
    Pump(client, upstream, fate).run(body);
}

} // namespace samples
