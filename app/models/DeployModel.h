// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/DeployPlan.h"

#include <QDateTime>
#include <QObject>

namespace app::models {

enum class DeployState { Idle, Planning, Planned, Running, Live, Failed, Cancelled };

enum class StepState { Waiting, Running, Done, Failed, Skipped };
[[nodiscard]] StepState stepState(const QString& word); ///< "running", "ok", "failed", …

/// One step of a longer work, as a list shows it: a stage of a deploy, a step of a test.
struct Step {
    QString name; ///< "push"
    QString title; ///< "Push"
    StepState state = StepState::Waiting;
    QString text; ///< "34 of 120 MiB", "Resources"
    QString fix; ///< what to do when it failed
    std::int64_t done = 0;
    std::int64_t total = 0; ///< 0: it has no measure
    QDateTime since; ///< it runs from here on
    double seconds = 0; ///< that it took

    bool operator==(const Step&) const = default;
};

/// Why a deploy failed, in the order in which a person asks.
struct DeployFailure {
    QString stage;
    QString what;
    QString why;
    QString fix;
    bool resumable = false;
    int liveVersion = 0; ///< that is untouched; 0: none was live
};

/// One deploy from its plan to its end: what `slip deploy` said so far. One thread.
class DeployModel : public QObject {
    Q_OBJECT

public:
    explicit DeployModel(QObject* parent = nullptr);

    void beginPlan(const QString& file, const QString& target);
    void takePlan(const DeployPlan& plan);
    void beginDeploy();
    /// A line of `slip deploy --json`; gives the text of a log line, null otherwise.
    QString takeEvent(const QJsonObject& event);
    /// The program ended without a result, or could not start.
    void fail(const DeployFailure& failure);
    void cancelled();
    void reset();

    [[nodiscard]] DeployState state() const { return m_state; }
    [[nodiscard]] bool active() const
    {
        return m_state == DeployState::Planning || m_state == DeployState::Running;
    }
    [[nodiscard]] QString file() const { return m_file; }
    [[nodiscard]] QString target() const { return m_target; }
    [[nodiscard]] bool hasPlan() const { return m_hasPlan; }
    [[nodiscard]] const DeployPlan& plan() const { return m_plan; }
    [[nodiscard]] const QVector<Step>& stages() const { return m_stages; }
    [[nodiscard]] const DeployFailure& failure() const { return m_failure; }
    [[nodiscard]] QString appId() const { return m_appId; }
    [[nodiscard]] QString appName() const; ///< of the plan until it is live
    [[nodiscard]] int version() const { return m_version; } ///< that is live now
    [[nodiscard]] double elapsedSeconds() const;
    /// "hpc: push 34 of 120 MiB", for the status line.
    [[nodiscard]] QString summary() const;

Q_SIGNALS:
    void changed();
    void stateChanged(app::models::DeployState state);

private:
    void enter(DeployState state);
    void takeStage(const QJsonObject& event);
    void takeProgress(const QJsonObject& event);
    void takeResult(const QJsonObject& event);
    Step* stage(const QString& name);

    DeployState m_state = DeployState::Idle;
    QString m_file;
    QString m_target;
    bool m_hasPlan = false;
    DeployPlan m_plan;
    QVector<Step> m_stages;
    DeployFailure m_failure;
    QString m_appId;
    QString m_appName;
    int m_version = 0;
    QDateTime m_began;
    QDateTime m_ended;
};

} // namespace app::models
