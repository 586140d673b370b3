// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Interrupt.h"

#include "app/command/Context.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>

namespace app::command {
namespace {

void raise(const emulator::UniqueFd& event)
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
}

} // namespace

Interrupt::Interrupt()
    : m_stopped(::eventfd(0, EFD_CLOEXEC))
    , m_end(::eventfd(0, EFD_CLOEXEC))
{
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    m_signals = emulator::UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC));
    m_thread = std::jthread([this] { watch(); });
}

Interrupt::~Interrupt()
{
    raise(m_end);
}

bool Interrupt::waitFor(int descriptor) const
{
    std::array<pollfd, 2> events {pollfd {descriptor, POLLIN, 0},
                                  pollfd {m_stopped.get(), POLLIN, 0}};
    ::poll(events.data(), events.size(), -1);
    return (events[1].revents & POLLIN) == 0;
}

void Interrupt::watch()
{
    for (;;) {
        std::array<pollfd, 2> events {pollfd {m_signals.get(), POLLIN, 0},
                                      pollfd {m_end.get(), POLLIN, 0}};
        ::poll(events.data(), events.size(), -1);
        if ((events[1].revents & POLLIN) != 0)
            return;
        signalfd_siginfo info {};
        if (::read(m_signals.get(), &info, sizeof info) != sizeof info)
            continue;
        if (!m_source.request_stop())
            ::_exit(Interrupted);
        raise(m_stopped);
    }
}

} // namespace app::command
