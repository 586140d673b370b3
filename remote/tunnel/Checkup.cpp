// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/tunnel/Checkup.h"

#include "emulator/rpc/StudioClient.h"
#include "remote/tunnel/Sockets.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>

namespace remote::tunnel {

using namespace emulator;
using namespace std::chrono_literals;

namespace {

/// A daemon over there may have to start and to read its state.
constexpr auto linePatience = 60s;
/// An emulator's worker comes up a moment after its daemon.
constexpr auto workerPatience = 20s;

std::string spell(std::chrono::microseconds time)
{
    const auto tenths = time.count() / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// The status of HTTP's answer to GET /v2/ on a loopback port; 0 when there is none.
int askRegistry(int port)
{
    const auto connection = connectLoopback(port);
    if (!connection)
        return 0;
    const std::string request = "GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port)
        + "\r\nConnection: close\r\n\r\n";
    pollfd wait {connection->get(), POLLOUT, 0};
    ::poll(&wait, 1, 5000);
    if (::send(connection->get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        return 0;
    wait.events = POLLIN;
    ::poll(&wait, 1, 10'000);
    std::array<char, 12> head {}; // "HTTP/1.1 200"
    if (::recv(connection->get(), head.data(), head.size(), MSG_DONTWAIT | MSG_WAITALL)
        != static_cast<ssize_t>(head.size()))
        return 0;
    return std::atoi(head.data() + 9);
}

} // namespace

Checkup::Checkup(Options options)
    : m_options(std::move(options))
    , m_steps(m_options.tell)
{
}

bool Checkup::run()
{
    if (m_options.target.kind == Target::Kind::Ssh && !(reachHost() && checkPrograms()))
        return false;
    return reachControlPlane();
}

bool Checkup::reachControlPlane()
{
    return checkLine() && checkEngine() && checkNodes() && checkRegistry() && measure();
}

bool Checkup::reachHost()
{
    const Ssh ssh(m_options.target, m_options.home);
    m_steps.begin("ssh");
    const auto program = findProgram("ssh");
    if (program.empty())
        return m_steps.fail(ssh.explain(-1, {}));
    m_steps.ok(program);

    m_steps.begin("host");
    if (m_options.asking == Ssh::Asking::Terminal)
        if (const auto fault = ssh.signIn())
            return m_steps.fail(*fault);
    const auto looked = look(ssh, m_options.target.home);
    if (looked.fault)
        return m_steps.fail(*looked.fault);
    m_host = looked.host;
    m_steps.ok(ssh.host() + " lets us in (" + m_host.system + " " + m_host.machine
               + (m_host.glibc.empty() ? "" : ", glibc " + m_host.glibc) + ")");
    return true;
}

bool Checkup::checkPrograms()
{
    m_steps.begin("programs");
    const auto folder = m_host.home + "/programs";
    const std::string again = "run `slip cluster add` again, which installs them";
    if (m_host.current.empty())
        return m_steps.fail("Slipway's programs are not in " + folder, again);
    if (m_host.version.empty())
        return m_steps.fail("Slipway's programs in " + folder + " do not run: " + m_host.broken,
                            again);
    if (m_host.version != m_options.version)
        return m_steps.fail(
            "version " + m_host.version + " is installed, this is " + m_options.version, again);
    m_steps.ok(m_host.current + " in " + folder);
    return true;
}

Result<> Checkup::openLink()
{
    TRY_ASSIGN(auto folder, TempDir::create(m_options.home / "run"));
    TRY_ASSIGN(m_port, listenLoopback(0));
    m_folder.emplace(std::move(folder));
    auto target = m_options.target;
    if (!m_host.home.empty())
        target.home = m_host.home;
    TRY_ASSIGN(m_link,
               TargetLink::create({.target = std::move(target),
                                   .home = m_options.home,
                                   .folder = m_folder->path(),
                                   .port = m_port.get(),
                                   .clock = m_options.clock}));
    return {};
}

bool Checkup::checkLine()
{
    m_steps.begin("control plane");
    if (const auto opened = openLink(); !opened)
        return m_steps.fail(opened.error().message(), "see to it and try again");
    if (const auto fault = m_link->awaitLine(linePatience))
        return m_steps.fail(*fault);
    const rpc::StudioClient studio(m_folder->path() / "studio.sock");
    const auto status = studio.status();
    if (!status)
        return m_steps.fail("the control plane does not answer: " + status.error().message(),
                            "look into " + m_link->hello()->home + "/logs/daemon.log over there");
    if (status->version != m_options.version)
        return m_steps.fail("the control plane is version " + status->version + ", this is "
                                + m_options.version,
                            "run `slip cluster add` again, which replaces it");
    m_steps.ok("serves " + status->home + " (version " + status->version + ", process "
               + std::to_string(status->pid) + ")");
    return true;
}

bool Checkup::checkEngine()
{
    m_steps.begin("engine");
    const rpc::StudioClient studio(m_folder->path() / "studio.sock");
    const auto deadline = std::chrono::steady_clock::now() + workerPatience;
    for (;;) {
        const auto status = studio.status();
        if (!status)
            return m_steps.fail(status.error().message(), "run it again");
        if (!status->engineProblem.empty())
            return m_steps.fail(status->engine + ": " + status->engineProblem,
                                "the engine's own commands must work over there");
        const bool isLocal = status->engine == "local";
        if (!isLocal || status->workerConnected) {
            m_steps.ok(isLocal ? "local: its worker is connected" : status->engine);
            return true;
        }
        if (std::chrono::steady_clock::now() >= deadline)
            return m_steps.fail("the worker over there does not come up",
                                "look into " + status->home + "/logs/worker.log over there");
        ::poll(nullptr, 0, 200);
    }
}

bool Checkup::checkNodes()
{
    m_steps.begin("nodes");
    if (m_link->hello()->engine == "local") {
        m_steps.skip("the control plane's own machine");
        return true;
    }
    const rpc::StudioClient studio(m_folder->path() / "studio.sock");
    const auto nodes = studio.nodes();
    if (!nodes)
        return m_steps.fail("the engine does not name its nodes: " + nodes.error().message(),
                            "the engine's own commands must work over there");
    std::map<std::string, std::uint32_t> gpus;
    std::size_t usable = 0;
    for (const auto& node : *nodes) {
        if (!node.usable)
            continue;
        ++usable;
        for (const auto& [type, count] : node.gpus)
            gpus[type.empty() ? "untyped" : type] += count;
    }
    if (usable == 0)
        return m_steps.fail("none of " + std::to_string(nodes->size()) + " nodes is usable",
                            "ask the cluster's administrators, or name another --partition");
    std::string text
        = std::to_string(usable) + " of " + std::to_string(nodes->size()) + " nodes are usable";
    for (const auto& [type, count] : gpus)
        text += ", " + std::to_string(count) + " " + type;
    m_steps.ok(text + (gpus.empty() ? ", no GPUs" : ""));
    return true;
}

bool Checkup::checkRegistry()
{
    m_steps.begin("registry");
    const auto hello = *m_link->hello();
    if (hello.registryKind.empty()) {
        m_steps.skip("none");
        return true;
    }
    if (hello.registryKind == "url") {
        m_steps.skip(hello.registryUrl + " is tried at the first deployment");
        return true;
    }
    const int status = askRegistry(portOf(m_port.get()));
    if (status != 200 && status != 401)
        return m_steps.fail(status == 0 ? std::string("the registry does not answer")
                                        : "the registry answers with " + std::to_string(status),
                            "look into " + hello.home + "/logs/daemon.log over there");
    m_steps.ok("answers through the tunnel");
    return true;
}

bool Checkup::measure()
{
    m_steps.begin("round trip");
    const rpc::StudioClient studio(m_folder->path() / "studio.sock");
    std::array<std::chrono::microseconds, 5> times {};
    for (auto& time : times) {
        const auto begun = std::chrono::steady_clock::now();
        if (const auto status = studio.status(); !status)
            return m_steps.fail(status.error().message(), "run it again");
        time = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - begun);
    }
    std::ranges::sort(times);
    m_steps.ok(spell(times[times.size() / 2]));
    return true;
}

} // namespace remote::tunnel
