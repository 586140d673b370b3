// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/TargetDoors.h"

#include "remote/tunnel/FirstBytes.h"
#include "remote/tunnel/Sockets.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace remote::tunnel {

using namespace emulator;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t mostGuests = 256;

/// How many octets must be there before poll() says so: not the ones that were not enough.
void wakeAt(int socket, int octets)
{
    ::setsockopt(socket, SOL_SOCKET, SO_RCVLOWAT, &octets, sizeof octets);
}

} // namespace

Result<std::unique_ptr<TargetDoors>> TargetDoors::create(Options options)
{
    TRY_ASSIGN(auto studio, listenUnix(options.socket));
    return std::unique_ptr<TargetDoors>(new TargetDoors(std::move(options), std::move(studio)));
}

TargetDoors::TargetDoors(Options options, UniqueFd studio)
    : m_options(std::move(options))
    , m_studio(std::move(studio))
    , m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , m_thread([this](const std::stop_token& stop) { run(stop); })
{
}

TargetDoors::~TargetDoors()
{
    m_thread.request_stop();
    opened();
    m_thread.join();
    ::unlink(m_options.socket.c_str());
}

void TargetDoors::opened()
{
    ::eventfd_write(m_wake.get(), 1);
}

void TargetDoors::run(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        const bool room = m_guests.size() < mostGuests;
        std::vector<pollfd> waits {{m_wake.get(), POLLIN, 0},
                                   {m_studio.get(), POLLIN, 0},
                                   {room ? m_options.port : -1, POLLIN, 0}};
        for (const auto& guest : m_guests)
            waits.push_back({guest.connection.get(),
                             static_cast<short>(guest.service.empty() ? POLLIN : POLLRDHUP), 0});
        ::poll(waits.data(), waits.size(), pause());

        eventfd_t count = 0;
        ::eventfd_read(m_wake.get(), &count);
        std::vector<Guest> staying;
        for (std::size_t i = 0; i < m_guests.size(); ++i)
            if (keep(m_guests[i], waits[i + 3].revents))
                staying.push_back(std::move(m_guests[i]));
        m_guests = std::move(staying);
        if (waits[1].revents != 0)
            acceptStudio();
        if (waits[2].revents != 0)
            acceptGuests();
    }
    m_guests.clear();
}

int TargetDoors::pause() const
{
    if (m_guests.empty())
        return -1;
    const auto first = std::ranges::min_element(m_guests, {}, &Guest::until)->until;
    const auto left
        = std::chrono::duration_cast<std::chrono::milliseconds>(first - steady_clock::now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0)) + 1;
}

void TargetDoors::acceptStudio()
{
    while (auto connection = acceptFrom(m_studio.get()))
        static_cast<void>(m_options.enter("studio", connection));
}

void TargetDoors::acceptGuests()
{
    while (m_guests.size() < mostGuests) {
        Guest guest {acceptFrom(m_options.port), {}, steady_clock::now() + m_options.hold};
        if (!guest.connection)
            return;
        if (keep(guest, POLLIN))
            m_guests.push_back(std::move(guest));
    }
}

bool TargetDoors::keep(Guest& guest, int events)
{
    if (steady_clock::now() >= guest.until || (events & (POLLERR | POLLHUP | POLLRDHUP)) != 0)
        return false;
    if (guest.service.empty() && ((events & POLLIN) == 0 || listen(guest)))
        return true;
    return !guest.service.empty() && !m_options.enter(guest.service, guest.connection);
}

/// Looks at what a guest says without taking it; true while it is not enough.
bool TargetDoors::listen(Guest& guest) const
{
    std::array<char, enoughBytes> said {};
    const auto got
        = ::recv(guest.connection.get(), said.data(), said.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (got == 0)
        return false; // gone without a word
    const auto service = serviceOf({said.data(), static_cast<std::size_t>(got)});
    wakeAt(guest.connection.get(), service ? 1 : static_cast<int>(got) + 1);
    guest.service = service.value_or("");
    return !service;
}

} // namespace remote::tunnel
