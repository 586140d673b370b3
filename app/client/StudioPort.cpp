// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/StudioPort.h"

namespace app::client {

namespace em = emulator::model;

StudioPort::StudioPort(const std::filesystem::path& socket)
    : m_client(socket)
{
}

DaemonPort::Result<em::DaemonStatus> StudioPort::status()
{
    return m_client.status();
}

DaemonPort::Result<std::vector<em::AppSummary>> StudioPort::apps(const Filter& filter)
{
    return m_client.apps(filter);
}

DaemonPort::Result<std::vector<em::TaskSummary>> StudioPort::tasks(const Filter& filter)
{
    return m_client.tasks(filter);
}

DaemonPort::Result<std::vector<em::CallSummary>> StudioPort::calls(const Filter& filter)
{
    return m_client.calls(filter);
}

DaemonPort::Result<std::vector<em::ImageSummary>> StudioPort::images()
{
    return m_client.images();
}

DaemonPort::Result<std::vector<em::CostLine>> StudioPort::cost()
{
    return m_client.cost({});
}

DaemonPort::Result<std::vector<em::CallOutput>> StudioPort::callOutputs(const std::string& callId)
{
    return m_client.callOutputs(callId, 0, 100);
}

DaemonPort::Result<std::string> StudioPort::stop(const std::string& id)
{
    return m_client.stop(id);
}

DaemonPort::Result<std::vector<em::TargetSummary>> StudioPort::targets()
{
    return m_client.targets();
}

emulator::Result<> StudioPort::reconnectTarget(const std::string& name)
{
    return m_client.reconnectTarget(name);
}

DaemonPort::Result<std::vector<em::DeploymentSummary>>
StudioPort::deployments(const std::string& app)
{
    return m_client.deployments(app);
}

DaemonPort::Result<std::vector<em::NodeSummary>> StudioPort::nodes()
{
    return m_client.nodes();
}

DaemonPort::Result<std::vector<em::CostPoint>> StudioPort::costSeries(const std::string& appId,
                                                                      emulator::Micros since,
                                                                      std::uint32_t bucketSeconds)
{
    return m_client.costSeries(appId, since, bucketSeconds);
}

emulator::Result<>
StudioPort::streamLogs(const em::LogQuery& query,
                       const std::function<void(std::vector<em::LogLine>)>& onLines,
                       std::stop_token stop)
{
    return m_client.streamLogs(query, onLines, std::move(stop));
}

emulator::Result<>
StudioPort::streamUsage(const std::string& appId, std::uint64_t afterSequence,
                        const std::function<void(std::vector<em::UsageSample>)>& onSamples,
                        std::stop_token stop)
{
    return m_client.streamUsage(appId, {}, afterSequence, true, onSamples, std::move(stop));
}

emulator::Result<> StudioPort::watchChanges(const std::function<void()>& onChange,
                                            std::stop_token stop)
{
    return m_client.watchChanges(onChange, std::move(stop));
}

} // namespace app::client
