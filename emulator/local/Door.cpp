// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/local/Door.h"

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

namespace emulator::local {

namespace fs = std::filesystem;

namespace {

constexpr char quit = 'q';
constexpr int patienceMs = 60'000;

sockaddr_un addressOf(const std::string& path)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(address.sun_path), sizeof address.sun_path - 1);
    return address;
}

/// Sends one octet with `descriptor` (SCM_RIGHTS).
bool give(int connection, int descriptor)
{
    char octet = 0;
    iovec part {&octet, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control {};
    msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return ::sendmsg(connection, &message, MSG_NOSIGNAL) == 1;
}

UniqueFd take(int connection)
{
    char octet = 0;
    iovec part {&octet, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control {};
    msghdr message {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(connection, &message, MSG_CMSG_CLOEXEC) != 1)
        return {};
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS)
        return {};
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
    return UniqueFd(descriptor);
}

UniqueFd connectTo(const fs::path& socket)
{
    UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = addressOf(socket.string());
    if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address)
        != 0)
        return {};
    return connection;
}

int portOf(int listener)
{
    sockaddr_in address {};
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

Result<UniqueFd> listenOn(int port)
{
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || ::listen(listener.get(), SOMAXCONN) != 0)
        return Error(ErrorCode::Unavailable,
                     "listen on 127.0.0.1:" + std::to_string(port) + ": "
                         + (errno == EADDRINUSE
                                ? "the port is in use; stop the program that holds it "
                                  "(ss -ltnp tells which), or choose another with "
                                  "SLIPWAY_PORT"
                                : errnoError("bind", errno).message()));
    return listener;
}

Result<UniqueFd> startKeeper(const fs::path& socket, const UniqueFd& listener)
{
    std::array<int, 2> ends {};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return errnoError("make a pipe", errno);
    const UniqueFd ready(ends[0]);
    UniqueFd tell(ends[1]);
    TRY(Subprocess::start({.argv = {"/proc/self/exe", "--keep-door", socket.string()},
                           .ownSession = true,
                           .dieWithParent = false},
                          listener.get(), tell.get(), -1));
    tell.reset();
    char octet = 0;
    while (::read(ready.get(), &octet, 1) < 0 && errno == EINTR) { }
    auto keeper = connectTo(socket);
    if (keeper)
        take(keeper.get()); // ours already
    return keeper; // without a keeper we serve as well, only a crash is felt
}

} // namespace

Result<Door> Door::open(const fs::path& socket, int port)
{
    if (auto keeper = connectTo(socket)) {
        auto listener = take(keeper.get());
        if (listener) {
            const int held = portOf(listener.get());
            if (port == 0 || port == held)
                return Door(std::move(listener), std::move(keeper), held);
            [[maybe_unused]] const auto told = ::send(keeper.get(), &quit, 1, MSG_NOSIGNAL);
        }
    }
    TRY_ASSIGN(auto listener, listenOn(port));
    TRY_ASSIGN(auto keeper, startKeeper(socket, listener));
    const int held = portOf(listener.get());
    return Door(std::move(listener), std::move(keeper), held);
}

void Door::close()
{
    if (m_keeper) [[maybe_unused]]
        const auto told = ::send(m_keeper.get(), &quit, 1, MSG_NOSIGNAL);
    m_keeper.reset();
    m_listener.reset();
}

int keepDoor(const std::string& socket)
{
    ::prctl(PR_SET_NAME, "slipway-door");
    ::signal(SIGTERM, SIG_IGN); // a session that ends asks everyone; only the daemon decides
    constexpr int listener = STDIN_FILENO;
    ::unlink(socket.c_str());
    const UniqueFd own(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = addressOf(socket);
    const auto before = ::umask(0177);
    if (::bind(own.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
        || ::listen(own.get(), 4) != 0)
        return 1;
    ::umask(before);
    [[maybe_unused]] const auto told = ::write(STDOUT_FILENO, "r", 1);
    ::close(STDOUT_FILENO);

    std::vector<UniqueFd> daemons;
    for (;;) {
        std::vector<pollfd> waits {{own.get(), POLLIN, 0}};
        for (const auto& daemon : daemons)
            waits.push_back({daemon.get(), POLLIN, 0});
        const int ready = ::poll(waits.data(), waits.size(), daemons.empty() ? patienceMs : -1);
        if (ready < 0)
            continue;
        bool ending = ready == 0;
        for (std::size_t i = waits.size(); i-- > 1;) {
            if (waits[i].revents == 0)
                continue;
            char octet = 0;
            if (::read(daemons[i - 1].get(), &octet, 1) == 1 && octet == quit)
                ending = true;
            daemons.erase(daemons.begin() + static_cast<std::ptrdiff_t>(i) - 1);
        }
        if (ending) {
            ::unlink(socket.c_str());
            return 0;
        }
        if ((waits[0].revents & POLLIN) != 0) {
            UniqueFd daemon(::accept4(own.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (daemon && give(daemon.get(), listener))
                daemons.push_back(std::move(daemon));
        }
    }
}

} // namespace emulator::local
