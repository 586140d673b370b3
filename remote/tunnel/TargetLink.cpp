// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/TargetLink.h"

#include "emulator/base/Json.h"
#include "emulator/base/Log.h"
#include "remote/tunnel/Mux.h"
#include "remote/tunnel/Sockets.h"

#include <algorithm>

namespace remote::tunnel {

using namespace emulator;
using namespace std::chrono_literals;

namespace {

constexpr auto shortestPause = 200ms;
constexpr auto longestPause = 30'000ms;

} // namespace

Result<std::unique_ptr<TargetLink>> TargetLink::create(Options options)
{
    std::error_code failed;
    std::filesystem::create_directories(options.folder, failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + options.folder.string() + ": " + failed.message());
    std::unique_ptr<TargetLink> link(new TargetLink(std::move(options)));
    TRY_ASSIGN(link->m_doors,
               TargetDoors::create(
                   {.port = link->m_options.port,
                    .socket = link->m_options.folder / "studio.sock",
                    .enter = [self = link.get()](const std::string& service, UniqueFd& connection) {
                        return self->enter(service, connection);
                    }}));
    link->m_thread
        = std::jthread([self = link.get()](const std::stop_token& stop) { self->run(stop); });
    return link;
}

TargetLink::TargetLink(Options options)
    : m_options(std::move(options))
    , m_since(m_options.clock.now())
{
}

TargetLink::~TargetLink()
{
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
    m_doors.reset();
}

void TargetLink::run(const std::stop_token& stop)
{
    auto between = std::chrono::milliseconds(shortestPause);
    while (!stop.stop_requested()) {
        bool wasUp = false;
        auto fault = attempt(stop, wasUp);
        if (stop.stop_requested())
            return;
        log::warning("tunnel", m_options.target.name + ": " + fault.text);
        // A line that broke is tried again at once; one that never was waits longer each time.
        between = wasUp ? shortestPause
                        : std::min<std::chrono::milliseconds>(between * 2, longestPause);
        if (hurried())
            set(State::Connecting, {});
        else
            set(wasUp ? State::Connecting : State::Offline, std::move(fault));
        pause(stop, between);
    }
}

bool TargetLink::hurried() const
{
    const std::lock_guard lock(m_mutex);
    return m_hurry;
}

Fault TargetLink::attempt(const std::stop_token& stop, bool& wasUp)
{
    std::stop_source ending;
    const std::stop_callback outer(stop, [&ending] { ending.request_stop(); });
    {
        const std::lock_guard lock(m_mutex);
        m_attempt = ending;
        m_hurry = false;
    }
    auto line = openLine(m_options.target, m_options.home);
    if (!line)
        return {m_options.target.kind == Target::Kind::Ssh ? Obstacle::Ssh : Obstacle::ControlPlane,
                line.error().message(),
                m_options.target.kind == Target::Kind::Ssh
                    ? "try `ssh " + m_options.target.address + "`"
                    : "start the control plane there with `slip up`"};
    auto mux = std::make_shared<Mux>(
        (*line)->takeSocket(),
        Mux::Options {.side = Streams::Side::Opens,
                      .hello = Json {{"name", m_options.target.name}}.dump(),
                      .onHello = [this](const std::string& hello) { return welcome(hello); }});
    {
        const std::lock_guard lock(m_mutex);
        m_mux = mux;
    }
    const auto why = mux->run(ending.get_token());
    {
        const std::lock_guard lock(m_mutex);
        m_mux.reset();
        wasUp = m_state == State::Connected;
    }
    mux.reset(); // closes the socket, by which ssh ends
    if (wasUp)
        set(State::Connecting, {});
    return (*line)->end(why);
}

Result<> TargetLink::welcome(const std::string& text)
{
    TRY_ASSIGN(auto hello, Hello::parse(text));
    {
        const std::lock_guard lock(m_mutex);
        m_hello = std::move(hello);
    }
    set(State::Connected, {});
    m_doors->opened();
    return {};
}

bool TargetLink::enter(const std::string& service, UniqueFd& connection)
{
    const std::lock_guard lock(m_mutex);
    if (m_state != State::Connected || !m_mux)
        return false;
    m_mux->open(service, std::move(connection));
    return true;
}

void TargetLink::set(State state, std::optional<Fault> fault)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_state != state)
            m_since = m_options.clock.now();
        m_state = state;
        m_fault = std::move(fault);
        m_changed.notify_all();
    }
    if (m_options.onChange)
        m_options.onChange();
}

void TargetLink::pause(const std::stop_token& stop, std::chrono::milliseconds time)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, stop, time, [&] { return m_hurry || stop.stop_requested(); });
}

void TargetLink::reconnect()
{
    {
        const std::lock_guard lock(m_mutex);
        m_hurry = true;
        m_fault.reset();
        if (m_state == State::Offline) {
            m_state = State::Connecting;
            m_since = m_options.clock.now();
        }
        m_attempt.request_stop();
        m_changed.notify_all();
    }
    if (m_options.onChange)
        m_options.onChange();
}

std::optional<Fault> TargetLink::awaitLine(std::chrono::seconds limit)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, limit, [&] { return m_state == State::Connected || m_fault; });
    if (m_state == State::Connected)
        return {};
    return m_fault ? *m_fault
                   : Fault {Obstacle::ControlPlane,
                            m_options.target.address + " has not answered within "
                                + std::to_string(limit.count()) + " s",
                            "look into HOME/logs/daemon.log over there"};
}

std::optional<Hello> TargetLink::hello() const
{
    const std::lock_guard lock(m_mutex);
    return m_hello;
}

std::chrono::microseconds TargetLink::roundTrip() const
{
    const std::lock_guard lock(m_mutex);
    return m_mux ? m_mux->roundTrip() : std::chrono::microseconds(0);
}

model::TargetSummary TargetLink::summary() const
{
    const auto& target = m_options.target;
    const std::lock_guard lock(m_mutex);
    model::TargetSummary summary;
    summary.name = target.name;
    summary.kind = target.kind == Target::Kind::Ssh ? "ssh" : "socket";
    summary.address = target.address;
    summary.state = m_state == State::Connected ? "connected"
        : m_state == State::Connecting          ? "connecting"
                                                : "offline";
    if (m_fault)
        summary.reason = m_fault->text + "; " + m_fault->fix;
    summary.since = m_since;
    summary.socket = (m_options.folder / "studio.sock").string();
    summary.serverUrl = "http://127.0.0.1:" + std::to_string(portOf(m_options.port));
    if (!m_hello)
        return summary;
    summary.engine = m_hello->engine;
    summary.tokenId = m_hello->tokenId;
    summary.tokenSecret = m_hello->tokenSecret;
    if (m_hello->registryKind == "tunnel")
        summary.registryUrl = summary.serverUrl;
    else if (m_hello->registryKind == "url")
        summary.registryUrl = m_hello->registryUrl;
    return summary;
}

} // namespace remote::tunnel
