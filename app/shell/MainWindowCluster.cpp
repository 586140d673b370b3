// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/DeploySheet.h"
#include "app/pages/DeploymentsPage.h"
#include "app/pages/EditorArea.h"
#include "app/pages/TargetsPage.h"
#include "app/shell/ClusterViews.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/RunBar.h"
#include "app/shell/StatusLine.h"
#include "app/widgets/ActivityBar.h"
#include "app/widgets/CodeEditor.h"

#include <QMenuBar>

#include <set>

namespace app::shell {

using models::OutlineEntry;

void MainWindow::addDeployCommands()
{
    const auto deploy = tr("Deploy");
    m_commands->add({"deploy.plan", deploy, tr("Deploy…"), QKeySequence(Qt::Key_F8), "deploy",
                     [this] { deployFile({}); }, widgets::IconColour::Accent});
    m_commands->add({"deploy.show",
                     deploy,
                     tr("Show the deploy"),
                     QKeySequence(Qt::SHIFT | Qt::Key_F8),
                     {},
                     [this] { m_cluster->showDeploy(); }});
    m_commands->add({"deploy.cancel", deploy, tr("Cancel the deploy"), {}, {}, [this] {
                         m_cluster->session()->cancel();
                     }});
    m_commands->add({"deploy.rollback", deploy + u'/', tr("Roll back…"), {}, "rollback", [this] {
                         m_cluster->rollBack();
                     }});
    m_commands->add(
        {"deploy.target", deploy + u'/', tr("Choose the target"), {}, "targets", [this] {
             m_runBar->openTargets();
         }});
    m_commands->add({"deploy.addTarget", deploy, tr("Add a target…"), {}, "add", [this] {
                         showView(TargetsView);
                         m_cluster->targetsPage()->openForm();
                     }});
}

void MainWindow::connectCluster()
{
    auto* targets = m_cluster->targets();
    connect(targets, &client::TargetSet::listChanged, this,
            [this, targets] { m_runBar->setTargets(targets->all(), targets->currentName()); });
    connect(targets, &client::TargetSet::currentChanged, this, [this, targets] {
        m_runBar->setTargets(targets->all(), targets->currentName());
        m_run->setLink(targets->link());
        remember();
    });
    connect(targets, &client::TargetSet::snapshotChanged, this, &MainWindow::takeSnapshot);
    connect(m_runBar, &RunBar::targetPicked, targets, &client::TargetSet::select);
    connect(m_runBar, &RunBar::targetsRequested, this, [this] {
        showView(TargetsView);
        m_cluster->targetsPage()->openForm();
    });
    connect(m_runBar, &RunBar::pickedChanged, this, &MainWindow::updatePrices);
    connect(m_editors, &pages::EditorArea::deployRequested, this, &MainWindow::deployFile);
    connect(m_cluster, &ClusterViews::deployRequested, this, [this] { deployFile({}); });
    connect(m_cluster, &ClusterViews::said, m_status, &StatusLine::say);
    connect(m_cluster, &ClusterViews::deployChanged, m_status, &StatusLine::setDeploy);
    connect(m_cluster, &ClusterViews::targetChanged, m_status, &StatusLine::setTarget);
    connect(m_status, &StatusLine::deployClicked, m_cluster, &ClusterViews::showDeploy);
    connect(m_status, &StatusLine::targetClicked, this, [this] { showView(DeploysView); });
    connect(m_cluster, &ClusterViews::viewRequested, this, [this](ClusterViews::View view) {
        showView(view == ClusterViews::View::Deployments ? DeploysView
                     : view == ClusterViews::View::Cost  ? CostView
                                                         : TargetsView);
    });
    m_runBar->setTargets(targets->all(), targets->currentName());
    updatePrices();
}

/// Below the toolbar, above the status line, at the right edge.
void MainWindow::placeSheet()
{
    const int top = m_runBar == nullptr ? 0 : m_runBar->geometry().bottom() + 1;
    const int bottom = statusBar()->geometry().top();
    m_cluster->sheet()->setRoom(QRect(0, top, width(), std::max(0, bottom - top)));
    m_cluster->sheet()->raise();
}

/// Files are saved first: what is deployed is what is seen.
void MainWindow::deployFile(const QString& file)
{
    auto chosen = file;
    const auto* editor = m_editors->current();
    if (chosen.isEmpty() && editor != nullptr
        && !m_outline.outline(editor->path()).runnable().isEmpty())
        chosen = editor->path();
    if (chosen.isEmpty() && m_runBar->picked() != nullptr)
        chosen = m_runBar->picked()->file;
    if (chosen.isEmpty()) {
        m_status->say(tr("No open file makes an app that could be deployed"));
        return;
    }
    placeSheet();
    m_editors->saveAllThen([this, chosen](bool written) {
        if (written)
            m_cluster->deploy(m_watch->folder(), chosen);
    });
}

/// A method asks for what its class asks for.
QString MainWindow::gpuOf(const QString& file, const OutlineEntry& entry) const
{
    for (const auto& app : m_outline.outline(file).entries)
        for (const auto& child : app.children)
            if (child.kind == OutlineEntry::Kind::Class && entry.name.startsWith(child.name + u'.'))
                return child.gpu;
    return entry.gpu;
}

/// The estimate of the picked function beside Deploy, and of each beside its chip.
void MainWindow::updatePrices()
{
    QHash<QString, QHash<QString, QString>> prices;
    for (const auto& runnable : m_outline.runnable())
        prices[runnable.file][runnable.entry.name]
            = m_prices.hourly(gpuOf(runnable.file, runnable.entry));
    m_editors->setPrices(prices);
    const auto* picked = m_runBar == nullptr ? nullptr : m_runBar->picked();
    auto* action = m_commands->action(QStringLiteral("deploy.plan"));
    const bool deployable
        = picked != nullptr && picked->entry.kind != OutlineEntry::Kind::EntryPoint;
    const auto price = deployable ? prices[picked->file][picked->entry.name] : QString();
    action->setIconText(price.isEmpty() ? tr("Deploy") : tr("Deploy · %1").arg(price));
    action->setToolTip(
        price.isEmpty()
            ? tr("Show what deploying the app would do (F8)")
            : tr("Show what deploying the app would do (F8). %1: one replica of %2, an estimate "
                 "from list prices")
                  .arg(price, picked->entry.name));
}

} // namespace app::shell
