// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/ClusterViews.h"

#include "app/client/Background.h"
#include "app/models/DeploymentModels.h"
#include "app/pages/CostPage.h"
#include "app/pages/DeploySheet.h"
#include "app/pages/DeploymentsPage.h"
#include "app/pages/TargetsPage.h"
#include "app/widgets/NoticeBar.h"

#include <set>

namespace app::shell {

using client::DaemonLink;
using models::DeployState;
using widgets::NoticeBar;

namespace {
constexpr std::size_t cachedLines = 5000;
}

ClusterViews::ClusterViews(const ClusterParts& parts, QWidget* window)
    : QObject(window)
    , m_slip(parts.slip)
    , m_targets(new client::TargetSet(parts.local, parts.makePort, parts.cacheFolder, this))
    , m_deploy(new client::DeploySession(this))
    , m_verbs(new client::ClusterVerbs(parts.slip, this))
    , m_feed(new client::CostFeed(this))
    , m_deployments(new pages::DeploymentsPage(window))
    , m_targetsPage(new pages::TargetsPage(m_targets, m_verbs, window))
    , m_costPage(new pages::CostPage(m_feed, window))
    , m_sheet(new pages::DeploySheet(m_deploy, window))
    , m_banner(new NoticeBar(QStringLiteral("offline.banner"), window))
{
    m_banner->setClosable(false);
    m_ageTimer.setInterval(5000);
    connect(&m_ageTimer, &QTimer::timeout, this, &ClusterViews::showAge);
    m_targets->setExtras([this](client::CachedTarget& cached) {
        cached.cost = m_feed->points();
        cached.logApp = m_deployments->logs()->appId();
        cached.logs = m_deployments->logs()->tail(cachedLines);
    });
    connectTargets();
    connectDeploy();
    connectPages();
    takeTarget();
}

/// Streams end before the links that they came over.
ClusterViews::~ClusterViews()
{
    m_targets->disconnect(this);
    m_deployments->setPort(nullptr);
}

void ClusterViews::connectTargets()
{
    connect(m_targets, &client::TargetSet::currentChanged, this, &ClusterViews::takeTarget);
    connect(m_targets, &client::TargetSet::snapshotChanged, this, &ClusterViews::takeSnapshot);
    connect(m_targets, &client::TargetSet::stateChanged, this, &ClusterViews::takeState);
    connect(m_targets, &client::TargetSet::listChanged, this, &ClusterViews::takeState);
    connect(m_targets, &client::TargetSet::said, this, &ClusterViews::said);
    connect(m_targets, &client::TargetSet::cacheLoaded, this, [this] {
        const auto& cached = m_targets->cached();
        m_feed->preload(cached.cost);
        if (cached.logApp == m_deployments->logs()->appId())
            m_deployments->logs()->preload(cached.logs);
        takeState();
    });
}

void ClusterViews::connectDeploy()
{
    auto* model = m_deploy->model();
    connect(model, &models::DeployModel::changed, this, [this, model] {
        const auto state = model->state();
        if (state == DeployState::Running)
            takeWait();
        // An open plan is seen in the sheet; what runs or has failed is worth a place below.
        const bool shown = state == DeployState::Running || state == DeployState::Planning
            || (state == DeployState::Failed && !m_sheet->isOpen())
            || (state == DeployState::Live && !m_sheet->isOpen());
        Q_EMIT deployChanged(shown ? model->summary() : QString());
    });
    connect(model, &models::DeployModel::stateChanged, this, [this, model](DeployState state) {
        if (state != DeployState::Live)
            return;
        m_targets->local()->refresh();
        m_targets->link()->refresh();
        Q_EMIT said(model->summary());
    });
    connect(m_sheet, &pages::DeploySheet::closed, this, [this, model] {
        Q_EMIT deployChanged(model->active() ? model->summary() : QString());
    });
    const auto go = [this](const QString& target) {
        if (!target.isEmpty())
            m_targets->select(target);
        m_sheet->close();
    };
    connect(m_sheet, &pages::DeploySheet::showLogsRequested, this,
            [this, go](const QString& app, int version) {
                go(m_deploy->request().target);
                Q_EMIT viewRequested(View::Deployments);
                m_deployments->showVersion(app, version, true);
            });
    connect(m_sheet, &pages::DeploySheet::showCostRequested, this, [this, go](const QString& app) {
        go(m_deploy->request().target);
        Q_EMIT viewRequested(View::Cost);
        m_costPage->showApp(app);
    });
    connect(m_sheet, &pages::DeploySheet::rollBackRequested, this, [this, go](const QString& app) {
        go(m_deploy->request().target);
        Q_EMIT viewRequested(View::Deployments);
        m_deployments->askRollBack(app, 0);
    });
}

void ClusterViews::connectPages()
{
    connect(m_deployments, &pages::DeploymentsPage::deployRequested, this,
            &ClusterViews::deployRequested);
    connect(m_deployments, &pages::DeploymentsPage::rollBackRequested, this,
            &ClusterViews::rollBackTo);
    connect(m_deployments, &pages::DeploymentsPage::budgetRequested, this,
            [this](const QString& app, const QString& dollars) {
                m_verbs->setBudget(
                    app, dollars, m_targets->currentName(),
                    [this, app, dollars](const QString& problem) {
                        m_targets->link()->refresh();
                        if (!problem.isEmpty())
                            m_deployments->tell(problem, false);
                        else if (dollars == QLatin1String("none"))
                            m_deployments->tell(tr("%1 has no budget any more.").arg(app), true);
                        else
                            m_deployments->tell(tr("%1 may cost $%2 in all.").arg(app, dollars),
                                                true);
                    });
            });
    connect(m_deployments, &pages::DeploymentsPage::stopRequested, this, [this](const QString& id) {
        client::inBackground(
            this,
            [port = m_targets->link()->port(), id = id.toStdString()] { return port->stop(id); },
            [this](const emulator::Result<std::string>& stopped) {
                Q_EMIT said(QString::fromStdString(stopped ? *stopped : stopped.error().message()));
                m_targets->link()->refresh();
            });
    });
    connect(m_targetsPage, &pages::TargetsPage::useRequested, m_targets,
            &client::TargetSet::select);
}

void ClusterViews::deploy(const QString& folder, const QString& file)
{
    const auto state = m_deploy->model()->state();
    if (state != DeployState::Running)
        m_deploy->plan({m_slip, folder, file, m_targets->currentName()});
    else
        Q_EMIT said(tr("A deploy is going on; this is it."));
    m_sheet->open();
}

void ClusterViews::showDeploy()
{
    m_sheet->open();
}

void ClusterViews::rollBack()
{
    Q_EMIT viewRequested(View::Deployments);
    for (const auto& deployment : m_targets->link()->snapshot().deployments)
        if (deployment.state == "live") {
            m_deployments->askRollBack(QString::fromStdString(deployment.appName), 0);
            return;
        }
    m_deployments->tell(tr("Nothing is live at %1.").arg(m_targets->currentName()), false);
}

void ClusterViews::rollBackTo(const QString& app, int version, int liveNow)
{
    Q_EMIT said(tr("Rolling %1 back to version %2…").arg(app).arg(version));
    m_verbs->rollBack(
        app, version, m_targets->currentName(),
        [this, app, version, liveNow](const QString& problem) {
            m_targets->link()->refresh();
            if (problem.isEmpty())
                m_deployments->offerUndo(app, version, liveNow);
            else
                m_deployments->tell(
                    tr("%1 is not rolled back, what was live is live: %2").arg(app, problem),
                    false);
        });
}

void ClusterViews::takeTarget()
{
    m_deployments->setPort(m_targets->link()->port());
    m_feed->setLink(m_targets->link());
    takeSnapshot();
    takeState();
}

void ClusterViews::takeSnapshot()
{
    const auto& snapshot = m_targets->link()->snapshot();
    const auto name = m_targets->currentName();
    m_deployments->setSnapshot(snapshot, m_targets->isLocal() ? tr("this machine") : name);
    m_costPage->setSnapshot(snapshot, name);
    takeWait();
    takeState();
}

/// Why the engine holds back the first replica of what is being deployed.
void ClusterViews::takeWait()
{
    const auto& snapshot = m_targets->link()->snapshot();
    const auto app = m_deploy->model()->appName().toStdString();
    QString waits;
    for (const auto& deployment : snapshot.deployments)
        for (const auto& task : snapshot.tasks)
            if (deployment.appName == app && task.appId == deployment.appId
                && task.state == emulator::model::TaskState::Queued && !task.waitReason.empty())
                waits = QString::fromStdString(task.waitReason);
    m_sheet->setWaitReason(waits);
}

void ClusterViews::takeState()
{
    const auto* link = m_targets->link();
    const bool stale = link->stale();
    // Before anything was seen there is nothing to grey.
    m_deployments->setStale(stale && link->snapshot().takenAt != 0);
    m_costPage->setStale(stale && link->snapshot().takenAt != 0);
    if (m_targets->isLocal()) {
        m_banner->hide();
        m_ageTimer.stop();
        Q_EMIT targetChanged({}, true);
        return;
    }
    std::set<std::string> live;
    for (const auto& deployment : link->snapshot().deployments)
        if (deployment.state == "live")
            live.insert(deployment.appName);
    const auto name = m_targets->currentName();
    Q_EMIT targetChanged(
        stale ? tr("%1 offline").arg(name) : tr("%1 · %2 live").arg(name).arg(live.size()), !stale);
    if (!stale) {
        m_banner->hide();
        m_ageTimer.stop();
        return;
    }
    if (m_banner->isHidden())
        m_banner->say(NoticeBar::Kind::Warning, QString(),
                      {{tr("Reconnect"),
                        [this] {
                            m_targets->reconnect(m_targets->currentName());
                            m_targets->link()->refresh();
                            takeState();
                        },
                        true},
                       {tr("Test connection"),
                        [this] {
                            Q_EMIT viewRequested(View::Targets);
                            m_verbs->test(m_targets->currentName());
                            takeState();
                        },
                        false}});
    m_ageTimer.start();
    showAge();
}

void ClusterViews::showAge()
{
    const auto* link = m_targets->link();
    const auto name = m_targets->currentName();
    auto why = QString::fromStdString(m_targets->current().reason);
    if (why.isEmpty())
        why = link->reason();
    why = why.section(u'\n', 0, 0);
    const auto taken = link->snapshot().takenAt;
    auto text = link->state() == DaemonLink::State::Starting ? tr("Connecting to %1…").arg(name)
        : why.isEmpty()                                      ? tr("%1 does not answer.").arg(name)
                        : tr("%1 does not answer: %2.").arg(name, why);
    text += u' '
        + (taken == 0 ? tr("Nothing has been seen of it yet.")
                      : tr("What is shown in grey was seen %1.")
                            .arg(models::agoText(taken, emulator::SystemClock().now())));
    m_banner->setText(text.replace(QStringLiteral(".."), QStringLiteral(".")));
}

} // namespace app::shell
