// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/ClusterVerbs.h"
#include "app/client/CostFeed.h"
#include "app/client/DeploySession.h"
#include "app/client/TargetSet.h"

#include <QTimer>

namespace app::pages {
class CostPage;
class DeploymentsPage;
class DeploySheet;
class TargetsPage;
} // namespace app::pages
namespace app::widgets {
class NoticeBar;
}

namespace app::shell {

/// What ClusterViews is made from.
struct ClusterParts {
    client::DaemonLink* local = nullptr;
    client::TargetSet::PortFactory makePort;
    QString slip; ///< the program
    QString cacheFolder; ///< empty: nothing seen of a target is kept
};

/// The cluster half of the window: targets, deployments, cost and the deploy sheet with their
/// clients, connected. The window gives them their places. GUI thread.
class ClusterViews : public QObject {
    Q_OBJECT

public:
    enum class View { Deployments, Targets, Cost };

    ClusterViews(const ClusterParts& parts, QWidget* window);
    ~ClusterViews() override;

    [[nodiscard]] client::TargetSet* targets() { return m_targets; }
    [[nodiscard]] client::DeploySession* session() { return m_deploy; }
    [[nodiscard]] client::ClusterVerbs* verbs() { return m_verbs; }
    [[nodiscard]] client::CostFeed* costFeed() { return m_feed; }
    [[nodiscard]] pages::DeploymentsPage* deploymentsPage() const { return m_deployments; }
    [[nodiscard]] pages::TargetsPage* targetsPage() const { return m_targetsPage; }
    [[nodiscard]] pages::CostPage* costPage() const { return m_costPage; }
    [[nodiscard]] pages::DeploySheet* sheet() const { return m_sheet; }
    [[nodiscard]] widgets::NoticeBar* banner() const { return m_banner; }

    /// Opens the sheet with a fresh plan for a file, or with the deploy that goes on.
    void deploy(const QString& folder, const QString& file);
    /// Opens the sheet as it is.
    void showDeploy();
    /// Asks whether to roll back the live app that was chosen last.
    void rollBack();

Q_SIGNALS:
    void viewRequested(app::shell::ClusterViews::View view);
    void deployRequested(); ///< of whatever is open
    void deployChanged(const QString& summary); ///< for the status line
    void targetChanged(const QString& text, bool connected); ///< likewise; empty: this machine
    void said(const QString& sentence);

private:
    void connectTargets();
    void connectDeploy();
    void connectPages();
    void takeTarget();
    void takeSnapshot();
    void takeWait();
    void takeState();
    void showAge();
    void rollBackTo(const QString& app, int version, int liveNow);

    QString m_slip;
    client::TargetSet* m_targets;
    client::DeploySession* m_deploy;
    client::ClusterVerbs* m_verbs;
    client::CostFeed* m_feed;
    pages::DeploymentsPage* m_deployments;
    pages::TargetsPage* m_targetsPage;
    pages::CostPage* m_costPage;
    pages::DeploySheet* m_sheet;
    widgets::NoticeBar* m_banner;
    QTimer m_ageTimer; ///< runs while the banner says how old things are
};

} // namespace app::shell
