// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/RunFollower.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace app::client {

using emulator::UniqueFd;

namespace {

constexpr qsizetype pieceSize = 1 << 16;

/// A handle of the client; none when the number belongs to another process by now.
UniqueFd openProcess(const RunRecord& record)
{
    if (record.pid <= 0)
        return {};
    UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, record.pid, 0)));
    if (!process || !record.isAlive()) // asked last: the number may have been given away before
        return {};
    return process;
}

} // namespace

RunFollower::RunFollower(RunRecord record, Listener listener)
    : m_record(std::move(record))
    , m_listener(std::move(listener))
    , m_process(openProcess(m_record))
    , m_changes(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    , m_stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    ::inotify_add_watch(m_changes.get(), m_record.folder.toUtf8().constData(),
                        IN_MODIFY | IN_CREATE);
    m_thread = std::jthread([this](const std::stop_token& stop) { follow(stop); });
}

RunFollower::~RunFollower()
{
    m_thread.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(m_stop.get(), &one, sizeof one);
    m_thread.join();
}

void RunFollower::signal(int number) const
{
    if (m_process)
        ::syscall(SYS_pidfd_send_signal, m_process.get(), number, nullptr, 0);
}

void RunFollower::readOutput()
{
    for (int i = 0; i < 2; ++i) {
        auto& file = m_files[i];
        if (!file)
            file = UniqueFd(
                ::open(m_record.outputFile(i + 1).toUtf8().constData(), O_RDONLY | O_CLOEXEC));
        QByteArray piece(pieceSize, Qt::Uninitialized);
        for (;;) {
            const auto got = file ? ::read(file.get(), piece.data(), pieceSize) : 0;
            if (got <= 0)
                break;
            m_listener.onOutput(i + 1, piece.first(got));
        }
    }
}

std::optional<int> RunFollower::exitCode() const
{
    const auto text = emulator::readFile(m_record.exitFile().toStdString());
    bool number = false;
    const int code = text ? QByteArray::fromStdString(*text).trimmed().toInt(&number) : 0;
    return number ? std::optional(code) : std::nullopt;
}

void RunFollower::follow(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        std::array<pollfd, 3> events {pollfd {m_stop.get(), POLLIN, 0},
                                      pollfd {m_process.get(), POLLIN, 0},
                                      pollfd {m_changes.get(), POLLIN, 0}};
        const bool ended = !m_process || (::poll(&events[1], 1, 0) == 1 && events[1].revents != 0);
        readOutput();
        if (ended) {
            m_listener.onEnd(exitCode());
            return;
        }
        ::poll(events.data(), events.size(), -1);
        std::array<char, 4096> dropped {};
        while (::read(m_changes.get(), dropped.data(), dropped.size()) > 0) { }
    }
}

} // namespace app::client
