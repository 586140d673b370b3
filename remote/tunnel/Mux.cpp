// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Mux.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace remote::tunnel {

using namespace emulator;
using std::chrono::steady_clock;

namespace {

/// Data is taken from a stream only below this: a heartbeat or a small answer never waits behind
/// more than it.
constexpr std::size_t busyLine = 128 << 10;
/// The other end is not read above this: it makes us answer and does not take the answers.
constexpr std::size_t fullLine = 1 << 20;
/// One stream's share of a round.
constexpr std::size_t share = 16 << 10;

bool again(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

void makeNonBlocking(int descriptor)
{
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

std::string stamp(steady_clock::time_point time)
{
    const auto ticks = time.time_since_epoch().count();
    std::string octets(sizeof ticks, '\0');
    std::memcpy(octets.data(), &ticks, sizeof ticks);
    return octets;
}

} // namespace

/// What one poll waits for: the wake descriptor, the line, and the streams that can go on.
struct Mux::Waits {
    std::vector<pollfd> descriptors;
    std::vector<std::uint32_t> ids; ///< of descriptors[2…]
};

Mux::Mux(UniqueFd line, Options options)
    : m_options(std::move(options))
    , m_line(std::move(line))
    , m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , m_streams(m_options.side, m_options.limits)
    , m_lastBeat(steady_clock::now())
    , m_lastHeard(m_lastBeat)
{
    makeNonBlocking(m_line.get());
    m_outgoing = greeting;
    send({0, FrameKind::Hello, m_options.hello});
}

void Mux::open(std::string service, UniqueFd local)
{
    {
        const std::lock_guard lock(m_mutex);
        m_openings.push_back({std::move(service), std::move(local)});
    }
    ::eventfd_write(m_wake.get(), 1);
}

Error Mux::run(const std::stop_token& stop)
{
    const std::stop_callback wake(stop, [this] { ::eventfd_write(m_wake.get(), 1); });
    m_lastHeard = steady_clock::now();
    while (!stop.stop_requested()) {
        if (auto went = turn(); !went) {
            m_locals.clear();
            const std::lock_guard lock(m_mutex);
            m_openings.clear();
            return std::move(went).error();
        }
    }
    m_locals.clear();
    return {ErrorCode::Cancelled, "the line was ended here"};
}

Result<> Mux::turn()
{
    takeOpenings();
    auto now = steady_clock::now();
    if (now - m_lastBeat >= m_options.beat)
        beat(now);
    TRY(writeLine());
    auto waits = gatherWaits();
    const auto pause
        = std::chrono::duration_cast<std::chrono::milliseconds>(m_lastBeat + m_options.beat - now);
    ::poll(waits.descriptors.data(), waits.descriptors.size(),
           static_cast<int>(std::max<std::int64_t>(pause.count(), 0)) + 1);

    if (waits.descriptors[0].revents != 0) {
        eventfd_t count = 0;
        ::eventfd_read(m_wake.get(), &count);
    }
    if ((waits.descriptors[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        TRY(readLine());
    TRY(checkPatience(steady_clock::now()));

    // Each round starts one stream further, so that none is always the last to be served.
    const auto count = waits.ids.size();
    const auto first = static_cast<std::size_t>(std::ranges::upper_bound(waits.ids, m_firstServed)
                                                - waits.ids.begin());
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = (first + i) % count;
        const auto events = waits.descriptors[at + 2].revents;
        if (events == 0)
            continue;
        if ((events & POLLOUT) != 0)
            writeLocal(waits.ids[at]);
        if ((events & (POLLIN | POLLHUP | POLLERR)) != 0)
            readLocal(waits.ids[at]);
    }
    if (count > 0)
        m_firstServed = waits.ids[first % count];
    return {};
}

Mux::Waits Mux::gatherWaits() const
{
    Waits waits;
    waits.descriptors.push_back({m_wake.get(), POLLIN, 0});
    const bool reads = m_outgoing.size() < fullLine;
    waits.descriptors.push_back(
        {m_line.get(),
         static_cast<short>((reads ? POLLIN : 0) | (m_outgoing.empty() ? 0 : POLLOUT)), 0});
    for (const auto& [id, local] : m_locals) {
        const bool writes = !local.pending.empty();
        const bool takes = m_streams.credit(id) > 0 && m_outgoing.size() < busyLine;
        if (!writes && !takes)
            continue; // a descriptor without events would still report its hang-up, for ever
        waits.descriptors.push_back(
            {local.socket.get(), static_cast<short>((takes ? POLLIN : 0) | (writes ? POLLOUT : 0)),
             0});
        waits.ids.push_back(id);
    }
    return waits;
}

void Mux::takeOpenings()
{
    std::vector<Opening> openings;
    {
        const std::lock_guard lock(m_mutex);
        openings.swap(m_openings);
    }
    for (auto& opening : openings) {
        const auto id = m_streams.open();
        if (!id)
            continue; // the connection closes: too many of them
        makeNonBlocking(opening.local.get());
        send({*id, FrameKind::Open, opening.service});
        m_locals[*id].socket = std::move(opening.local);
    }
}

void Mux::send(const Frame& frame)
{
    m_outgoing += encode(frame);
}

void Mux::beat(Time now)
{
    m_lastBeat = now;
    if (m_outgoing.size() < fullLine)
        send({0, FrameKind::Beat, stamp(now)});
}

void Mux::reset(std::uint32_t id, std::string reason)
{
    reason.resize(std::min<std::size_t>(reason.size(), 1024));
    send({id, FrameKind::Reset, std::move(reason)});
    m_streams.drop(id);
    m_locals.erase(id);
}

Result<> Mux::readLine()
{
    std::array<char, 1U << 16U> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init)
    const auto got = ::recv(m_line.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && again(errno))
        return {};
    if (got < 0)
        return Error(ErrorCode::Unavailable,
                     "the line broke: " + errnoError("read", errno).message());
    if (got == 0)
        return Error(ErrorCode::Unavailable, "the other end closed the line");
    m_lastHeard = steady_clock::now();
    m_reader.feed({buffer.data(), static_cast<std::size_t>(got)});
    for (;;) {
        TRY_ASSIGN(auto frame, m_reader.next());
        if (!frame)
            return {};
        TRY(handle(*std::move(frame)));
    }
}

Result<> Mux::writeLine()
{
    while (!m_outgoing.empty()) {
        const auto sent = ::send(m_line.get(), m_outgoing.data(), m_outgoing.size(), MSG_NOSIGNAL);
        if (sent < 0 && again(errno))
            return {};
        if (sent < 0)
            return errno == EPIPE || errno == ECONNRESET
                ? Result<>() // what it still says is worth reading
                : Error(ErrorCode::Unavailable,
                        "the line broke: " + errnoError("write", errno).message());
        m_outgoing.erase(0, static_cast<std::size_t>(sent));
    }
    return {};
}

Result<> Mux::checkPatience(Time now) const
{
    const auto patience = m_reader.greeted() ? m_options.patience : m_options.firstPatience;
    if (now - m_lastHeard < patience)
        return {};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
    return Error(ErrorCode::Unavailable,
                 "nothing was heard from the other end for " + std::to_string(seconds) + " s");
}

Result<> Mux::handle(Frame frame)
{
    TRY_ASSIGN(const auto news, m_streams.receive(frame));
    const auto id = frame.stream;
    const auto local = m_locals.find(id);
    switch (news) {
    case Streams::News::Nothing:
        break;
    case Streams::News::Hello:
        return m_options.onHello ? m_options.onHello(frame.payload) : Result<>();
    case Streams::News::Opened:
        accept(id, frame.payload);
        break;
    case Streams::News::Refused:
        send({id, FrameKind::Reset, "no such service, or too many streams"});
        break;
    case Streams::News::Data:
        local->second.pending += frame.payload;
        writeLocal(id);
        break;
    case Streams::News::Credit:
        break;
    case Streams::News::Closed:
        local->second.ended = true;
        writeLocal(id);
        break;
    case Streams::News::Reset:
        m_locals.erase(id);
        break;
    case Streams::News::Beat:
        send({0, FrameKind::Echo, std::move(frame.payload)});
        break;
    case Streams::News::Echo:
        if (frame.payload == stamp(m_lastBeat)) // of an older one, or made up
            m_roundTrip = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now()
                                                                                - m_lastBeat)
                              .count();
        break;
    }
    return {};
}

void Mux::accept(std::uint32_t id, const std::string& service)
{
    auto socket = m_options.connect
        ? m_options.connect(service)
        : Result<UniqueFd>(Error(ErrorCode::Unsupported, "this end has no services"));
    if (!socket) {
        reset(id, socket.error().message());
        return;
    }
    makeNonBlocking(socket->get());
    m_locals[id].socket = *std::move(socket);
}

void Mux::readLocal(std::uint32_t id)
{
    const auto found = m_locals.find(id);
    const std::size_t most = std::min<std::size_t>(m_streams.credit(id), share);
    if (found == m_locals.end() || most == 0 || m_outgoing.size() >= busyLine + share)
        return;
    Frame frame {id, FrameKind::Data, std::string(most, '\0')};
    const auto got = ::recv(found->second.socket.get(), frame.payload.data(), most, 0);
    if (got < 0 && again(errno))
        return;
    if (got < 0) {
        reset(id, errnoError("read", errno).message());
        return;
    }
    if (got == 0) {
        send({id, FrameKind::Close, {}});
        m_streams.sentClose(id);
        dropIfFinished(id);
        return;
    }
    frame.payload.resize(static_cast<std::size_t>(got));
    m_streams.sent(id, static_cast<std::uint32_t>(got));
    send(frame);
}

void Mux::writeLocal(std::uint32_t id)
{
    const auto found = m_locals.find(id);
    if (found == m_locals.end())
        return;
    auto& local = found->second;
    std::size_t written = 0;
    while (written < local.pending.size()) {
        const auto sent = ::send(local.socket.get(), local.pending.data() + written,
                                 local.pending.size() - written, MSG_NOSIGNAL);
        // A socket that is still connecting says ENOTCONN or EAGAIN.
        if (sent < 0 && (again(errno) || errno == ENOTCONN))
            break;
        if (sent < 0) {
            reset(id, errnoError("write", errno).message());
            return;
        }
        written += static_cast<std::size_t>(sent);
    }
    local.pending.erase(0, written);
    if (const auto credit = m_streams.passedOn(id, static_cast<std::uint32_t>(written)); credit > 0)
        send(windowFrame(id, credit));
    if (local.ended && local.pending.empty() && !local.shut) {
        ::shutdown(local.socket.get(), SHUT_WR);
        local.shut = true;
    }
    dropIfFinished(id);
}

void Mux::dropIfFinished(std::uint32_t id)
{
    const auto found = m_locals.find(id);
    if (found == m_locals.end() || !m_streams.finished(id) || !found->second.pending.empty())
        return;
    m_streams.drop(id);
    m_locals.erase(found);
}

} // namespace remote::tunnel
