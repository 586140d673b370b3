// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/daemon/Clusters.h"

#include "emulator/base/Log.h"
#include "emulator/rpc/Server.h"
#include "remote/tunnel/Sockets.h"

namespace app::daemon {

using namespace emulator;
using namespace remote::tunnel;

Clusters::Clusters(std::filesystem::path home, const Clock& clock)
    : m_home(std::move(home))
    , m_clock(clock)
{
}

void Clusters::open(std::function<void()> onChange)
{
    const std::lock_guard lock(m_mutex);
    m_hub = std::make_shared<TargetHub>(TargetHub::Options {m_home, m_clock, std::move(onChange)});
    if (const auto loaded = m_hub->reload(); !loaded)
        log::error("daemon", loaded.error().message());
}

void Clusters::close()
{
    std::shared_ptr<TargetHub> ending;
    const std::lock_guard lock(m_mutex);
    ending.swap(m_hub);
}

std::vector<model::TargetSummary> Clusters::summaries() const
{
    const std::lock_guard lock(m_mutex);
    return m_hub ? m_hub->summaries() : std::vector<model::TargetSummary>();
}

Result<> Clusters::reload()
{
    const std::lock_guard lock(m_mutex);
    return m_hub ? m_hub->reload() : Result<>(); // open() reads the list
}

Result<> Clusters::reconnect(std::string_view name)
{
    const std::lock_guard lock(m_mutex);
    return m_hub ? m_hub->reconnect(name)
                 : Result<>(Error(ErrorCode::Unavailable, "the daemon is not up yet"));
}

Result<std::unique_ptr<Gate>> openGate(const Facts& facts)
{
    const auto port = [](int number) {
        return [number] { return connectLoopback(number, rpc::tunnelAddress); };
    };
    const auto run = facts.home / "run";
    Gate::Options options {
        .socket = run / "connect.sock",
        .services = {{"api", port(facts.port)},
                     {"http", port(facts.httpPort)},
                     {"studio", [studio = run / "studio.sock"] { return connectUnix(studio); }}},
        .hello = [facts] {
            return Hello {.version = facts.version,
                          .home = facts.home.string(),
                          .serverUrl = facts.serverUrl,
                          .tokenId = facts.tokenId,
                          .tokenSecret = facts.tokenSecret,
                          .engine = facts.engine,
                          .registryKind = facts.registryPort != 0 ? "tunnel"
                              : facts.registryUrl.empty()         ? ""
                                                                  : "url",
                          .registryUrl = facts.registryUrl};
        }};
    if (facts.registryPort != 0)
        options.services["registry"] = port(facts.registryPort);
    return Gate::create(std::move(options));
}

} // namespace app::daemon
