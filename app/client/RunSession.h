// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/client/LineSplitter.h"
#include "app/client/RunFollower.h"
#include "app/models/LogModel.h"
#include "app/models/MetricSeries.h"
#include "app/models/ProblemParser.h"
#include "app/models/RunModel.h"

#include <QSet>
#include <QTimer>

#include <optional>

namespace app::client {

/// The outcome of the last call of a run.
struct RunResult {
    QString function;
    emulator::model::CallOutput output;
    double seconds = 0;
};

/// Runs one function after another: starts `slip run`, finds the app that it makes, follows logs
/// and usage, and fetches the result. The run goes on when the session dies; another one takes it
/// up again. Its models are refilled by each run. GUI thread.
class RunSession : public QObject {
    Q_OBJECT

public:
    RunSession(DaemonLink* link, QObject* parent = nullptr);
    ~RunSession() override;

    /// The line to the target that the next run goes to; a run that is going on keeps its own.
    void setLink(DaemonLink* link);
    void start(const RunRequest& request);
    /// Takes up the run that a window before this one has started, from its first line on, whether
    /// it still goes on or not. `projectFiles` and `places` are those of now.
    void takeUp(const RunRecord& record, const QStringList& projectFiles,
                const models::SourcePlaces& places);
    /// Asks the client and the daemon to end the run; a second time at once.
    void stop();

    [[nodiscard]] models::RunModel* run() { return &m_run; }
    [[nodiscard]] models::LogModel* logs() { return &m_logs; }
    [[nodiscard]] models::LogModel* output() { return &m_output; }
    [[nodiscard]] const models::MetricSeries& metrics() const { return m_metrics; }
    [[nodiscard]] const QVector<models::Problem>& problems() const { return m_problems.problems(); }
    [[nodiscard]] const std::optional<RunResult>& result() const { return m_result; }
    [[nodiscard]] const RunRequest& request() const { return m_request; }
    [[nodiscard]] const std::string& appId() const { return m_appId; }
    [[nodiscard]] std::int64_t costMicros() const { return m_costMicros; }

Q_SIGNALS:
    void metricsChanged();
    void problemsChanged();
    void resultChanged(); ///< also when a new run takes it away
    void costChanged();

private:
    void reset(const RunRequest& request, qint64 startedAt);
    void follow(const RunRecord& record);
    void takeOutput(int descriptor, const QByteArray& piece);
    void addOutput(const QByteArrayList& lines, int descriptor);
    void clientEnded(std::optional<int> code);
    void followSnapshot();
    void followApp(const std::string& appId);
    void fetchResult();
    void takeResult(RunResult result);
    void conclude(models::RunState state, const QString& reason);

    DaemonLink* m_link;
    DaemonLink* m_nextLink;
    RunRequest m_request;
    models::RunModel m_run;
    models::LogModel m_logs;
    models::LogModel m_output;
    models::MetricSeries m_metrics;
    models::ProblemParser m_problems;
    std::optional<RunResult> m_result;
    std::int64_t m_costMicros = 0;
    std::string m_appId;
    QSet<QString> m_fetched; ///< calls whose outputs are here or on their way
    std::unique_ptr<RunFollower> m_client;
    LineSplitter m_lines[2];
    QTimer m_settle; ///< after the client's end: the last logs and figures come
    int m_stops = 0;
    std::unique_ptr<StreamFollower> m_logStream;
    std::unique_ptr<StreamFollower> m_usageStream;
    std::vector<std::unique_ptr<StreamFollower>> m_ending; ///< asked to stop, not yet joined
};

} // namespace app::client
