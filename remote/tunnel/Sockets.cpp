// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Sockets.h"

#include "emulator/base/Files.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace remote::tunnel {

using namespace emulator;

namespace {

Result<sockaddr_un> unixAddress(const std::filesystem::path& socket)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const auto path = socket.string();
    if (path.size() >= sizeof address.sun_path)
        return Error(ErrorCode::Invalid,
                     path + " is too long for a unix socket; choose a shorter path");
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    return address;
}

sockaddr_in loopback(int port, const std::string& address)
{
    sockaddr_in out {};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
    return out;
}

template<typename Address>
const sockaddr* plain(const Address& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

void withoutDelay(int socket)
{
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

} // namespace

Result<UniqueFd> connectUnix(const std::filesystem::path& socket)
{
    TRY_ASSIGN(const auto address, unixAddress(socket));
    UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!connection)
        return errnoError("make a socket", errno);
    if (::connect(connection.get(), plain(address), sizeof address) == 0)
        return connection;
    if (errno == ENOENT)
        return Error(ErrorCode::NotFound, "there is no socket " + socket.string());
    return Error(ErrorCode::Unavailable,
                 errnoError("connect to " + socket.string(), errno).message());
}

Result<UniqueFd> connectLoopback(int port, const std::string& source)
{
    UniqueFd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!connection)
        return errnoError("make a socket", errno);
    withoutDelay(connection.get());
    const auto from = loopback(0, source);
    const auto to = loopback(port, "127.0.0.1");
    if (::bind(connection.get(), plain(from), sizeof from) != 0)
        return errnoError("bind to " + source, errno);
    if (::connect(connection.get(), plain(to), sizeof to) != 0 && errno != EINPROGRESS)
        return Error(ErrorCode::Unavailable,
                     errnoError("connect to 127.0.0.1:" + std::to_string(port), errno).message());
    return connection;
}

Result<UniqueFd> listenUnix(const std::filesystem::path& socket)
{
    TRY_ASSIGN(const auto address, unixAddress(socket));
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener)
        return errnoError("make a socket", errno);
    ::unlink(socket.c_str());
    // The folder is 0700; the mode of the socket itself is set before anyone can be let in.
    if (::bind(listener.get(), plain(address), sizeof address) != 0
        || ::chmod(socket.c_str(), 0600) != 0 || ::listen(listener.get(), SOMAXCONN) != 0)
        return errnoError("listen on " + socket.string(), errno);
    return listener;
}

Result<UniqueFd> listenLoopback(int port)
{
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener)
        return errnoError("make a socket", errno);
    const int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const auto address = loopback(port, "127.0.0.1");
    if (::bind(listener.get(), plain(address), sizeof address) != 0
        || ::listen(listener.get(), SOMAXCONN) != 0)
        return Error(ErrorCode::Unavailable,
                     errnoError("listen on 127.0.0.1:" + std::to_string(port), errno).message());
    return listener;
}

int portOf(int socket)
{
    sockaddr_in address {};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        return 0;
    return ntohs(address.sin_port);
}

UniqueFd acceptFrom(int listener)
{
    UniqueFd connection(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection)
        withoutDelay(connection.get());
    return connection;
}

Result<SocketPair> SocketPair::create()
{
    std::array<int, 2> ends {};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return errnoError("make a pair of sockets", errno);
    return SocketPair {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

} // namespace remote::tunnel
