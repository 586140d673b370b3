// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Server.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"
#include "emulator/gpu/protocol/Channel.h"
#include "emulator/gpu/protocol/Descriptors.h"
#include "emulator/gpu/server/Session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <atomic>
#include <cstring>
#include <new>
#include <thread>

namespace emulator::gpu::server {
namespace {

constexpr std::uint64_t windowBytes = 1ULL << 36U; ///< 64 GiB of shared host memory a client
constexpr std::uint64_t windowStart = 1ULL << 45U; ///< far from heap, stacks and libraries
constexpr std::uint64_t windowCount
    = 256; ///< up to 0x3000 0000 0000, below where programs are loaded
constexpr std::size_t clientLimit = 256;

/// The shared channel, mapped here.
class ChannelMemory {
public:
    static Result<ChannelMemory> create()
    {
        ChannelMemory made;
        made.m_file
            = UniqueFd(::memfd_create("slipway-gpu-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        if (!made.m_file || ::ftruncate(made.m_file.get(), sizeof(protocol::Channel)) != 0)
            return errnoError("make a channel", errno);
        ::fcntl(made.m_file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
        void* at = ::mmap(nullptr, sizeof(protocol::Channel), PROT_READ | PROT_WRITE, MAP_SHARED,
                          made.m_file.get(), 0);
        if (at == MAP_FAILED)
            return errnoError("map a channel", errno);
        made.m_channel = new (at) protocol::Channel; // the file is zeros
        return made;
    }

    ChannelMemory(ChannelMemory&& other) noexcept
        : m_file(std::move(other.m_file))
        , m_channel(std::exchange(other.m_channel, nullptr))
    {
    }
    ChannelMemory& operator=(ChannelMemory&&) = delete;
    ChannelMemory(const ChannelMemory&) = delete;
    ChannelMemory& operator=(const ChannelMemory&) = delete;
    ~ChannelMemory()
    {
        if (m_channel != nullptr)
            ::munmap(m_channel, sizeof(protocol::Channel));
    }

    [[nodiscard]] protocol::Channel& channel() { return *m_channel; }
    [[nodiscard]] const UniqueFd& file() const { return m_file; }

private:
    ChannelMemory() = default;

    UniqueFd m_file;
    protocol::Channel* m_channel = nullptr;
};

Result<UniqueFd> listenOn(const std::filesystem::path& path)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof address.sun_path)
        return Error(ErrorCode::Invalid,
                     "listen on " + text + ": the path is longer than "
                         + std::to_string(sizeof address.sun_path - 1) + " characters");
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::unlink(text.c_str());
    if (!listener
        || ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0
        || ::listen(listener.get(), 64) != 0)
        return errnoError("listen on " + text, errno);
    return listener;
}

} // namespace

struct Server::Client {
    std::uint64_t id = 0;
    UniqueFd socket;
    std::uint32_t pid = 0;
    bool observer = false;
    std::array<char, 48> program {};
    std::unique_ptr<ChannelMemory> memory;
    std::unique_ptr<Session> session; ///< guarded by Server::m_mutex
    bool hungUp = false; ///< no need to watch its socket any more
    std::atomic<bool> ended = false;
    std::jthread thread; ///< last: it uses all the others
};

Result<std::unique_ptr<Server>> Server::create(const ServerOptions& options)
{
    auto made = std::unique_ptr<Server>(new Server);
    TRY_ASSIGN(made->m_devices, Devices::create(options.card, options.count, options.seed));
    TRY_ASSIGN(made->m_listener, listenOn(options.socket));
    made->m_path = options.socket;
    made->m_wake = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!made->m_wake)
        return errnoError("make an eventfd", errno);
    return made;
}

Server::~Server()
{
    if (m_listener)
        ::unlink(m_path.c_str());
}

void Server::run(std::stop_token stop)
{
    const std::stop_callback wake(stop, [this] { ::eventfd_write(m_wake.get(), 1); });
    while (!stop.stop_requested()) {
        std::vector<pollfd> watched {{m_listener.get(), POLLIN, 0}, {m_wake.get(), POLLIN, 0}};
        std::vector<Client*> clients;
        for (const auto& client : m_clients)
            if (!client->ended && !client->hungUp) {
                // Octets on the socket belong to commands; only its end is of interest here.
                watched.push_back({client->socket.get(), POLLRDHUP, 0});
                clients.push_back(client.get());
            }
        if (::poll(watched.data(), watched.size(), -1) < 0)
            continue;
        if ((watched[0].revents & POLLIN) != 0)
            accept();
        eventfd_t ignored = 0;
        ::eventfd_read(m_wake.get(), &ignored);
        const std::lock_guard lock(m_mutex);
        for (std::size_t i = 0; i < clients.size(); ++i)
            if (watched[i + 2].revents != 0 && clients[i]->session != nullptr) {
                clients[i]->session->close();
                clients[i]->hungUp = true;
            }
        reap();
    }
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& client : m_clients) {
            ::shutdown(client->socket.get(), SHUT_RDWR);
            if (client->session != nullptr)
                client->session->close();
        }
    }
    m_clients.clear();
}

void Server::accept()
{
    UniqueFd socket(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket || m_clients.size() >= clientLimit)
        return;
    auto client = std::make_unique<Client>();
    client->id = ++m_lastClient;
    client->socket = std::move(socket);
    Client& kept = *client;
    const std::lock_guard lock(m_mutex);
    m_clients.push_back(std::move(client));
    kept.thread = std::jthread([this, &kept] { attend(kept); });
}

bool Server::greet(Client& client)
{
    const timeval patience {5, 0};
    ::setsockopt(client.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    protocol::Hello hello;
    if (protocol::receiveWith(client.socket.get(), &hello, sizeof hello, nullptr, 0) != 0
        || hello.magic != protocol::magic)
        return false;
    ucred peer {};
    socklen_t size = sizeof peer;
    ::getsockopt(client.socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
    client.pid = static_cast<std::uint32_t>(peer.pid);
    client.observer = hello.observer != 0;
    client.program = hello.program;
    client.program.back() = '\0';
    protocol::Welcome welcome;
    welcome.deviceCount = static_cast<std::uint32_t>(m_devices->count());
    welcome.memoryBase = m_devices->memory().base();
    welcome.memoryBytes = m_devices->memory().total();
    welcome.windowBase = windowStart + client.id % windowCount * windowBytes;
    welcome.windowBytes = windowBytes;
    if (hello.version != protocol::version) {
        // The client reads our version in the answer and says what does not fit.
        static_cast<void>(
            protocol::sendWith(client.socket.get(), &welcome, sizeof welcome, nullptr, 0));
        return false;
    }
    auto memory = ChannelMemory::create();
    if (!memory) {
        log::error("gpud", memory.error().message());
        return false;
    }
    client.memory = std::make_unique<ChannelMemory>(*std::move(memory));
    const std::array<int, 2> files {client.memory->file().get(), m_devices->memory().file().get()};
    auto session
        = std::make_unique<Session>(client.id, *m_devices, client.memory->channel(),
                                    UniqueFd(::fcntl(client.socket.get(), F_DUPFD_CLOEXEC, 3)));
    session->setProcesses([this](std::uint64_t device) { return processes(device); });
    {
        const std::lock_guard lock(m_mutex);
        client.session = std::move(session);
    }
    return protocol::sendWith(client.socket.get(), &welcome, sizeof welcome, files.data(),
                              files.size());
}

void Server::attend(Client& client)
{
    if (greet(client)) {
        ::eventfd_write(m_wake.get(), 1); // so that its end is noticed even if it is over already
        client.session->serve();
    }
    std::unique_ptr<Session> session;
    {
        const std::lock_guard lock(m_mutex);
        session = std::move(client.session);
    }
    session.reset();
    client.ended = true;
    ::eventfd_write(m_wake.get(), 1);
}

void Server::reap()
{
    std::erase_if(m_clients, [](const auto& client) { return client->ended.load(); });
}

std::vector<protocol::Process> Server::processes(std::uint64_t device)
{
    std::vector<protocol::Process> out;
    const std::lock_guard lock(m_mutex);
    for (const auto& client : m_clients) {
        if (client->observer || client->session == nullptr || !client->session->hasContext())
            continue;
        out.push_back(
            {client->pid, 0, m_devices->usedBySession(client->id, device), client->program});
    }
    return out;
}

} // namespace emulator::gpu::server
