// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/models/ProjectTreeModel.h"

#include <QStatusBar>

class QLabel;
class QPushButton;

namespace app::shell {

/// The bar at the bottom: git, emulator, tasks, cost; and for a while, a sentence.
class StatusLine : public QStatusBar {
    Q_OBJECT

public:
    explicit StatusLine(QWidget* parent = nullptr);

    void setGit(const models::GitState& state);
    void setDaemon(client::DaemonLink::State state, const QString& reason);
    /// A deploy that goes on or has ended; empty: none.
    void setDeploy(const QString& summary);
    /// The target that is looked at when it is not this machine: "● hpc · 2 live"; empty: it is.
    void setTarget(const QString& text, bool connected);
    void setTasks(int running);
    void setCost(std::int64_t micros, bool emulated = true);
    void say(const QString& sentence); ///< for ten seconds

Q_SIGNALS:
    void deployClicked();
    void targetClicked();

private:
    QLabel* m_git;
    QLabel* m_daemon;
    QLabel* m_sentence;
    QPushButton* m_deploy;
    QPushButton* m_target;
    QLabel* m_tasks;
    QLabel* m_cost;
};

} // namespace app::shell
