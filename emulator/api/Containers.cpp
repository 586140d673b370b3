// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Results.h"

namespace emulator::api {
namespace {

using control::Parking;

/// Held this long to bring a cancellation at once; the client gives an attempt 15.1 s.
constexpr double heartbeatSeconds = 14;

void heartbeat(const std::shared_ptr<Exchange>& exchange, const wire::ContainerHeartbeatRequest&)
{
    const auto& taskId = exchange->caller().taskId;
    exchange->state().fleet.beat(taskId);
    exchange->park("heartbeat " + taskId, heartbeatSeconds,
                   [exchange, taskId](Parking::Chance chance) {
                       wire::ContainerHeartbeatResponse response;
                       const auto ids = exchange->state().calls.takeCancellations(taskId);
                       if (ids.empty() && chance != Parking::Chance::Last)
                           return false;
                       for (const auto& id : ids)
                           response.mutable_cancel_input_event()->add_input_ids(id);
                       exchange->reply(response);
                       return true;
                   });
}

Result<wire::ContainerStopResponse> stop(Exchange& exchange,
                                         const wire::ContainerStopRequest& request)
{
    auto& fleet = exchange.state().fleet;
    const auto& self = exchange.caller().taskId;
    // From inside, a container speaks of itself only.
    const auto& id = self.empty() ? request.task_id() : self;
    TRY_ASSIGN([[maybe_unused]] const auto* task, fleet.find(id));
    if (!self.empty() || request.graceful())
        fleet.drain(id);
    else
        fleet.stop(id, {model::EndReason::Stopped, true, "stopped by the user"});
    return wire::ContainerStopResponse();
}

Result<wire::TaskListResponse> list(Exchange& exchange, const wire::TaskListRequest& request)
{
    auto& state = exchange.state();
    wire::TaskListResponse response;
    for (const auto& id : state.fleet.live()) {
        const auto& task = **state.fleet.find(id);
        const auto app = state.apps.find(task.appId);
        if ((!request.app_id().empty() && task.appId != request.app_id()) || !app
            || (*app)->environment != environmentOf(request.environment_name()))
            continue;
        auto& item = *response.add_tasks();
        item.set_task_id(id);
        item.set_app_id(task.appId);
        item.set_app_description((*app)->description);
        item.set_started_at(toSeconds(task.startedAt));
        item.set_enqueued_at(toSeconds(task.createdAt));
    }
    return response;
}

Result<wire::TaskGetInfoResponse> info(Exchange& exchange, const wire::TaskGetInfoRequest& request)
{
    TRY_ASSIGN(const auto* task, exchange.state().fleet.find(request.task_id()));
    wire::TaskGetInfoResponse response;
    response.set_app_id(task->appId);
    auto& item = *response.mutable_info();
    item.set_id(task->id);
    item.set_enqueued_at(toSeconds(task->createdAt));
    item.set_started_at(toSeconds(task->startedAt));
    item.set_finished_at(toSeconds(task->finishedAt));
    item.mutable_gpu_config()->set_gpu_type(task->gpu);
    item.mutable_gpu_config()->set_count(task->gpuCount);
    return response;
}

} // namespace

void addContainers(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<Empty>(
        "ContainerHello", Repeat::Harmless,
        [](Exchange& exchange, const Empty&) -> Result<Empty> {
            exchange.state().fleet.beat(exchange.caller().taskId);
            return Empty();
        },
        Access::Container);
    methods.parked<wire::ContainerHeartbeatRequest>("ContainerHeartbeat", heartbeat,
                                                    Access::Container);
    methods.unary<wire::TaskResultRequest>(
        "TaskResult", Repeat::Harmless,
        [](Exchange& exchange, const wire::TaskResultRequest& request) -> Result<Empty> {
            exchange.plane().taskRules().initialisationFailed(
                exchange.caller().taskId, outcomeFrom(request.result(), wire::DATA_FORMAT_PICKLE));
            return Empty();
        },
        Access::Container);
    methods.unary<wire::ContainerStopRequest>("ContainerStop", Repeat::Harmless, stop);
    methods.unary<wire::TaskListRequest>("TaskList", Repeat::Harmless, list);
    methods.unary<wire::TaskGetInfoRequest>("TaskGetInfo", Repeat::Harmless, info);
}

} // namespace emulator::api
