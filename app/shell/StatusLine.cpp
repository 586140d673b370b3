// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/StatusLine.h"

#include "app/models/RecordModels.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QLabel>
#include <QPushButton>
#include <QTimer>

namespace app::shell {

using client::DaemonLink;
using widgets::named;

StatusLine::StatusLine(QWidget* parent)
    : QStatusBar(parent)
    , m_git(named(new QLabel(this), "status.git", tr("Git")))
    , m_daemon(named(new QLabel(this), "status.emulator", tr("Emulator")))
    , m_sentence(named(new QLabel(this), "status.sentence", tr("Message")))
    , m_deploy(named(new QPushButton(this), "status.deploy", tr("Deploy")))
    , m_target(named(new QPushButton(this), "status.target", tr("Target")))
    , m_tasks(named(new QLabel(this), "status.tasks", tr("Running tasks")))
    , m_cost(named(new QLabel(this), "status.cost", tr("Cost so far")))
{
    widgets::name(this, "status.bar", tr("Status"));
    setSizeGripEnabled(false);
    addWidget(m_git);
    addWidget(m_daemon);
    addWidget(m_sentence, 1);
    for (auto* button : {m_deploy, m_target}) {
        button->setProperty("link", true);
        button->hide();
        addPermanentWidget(button);
    }
    m_deploy->setIcon(widgets::icon(QStringLiteral("deploy"), widgets::IconColour::Accent));
    m_deploy->setToolTip(tr("Show the deploy"));
    m_target->setToolTip(tr("Show the deployments"));
    connect(m_deploy, &QPushButton::clicked, this, &StatusLine::deployClicked);
    connect(m_target, &QPushButton::clicked, this, &StatusLine::targetClicked);
    addPermanentWidget(m_tasks);
    addPermanentWidget(m_cost);
    m_git->hide();
    setDaemon(DaemonLink::State::Starting, {});
    setTasks(0);
    setCost(0);
}

void StatusLine::setGit(const models::GitState& state)
{
    m_git->setVisible(state.repository);
    auto text = QStringLiteral("⎇ ") + state.branch;
    if (state.ahead > 0)
        text += QStringLiteral(" ↑%1").arg(state.ahead);
    if (state.behind > 0)
        text += QStringLiteral(" ↓%1").arg(state.behind);
    if (!state.files.isEmpty())
        text += QStringLiteral(" ✎%1").arg(state.files.size());
    m_git->setText(text);
    m_git->setToolTip(tr("%1 changed files").arg(state.files.size()));
}

void StatusLine::setDaemon(DaemonLink::State state, const QString& reason)
{
    auto short_ = reason.section(u'\n', 0, 0);
    if (short_.size() > 90)
        short_ = short_.left(89) + u'…';
    switch (state) {
    case DaemonLink::State::Starting:
        m_daemon->setText(tr("Emulator: starting…"));
        break;
    case DaemonLink::State::Ready:
        m_daemon->setText(tr("Emulator: ready"));
        break;
    case DaemonLink::State::Gone:
        m_daemon->setText(tr("Emulator: not there, trying again%1")
                              .arg(short_.isEmpty() ? QString() : QStringLiteral(" · ") + short_));
        break;
    }
    m_daemon->setToolTip(reason);
    // The colour follows the theme through a style sheet that names the role.
    m_daemon->setStyleSheet(
        state == DaemonLink::State::Gone
            ? QStringLiteral("color: %1").arg(widgets::coloursOf(palette()).error.name())
            : QString());
}

void StatusLine::setTasks(int running)
{
    m_tasks->setText(running == 1 ? tr("1 task running") : tr("%1 tasks running").arg(running));
}

void StatusLine::setDeploy(const QString& summary)
{
    m_deploy->setVisible(!summary.isEmpty());
    if (summary.isEmpty())
        return;
    m_deploy->setText(summary);
    m_deploy->setAccessibleName(summary);
}

void StatusLine::setTarget(const QString& text, bool connected)
{
    m_target->setVisible(!text.isEmpty());
    if (text.isEmpty())
        return;
    m_target->setText(text);
    m_target->setAccessibleName(text);
    m_target->setIcon(
        widgets::icon(QStringLiteral("dot"),
                      connected ? widgets::IconColour::Success : widgets::IconColour::Error));
}

void StatusLine::setCost(std::int64_t micros, bool emulated)
{
    m_cost->setText(emulated ? tr("%1 emulated").arg(models::moneyText(micros))
                             : tr("%1 spent").arg(models::moneyText(micros)));
    m_cost->setToolTip(
        emulated
            ? tr("What the tasks of this emulator would have cost, by its ledger and price book")
            : tr("What the tasks of this target have cost, by its ledger and price book"));
}

void StatusLine::say(const QString& sentence)
{
    m_sentence->setText(sentence);
    QTimer::singleShot(10'000, m_sentence, [this, sentence] {
        if (m_sentence->text() == sentence)
            m_sentence->clear();
    });
}

} // namespace app::shell
