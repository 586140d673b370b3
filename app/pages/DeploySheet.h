// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DeploySession.h"

#include <QFrame>

class QComboBox;
class QLabel;
class QLineEdit;
class QPropertyAnimation;
class QPushButton;
class QTreeView;
class QVBoxLayout;

namespace app::widgets {
class LogView;
class StepList;
} // namespace app::widgets

namespace app::pages {

class PlanView;

/// The sheet that slides in at the right of the window: the plan of a deploy, its progress and how
/// it ended. Closing it ends nothing.
class DeploySheet : public QFrame {
    Q_OBJECT

public:
    DeploySheet(client::DeploySession* session, QWidget* window);
    ~DeploySheet() override;

    void open(); ///< slides in and takes the focus
    void close(); ///< slides out; a deploy goes on
    [[nodiscard]] bool isOpen() const { return m_open; }
    /// Where it may stand: the window without its bars.
    void setRoom(const QRect& room);
    /// What waits for a replica while the deploy is queued: "Resources on hpc".
    void setWaitReason(const QString& reason);

Q_SIGNALS:
    void closed();
    void showDeploymentsRequested(const QString& appName, int version);
    void showLogsRequested(const QString& appName, int version);
    void showCostRequested(const QString& appName);
    void rollBackRequested(const QString& appName);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void makeHeader(QVBoxLayout* layout);
    void makeBody(QVBoxLayout* layout);
    void makeFooter(QVBoxLayout* layout);
    void update();
    void updateHeader();
    void updateOutcome();
    void updateButtons();
    void primary();
    void secondary();
    void place(bool animated);
    void copyDiagnostics();

    client::DeploySession* m_session;
    QRect m_room;
    bool m_open = false;
    QString m_waitReason;
    QPropertyAnimation* m_slide;
    QLabel* m_title;
    QLabel* m_subtitle;
    QPushButton* m_close;
    PlanView* m_plan;
    widgets::StepList* m_steps;
    QWidget* m_outcome;
    QLabel* m_what;
    QLabel* m_why;
    QLabel* m_fix;
    QLabel* m_untouched;
    QPushButton* m_logsLink;
    QPushButton* m_costLink;
    QPushButton* m_versionsLink;
    QLabel* m_logTitle;
    widgets::LogView* m_log;
    QPushButton* m_primary;
    QPushButton* m_secondary;
    QPushButton* m_copy;
};

} // namespace app::pages
