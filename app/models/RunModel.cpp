// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/RunModel.h"

namespace app::models {

QString runStateText(RunState state)
{
    switch (state) {
    case RunState::Draft:
        return RunModel::tr("Not run yet");
    case RunState::Preparing:
        return RunModel::tr("Preparing");
    case RunState::Queued:
        return RunModel::tr("Queued");
    case RunState::Starting:
        return RunModel::tr("Starting");
    case RunState::Running:
        return RunModel::tr("Running");
    case RunState::Succeeded:
        return RunModel::tr("Succeeded");
    case RunState::Failed:
        return RunModel::tr("Failed");
    case RunState::Cancelled:
        return RunModel::tr("Stopped");
    case RunState::Lost:
        return RunModel::tr("Lost");
    }
    return {};
}

bool isFinal(RunState state)
{
    return state >= RunState::Succeeded;
}

void RunModel::begin(const QString& runId, const QString& function, qint64 startedAt)
{
    m_runId = runId;
    m_function = function;
    m_reason.clear();
    m_started = startedAt == 0 ? QDateTime::currentDateTimeUtc()
                               : QDateTime::fromMSecsSinceEpoch(startedAt, Qt::UTC);
    m_ended = {};
    m_state = RunState::Preparing;
    Q_EMIT stateChanged(m_state);
}

bool RunModel::advance(RunState state, const QString& reason)
{
    if (!active() || state <= m_state)
        return false;
    m_state = state;
    m_reason = reason;
    if (isFinal(state))
        m_ended = QDateTime::currentDateTimeUtc();
    Q_EMIT stateChanged(state);
    return true;
}

double RunModel::elapsedSeconds() const
{
    if (!m_started.isValid())
        return 0;
    const auto end = m_ended.isValid() ? m_ended : QDateTime::currentDateTimeUtc();
    return static_cast<double>(m_started.msecsTo(end)) / 1000.0;
}

} // namespace app::models
