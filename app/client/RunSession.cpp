// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/RunSession.h"

#include "app/client/Background.h"

#include <QDateTime>
#include <QFileInfo>

#include <algorithm>
#include <csignal>

namespace app::client {

namespace em = emulator::model;
using models::RunState;

namespace {

constexpr int mostRecords = 20; // of runs, kept in HOME/runs

/// "ta-4Zt…" is told apart by its last letters.
std::string shortTask(const std::string& id)
{
    return id.size() > 9 ? "ta-" + id.substr(id.size() - 6) : id;
}

} // namespace

RunSession::RunSession(DaemonLink* link, QObject* parent)
    : QObject(parent)
    , m_link(nullptr)
    , m_nextLink(link)
{
    setLink(link);
    m_settle.setSingleShot(true);
    m_settle.setInterval(2000);
    connect(&m_settle, &QTimer::timeout, this, [this] {
        if (m_logStream)
            m_logStream->requestStop();
        if (m_usageStream)
            m_usageStream->requestStop();
    });
}

RunSession::~RunSession() = default;

void RunSession::setLink(DaemonLink* link)
{
    m_nextLink = link;
    if (m_run.active() || link == m_link)
        return;
    if (m_link != nullptr)
        m_link->disconnect(this);
    m_link = link;
    connect(m_link, &DaemonLink::snapshotChanged, this, &RunSession::followSnapshot);
}

void RunSession::start(const RunRequest& request)
{
    if (m_run.active())
        return;
    setLink(m_nextLink);
    reset(request, QDateTime::currentMSecsSinceEpoch());
    inBackground(
        this,
        [request] {
            auto started = startDetached(request);
            dropOldRuns(request.runs, mostRecords);
            return started;
        },
        [this, id = request.runId](const emulator::Result<RunRecord>& started) {
            if (id != m_request.runId)
                return;
            if (started) {
                follow(*started);
                if (m_stops > 0) // somebody was quicker
                    m_client->signal(SIGINT);
                return;
            }
            const auto why = QString::fromStdString(started.error().message());
            addOutput({why.toUtf8()}, 3);
            conclude(RunState::Failed, why);
        });
}

void RunSession::takeUp(const RunRecord& record, const QStringList& projectFiles,
                        const models::SourcePlaces& places)
{
    if (m_run.active())
        return;
    auto request = record.request;
    request.projectFiles = projectFiles;
    request.places = places;
    reset(request, record.startedAt);
    addOutput({tr("Taken up again: the run went on while there was no window").toUtf8()}, 3);
    follow(record);
    m_link->refresh();
}

/// Empties all models for a run that begins.
void RunSession::reset(const RunRequest& request, qint64 startedAt)
{
    m_client.reset();
    for (auto& splitter : m_lines)
        splitter = {};
    m_request = request;
    for (auto* stream : {&m_logStream, &m_usageStream})
        if (*stream) {
            (*stream)->requestStop();
            m_ending.push_back(std::move(*stream));
        }
    m_settle.stop();
    m_stops = 0;
    m_appId.clear();
    m_fetched.clear();
    m_costMicros = 0;
    m_result.reset();
    m_metrics.clear();
    m_logs.clear();
    m_output.clear();
    m_problems = models::ProblemParser(request.folder, request.projectFiles, request.places);
    m_run.begin(request.runId, request.function, startedAt);
    Q_EMIT resultChanged();
    Q_EMIT metricsChanged();
    Q_EMIT problemsChanged();
    Q_EMIT costChanged();

    const bool elsewhere = !request.target.isEmpty() && request.target != QLatin1String("local");
    addOutput(
        {"$ slip run "
         + (elsewhere ? QStringLiteral("--target ") + request.target + u' ' : QString()).toUtf8()
         + (QFileInfo(request.file).fileName() + QStringLiteral("::") + request.function + u' '
            + request.arguments.join(u' '))
               .trimmed()
               .toUtf8()},
        3);
}

/// What the follower tells comes to the GUI thread, and only while its run is the one that is
/// shown.
void RunSession::follow(const RunRecord& record)
{
    const auto id = record.request.runId;
    const auto here = [this, id](auto work) {
        QMetaObject::invokeMethod(
            this,
            [this, id, work = std::move(work)] {
                if (id == m_request.runId)
                    work();
            },
            Qt::QueuedConnection);
    };
    m_client = std::make_unique<RunFollower>(
        record,
        RunFollower::Listener {
            [this, here](int descriptor, const QByteArray& piece) {
                here([this, descriptor, piece] { takeOutput(descriptor, piece); });
            },
            [this, here](std::optional<int> code) { here([this, code] { clientEnded(code); }); }});
}

void RunSession::stop()
{
    if (!m_run.active())
        return;
    ++m_stops;
    if (!m_appId.empty())
        inBackground(
            this, [port = m_link->port(), app = m_appId] { return port->stop(app); },
            [this](const emulator::Result<std::string>& said) {
                addOutput({QByteArray::fromStdString(said ? *said : said.error().message())}, 3);
            });
    if (m_client)
        m_client->signal(m_stops > 2 ? SIGKILL : SIGINT);
}

void RunSession::addOutput(const QByteArrayList& lines, int descriptor)
{
    if (lines.isEmpty())
        return;
    std::vector<models::LogInput> inputs;
    const auto now = QDateTime::currentMSecsSinceEpoch() * 1000;
    for (const auto& line : lines)
        inputs.push_back({now,
                          descriptor == 3 ? "slipway" : "client",
                          descriptor,
                          {line.constData(), static_cast<std::size_t>(line.size())}});
    m_output.append(inputs);
    if (descriptor == 3)
        return;
    const auto before = m_problems.problems();
    for (const auto& line : lines)
        m_problems.feed(QString::fromUtf8(line));
    if (before != m_problems.problems())
        Q_EMIT problemsChanged();
}

void RunSession::takeOutput(int descriptor, const QByteArray& piece)
{
    addOutput(m_lines[descriptor - 1].feed(piece), descriptor);
}

void RunSession::clientEnded(std::optional<int> code)
{
    for (int i = 0; i < 2; ++i) {
        const auto rest = m_lines[i].rest();
        if (!rest.isEmpty())
            addOutput({rest}, i + 1);
    }
    m_problems.finish();
    Q_EMIT problemsChanged();
    m_link->refresh();
    m_settle.start();
    if (code == 0 && m_stops == 0) {
        fetchResult();
        conclude(RunState::Succeeded, {});
    } else if (m_stops > 0 || code == 130) {
        conclude(RunState::Cancelled, {});
    } else if (!code) {
        conclude(RunState::Lost, tr("The client was killed"));
    } else {
        fetchResult();
        auto reason = tr("The client ended with exit code %1").arg(*code);
        for (const auto& problem : m_problems.problems())
            if (problem.severity == models::Problem::Severity::Error)
                reason = problem.message;
        conclude(RunState::Failed, reason);
    }
}

void RunSession::conclude(RunState state, const QString& reason)
{
    if (!m_run.active())
        return;
    addOutput(
        {(models::runStateText(state) + tr(" after %1 s").arg(m_run.elapsedSeconds(), 0, 'f', 1))
             .toUtf8()},
        3);
    m_run.advance(state, reason);
}

void RunSession::followSnapshot()
{
    if (m_run.state() == RunState::Draft)
        return;
    const auto& snapshot = m_link->snapshot();
    const auto wanted = m_request.runId.toStdString();
    for (const auto& app : snapshot.apps) {
        if (app.runId != wanted)
            continue;
        if (m_appId != app.id)
            followApp(app.id);
        if (app.costMicros != m_costMicros) {
            m_costMicros = app.costMicros;
            Q_EMIT costChanged();
        }
    }
    if (m_appId.empty())
        return;
    for (const auto& call : snapshot.calls)
        if (call.runId == wanted || call.appId == m_appId)
            m_run.advance(RunState::Queued);
    for (const auto& task : snapshot.tasks) {
        if (task.appId != m_appId)
            continue;
        if (task.state == em::TaskState::Starting)
            m_run.advance(RunState::Starting);
        else if (task.state == em::TaskState::Running)
            m_run.advance(RunState::Running);
        else if (task.state == em::TaskState::Finished)
            m_metrics.taskEnded(task.id);
    }
    fetchResult();
}

void RunSession::followApp(const std::string& appId)
{
    m_appId = appId;
    auto port = m_link->port();
    auto sequence = std::make_shared<std::uint64_t>(0);
    m_logStream = std::make_unique<StreamFollower>(
        [this, port, appId, sequence](const std::stop_token& stop) {
            return port->streamLogs(
                {appId, *sequence, 0, true},
                [this, sequence, stop](const std::vector<em::LogLine>& lines) {
                    if (stop.stop_requested())
                        return;
                    std::vector<std::string> sources;
                    std::vector<models::LogInput> inputs;
                    sources.reserve(lines.size());
                    inputs.reserve(lines.size());
                    for (const auto& line : lines) {
                        *sequence = std::max(*sequence, line.sequence);
                        sources.push_back(line.taskId.empty() ? "build" : shortTask(line.taskId));
                        inputs.push_back({line.time, sources.back(), line.descriptor, line.text});
                    }
                    m_logs.append(inputs);
                },
                stop);
        });
    auto usageSequence = std::make_shared<std::uint64_t>(0);
    m_usageStream = std::make_unique<StreamFollower>(
        [this, port, appId, usageSequence](const std::stop_token& stop) {
            return port->streamUsage(
                appId, *usageSequence,
                [this, usageSequence, appId](const std::vector<em::UsageSample>& samples) {
                    for (const auto& sample : samples)
                        *usageSequence = std::max(*usageSequence, sample.sequence);
                    QMetaObject::invokeMethod(
                        this,
                        [this, appId, samples] {
                            if (appId != m_appId)
                                return;
                            m_metrics.add(samples);
                            Q_EMIT metricsChanged();
                        },
                        Qt::QueuedConnection);
                },
                stop);
        });
}

/// The result is the output of the last call that has ended.
void RunSession::fetchResult()
{
    const auto wanted = m_request.runId.toStdString();
    inBackground(
        this,
        [port = m_link->port(), wanted, known = m_fetched]() -> std::optional<RunResult> {
            DaemonPort::Filter filter;
            filter.runId = wanted;
            const auto calls = port->calls(filter);
            if (!calls)
                return {};
            const em::CallSummary* last = nullptr;
            for (const auto& call : *calls)
                if (call.runId == wanted && call.finishedAt != 0
                    && (last == nullptr || call.finishedAt > last->finishedAt))
                    last = &call;
            if (last == nullptr || known.contains(QString::fromStdString(last->id)))
                return {};
            auto outputs = port->callOutputs(last->id);
            if (!outputs || outputs->empty())
                return {};
            return RunResult {QString::fromStdString(last->functionName), outputs->back(),
                              emulator::toSeconds(last->finishedAt - last->createdAt)};
        },
        [this, wanted](std::optional<RunResult> result) {
            if (result && m_request.runId.toStdString() == wanted)
                takeResult(std::move(*result));
        });
}

void RunSession::takeResult(RunResult result)
{
    if (m_result && m_result->output.data == result.output.data
        && m_result->output.status == result.output.status && m_result->function == result.function)
        return;
    m_result = std::move(result);
    if (!m_result->output.traceback.empty()) {
        for (const auto& line : QString::fromStdString(m_result->output.traceback).split(u'\n'))
            m_problems.feed(line);
        m_problems.finish();
        Q_EMIT problemsChanged();
    }
    Q_EMIT resultChanged();
}

} // namespace app::client
