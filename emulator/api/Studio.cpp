// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/base/Json.h"
#include "emulator/rpc/Convert.h"

#include <slipway.pb.h>
#include <unistd.h>

#include <algorithm>
#include <set>

/// Lists and commands of the Studio API: what the command line and the window ask.
namespace emulator::api {
namespace {

namespace own = slipway::v1;

using model::TaskState;
using store::AppState;

std::string gpuText(const std::string& gpu, std::uint32_t count)
{
    return gpu.empty() || count <= 1 ? gpu : gpu + ":" + std::to_string(count);
}

std::string stateText(const store::AppRecord& app)
{
    switch (app.state) {
    case AppState::Ephemeral:
    case AppState::Initializing:
        return "running";
    case AppState::Detached:
    case AppState::DetachedDisconnected:
        return "detached";
    case AppState::Deployed:
        return "deployed";
    case AppState::Stopping:
        return "stopping";
    case AppState::Stopped:
        break;
    }
    return "stopped";
}

/// Newest first, and no more than asked for.
template<typename Record>
std::vector<const Record*> newest(std::vector<const Record*> records, std::uint32_t limit)
{
    std::sort(records.begin(), records.end(), [](const Record* a, const Record* b) {
        return std::tie(a->createdAt, a->id) > std::tie(b->createdAt, b->id);
    });
    if (limit > 0 && records.size() > limit)
        records.resize(limit);
    return records;
}

bool runMatches(const control::State& state, const std::string& appId, const std::string& runId)
{
    if (runId.empty())
        return true;
    const auto app = state.apps.find(appId);
    return app && (*app)->runId == runId;
}

Result<own::AppList> listApps(Exchange& exchange, const own::ListRequest& request)
{
    auto& state = exchange.state();
    std::vector<const store::AppRecord*> chosen;
    for (const auto& [id, app] : state.apps.all())
        if ((request.app_id().empty() || request.app_id() == id)
            && (request.run_id().empty() || request.run_id() == app.runId)
            && (!request.only_live() || app.state != AppState::Stopped))
            chosen.push_back(&app);
    own::AppList list;
    for (const auto* app : newest(std::move(chosen), request.limit())) {
        model::AppSummary summary;
        summary.id = app->id;
        summary.description = app->name.empty() ? app->description : app->name;
        summary.state = stateText(*app);
        summary.runId = app->runId;
        summary.createdAt = app->createdAt;
        summary.stoppedAt = app->stoppedAt;
        for (const auto* function : state.functions.ofApp(app->id))
            if (function->baseId.empty())
                summary.functions.push_back(
                    {function->id, function->tag, gpuText(function->gpu, function->gpuCount)});
        summary.tasksRunning = static_cast<std::uint32_t>(state.fleet.liveOfApp(app->id).size());
        summary.costMicros = state.meter.costOfApp(app->id);
        *list.add_apps() = rpc::toWire(summary);
    }
    return list;
}

Result<own::TaskList> listTasks(Exchange& exchange, const own::ListRequest& request)
{
    auto& state = exchange.state();
    std::vector<const store::TaskRecord*> chosen;
    for (const auto& [id, task] : state.fleet.all())
        if ((request.app_id().empty() || request.app_id() == task.appId)
            && runMatches(state, task.appId, request.run_id())
            && (!request.only_live() || task.state != TaskState::Finished))
            chosen.push_back(&task);
    own::TaskList list;
    for (const auto* task : newest(std::move(chosen), request.limit())) {
        model::TaskSummary summary;
        summary.id = task->id;
        summary.appId = task->appId;
        summary.functionId = task->functionId;
        if (const auto function = state.functionOf(*task))
            summary.functionName = (*function)->tag;
        summary.imageId = task->imageId;
        summary.gpu = gpuText(task->gpu, task->gpuCount);
        summary.node = task->node;
        summary.jobId = task->jobId;
        summary.waitReason = task->waitReason;
        summary.version = static_cast<std::uint32_t>(task->deploymentVersion);
        summary.state = task->state;
        summary.createdAt = task->createdAt;
        summary.readyAt = task->readyAt;
        summary.startedAt = task->startedAt;
        summary.finishedAt = task->finishedAt;
        summary.end = {task->endReason, task->exitCode, task->message};
        summary.usage = state.meter.latest(task->id);
        summary.costMicros = task->costMicros;
        *list.add_tasks() = rpc::toWire(summary);
    }
    return list;
}

model::CallSummary summaryOf(const control::State& state, const control::CallState& call)
{
    model::CallSummary summary;
    summary.id = call.record.id;
    summary.appId = call.record.appId;
    summary.functionId = call.record.functionId;
    if (const auto function = state.functions.find(call.record.functionId))
        summary.functionName = (*function)->tag;
    if (!call.inputs.empty() && summary.functionName.ends_with(".*"))
        if (const auto& method = state.calls.findInput(call.inputs.front())->method;
            !method.empty())
            summary.functionName.replace(summary.functionName.size() - 1, 1, method);
    summary.runId = call.record.runId;
    summary.inputs = static_cast<std::uint32_t>(call.inputs.size());
    summary.succeeded = call.succeeded;
    summary.failed = static_cast<std::uint32_t>(call.results.size()) - call.succeeded;
    summary.createdAt = call.record.createdAt;
    summary.finishedAt = call.record.finishedAt;
    return summary;
}

Result<own::CallList> listCalls(Exchange& exchange, const own::ListRequest& request)
{
    auto& state = exchange.state();
    std::vector<const store::CallRecord*> chosen;
    for (const auto& [id, call] : state.calls.calls())
        if ((request.app_id().empty() || request.app_id() == call.record.appId)
            && (request.run_id().empty() || request.run_id() == call.record.runId)
            && (!request.only_live() || call.unfinished() > 0))
            chosen.push_back(&call.record);
    own::CallList list;
    for (const auto* call : newest(std::move(chosen), request.limit()))
        *list.add_calls() = rpc::toWire(summaryOf(state, **state.calls.findCall(call->id)));
    return list;
}

Result<own::ImageList> listImages(Exchange& exchange, const own::ListRequest& request)
{
    std::vector<const store::ImageRecord*> chosen;
    for (const auto& [id, image] : exchange.state().images.all())
        chosen.push_back(&image);
    own::ImageList list;
    for (const auto* image : newest(std::move(chosen), request.limit())) {
        model::ImageSummary summary;
        summary.id = image->id;
        summary.state = image->state == store::ImageState::Building ? "building"
            : image->state == store::ImageState::Ready              ? "ready"
                                                                    : "failed";
        if (const auto json = parseJson(image->image); json && json->is_object()) {
            summary.pythonVersion = json->value("pythonVersion", "");
            summary.layers = static_cast<std::uint32_t>((*json)["layers"].size());
        }
        summary.createdAt = image->createdAt;
        summary.error = image->error;
        *list.add_images() = rpc::toWire(summary);
    }
    return list;
}

std::string statusText(const store::InputRecord& input)
{
    switch (input.status) {
    case store::ResultStatus::Success:
        return "success";
    case store::ResultStatus::Failure:
        return "failure";
    case store::ResultStatus::Terminated:
        return "terminated";
    case store::ResultStatus::Timeout:
        return "timeout";
    case store::ResultStatus::InitFailure:
        return "init-failure";
    case store::ResultStatus::InternalFailure:
        return "internal-failure";
    case store::ResultStatus::None:
        break;
    }
    return input.state == store::InputState::Leased ? "running" : "pending";
}

Result<own::CallOutputs> callOutputs(const Desk& desk, Exchange& exchange,
                                     const own::CallOutputsRequest& request)
{
    auto& calls = exchange.state().calls;
    TRY_ASSIGN(const auto* call, calls.findCall(request.call_id()));
    own::CallOutputs outputs;
    for (const auto& id : call->results) {
        const auto& input = *calls.findInput(id);
        if (input.index < request.first_index()
            || (request.limit() > 0 && input.index >= request.first_index() + request.limit()))
            continue;
        model::CallOutput output;
        output.index = input.index;
        output.status = statusText(input);
        if (auto outcome = calls.payloads().outcome(id)) {
            output.dataFormat = outcome->payload.format;
            output.data = std::move(outcome->payload.data);
            if (!outcome->payload.blobId.empty())
                if (auto blob = readFile(desk.options.blobs.pathOf(outcome->payload.blobId)))
                    output.data = *std::move(blob);
            output.exception = std::move(outcome->exception);
            output.traceback = std::move(outcome->traceback);
        }
        *outputs.add_outputs() = rpc::toWire(output);
    }
    std::sort(outputs.mutable_outputs()->begin(), outputs.mutable_outputs()->end(),
              [](const auto& a, const auto& b) { return a.index() < b.index(); });
    return outputs;
}

Result<own::DaemonStatus> status(const Desk& desk, Exchange& exchange)
{
    auto& state = exchange.state();
    model::DaemonStatus status;
    status.version = desk.options.version;
    status.pid = ::getpid();
    status.home = desk.options.home.string();
    status.serverUrl = desk.serverUrl();
    status.startedAt = desk.startedAt;
    status.workerConnected = state.fleet.connected();
    for (const auto& [id, app] : state.apps.all())
        status.appsRunning += app.state != AppState::Stopped ? 1 : 0;
    status.tasksRunning = static_cast<std::uint32_t>(state.fleet.live().size());
    for (const auto& [id, call] : state.calls.calls())
        status.callsPending += call.unfinished() > 0 ? 1 : 0;
    status.notes = state.fleet.notes();
    if (const auto* placement = exchange.plane().placement()) {
        status.engine = placement->engine();
        status.engineProblem = placement->problem();
    }
    return rpc::toWire(status);
}

Result<own::CostReport> costReport(Exchange& exchange, const own::CostRequest& request)
{
    auto& state = exchange.state();
    own::CostReport report;
    report.set_price_book(state.meter.prices().title());
    for (const auto& charge : state.meter.charges(request.app_id())) {
        model::CostLine line;
        line.appId = charge.appId;
        if (const auto app = state.apps.find(charge.appId))
            line.appName = (*app)->name.empty() ? (*app)->description : (*app)->name;
        if (const auto function = state.functions.find(charge.functionId))
            line.functionName = (*function)->tag;
        line.gpu = charge.gpu;
        line.day = charge.day;
        line.seconds = toSeconds(charge.micros);
        line.costMicros = charge.costMicros;
        *report.add_lines() = rpc::toWire(line);
    }
    return report;
}

Result<own::CostSeries> costSeries(Exchange& exchange, const own::CostSeriesRequest& request)
{
    auto& state = exchange.state();
    own::CostSeries series;
    for (const auto& minute : state.meter.series(request.app_id(), request.since(),
                                                 Micros {request.bucket_seconds()} * 1'000'000)) {
        model::CostPoint point;
        point.from = minute.from;
        point.appId = minute.appId;
        if (const auto function = state.functions.find(minute.functionId))
            point.functionName = (*function)->tag;
        point.gpu = minute.gpu;
        point.version = minute.version;
        point.seconds = toSeconds(minute.micros);
        point.costMicros = minute.costMicros;
        *series.add_points() = rpc::toWire(point);
    }
    return series;
}

Result<own::NodeList> listNodes(Exchange& exchange, const own::Nothing&)
{
    const auto* placement = exchange.plane().placement();
    if (placement == nullptr)
        return Error(ErrorCode::FailedPrecondition, "this target is one machine; it has no nodes");
    own::NodeList list;
    for (const auto& node : placement->nodes())
        *list.add_nodes() = rpc::toWire(node);
    return list;
}

Result<own::StopResponse> stop(Exchange& exchange, const own::StopRequest& request)
{
    auto& state = exchange.state();
    const auto& id = request.id();
    own::StopResponse response;
    const auto prefix = idPrefix(id);
    if (prefix == "ap") {
        TRY_ASSIGN(const auto* app, state.apps.find(id));
        const auto name = app->name.empty() ? app->description : app->name;
        if (app->state == AppState::Stopped)
            return Error(ErrorCode::FailedPrecondition, "app " + id + " has stopped already");
        exchange.plane().appRules().stop(id, "stopped by the user");
        response.set_what("stopped app " + id + " (" + name + ")");
    } else if (prefix == "fc") {
        TRY_ASSIGN(const auto* call, state.calls.findCall(id));
        const auto open = call->unfinished();
        state.calls.cancelCall(id);
        response.set_what("cancelled call " + id + " (" + std::to_string(open)
                          + " inputs were not finished)");
    } else if (prefix == "ta") {
        TRY_ASSIGN([[maybe_unused]] const auto* task, state.fleet.find(id));
        state.fleet.stop(id, {model::EndReason::Stopped, true, "stopped by the user"});
        response.set_what("stopped container " + id);
    } else {
        return Error(ErrorCode::Invalid,
                     "'" + id
                         + "' is not the id of an app (ap-…), a call (fc-…) or a container "
                           "(ta-…)");
    }
    return response;
}

} // namespace

void addStudio(Desk& desk)
{
    auto& methods = desk.methods;
    const auto add = [&methods]<typename Request>(const char* name, Repeat repeat, auto handler,
                                                  const Request&) {
        methods.unary<Request>(std::string("/slipway.v1.Studio/") + name, repeat, handler,
                               Access::Private);
    };
    const own::ListRequest listRequest;
    add("ListApps", Repeat::Harmless, listApps, listRequest);
    add("ListTasks", Repeat::Harmless, listTasks, listRequest);
    add("ListCalls", Repeat::Harmless, listCalls, listRequest);
    add("ListImages", Repeat::Harmless, listImages, listRequest);
    add("GetCost", Repeat::Harmless, costReport, own::CostRequest());
    add("GetCostSeries", Repeat::Harmless, costSeries, own::CostSeriesRequest());
    add("ListNodes", Repeat::Harmless, listNodes, own::Nothing());
    add("Stop", Repeat::Harmless, stop, own::StopRequest());
    add(
        "GetCallOutputs", Repeat::Harmless,
        [&desk](Exchange& exchange, const own::CallOutputsRequest& request) {
            return callOutputs(desk, exchange, request);
        },
        own::CallOutputsRequest());
    add(
        "Status", Repeat::Harmless,
        [&desk](Exchange& exchange, const own::Nothing&) { return status(desk, exchange); },
        own::Nothing());
    add(
        "ApiTable", Repeat::Harmless,
        [&desk](Exchange&, const own::Nothing&) -> Result<own::MethodTable> {
            own::MethodTable table;
            for (const auto& row : desk.methods.table()) {
                auto& method = *table.add_methods();
                method.set_name(row.name);
                method.set_served(row.served);
                method.set_calls(row.calls);
                method.set_errors(row.errors);
            }
            return table;
        },
        own::Nothing());
    add(
        "Shutdown", Repeat::Harmless,
        [&desk](Exchange& exchange, const own::Nothing&) -> Result<own::Nothing> {
            // After the reply has left, so that the caller hears it.
            if (desk.options.onShutdown)
                exchange.plane().strand().post([&desk] { desk.options.onShutdown(); });
            return own::Nothing();
        },
        own::Nothing());
}

} // namespace emulator::api
