// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/StudioClient.h"

#include "emulator/rpc/Channel.h"
#include "emulator/rpc/StudioWire.h"

namespace emulator::rpc {

namespace {

slipway::v1::ListRequest toRequest(const StudioClient::Filter& filter)
{
    slipway::v1::ListRequest request;
    request.set_app_id(filter.appId);
    request.set_run_id(filter.runId);
    request.set_only_live(filter.onlyLive);
    request.set_limit(filter.limit);
    return request;
}

} // namespace

StudioClient::StudioClient(const std::filesystem::path& socket)
    : m_wire(std::make_unique<Wire>())
{
    m_wire->stub = Studio::NewStub(makeChannel({.socket = socket}));
}

StudioClient::~StudioClient() = default;

Result<model::DaemonStatus> StudioClient::status() const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::Status, slipway::v1::Nothing()));
    return fromWire(response);
}

Result<> StudioClient::shutdown() const
{
    TRY(m_wire->call(&Studio::Stub::Shutdown, slipway::v1::Nothing()));
    return {};
}

Result<std::vector<model::AppSummary>> StudioClient::apps(const Filter& filter) const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListApps, toRequest(filter)));
    return all<model::AppSummary>(response.apps());
}

Result<std::vector<model::TaskSummary>> StudioClient::tasks(const Filter& filter) const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListTasks, toRequest(filter)));
    return all<model::TaskSummary>(response.tasks());
}

Result<std::vector<model::CallSummary>> StudioClient::calls(const Filter& filter) const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListCalls, toRequest(filter)));
    return all<model::CallSummary>(response.calls());
}

Result<std::vector<model::ImageSummary>> StudioClient::images() const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListImages, toRequest({})));
    return all<model::ImageSummary>(response.images());
}

Result<std::vector<model::CallOutput>> StudioClient::callOutputs(std::string_view callId,
                                                                 std::uint32_t firstIndex,
                                                                 std::uint32_t limit) const
{
    slipway::v1::CallOutputsRequest request;
    request.set_call_id(std::string(callId));
    request.set_first_index(firstIndex);
    request.set_limit(limit);
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::GetCallOutputs, request));
    return all<model::CallOutput>(response.outputs());
}

Result<std::vector<model::CostLine>> StudioClient::cost(std::string_view appId) const
{
    slipway::v1::CostRequest request;
    request.set_app_id(std::string(appId));
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::GetCost, request));
    return all<model::CostLine>(response.lines());
}

Result<std::vector<model::CostPoint>> StudioClient::costSeries(std::string_view appId, Micros since,
                                                               std::uint32_t bucketSeconds) const
{
    slipway::v1::CostSeriesRequest request;
    request.set_app_id(std::string(appId));
    request.set_since(since);
    request.set_bucket_seconds(bucketSeconds);
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::GetCostSeries, request));
    return all<model::CostPoint>(response.points());
}

Result<std::vector<model::NodeSummary>> StudioClient::nodes() const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ListNodes, slipway::v1::Nothing()));
    return all<model::NodeSummary>(response.nodes());
}

Result<std::string> StudioClient::stop(std::string_view id) const
{
    slipway::v1::StopRequest request;
    request.set_id(std::string(id));
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::Stop, request));
    return response.what();
}

Result<std::vector<model::MethodSummary>> StudioClient::apiTable() const
{
    TRY_ASSIGN(const auto response, m_wire->call(&Studio::Stub::ApiTable, slipway::v1::Nothing()));
    std::vector<model::MethodSummary> methods;
    for (const auto& method : response.methods())
        methods.push_back({method.name(), method.served(), method.calls(), method.errors()});
    return methods;
}

Result<std::vector<model::TargetSummary>> StudioClient::targets() const
{
    TRY_ASSIGN(const auto response,
               m_wire->call(&Studio::Stub::ListTargets, slipway::v1::Nothing()));
    return all<model::TargetSummary>(response.targets());
}

Result<> StudioClient::reloadTargets() const
{
    TRY(m_wire->call(&Studio::Stub::ReloadTargets, slipway::v1::Nothing()));
    return {};
}

Result<> StudioClient::reconnectTarget(std::string_view name) const
{
    slipway::v1::TargetRequest request;
    request.set_name(std::string(name));
    TRY(m_wire->call(&Studio::Stub::ReconnectTarget, request));
    return {};
}

Result<> StudioClient::streamLogs(const model::LogQuery& query,
                                  const std::function<void(std::vector<model::LogLine>)>& onLines,
                                  std::stop_token stop) const
{
    slipway::v1::LogQuery request;
    request.set_subject(query.subject);
    request.set_after_sequence(query.afterSequence);
    request.set_since(query.since);
    request.set_follow(query.follow);
    return m_wire->stream(
        &Studio::Stub::StreamLogs, request, std::move(stop),
        [&](const slipway::v1::LogBatch& batch) { onLines(all<model::LogLine>(batch.lines())); });
}

Result<>
StudioClient::streamUsage(std::string_view appId, std::string_view taskId,
                          std::uint64_t afterSequence, bool follow,
                          const std::function<void(std::vector<model::UsageSample>)>& onSamples,
                          std::stop_token stop) const
{
    slipway::v1::UsageQuery request;
    request.set_app_id(std::string(appId));
    request.set_task_id(std::string(taskId));
    request.set_after_sequence(afterSequence);
    request.set_follow(follow);
    return m_wire->stream(&Studio::Stub::StreamUsage, request, std::move(stop),
                          [&](const slipway::v1::UsageBatch& batch) {
                              onSamples(all<model::UsageSample>(batch.samples()));
                          });
}

Result<> StudioClient::watchChanges(const std::function<void()>& onChange,
                                    std::stop_token stop) const
{
    return m_wire->stream(&Studio::Stub::WatchChanges, slipway::v1::Nothing(), std::move(stop),
                          [&](const slipway::v1::Change&) { onChange(); });
}

} // namespace emulator::rpc
