// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "FakeDaemon.h"

using emulator::Error;
using emulator::ErrorCode;
namespace em = emulator::model;

namespace {

Error gone()
{
    return {ErrorCode::Unavailable, "no daemon answers"};
}

} // namespace

void FakeDaemon::edit(const std::function<void(Data&)>& change)
{
    {
        const std::scoped_lock lock(m_mutex);
        change(m_data);
        ++m_version;
    }
    m_changed.notify_all();
}

FakeDaemon::Data FakeDaemon::data() const
{
    const std::scoped_lock lock(m_mutex);
    return m_data;
}

template<typename T>
FakeDaemon::Result<T> FakeDaemon::answer(T Data::* field) const
{
    const std::scoped_lock lock(m_mutex);
    if (m_data.down)
        return gone();
    return m_data.*field;
}

template<typename T>
emulator::Result<> FakeDaemon::follow(std::vector<T> Data::* field, std::uint64_t after,
                                      const std::function<void(std::vector<T>)>& give,
                                      const std::stop_token& stop)
{
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        if (m_data.down)
            return gone();
        std::vector<T> fresh;
        for (const auto& item : m_data.*field)
            if (item.sequence > after)
                fresh.push_back(item);
        const auto seen = m_version;
        if (!fresh.empty()) {
            after = fresh.back().sequence;
            lock.unlock();
            give(std::move(fresh));
            lock.lock();
        }
        m_changed.wait(lock, stop, [&] { return m_version != seen; });
    }
    return Error(ErrorCode::Cancelled, "stopped");
}

FakeDaemon::Result<em::DaemonStatus> FakeDaemon::status()
{
    const std::scoped_lock lock(m_mutex);
    if (m_data.down)
        return gone();
    em::DaemonStatus status;
    status.version = "0.1.0";
    status.workerConnected = true;
    return status;
}

FakeDaemon::Result<std::vector<em::AppSummary>> FakeDaemon::apps(const Filter&)
{
    return answer(&Data::apps);
}
FakeDaemon::Result<std::vector<em::TaskSummary>> FakeDaemon::tasks(const Filter&)
{
    return answer(&Data::tasks);
}
FakeDaemon::Result<std::vector<em::CallSummary>> FakeDaemon::calls(const Filter&)
{
    return answer(&Data::calls);
}
FakeDaemon::Result<std::vector<em::ImageSummary>> FakeDaemon::images()
{
    return answer(&Data::images);
}
FakeDaemon::Result<std::vector<em::CostLine>> FakeDaemon::cost()
{
    return answer(&Data::cost);
}
FakeDaemon::Result<std::vector<em::CallOutput>> FakeDaemon::callOutputs(const std::string&)
{
    return answer(&Data::outputs);
}

FakeDaemon::Result<std::string> FakeDaemon::stop(const std::string& id)
{
    edit([&](Data& data) { data.stopped.push_back(id); });
    return "stopped " + id;
}

FakeDaemon::Result<std::vector<em::TargetSummary>> FakeDaemon::targets()
{
    return answer(&Data::targets);
}
emulator::Result<> FakeDaemon::reconnectTarget(const std::string& name)
{
    edit([&](Data& data) { data.reconnected.push_back(name); });
    return {};
}
FakeDaemon::Result<std::vector<em::DeploymentSummary>> FakeDaemon::deployments(const std::string&)
{
    return answer(&Data::deployments);
}
FakeDaemon::Result<std::vector<em::NodeSummary>> FakeDaemon::nodes()
{
    return answer(&Data::nodes);
}
FakeDaemon::Result<std::vector<em::CostPoint>>
FakeDaemon::costSeries(const std::string&, emulator::Micros since, std::uint32_t)
{
    auto points = answer(&Data::costPoints);
    if (!points)
        return points;
    auto kept = *std::move(points);
    std::erase_if(kept, [&](const em::CostPoint& point) { return point.from < since; });
    return kept;
}

emulator::Result<>
FakeDaemon::streamLogs(const em::LogQuery& query,
                       const std::function<void(std::vector<em::LogLine>)>& onLines,
                       std::stop_token stop)
{
    return follow(&Data::logs, query.afterSequence, onLines, stop);
}

emulator::Result<>
FakeDaemon::streamUsage(const std::string&, std::uint64_t afterSequence,
                        const std::function<void(std::vector<em::UsageSample>)>& onSamples,
                        std::stop_token stop)
{
    return follow(&Data::usage, afterSequence, onSamples, stop);
}

emulator::Result<> FakeDaemon::watchChanges(const std::function<void()>& onChange,
                                            std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        if (m_data.down)
            return gone();
        const auto seen = m_version;
        m_changed.wait(lock, stop, [&] { return m_version != seen; });
        lock.unlock();
        onChange();
        lock.lock();
    }
    return Error(ErrorCode::Cancelled, "stopped");
}
