// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/AppLogs.h"

#include <algorithm>

namespace app::client {

namespace em = emulator::model;

namespace {
constexpr std::size_t mostRecent = 5000; // lines that the cache may keep
}

std::string shortTaskId(const std::string& id)
{
    return id.size() > 6 ? id.substr(id.size() - 6) : id;
}

std::string replicaSource(const std::string& functionName, const std::string& taskId)
{
    return functionName.empty() ? shortTaskId(taskId) : functionName + "·" + shortTaskId(taskId);
}

AppLogs::AppLogs(QObject* parent)
    : QObject(parent)
{
}

AppLogs::~AppLogs() = default;

void AppLogs::setTasks(const std::vector<em::TaskSummary>& tasks)
{
    const std::scoped_lock lock(m_mutex);
    for (const auto& task : tasks)
        m_functions[QString::fromStdString(task.id)] = QString::fromStdString(task.functionName);
}

void AppLogs::follow(std::shared_ptr<DaemonPort> port, const std::string& appId)
{
    if (m_stream) {
        m_stream->requestStop();
        m_ending.push_back(std::move(m_stream));
    }
    m_appId = appId;
    m_model.clear();
    {
        const std::scoped_lock lock(m_mutex);
        m_recent.clear();
        m_cached = std::make_shared<bool>(false);
    }
    if (appId.empty() || !port)
        return;
    auto sequence = std::make_shared<std::uint64_t>(0);
    m_stream = std::make_unique<StreamFollower>(
        [this, port, appId, sequence](const std::stop_token& stop) {
            return port->streamLogs(
                {appId, *sequence, 0, true},
                [this, sequence, stop](const std::vector<em::LogLine>& lines) {
                    if (stop.stop_requested())
                        return;
                    for (const auto& line : lines)
                        *sequence = std::max(*sequence, line.sequence);
                    take(lines);
                },
                stop);
        });
}

void AppLogs::preload(const std::vector<em::LogLine>& lines)
{
    if (m_model.rowCount() > 0 || lines.empty())
        return;
    take(lines);
    const std::scoped_lock lock(m_mutex);
    *m_cached = true;
}

void AppLogs::take(const std::vector<em::LogLine>& lines)
{
    std::vector<std::string> sources;
    std::vector<models::LogInput> inputs;
    sources.reserve(lines.size());
    inputs.reserve(lines.size());
    const std::scoped_lock lock(m_mutex);
    if (*m_cached) {
        // The stream begins at the first line: the kept ones would stand there twice.
        *m_cached = false;
        m_recent.clear();
        m_model.store()->clear();
    }
    for (const auto& line : lines) {
        const auto function = m_functions.value(QString::fromStdString(line.taskId));
        sources.push_back(line.taskId.empty() ? "build"
                                              : replicaSource(function.toStdString(), line.taskId));
        inputs.push_back({line.time, sources.back(), line.descriptor, line.text});
    }
    m_model.append(inputs);
    m_recent.insert(m_recent.end(), lines.begin(), lines.end());
    if (m_recent.size() > 2 * mostRecent)
        m_recent.erase(m_recent.begin(), m_recent.end() - std::ptrdiff_t(mostRecent));
}

std::vector<em::LogLine> AppLogs::tail(std::size_t most) const
{
    const std::scoped_lock lock(m_mutex);
    const auto kept = std::min(most, m_recent.size());
    return {m_recent.end() - std::ptrdiff_t(kept), m_recent.end()};
}

} // namespace app::client
