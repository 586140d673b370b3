// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Gate.h"

#include "emulator/base/Log.h"
#include "remote/tunnel/Mux.h"
#include "remote/tunnel/Sockets.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>

namespace remote::tunnel {

using namespace emulator;

namespace {

/// Of one user: a desktop or two, and `slip cluster test` beside them.
constexpr std::size_t mostTunnels = 32;

} // namespace

Result<std::unique_ptr<Gate>> Gate::create(Options options)
{
    TRY_ASSIGN(auto listener, listenUnix(options.socket));
    return std::unique_ptr<Gate>(new Gate(std::move(options), std::move(listener)));
}

Gate::Gate(Options options, UniqueFd listener)
    : m_options(std::move(options))
    , m_listener(std::move(listener))
    , m_accepting([this](const std::stop_token& stop) { accept(stop); })
{
}

Gate::~Gate()
{
    m_accepting.request_stop();
    m_accepting.join();
    m_tunnels.clear();
    ::unlink(m_options.socket.c_str());
}

void Gate::accept(const std::stop_token& stop)
{
    const UniqueFd wake(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback end(stop, [&wake] { ::eventfd_write(wake.get(), 1); });
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> waits {pollfd {m_listener.get(), POLLIN, 0},
                                     pollfd {wake.get(), POLLIN, 0}};
        ::poll(waits.data(), waits.size(), -1);
        m_tunnels.remove_if([](const Tunnel& tunnel) { return tunnel.ended.load(); });
        auto connection = acceptFrom(m_listener.get());
        if (!connection || m_tunnels.size() >= mostTunnels)
            continue;
        auto& tunnel = m_tunnels.emplace_back();
        tunnel.thread = std::jthread(
            [this, &tunnel, line = std::move(connection)](const std::stop_token& ending) mutable {
                serve(std::move(line), ending);
                tunnel.ended = true;
            });
    }
}

void Gate::serve(UniqueFd connection, const std::stop_token& stop) const
{
    auto hello = m_options.hello();
    for (const auto& [name, connect] : m_options.services)
        hello.services.push_back(name);
    Mux mux(std::move(connection),
            {.side = Streams::Side::Accepts,
             .hello = hello.toJson(),
             .connect = [this](const std::string& service) { return this->connect(service); }});
    const auto ended = mux.run(stop);
    log::info("tunnel", "a tunnel ended: " + ended.message());
}

Result<UniqueFd> Gate::connect(const std::string& service) const
{
    const auto found = m_options.services.find(service);
    if (found == m_options.services.end())
        return Error(ErrorCode::NotFound, "this control plane has no service '" + service + "'");
    return found->second();
}

} // namespace remote::tunnel
