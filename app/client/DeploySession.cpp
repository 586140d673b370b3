// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/DeploySession.h"

#include <QDateTime>

namespace app::client {

using models::DeployState;

DeploySession::DeploySession(QObject* parent)
    : QObject(parent)
    , m_log(nullptr, 20'000)
{
    connect(&m_process, &SlipProcess::object, this, &DeploySession::takeObject);
    connect(&m_process, &SlipProcess::text, this,
            [this](const QByteArray& line) { addLine(line, 1); });
    connect(&m_process, &SlipProcess::finished, this, &DeploySession::ended);
}

void DeploySession::plan(const DeployRequest& request)
{
    if (m_model.state() == DeployState::Running)
        return;
    m_request = request;
    m_deployArguments.clear();
    m_model.beginPlan(request.file, request.target);
    if (m_process.running())
        m_process.interrupt();
    begin();
}

void DeploySession::deploy(const QString& strategy, const QString& budget)
{
    if (m_model.active() || !m_model.hasPlan())
        return;
    m_deployArguments = QStringList {QStringLiteral("--yes")};
    if (!strategy.isEmpty())
        m_deployArguments << QStringLiteral("--strategy") << strategy;
    if (!budget.isEmpty())
        m_deployArguments << QStringLiteral("--budget") << budget;
    m_model.beginDeploy();
    begin();
}

void DeploySession::retry()
{
    if (m_model.active())
        return;
    if (m_deployArguments.isEmpty())
        m_model.beginPlan(m_request.file, m_request.target);
    else
        m_model.beginDeploy();
    begin();
}

/// At once, or when the program of before has ended: it may live a moment longer than its last
/// word.
void DeploySession::begin()
{
    m_beginAgain = m_process.running();
    if (m_beginAgain)
        return;
    m_log.clear();
    QStringList arguments {QStringLiteral("deploy"), m_request.file, QStringLiteral("--target"),
                           m_request.target};
    arguments
        += m_deployArguments.isEmpty() ? QStringList {QStringLiteral("--plan")} : m_deployArguments;
    arguments << QStringLiteral("--json");
    addLine("$ slip " + arguments.join(u' ').toUtf8(), 3);
    m_process.start(m_request.slip, arguments, m_request.folder);
}

void DeploySession::cancel()
{
    if (m_process.running() && !m_beginAgain)
        m_process.interrupt();
    else if (m_model.active()) {
        m_beginAgain = false;
        m_model.cancelled();
    }
}

void DeploySession::addLine(const QByteArray& line, int descriptor)
{
    m_log.append({{QDateTime::currentMSecsSinceEpoch() * 1000,
                   descriptor == 3 ? "slipway" : "slip",
                   descriptor,
                   {line.constData(), static_cast<std::size_t>(line.size())}}});
}

void DeploySession::takeObject(const QJsonObject& json)
{
    if (m_beginAgain)
        return; // of what is over
    if (m_model.state() != DeployState::Planning || json.contains(QStringLiteral("event"))) {
        const auto line = m_model.takeEvent(json);
        if (!line.isNull())
            addLine(line.toUtf8(), 1);
        return;
    }
    const auto plan = models::DeployPlan::fromJson(json);
    if (plan)
        m_model.takePlan(*plan);
    else
        m_model.fail({QStringLiteral("plan"),
                      tr("The plan cannot be read"),
                      QString::fromStdString(plan.error().message()),
                      {},
                      false,
                      0});
}

void DeploySession::ended(int code, const QString& problem)
{
    if (m_beginAgain) {
        m_beginAgain = false;
        begin();
        return;
    }
    if (!m_model.active())
        return; // its last line has said how it ended
    if (m_process.interrupts() > 0 || code == 130) {
        m_model.cancelled();
        return;
    }
    const bool planning = m_model.state() == DeployState::Planning;
    models::DeployFailure failure {
        planning ? QStringLiteral("plan") : QString(),
        planning ? tr("No plan could be made") : tr("The deploy ended early"),
        problem.isEmpty() ? tr("slip ended without a word of how it went") : problem,
        tr("The lines below tell more."),
        !planning,
        0};
    // For people it says "slip: what: why", then what is live, then what to do.
    const auto words = m_process.lastWords().split(u'\n');
    for (qsizetype i = 0; i < words.size(); ++i)
        if (words[i].startsWith(QLatin1String("slip: "))) {
            failure.why = words[i].mid(6);
            if (i + 2 < words.size())
                failure.fix = words.mid(i + 2).join(u' ');
        }
    m_model.fail(failure);
}

QString DeploySession::diagnostics() const
{
    const auto& failure = m_model.failure();
    QStringList lines {
        tr("deploy of %1 to %2").arg(m_request.file.section(u'/', -1), m_request.target),
        tr("stage: %1").arg(failure.stage), tr("what: %1").arg(failure.what),
        tr("why: %1").arg(failure.why), tr("fix: %1").arg(failure.fix)};
    for (const auto& step : m_model.stages())
        lines << QStringLiteral("  %1: %2 %3").arg(step.name).arg(int(step.state)).arg(step.text);
    const int rows = m_log.rowCount();
    for (int row = std::max(0, rows - 200); row < rows; ++row)
        lines << QString::fromStdString(m_log.record(row).text);
    return lines.join(u'\n');
}

} // namespace app::client
