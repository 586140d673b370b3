// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/TargetsPage.h"

#include "app/pages/RecordPage.h"
#include "app/pages/TargetForm.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/NoticeBar.h"
#include "app/widgets/StepList.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSplitter>
#include <QVBoxLayout>

namespace app::pages {

namespace em = emulator::model;
using widgets::named;
using widgets::NoticeBar;

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

bool isOther(const QStringList& keys)
{
    return keys.size() == 1 && keys.front() != QLatin1String("local");
}

} // namespace

TargetsPage::TargetsPage(client::TargetSet* targets, client::ClusterVerbs* verbs, QWidget* parent)
    : QWidget(parent)
    , m_targets(targets)
    , m_verbs(verbs)
    , m_notice(new NoticeBar(QStringLiteral("targets.notice"), this))
    , m_form(new TargetForm(this))
    , m_table(new RecordPage(QStringLiteral("targets"), tr("Targets"), &m_list, this))
    , m_reason(named(new QLabel(this), "targets.reason", tr("Why it is not connected")))
    , m_test(makeTest())
    , m_nodesPage(new RecordPage(QStringLiteral("nodes"), tr("Nodes"), &m_nodes, this))
{
    widgets::name(this, "targets.view", tr("Targets"));
    m_table->addAction(
        {QStringLiteral("use"), tr("Use"), QStringLiteral("ok"), [this](const QStringList& keys) {
             return keys.size() == 1 && keys.front() != m_targets->currentName();
         }});
    m_table->addAction({QStringLiteral("test"), tr("Test connection"), QStringLiteral("run"),
                        [](const QStringList& keys) { return keys.size() == 1; }});
    m_table->addAction(
        {QStringLiteral("reconnect"), tr("Reconnect"), QStringLiteral("refresh"), isOther});
    m_table->addAction({QStringLiteral("remove"), tr("Remove…"), QStringLiteral("close"), isOther});
    m_table->addAction({QStringLiteral("add"), tr("Add target…"), QStringLiteral("add"),
                        [](const QStringList&) { return true; }});
    m_nodesPage->setEmptyText(
        tr("This machine is the only node. Add a target to run apps on a cluster: its control "
           "plane is reached through ssh, with your own keys."));
    m_nodesPage->setEmptyAction(tr("Add target…"), [this] { openForm(); });
    m_reason->setWordWrap(true);
    m_reason->setContentsMargins(16, 6, 16, 8);
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* upper = named(new QWidget(this), "targets.upper", tr("Targets"));
    auto* column = new QVBoxLayout(upper);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_table, 1);
    column->addWidget(m_reason);
    column->addWidget(m_form);
    column->addWidget(m_test);
    auto* split = named(new QSplitter(Qt::Vertical, this), "targets.split", tr("Targets"));
    split->addWidget(upper);
    split->addWidget(m_nodesPage);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(split, 1);

    connect(targets, &client::TargetSet::listChanged, this, &TargetsPage::takeList);
    connect(targets, &client::TargetSet::snapshotChanged, this, &TargetsPage::takeNodes);
    connect(targets, &client::TargetSet::stateChanged, this, &TargetsPage::takeNodes);
    connect(verbs, &client::ClusterVerbs::stepsChanged, this, &TargetsPage::showSteps);
    connect(verbs, &client::ClusterVerbs::testFinished, this, [this](const QString& problem) {
        showSteps();
        if (!problem.isEmpty())
            m_notice->say(NoticeBar::Kind::Error,
                          tr("%1 could not be tested: %2").arg(m_verbs->tested(), problem));
    });
    connect(m_table, &RecordPage::selectionChanged, this, &TargetsPage::choose);
    connect(m_table, &RecordPage::activated, this, &TargetsPage::useRequested);
    connect(m_table, &RecordPage::requested, this,
            [this](const QString& action, const QStringList& keys) { act(action, keys.value(0)); });
    connect(m_form, &TargetForm::cancelled, this, [this] {
        m_form->hide();
        m_table->setFocus();
    });
    connect(m_form, &TargetForm::submitted, this, &TargetsPage::addTarget);
    takeList();
    takeNodes();
}

QWidget* TargetsPage::makeTest()
{
    auto* box = named(new QFrame(this), "targets.test", tr("Test of the connection"));
    box->setAutoFillBackground(true);
    box->setBackgroundRole(QPalette::Base);
    m_testTitle = named(new QLabel(box), "targets.testTitle", tr("Test of the connection"));
    auto bold = m_testTitle->font();
    bold.setBold(true);
    m_testTitle->setFont(bold);
    m_steps = new widgets::StepList(QStringLiteral("targets.steps"), box);
    auto* close = named(new QPushButton(box), "targets.testClose", tr("Close the test"));
    close->setIcon(widgets::icon(QStringLiteral("close"), widgets::IconColour::Muted));
    close->setProperty("link", true);
    connect(close, &QPushButton::clicked, this, [this] {
        m_verbs->stopTest();
        m_test->hide();
    });
    auto* heading = new QHBoxLayout;
    heading->addWidget(m_testTitle, 1);
    heading->addWidget(close);
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(20, 10, 12, 14);
    layout->setSpacing(8);
    layout->addLayout(heading);
    layout->addWidget(m_steps);
    box->hide();
    return box;
}

void TargetsPage::takeList()
{
    m_list.set(m_targets->all(), emulator::SystemClock().now());
    if (m_table->selectedKeys().isEmpty())
        m_table->select(m_targets->currentName());
    m_table->setSummary(m_targets->all().size() == 1
                            ? tr("this machine only")
                            : tr("%1 places").arg(m_targets->all().size()));
    choose();
}

/// The nodes are the current target's: others have no line here.
void TargetsPage::takeNodes()
{
    m_nodes.set(m_targets->link()->snapshot().nodes);
    m_nodesPage->setStale(m_targets->link()->stale());
    m_nodesPage->setSummary(tr("of %1").arg(m_targets->currentName()));
}

void TargetsPage::choose()
{
    const auto key = m_table->selectedKey();
    m_reason->hide();
    for (const auto& target : m_targets->all())
        if (text(target.name) == key && !target.reason.empty() && target.state != "connected") {
            m_reason->setText(text(target.reason));
            m_reason->show();
        }
}

void TargetsPage::act(const QString& action, const QString& name)
{
    if (action == QLatin1String("add"))
        openForm();
    else if (action == QLatin1String("use"))
        Q_EMIT useRequested(name);
    else if (action == QLatin1String("test"))
        m_verbs->test(name);
    else if (action == QLatin1String("reconnect"))
        m_targets->reconnect(name);
    else if (action == QLatin1String("remove"))
        askRemove(name);
}

void TargetsPage::openForm()
{
    m_form->open();
}

void TargetsPage::addTarget()
{
    const auto target = m_form->value();
    m_verbs->add(target, [this, target](const QString& problem) {
        m_form->setBusy(false);
        if (!problem.isEmpty()) {
            m_form->setProblem(problem);
            return;
        }
        m_form->hide();
        m_targets->local()->refresh();
        m_notice->say(
            NoticeBar::Kind::Success,
            tr("%1 is added. A test shows whether apps can run there.").arg(target.name),
            {{tr("Test connection"), [this, name = target.name] { m_verbs->test(name); }, true}});
    });
}

void TargetsPage::askRemove(const QString& name)
{
    m_notice->say(NoticeBar::Kind::Question,
                  tr("Remove %1 from this machine? What runs there goes on.").arg(name),
                  {{tr("Remove"),
                    [this, name] {
                        m_verbs->remove(name, [this, name](const QString& problem) {
                            m_targets->local()->refresh();
                            if (problem.isEmpty())
                                m_notice->say(NoticeBar::Kind::Success,
                                              tr("%1 is removed.").arg(name));
                            else
                                m_notice->say(NoticeBar::Kind::Error,
                                              tr("%1 is not removed: %2").arg(name, problem));
                        });
                    },
                    true},
                   {tr("Keep"), {}, false}});
}

void TargetsPage::showSteps()
{
    m_test->show();
    auto steps = m_verbs->steps();
    int failed = 0;
    for (const auto& step : steps)
        failed += step.state == models::StepState::Failed ? 1 : 0;
    if (m_verbs->testing() && steps.isEmpty()) {
        models::Step step;
        step.title = tr("Begin");
        step.text = tr("asking the target…");
        step.state = models::StepState::Running;
        step.since = QDateTime::currentDateTime();
        steps << step;
    }
    m_testTitle->setText(m_verbs->testing() ? tr("Testing %1…").arg(m_verbs->tested())
                             : failed > 0
                             ? tr("%1: apps cannot run there yet").arg(m_verbs->tested())
                             : tr("%1: apps can run there").arg(m_verbs->tested()));
    m_steps->setSteps(steps);
}

void TargetsPage::focusFilter()
{
    m_table->focusFilter();
}

} // namespace app::pages
