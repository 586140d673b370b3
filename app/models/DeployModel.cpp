// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/DeployModel.h"

#include <algorithm>

namespace app::models {

namespace {

QVector<Step> freshStages()
{
    QVector<Step> stages;
    const std::pair<const char*, QString> all[] {
        {"build", DeployModel::tr("Build")},           {"push", DeployModel::tr("Push")},
        {"register", DeployModel::tr("Register")},     {"submit", DeployModel::tr("Submit")},
        {"probe", DeployModel::tr("Queue and start")}, {"live", DeployModel::tr("Live")}};
    for (const auto& [name, title] : all) {
        Step step;
        step.name = QLatin1String(name);
        step.title = title;
        stages << step;
    }
    return stages;
}

QString text(const QJsonObject& json, const char* key)
{
    return json[QLatin1String(key)].toString();
}

} // namespace

StepState stepState(const QString& word)
{
    if (word == QLatin1String("running"))
        return StepState::Running;
    if (word == QLatin1String("done") || word == QLatin1String("ok"))
        return StepState::Done;
    if (word == QLatin1String("failed"))
        return StepState::Failed;
    return word == QLatin1String("skipped") ? StepState::Skipped : StepState::Waiting;
}

DeployModel::DeployModel(QObject* parent)
    : QObject(parent)
    , m_stages(freshStages())
{
}

void DeployModel::enter(DeployState state)
{
    const bool other = state != m_state;
    m_state = state;
    if (!active() && !m_ended.isValid())
        m_ended = QDateTime::currentDateTime();
    Q_EMIT changed();
    if (other)
        Q_EMIT stateChanged(state);
}

void DeployModel::reset()
{
    m_stages = freshStages();
    m_failure = {};
    m_hasPlan = false;
    m_plan = {};
    m_appId.clear();
    m_appName.clear();
    m_version = 0;
    enter(DeployState::Idle);
}

void DeployModel::beginPlan(const QString& file, const QString& target)
{
    m_file = file;
    m_target = target;
    m_stages = freshStages();
    m_failure = {};
    m_hasPlan = false;
    m_appId.clear();
    m_appName.clear();
    m_version = 0;
    m_began = QDateTime::currentDateTime();
    m_ended = {};
    enter(DeployState::Planning);
}

void DeployModel::takePlan(const DeployPlan& plan)
{
    m_plan = plan;
    m_hasPlan = true;
    enter(m_state == DeployState::Planning ? DeployState::Planned : m_state);
}

void DeployModel::beginDeploy()
{
    m_stages = freshStages();
    m_failure = {};
    m_began = QDateTime::currentDateTime();
    m_ended = {};
    enter(DeployState::Running);
}

Step* DeployModel::stage(const QString& name)
{
    for (auto& step : m_stages)
        if (step.name == name)
            return &step;
    return nullptr;
}

QString DeployModel::takeEvent(const QJsonObject& event)
{
    const auto kind = text(event, "event");
    if (kind == QLatin1String("log"))
        return text(event, "text");
    if (kind == QLatin1String("stage"))
        takeStage(event);
    else if (kind == QLatin1String("progress"))
        takeProgress(event);
    else if (kind == QLatin1String("result"))
        takeResult(event);
    else if (kind == QLatin1String("plan")) {
        // Either beside the kind or within it.
        const auto inner = event[QStringLiteral("plan")].toObject();
        if (const auto plan = DeployPlan::fromJson(inner.isEmpty() ? event : inner))
            takePlan(*plan);
    }
    return {};
}

void DeployModel::takeStage(const QJsonObject& event)
{
    auto* step = stage(text(event, "stage"));
    if (step == nullptr)
        return;
    const auto before = step->state;
    step->state = stepState(text(event, "state"));
    step->text = text(event, "text");
    const auto now = QDateTime::currentDateTime();
    if (step->state == StepState::Running && before != StepState::Running)
        step->since = now;
    if (step->state != StepState::Running && step->since.isValid())
        step->seconds = double(step->since.msecsTo(now)) / 1000;
    // What came before it has ended, even when nothing said so.
    for (auto& earlier : m_stages) {
        if (earlier.name == step->name)
            break;
        if (earlier.state == StepState::Running)
            earlier.state = StepState::Done;
        else if (earlier.state == StepState::Waiting)
            earlier.state = StepState::Skipped;
    }
    Q_EMIT changed();
}

void DeployModel::takeProgress(const QJsonObject& event)
{
    auto* step = stage(text(event, "stage"));
    if (step == nullptr)
        return;
    step->done = event[QStringLiteral("done")].toInteger();
    step->total = event[QStringLiteral("total")].toInteger();
    if (step->name == QLatin1String("push") && step->total > 0)
        step->text = tr("%1 of %2")
                         .arg(step->done == 0 ? QStringLiteral("0") : sizeText(double(step->done)),
                              sizeText(double(step->total)));
    Q_EMIT changed();
}

void DeployModel::takeResult(const QJsonObject& event)
{
    if (event[QStringLiteral("ok")].toBool()) {
        m_appId = text(event, "app_id");
        m_appName = text(event, "app_name");
        m_version = static_cast<int>(event[QStringLiteral("version")].toInteger());
        for (auto& step : m_stages)
            if (step.state == StepState::Running || step.name == QLatin1String("live"))
                step.state = StepState::Done;
        enter(DeployState::Live);
        return;
    }
    fail({text(event, "stage"), text(event, "what"), text(event, "why"), text(event, "fix"),
          event[QStringLiteral("resumable")].toBool(),
          static_cast<int>(event[QStringLiteral("live_version")].toInteger())});
}

void DeployModel::fail(const DeployFailure& failure)
{
    m_failure = failure;
    for (auto& step : m_stages)
        if (step.state == StepState::Running
            || (step.name == failure.stage && step.state == StepState::Waiting)) {
            step.state = StepState::Failed;
            if (step.since.isValid())
                step.seconds = double(step.since.msecsTo(QDateTime::currentDateTime())) / 1000;
        }
    if (m_failure.liveVersion == 0 && m_hasPlan)
        m_failure.liveVersion = m_plan.liveVersion;
    enter(DeployState::Failed);
}

void DeployModel::cancelled()
{
    for (auto& step : m_stages)
        if (step.state == StepState::Running)
            step.state = StepState::Skipped;
    enter(DeployState::Cancelled);
}

QString DeployModel::appName() const
{
    return m_appName.isEmpty() ? m_plan.app : m_appName;
}

double DeployModel::elapsedSeconds() const
{
    if (!m_began.isValid())
        return 0;
    const auto end = m_ended.isValid() ? m_ended : QDateTime::currentDateTime();
    return double(m_began.msecsTo(end)) / 1000;
}

QString DeployModel::summary() const
{
    const auto where = m_target.isEmpty() ? QStringLiteral("local") : m_target;
    switch (m_state) {
    case DeployState::Planning:
        return tr("%1: planning a deploy").arg(where);
    case DeployState::Running: {
        for (const auto& step : m_stages)
            if (step.state == StepState::Running)
                return step.text.isEmpty()
                    ? tr("%1: %2").arg(where, step.title.toLower())
                    : tr("%1: %2 · %3").arg(where, step.title.toLower(), step.text);
        return tr("%1: deploying").arg(where);
    }
    case DeployState::Live:
        return tr("%1: %2 v%3 is live").arg(where, appName()).arg(m_version);
    case DeployState::Failed:
        return tr("%1: deploy failed").arg(where);
    default:
        return {};
    }
}

} // namespace app::models
