// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/CostPage.h"

#include "app/client/Background.h"
#include "app/models/DeployPlan.h"
#include "app/pages/RecordPage.h"
#include "app/widgets/CostPlot.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/NoticeBar.h"
#include "emulator/base/Files.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace app::pages {

namespace em = emulator::model;
using widgets::named;

CostPage::CostPage(client::CostFeed* feed, QWidget* parent)
    : QWidget(parent)
    , m_feed(feed)
    , m_notice(new widgets::NoticeBar(QStringLiteral("costPage.notice"), this))
    , m_app(named(new QComboBox(this), "costPage.app", tr("Cost of which app")))
    , m_group(named(new QComboBox(this), "costPage.group", tr("Stacked by")))
    , m_ranges(new QButtonGroup(this))
    , m_export(named(new QPushButton(tr("Export CSV…"), this), "costPage.export",
                     tr("Export the points as CSV")))
    , m_total(named(new QLabel(this), "costPage.total", tr("Cost in this range")))
    , m_plot(new widgets::CostPlot(this))
    , m_basis(named(new QLabel(this), "costPage.basis", tr("What the forecast rests on")))
    , m_table(new RecordPage(QStringLiteral("cost"), tr("In this range"), &m_groups, this))
    , m_days(new RecordPage(QStringLiteral("ledger"), tr("By day"), &m_ledger, this))
{
    widgets::name(this, "costPage", tr("Cost"));
    m_table->setCompact();
    m_days->setCompact();
    m_table->setEmptyText(tr("Nothing was charged in this range. Figures are task time × the "
                             "list prices of what is reserved."));
    m_days->setEmptyText(tr("Nothing has been charged yet."));
    m_basis->setWordWrap(true);
    m_basis->setEnabled(false);
    m_basis->setContentsMargins(16, 4, 16, 8);
    auto* left = named(new QWidget(this), "costPage.left", tr("Graph"));
    left->setAutoFillBackground(true);
    left->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_plot, 1);
    column->addWidget(m_basis);
    auto* tables = named(new QTabWidget(this), "costPage.tables", tr("Tables"));
    tables->setDocumentMode(true);
    tables->addTab(m_table, tr("In this range"));
    tables->addTab(m_days, tr("Ledger by day"));
    tables->tabBar()->setObjectName(QStringLiteral("costPage.tabs"));
    tables->tabBar()->setAccessibleName(tr("Tables"));
    auto* split = named(new QSplitter(Qt::Horizontal, this), "costPage.split", tr("Cost"));
    split->addWidget(left);
    split->addWidget(tables);
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(makeBar());
    layout->addWidget(split, 1);
    connect(feed, &client::CostFeed::changed, this, &CostPage::update);
    connect(m_app, &QComboBox::currentIndexChanged, this, &CostPage::update);
    connect(m_group, &QComboBox::currentIndexChanged, this, &CostPage::update);
    connect(m_export, &QPushButton::clicked, this, &CostPage::chooseFile);
    connect(this, &CostPage::saved, this, [this](const QString& path, const QString& problem) {
        if (problem.isEmpty())
            m_notice->say(widgets::NoticeBar::Kind::Success, tr("Saved to %1.").arg(path));
        else
            m_notice->say(widgets::NoticeBar::Kind::Error, problem);
    });
    update();
}

QWidget* CostPage::makeBar()
{
    auto* bar = named(new QWidget(this), "costPage.bar", tr("What is shown"));
    auto* title = named(new QLabel(tr("Cost"), bar), "costPage.title", tr("Cost"));
    auto large = title->font();
    large.setPointSize(large.pointSize() + 3);
    large.setBold(true);
    title->setFont(large);
    m_group->addItem(tr("by function"), int(models::CostGroup::Function));
    m_group->addItem(tr("by GPU"), int(models::CostGroup::Gpu));
    m_group->addItem(tr("by deployment"), int(models::CostGroup::Deployment));
    m_app->addItem(tr("All apps"));
    m_app->setMinimumWidth(140);
    m_export->setIcon(widgets::icon(QStringLiteral("save")));
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(16, 12, 16, 8);
    layout->setSpacing(10);
    layout->addWidget(title);
    layout->addWidget(m_total);
    layout->addStretch();
    layout->addWidget(m_app);
    layout->addWidget(m_group);
    auto* ranges = new QHBoxLayout;
    ranges->setSpacing(0);
    for (int i = 0; i < models::costRanges().size(); ++i) {
        const auto& range = models::costRanges()[i];
        auto* button = new QToolButton(bar);
        button->setObjectName(QStringLiteral("costPage.range.") + QString(range.name).remove(u' '));
        button->setAccessibleName(tr("The last %1").arg(range.name));
        button->setText(range.name);
        button->setCheckable(true);
        button->setChecked(i == 0);
        m_ranges->addButton(button, i);
        ranges->addWidget(button);
    }
    layout->addLayout(ranges);
    layout->addWidget(m_export);
    connect(m_ranges, &QButtonGroup::idClicked, this,
            [this](int id) { m_feed->setRange(models::costRanges()[id]); });
    return bar;
}

void CostPage::setSnapshot(const client::Snapshot& snapshot, const QString& target)
{
    m_snapshot = snapshot;
    m_target = target;
    m_ledger.set(snapshot.cost);
    m_appNames.clear();
    for (const auto& line : snapshot.cost)
        m_appNames[QString::fromStdString(line.appId)] = QString::fromStdString(line.appName);
    for (const auto& app : snapshot.apps)
        m_appNames[QString::fromStdString(app.id)] = QString::fromStdString(app.description);
    for (const auto& deployment : snapshot.deployments)
        m_appNames[QString::fromStdString(deployment.appId)]
            = QString::fromStdString(deployment.appName);
    fillApps();
    update();
}

void CostPage::fillApps()
{
    QMap<QString, QString> apps; // name → id; runs of one name are told apart by their number
    for (auto it = m_appNames.cbegin(); it != m_appNames.cend(); ++it)
        apps[apps.contains(it.value()) ? it.value() + QStringLiteral(" · ") + it.key().right(6)
                                       : it.value()]
            = it.key();
    const QSignalBlocker blocker(m_app);
    const auto chosen = m_app->currentData();
    m_app->clear();
    m_app->addItem(tr("All apps"));
    for (auto it = apps.cbegin(); it != apps.cend(); ++it)
        m_app->addItem(it.key(), it.value());
    m_app->setCurrentIndex(std::max(0, chosen.isValid() ? m_app->findData(chosen) : 0));
}

std::string CostPage::chosenApp() const
{
    return m_app->currentData().toString().toStdString();
}

/// What a machine of one's own emulates costs nobody anything.
QString CostPage::unit() const
{
    return m_target == QLatin1String("local") || m_target.isEmpty() ? tr(" (emulated)") : QString();
}

void CostPage::update()
{
    const auto app = chosenApp();
    const auto group = static_cast<models::CostGroup>(m_group->currentData().toInt());
    const auto now = m_snapshot.takenAt != 0 && m_plot->property("stale").toBool()
        ? m_snapshot.takenAt
        : emulator::SystemClock().now();
    const auto series = models::costSeries(m_feed->points(), m_feed->range(), group,
                                           now / 1'000'000, app, m_appNames);
    std::optional<double> budget;
    double before = 0;
    for (const auto& deployment : m_snapshot.deployments) {
        const bool only = app.empty() ? false : deployment.appId == app;
        if (!only || deployment.state != "live" || deployment.budgetMicros == 0)
            continue;
        budget = double(deployment.budgetMicros) / 1e6;
        before = std::max(0.0, double(deployment.appCostMicros - series.total) / 1e6);
    }
    m_plot->setSeries(series, budget, before);
    m_groups.set(series);
    QStringList words;
    words << tr("%1 in the last %2%3 at %4")
                 .arg(models::moneyText(series.total), m_feed->range().name, unit(),
                      m_target.isEmpty() ? tr("this machine") : m_target);
    if (budget)
        words << tr("%1 of $%2 budget spent")
                     .arg(models::moneyText(std::llround(before * 1e6) + series.total))
                     .arg(*budget, 0, 'f', 2);
    m_total->setText(words.join(QStringLiteral(" · ")));
    m_basis->setText(!m_feed->problem().isEmpty() ? m_feed->problem()
                         : series.forecast
                         ? series.forecast->basis
                         : tr("No forecast: nothing has run in the recent part of this range."));
    m_export->setEnabled(!m_feed->points().empty());
}

void CostPage::setStale(bool stale)
{
    m_plot->setProperty("stale", stale);
    m_plot->setStale(stale);
    m_table->setStale(stale);
    m_days->setStale(stale);
}

void CostPage::showApp(const QString& appName)
{
    m_app->setCurrentIndex(std::max(0, m_app->findText(appName)));
}

void CostPage::chooseFile()
{
    auto* dialog = new QFileDialog(this, tr("Export the cost"));
    dialog->setObjectName(QStringLiteral("costPage.exportDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->selectFile(QStringLiteral("cost-%1.csv").arg(m_target));
    connect(dialog, &QFileDialog::fileSelected, this, &CostPage::exportTo);
    dialog->open();
}

void CostPage::exportTo(const QString& path)
{
    auto points = m_feed->points();
    if (const auto app = chosenApp(); !app.empty())
        std::erase_if(points, [&](const em::CostPoint& point) { return point.appId != app; });
    client::inBackground(
        this,
        [points = std::move(points), names = m_appNames, path] {
            const auto csv = models::costCsv(points, names);
            const auto written
                = emulator::writeFileAtomically(path.toStdString(), csv.toStdString());
            return written ? QString() : QString::fromStdString(written.error().message());
        },
        [this, path](const QString& problem) { Q_EMIT saved(path, problem); });
}

void CostPage::focusFilter()
{
    m_table->focusFilter();
}

void CostPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_feed->setWatched(true);
}

void CostPage::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_feed->setWatched(false);
}

} // namespace app::pages
