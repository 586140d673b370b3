// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/models/ProjectTreeModel.h"

#include <QStatusBar>

class QLabel;

namespace app::shell {

/// The bar at the bottom: git, emulator, tasks, cost; and for a while, a sentence.
class StatusLine : public QStatusBar {
    Q_OBJECT

public:
    explicit StatusLine(QWidget* parent = nullptr);

    void setGit(const models::GitState& state);
    void setDaemon(client::DaemonLink::State state, const QString& reason);
    void setTasks(int running);
    void setCost(std::int64_t micros);
    void say(const QString& sentence); ///< for ten seconds

private:
    QLabel* m_git;
    QLabel* m_daemon;
    QLabel* m_sentence;
    QLabel* m_tasks;
    QLabel* m_cost;
};

} // namespace app::shell
