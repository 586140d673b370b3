// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonPort.h"
#include "app/client/StreamFollower.h"

#include <QObject>
#include <QString>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace app::client {

/// What the daemon said the last time it was asked.
struct Snapshot {
    emulator::model::DaemonStatus status;
    std::vector<emulator::model::AppSummary> apps;
    std::vector<emulator::model::TaskSummary> tasks;
    std::vector<emulator::model::CallSummary> calls;
    std::vector<emulator::model::ImageSummary> images;
    std::vector<emulator::model::CostLine> cost;
    std::vector<emulator::model::DeploymentSummary> deployments; ///< newest first
    std::vector<emulator::model::NodeSummary> nodes;
    std::vector<emulator::model::TargetSummary> targets;
    emulator::Micros takenAt = 0; ///< 0: never
};

/// The window's line to the daemon: keeps it up, asks anew after each change, and says when it is
/// gone. Lives on the GUI thread; its own threads do the calls.
class DaemonLink : public QObject {
    Q_OBJECT

public:
    enum class State { Starting, Ready, Gone };
    Q_ENUM(State)

    /// `start` brings a daemon up and may block; it gives a reason when it cannot.
    using Starter = std::function<emulator::Result<>(const std::stop_token&)>;

    DaemonLink(std::shared_ptr<DaemonPort> port, Starter start, QObject* parent = nullptr);
    ~DaemonLink() override;

    /// Begins to connect.
    void open();
    /// Asks for a snapshot soon.
    void refresh();
    /// What was known the last time, until the first answer comes.
    void preload(Snapshot snapshot);

    [[nodiscard]] const std::shared_ptr<DaemonPort>& port() const { return m_port; }
    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] QString reason() const { return m_reason; } ///< why it is gone
    [[nodiscard]] const Snapshot& snapshot() const { return m_snapshot; }
    /// Whether the snapshot may be out of date: the line is not up.
    [[nodiscard]] bool stale() const { return m_state != State::Ready || !m_answered; }

Q_SIGNALS:
    void stateChanged();
    void snapshotChanged();

private:
    void keepConnected(const std::stop_token& stop);
    void keepAsking(const std::stop_token& stop);
    void report(State state, const QString& reason);
    emulator::Result<Snapshot> ask();

    std::shared_ptr<DaemonPort> m_port; ///< shared with streams that still end
    Starter m_start;
    State m_state = State::Starting;
    QString m_reason;
    Snapshot m_snapshot;
    bool m_answered = false; ///< m_snapshot came over this line
    std::vector<emulator::model::NodeSummary> m_nodes; ///< of the asking thread
    std::chrono::steady_clock::time_point m_nodesAt {}; ///< engines are asked at most every 5 s

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    bool m_dirty = false; ///< guarded by m_mutex
    std::jthread m_connecting;
    std::jthread m_asking;
};

/// Runs `slip up --json` and waits for it.
[[nodiscard]] DaemonLink::Starter slipStarter(const QString& slip);

} // namespace app::client
