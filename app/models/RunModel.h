// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QObject>
#include <QString>

#include <optional>

namespace app::models {

enum class RunState {
    Draft,
    Preparing, ///< the client and the image
    Queued, ///< a call waits for a task
    Starting, ///< its container boots
    Running,
    Succeeded,
    Failed,
    Cancelled,
    Lost, ///< neither the client nor the daemon can say how it ended
};

/// "Running", for the user.
[[nodiscard]] QString runStateText(RunState state);
[[nodiscard]] bool isFinal(RunState state);

/// The state of one run. Only steps forward are taken: a late report of an earlier state is
/// ignored, and nothing leaves a final state. One thread.
class RunModel : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// A run: Preparing. `startedAt` is in milliseconds since the epoch; 0: now.
    void begin(const QString& runId, const QString& function, qint64 startedAt = 0);
    /// Whether the step was taken.
    bool advance(RunState state, const QString& reason = {});

    [[nodiscard]] RunState state() const { return m_state; }
    [[nodiscard]] bool active() const { return m_state != RunState::Draft && !isFinal(m_state); }
    [[nodiscard]] QString runId() const { return m_runId; }
    [[nodiscard]] QString function() const { return m_function; }
    [[nodiscard]] QString reason() const { return m_reason; } ///< of a failure
    [[nodiscard]] double elapsedSeconds() const;

Q_SIGNALS:
    void stateChanged(app::models::RunState state);

private:
    RunState m_state = RunState::Draft;
    QString m_runId;
    QString m_function;
    QString m_reason;
    QDateTime m_started;
    QDateTime m_ended;
};

} // namespace app::models
