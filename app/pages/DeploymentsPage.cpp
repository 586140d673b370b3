// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/DeploymentsPage.h"

#include "app/pages/RecordPage.h"
#include "app/widgets/LogPanel.h"
#include "app/widgets/Naming.h"
#include "app/widgets/NoticeBar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace app::pages {

namespace em = emulator::model;
using widgets::named;
using widgets::NoticeBar;

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

/// Fills a combo box without losing what is chosen, nor telling of it.
void fill(QComboBox* box, const QString& all, const QStringList& entries)
{
    const QSignalBlocker blocker(box);
    const auto chosen = box->currentIndex() > 0 ? box->currentText() : QString();
    box->clear();
    box->addItem(all);
    box->addItems(entries);
    box->setCurrentIndex(std::max(0, box->findText(chosen)));
}

} // namespace

DeploymentsPage::DeploymentsPage(QWidget* parent)
    : QWidget(parent)
    , m_notice(new NoticeBar(QStringLiteral("deploys.notice"), this))
    , m_table(new RecordPage(QStringLiteral("deploys"), tr("Deployments"), &m_versions, this))
    , m_details(named(new QTabWidget(this), "deploys.details", tr("Of the chosen version")))
    , m_changesPage(new RecordPage(QStringLiteral("changes"), tr("What changed"), &m_changes, this))
    , m_replicasPage(new RecordPage(QStringLiteral("replicas"), tr("Replicas"), &m_replicas, this))
    , m_logPanel(new widgets::LogPanel(QStringLiteral("replicaLogs"), m_logs.model(), this))
    , m_function(named(new QComboBox(this), "replicaLogs.function", tr("Logs of the function")))
    , m_replica(named(new QComboBox(this), "replicaLogs.replica", tr("Logs of the replica")))
    , m_stream(named(new QComboBox(this), "replicaLogs.stream", tr("Stream of the logs")))
    , m_budget(named(new QLineEdit(this), "deploys.budget", tr("Budget of the app in dollars")))
{
    widgets::name(this, "deploys.view", tr("Deployments"));
    makeTables();
    m_details->addTab(m_replicasPage, tr("Replicas"));
    m_details->addTab(makeLogs(), tr("Logs"));
    m_details->addTab(m_changesPage, tr("What changed"));
    m_details->setDocumentMode(true);
    m_details->tabBar()->setObjectName(QStringLiteral("deploys.tabs"));
    m_details->tabBar()->setAccessibleName(tr("Of the chosen version"));
    m_details->setCornerWidget(makeBudget());
    auto* split = named(new QSplitter(Qt::Vertical, this), "deploys.split", tr("Deployments"));
    split->addWidget(m_table);
    split->addWidget(m_details);
    split->setStretchFactor(0, 2);
    split->setStretchFactor(1, 3);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(split, 1);
    connectAll();
    choose();
}

DeploymentsPage::~DeploymentsPage() = default;

void DeploymentsPage::makeTables()
{
    m_table->setEmptyText(tr("Nothing is deployed here yet. A deployment keeps an app's functions "
                             "callable until it is stopped."));
    m_table->setEmptyAction(tr("Deploy the open app…"), [this] { Q_EMIT deployRequested(); });
    m_table->addAction({QStringLiteral("rollback"), tr("Roll back…"), QStringLiteral("rollback"),
                        [this](const QStringList& keys) {
                            const auto* one = keys.size() == 1 ? find(keys.front()) : nullptr;
                            return one != nullptr && one->state != "live";
                        }});
    m_changesPage->setCompact();
    m_replicasPage->setCompact();
    m_changesPage->setEmptyText(
        tr("Nothing differs. Select two versions to compare them; one is compared with the one "
           "before it."));
    m_replicasPage->setEmptyText(
        tr("No replica has run of this version. One is started when a call comes."));
    m_replicasPage->addAction({QStringLiteral("stop"), tr("Stop replica"), QStringLiteral("stop"),
                               [this](const QStringList& keys) {
                                   for (const auto& task : m_snapshot.tasks)
                                       if (keys.size() == 1 && text(task.id) == keys.front())
                                           return task.state != em::TaskState::Finished;
                                   return false;
                               }});
    m_replicasPage->addAction({QStringLiteral("logs"), tr("Show its logs"), QStringLiteral("logs"),
                               [](const QStringList& keys) { return keys.size() == 1; }});
}

QWidget* DeploymentsPage::makeBudget()
{
    auto* box = named(new QWidget(m_details), "deploys.budgetBox", tr("Budget of the app"));
    auto* title
        = named(new QLabel(tr("Budget of the app $"), box), "deploys.budgetTitle", tr("Budget"));
    title->setEnabled(false);
    m_budget->setPlaceholderText(tr("none"));
    m_budget->setMaximumWidth(90);
    m_budget->setToolTip(
        tr("No replica is started beyond it. Press Return to set it; empty takes it away."));
    auto* layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 2, 12, 2);
    layout->addWidget(title);
    layout->addWidget(m_budget);
    return box;
}

QWidget* DeploymentsPage::makeLogs()
{
    m_logPanel->view()->setColumns(true, true);
    m_logPanel->setEmptyText(tr("The replicas of this app have printed nothing yet."));
    m_stream->addItems({tr("Both streams"), tr("stdout"), tr("stderr"), tr("Slipway")});
    m_function->setMinimumWidth(130);
    m_replica->setMinimumWidth(130);
    m_logPanel->addLeading({m_function, m_replica, m_stream});
    return m_logPanel;
}

void DeploymentsPage::connectAll()
{
    connect(m_table, &RecordPage::selectionChanged, this, &DeploymentsPage::choose);
    connect(m_table, &RecordPage::requested, this, [this](const QString&, const QStringList& keys) {
        if (const auto* one = find(keys.value(0)))
            askRollBack(text(one->appName), int(one->version));
    });
    connect(m_replicasPage, &RecordPage::requested, this,
            [this](const QString& action, const QStringList& keys) {
                if (action == QLatin1String("stop")) {
                    Q_EMIT stopRequested(keys.value(0));
                    return;
                }
                for (const auto& task : m_snapshot.tasks)
                    if (text(task.id) == keys.value(0)) {
                        const auto source = client::replicaSource(task.functionName, task.id);
                        m_replica->setCurrentIndex(std::max(0, m_replica->findText(text(source))));
                        m_details->setCurrentWidget(m_logPanel);
                    }
            });
    connect(m_function, &QComboBox::currentIndexChanged, this, [this] {
        updateScopes();
        applyScope();
    });
    connect(m_replica, &QComboBox::currentIndexChanged, this, &DeploymentsPage::applyScope);
    connect(m_stream, &QComboBox::currentIndexChanged, this, &DeploymentsPage::applyScope);
    connect(m_budget, &QLineEdit::returnPressed, this, [this] {
        const auto versions = selected();
        auto typed = m_budget->text().trimmed();
        if (typed.startsWith(u'$'))
            typed = typed.mid(1);
        bool number = false;
        const auto dollars = typed.toDouble(&number);
        if (versions.empty())
            return;
        if (!typed.isEmpty() && (!number || dollars < 0)) {
            tell(tr("A budget is a sum in dollars, like 25 or 2.50; empty takes it away."), false);
            return;
        }
        Q_EMIT budgetRequested(text(versions.front()->appName),
                               typed.isEmpty() ? QStringLiteral("none") : typed);
    });
    m_clock.setInterval(1000);
    connect(&m_clock, &QTimer::timeout, this, [this] {
        if (isVisible())
            updateReplicas();
    });
}

const em::DeploymentSummary* DeploymentsPage::find(const QString& key) const
{
    for (const auto& deployment : m_snapshot.deployments)
        if (models::versionKey(deployment) == key)
            return &deployment;
    return nullptr;
}

std::vector<const em::DeploymentSummary*> DeploymentsPage::selected() const
{
    std::vector<const em::DeploymentSummary*> versions;
    for (const auto& key : m_table->selectedKeys())
        if (const auto* one = find(key))
            versions.push_back(one);
    std::sort(versions.begin(), versions.end(),
              [](const auto* a, const auto* b) { return a->version < b->version; });
    return versions;
}

void DeploymentsPage::setSnapshot(const client::Snapshot& snapshot, const QString& target)
{
    const auto keys = m_table->selectedKeys();
    m_snapshot = snapshot;
    m_versions.set(snapshot.deployments);
    m_logs.setTasks(snapshot.tasks);
    std::set<std::string> apps;
    std::uint32_t replicas = 0;
    for (const auto& deployment : snapshot.deployments) {
        if (deployment.state == "live")
            apps.insert(deployment.appName);
        replicas += deployment.replicas;
    }
    m_table->setSummary(
        snapshot.deployments.empty()
            ? tr("at %1").arg(target)
            : tr("at %1 · %2 live · %3 replicas").arg(target).arg(apps.size()).arg(replicas));
    if (!keys.isEmpty() && m_table->selectedKeys().isEmpty())
        m_table->select(keys.front());
    if (m_table->selectedKeys().isEmpty() && !snapshot.deployments.empty())
        m_table->select(models::versionKey(snapshot.deployments.front()));
    choose();
    const bool live
        = std::any_of(snapshot.tasks.begin(), snapshot.tasks.end(),
                      [](const auto& task) { return task.state != em::TaskState::Finished; });
    live ? m_clock.start() : m_clock.stop();
}

void DeploymentsPage::setPort(std::shared_ptr<client::DaemonPort> port)
{
    m_port = std::move(port);
    m_logs.follow(nullptr, {});
    m_notice->dismiss();
}

void DeploymentsPage::setStale(bool stale)
{
    for (auto* page : {m_table, m_changesPage, m_replicasPage})
        page->setStale(stale);
}

void DeploymentsPage::choose()
{
    const auto versions = selected();
    m_details->setEnabled(!versions.empty());
    updateChanges();
    updateReplicas();
    updateScopes();
    const auto* chosen = versions.empty() ? nullptr : versions.back();
    if (!m_budget->hasFocus())
        m_budget->setText(chosen == nullptr || chosen->budgetMicros == 0
                              ? QString()
                              : models::moneyText(chosen->budgetMicros).mid(1));
    const auto app = chosen == nullptr ? std::string() : chosen->appId;
    if (app != m_logs.appId() && m_port)
        m_logs.follow(m_port, app);
    const auto held = chosen == nullptr || chosen->heldBack.empty()
        ? std::string()
        : chosen->appName + ": " + chosen->heldBack;
    if (held != m_heldBackTold && !held.empty() && m_notice->text().isEmpty())
        m_notice->say(
            NoticeBar::Kind::Warning,
            tr("%1: no replica is started: %2").arg(text(chosen->appName), text(chosen->heldBack)));
    m_heldBackTold = held;
}

void DeploymentsPage::updateChanges()
{
    const auto versions = selected();
    if (versions.empty()) {
        m_changes.set({});
        m_changesPage->setSummary({});
        return;
    }
    const auto* after = versions.back();
    const auto* before = versions.size() > 1 ? versions.front() : nullptr;
    if (before == nullptr)
        for (const auto& other : m_snapshot.deployments)
            if (other.appName == after->appName && other.version < after->version
                && (before == nullptr || other.version > before->version))
                before = &other;
    if (before == nullptr || before->appName != after->appName) {
        m_changes.set({});
        m_changesPage->setSummary(
            before == nullptr
                ? tr("%1 %2 is the first version").arg(text(after->appName)).arg(after->version)
                : tr("They are of different apps"));
        return;
    }
    m_changes.set(models::compareVersions(*before, *after));
    m_changesPage->setSummary(tr("%1: version %2 → %3")
                                  .arg(text(after->appName))
                                  .arg(before->version)
                                  .arg(after->version));
}

void DeploymentsPage::updateReplicas()
{
    std::vector<em::TaskSummary> tasks;
    int live = 0;
    for (const auto* version : selected())
        for (const auto& task : m_snapshot.tasks)
            if (task.appId == version->appId && task.version == version->version) {
                tasks.push_back(task);
                live += task.state == em::TaskState::Finished ? 0 : 1;
            }
    m_replicas.set(tasks, emulator::SystemClock().now());
    m_replicasPage->setSummary(tr("%1 live, %2 in all").arg(live).arg(tasks.size()));
    m_details->setTabText(0, live > 0 ? tr("Replicas (%1)").arg(live) : tr("Replicas"));
}

void DeploymentsPage::updateScopes()
{
    const auto versions = selected();
    std::set<std::string> functions;
    std::vector<std::string> replicas;
    const auto only = m_function->currentIndex() > 0 ? m_function->currentText() : QString();
    if (!versions.empty())
        for (const auto& task : m_snapshot.tasks) {
            if (task.appId != versions.back()->appId)
                continue;
            functions.insert(task.functionName);
            if (only.isEmpty() || only == text(task.functionName))
                replicas.push_back(client::replicaSource(task.functionName, task.id));
        }
    QStringList names;
    for (const auto& name : functions)
        names << text(name);
    QStringList sources;
    for (const auto& source : replicas)
        sources << text(source);
    const auto before = m_replica->currentText();
    fill(m_function, tr("All functions"), names);
    fill(m_replica, tr("All replicas"), sources);
    if (m_replica->currentText() != before)
        applyScope();
}

void DeploymentsPage::applyScope()
{
    QString source;
    if (m_replica->currentIndex() > 0)
        source = m_replica->currentText();
    else if (m_function->currentIndex() > 0)
        source = m_function->currentText();
    m_logPanel->setScope(source, m_stream->currentIndex());
}

void DeploymentsPage::showVersion(const QString& appName, int version, bool logs)
{
    const auto* live = models::liveVersion(m_snapshot.deployments, appName.toStdString());
    if (version == 0 && live != nullptr)
        version = int(live->version);
    m_table->select(appName + u' ' + QString::number(version));
    if (logs)
        m_details->setCurrentWidget(m_logPanel);
}

void DeploymentsPage::askRollBack(const QString& appName, int version)
{
    const auto* live = models::liveVersion(m_snapshot.deployments, appName.toStdString());
    if (version == 0)
        version = int(models::previousVersion(m_snapshot.deployments, appName.toStdString()));
    if (version == 0) {
        tell(tr("%1 has no earlier version to roll back to.").arg(appName), false);
        return;
    }
    const int now = live == nullptr ? 0 : int(live->version);
    const auto question = now == 0
        ? tr("Bring %1 back with version %2? Its images are still there.").arg(appName).arg(version)
        : tr("Roll %1 back from version %2 to %3? Calls that are running end as they are.")
              .arg(appName)
              .arg(now)
              .arg(version);
    m_notice->say(
        NoticeBar::Kind::Question, question,
        {{tr("Roll back"),
          [this, appName, version, now] { Q_EMIT rollBackRequested(appName, version, now); }, true},
         {tr("Keep"), {}, false}});
}

void DeploymentsPage::tell(const QString& sentence, bool good)
{
    m_notice->say(good ? NoticeBar::Kind::Success : NoticeBar::Kind::Error, sentence);
}

void DeploymentsPage::offerUndo(const QString& appName, int version, int undoTo)
{
    QList<NoticeBar::Button> buttons;
    if (undoTo > 0)
        buttons << NoticeBar::Button {
            tr("Undo"), [this, appName, undoTo] { Q_EMIT rollBackRequested(appName, undoTo, 0); },
            false};
    m_notice->say(NoticeBar::Kind::Success,
                  tr("%1 runs what version %2 was.").arg(appName).arg(version), buttons);
}

void DeploymentsPage::focusFilter()
{
    m_table->focusFilter();
}

} // namespace app::pages
