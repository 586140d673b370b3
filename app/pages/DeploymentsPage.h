// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/AppLogs.h"
#include "app/client/DaemonLink.h"
#include "app/models/DeploymentModels.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QTabWidget;

namespace app::widgets {
class LogPanel;
class NoticeBar;
} // namespace app::widgets

namespace app::pages {

class RecordPage;

/// The versions of deployed apps, and of the chosen one what changed, its replicas and their logs.
/// It asks for what is to be done; the window does it.
class DeploymentsPage : public QWidget {
    Q_OBJECT

public:
    explicit DeploymentsPage(QWidget* parent = nullptr);
    ~DeploymentsPage() override;

    void setSnapshot(const client::Snapshot& snapshot, const QString& target);
    /// The line that the logs of the chosen app are followed over.
    void setPort(std::shared_ptr<client::DaemonPort> port);
    void setStale(bool stale);

    /// Chooses a version (0: the live one) and, if `logs`, shows its logs.
    void showVersion(const QString& appName, int version, bool logs);
    /// Asks, inline, whether to roll an app back to a version; 0: to the one before the live one.
    void askRollBack(const QString& appName, int version);
    /// What a roll back or a change of a budget came to.
    void tell(const QString& sentence, bool good);
    /// An offer to undo a roll back to `version` by going to `undoTo` again.
    void offerUndo(const QString& appName, int version, int undoTo);
    void focusFilter();

    [[nodiscard]] client::AppLogs* logs() { return &m_logs; }
    [[nodiscard]] widgets::LogPanel* logPanel() const { return m_logPanel; }
    [[nodiscard]] widgets::NoticeBar* notice() const { return m_notice; }

Q_SIGNALS:
    void rollBackRequested(const QString& appName, int version, int liveNow);
    void budgetRequested(const QString& appName, const QString& dollars); ///< "25", "none"
    void stopRequested(const QString& taskId);
    void deployRequested();

private:
    void makeTables();
    QWidget* makeBudget();
    QWidget* makeLogs();
    void connectAll();
    void choose();
    void updateChanges();
    void updateReplicas();
    void updateScopes();
    void applyScope();
    [[nodiscard]] const emulator::model::DeploymentSummary* find(const QString& key) const;
    [[nodiscard]] std::vector<const emulator::model::DeploymentSummary*> selected() const;

    client::Snapshot m_snapshot;
    std::shared_ptr<client::DaemonPort> m_port;
    client::AppLogs m_logs;
    models::DeploymentsModel m_versions;
    models::VersionChangesModel m_changes;
    models::ReplicasModel m_replicas;
    std::string m_heldBackTold; ///< said once, not at each snapshot
    QTimer m_clock; ///< phases go on while replicas wait or run
    widgets::NoticeBar* m_notice;
    RecordPage* m_table;
    QTabWidget* m_details;
    RecordPage* m_changesPage;
    RecordPage* m_replicasPage;
    widgets::LogPanel* m_logPanel;
    QComboBox* m_function;
    QComboBox* m_replica;
    QComboBox* m_stream;
    QLineEdit* m_budget;
};

} // namespace app::pages
