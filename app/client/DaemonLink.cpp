// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/DaemonLink.h"

#include "emulator/base/Subprocess.h"

#include <algorithm>

namespace app::client {

using emulator::Error;
using emulator::ErrorCode;
using namespace std::chrono_literals;

DaemonLink::DaemonLink(std::shared_ptr<DaemonPort> port, Starter start, QObject* parent)
    : QObject(parent)
    , m_port(std::move(port))
    , m_start(std::move(start))
{
}

DaemonLink::~DaemonLink()
{
    m_connecting.request_stop();
    m_asking.request_stop();
    if (m_connecting.joinable())
        m_connecting.join();
    if (m_asking.joinable())
        m_asking.join();
}

void DaemonLink::open()
{
    if (m_connecting.joinable())
        return;
    m_connecting = std::jthread([this](const std::stop_token& stop) { keepConnected(stop); });
    m_asking = std::jthread([this](const std::stop_token& stop) { keepAsking(stop); });
}

void DaemonLink::refresh()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_dirty = true;
    }
    m_wake.notify_one();
}

void DaemonLink::preload(Snapshot snapshot)
{
    if (m_answered || m_snapshot.takenAt > snapshot.takenAt)
        return;
    m_snapshot = std::move(snapshot);
    Q_EMIT snapshotChanged();
}

void DaemonLink::report(State state, const QString& reason)
{
    QMetaObject::invokeMethod(
        this,
        [this, state, reason] {
            if (state == m_state && reason == m_reason)
                return;
            m_state = state;
            m_reason = reason;
            Q_EMIT stateChanged();
        },
        Qt::QueuedConnection);
}

/// Any thread of this link. The daemon is started when it does not answer, at most once in 10 s:
/// `slip up` itself waits until it serves.
void DaemonLink::keepConnected(const std::stop_token& stop)
{
    auto pause = std::chrono::milliseconds(250);
    std::optional<std::chrono::steady_clock::time_point> started;
    while (!stop.stop_requested()) {
        auto status = m_port->status();
        if (!status && m_start && (!started || std::chrono::steady_clock::now() - *started > 10s)) {
            started = std::chrono::steady_clock::now();
            const auto up = m_start(stop);
            if (!up)
                report(State::Gone, QString::fromStdString(up.error().message()));
            status = m_port->status();
        }
        if (status) {
            report(State::Ready, {});
            pause = 250ms;
            refresh();
            // Ends when the daemon goes.
            (void)m_port->watchChanges([this] { refresh(); }, stop);
            if (stop.stop_requested())
                return;
            if (m_port->status()) {
                pauseFor(500ms, stop);
                continue;
            }
            report(State::Gone,
                   m_start ? tr("The emulator has stopped")
                           : tr("The target does not answer any more"));
        } else
            report(State::Gone, QString::fromStdString(status.error().message()));
        pauseFor(pause, stop);
        pause = std::min<std::chrono::milliseconds>(pause * 2, 5s);
    }
}

emulator::Result<Snapshot> DaemonLink::ask()
{
    Snapshot snapshot;
    TRY_ASSIGN(snapshot.status, m_port->status());
    TRY_ASSIGN(snapshot.apps, m_port->apps({}));
    TRY_ASSIGN(snapshot.tasks, m_port->tasks({}));
    TRY_ASSIGN(snapshot.calls, m_port->calls({}));
    TRY_ASSIGN(snapshot.images, m_port->images());
    TRY_ASSIGN(snapshot.cost, m_port->cost());
    // An older daemon has none of these.
    if (auto deployments = m_port->deployments({}))
        snapshot.deployments = *std::move(deployments);
    if (auto targets = m_port->targets())
        snapshot.targets = *std::move(targets);
    if (std::chrono::steady_clock::now() - m_nodesAt > 5s || m_nodes.empty()) {
        if (auto nodes = m_port->nodes())
            m_nodes = *std::move(nodes);
        m_nodesAt = std::chrono::steady_clock::now();
    }
    snapshot.nodes = m_nodes;
    snapshot.takenAt = emulator::SystemClock().now();
    std::stable_sort(snapshot.deployments.begin(), snapshot.deployments.end(),
                     [](const auto& a, const auto& b) { return a.deployedAt > b.deployedAt; });
    const auto newestFirst = [](const auto& a, const auto& b) { return a.createdAt > b.createdAt; };
    std::stable_sort(snapshot.apps.begin(), snapshot.apps.end(), newestFirst);
    std::stable_sort(snapshot.tasks.begin(), snapshot.tasks.end(), newestFirst);
    std::stable_sort(snapshot.calls.begin(), snapshot.calls.end(), newestFirst);
    std::stable_sort(snapshot.images.begin(), snapshot.images.end(), newestFirst);
    return snapshot;
}

void DaemonLink::keepAsking(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait(lock, stop, [this] { return m_dirty; }))
                return;
            m_dirty = false;
        }
        auto answer = ask();
        if (answer) {
            auto snapshot = std::make_shared<Snapshot>(*std::move(answer));
            QMetaObject::invokeMethod(
                this,
                [this, snapshot] {
                    m_snapshot = std::move(*snapshot);
                    m_answered = true;
                    Q_EMIT snapshotChanged();
                },
                Qt::QueuedConnection);
        }
        pauseFor(150ms, stop); // a burst of changes is asked for once
    }
}

DaemonLink::Starter slipStarter(const QString& slip)
{
    return [slip](const std::stop_token& stop) -> emulator::Result<> {
        if (slip.isEmpty())
            return Error(
                ErrorCode::NotFound,
                "the program slip is neither beside slipway nor on PATH; reinstall Slipway");
        emulator::CommandLine command;
        command.argv = {slip.toStdString(), "up", "--json"};
        command.dieWithParent = false;
        TRY_ASSIGN(const auto output, emulator::run(command, stop));
        if (output.status.success())
            return {};
        auto why = output.standardError;
        while (!why.empty() && why.back() == '\n')
            why.pop_back();
        return Error(ErrorCode::Unavailable, why.empty() ? "slip up failed" : why);
    };
}

} // namespace app::client
