// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/rpc/Convert.h"

#include <slipway.pb.h>

namespace emulator::api {
namespace {

namespace own = slipway::v1;

/// Commands leave on this stream for as long as it lasts.
void attach(Desk& desk, const std::shared_ptr<Exchange>& exchange,
            const own::AttachRequest& request)
{
    model::WorkerHello hello;
    hello.workerId = request.worker_id();
    hello.runningTasks = {request.running_tasks().begin(), request.running_tasks().end()};
    hello.capabilityNotes = {request.capability_notes().begin(), request.capability_notes().end()};
    hello.node = request.node();
    hello.jobId = request.job_id();
    const auto connection = ++desk.connections;
    auto& plane = exchange->plane();
    exchange->onGone([&plane, connection] {
        plane.strand().post([&plane, connection] { plane.state().fleet.detach(connection); });
    });
    const auto sink = [exchange](const model::WorkerCommand& command) {
        exchange->writeNow(rpc::toWire(command).SerializeAsString());
    };
    const auto& caller = exchange->caller();
    if (caller.replicaId.empty()) {
        plane.taskRules().attach(hello, connection, sink);
        return;
    }
    // Its token is good for one worker process: a job that its engine started twice is two.
    if (auto task
        = plane.state().fleet.admitReplica(caller.replicaId, caller.replicaToken, hello.workerId);
        !task)
        exchange->fail(std::move(task).error());
    else
        plane.taskRules().attachReplica(*task, hello, connection, sink);
}

/// Whether an event is about this task.
bool concerns(const model::WorkerEvent& event, const std::string& taskId)
{
    const auto of = [](const auto& each) -> std::string {
        using Event = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<Event, model::TaskOutput>)
            return each.piece.taskId;
        else if constexpr (std::is_same_v<Event, model::TaskUsage>)
            return each.sample.taskId;
        else if constexpr (std::is_same_v<Event, model::TaskStarted>
                           || std::is_same_v<Event, model::TaskEnded>)
            return each.taskId;
        else
            return {};
    };
    return std::visit(of, event) == taskId;
}

Result<own::ReportResponse> report(Exchange& exchange, const own::ReportRequest& request)
{
    std::vector<model::WorkerEvent> events;
    for (const auto& event : request.events())
        events.push_back(rpc::fromWire(event));
    const auto& caller = exchange.caller();
    if (!caller.replicaId.empty())
        for (const auto& event : events)
            if (!concerns(event, caller.taskId))
                return Error(ErrorCode::Denied, "a replica reports only its own task");
    own::ReportResponse response;
    response.set_next_sequence(
        exchange.plane().taskRules().report(request.worker_id(), request.first_sequence(), events));
    return response;
}

constexpr std::size_t pieceBytes = 1U << 20U;

void fetchContent(const Desk& desk, const std::shared_ptr<Exchange>& exchange,
                  const own::ContentRequest& request)
{
    const auto& name = request.sha256();
    if (name.size() != 64 || name.find_first_not_of("0123456789abcdef") != std::string::npos) {
        exchange->fail(Error(ErrorCode::Invalid, "'" + name + "' is no SHA-256"));
        return;
    }
    auto content = readFile(desk.contentPath(name));
    if (!content) {
        exchange->fail(std::move(content).error());
        return;
    }
    for (std::size_t at = 0; at < content->size(); at += pieceBytes) {
        own::ContentPiece piece;
        piece.set_data(content->substr(at, pieceBytes));
        exchange->write(piece);
    }
    exchange->finish();
}

} // namespace

void addWorkers(Desk& desk)
{
    desk.methods.parked<own::AttachRequest>(
        "/slipway.v1.Worker/Attach",
        [&desk](const auto& exchange, const auto& request) { attach(desk, exchange, request); },
        Access::Worker);
    desk.methods.unary<own::ReportRequest>("/slipway.v1.Worker/Report", Repeat::Harmless, report,
                                           Access::Worker);
    desk.methods.parked<own::ContentRequest>(
        "/slipway.v1.Worker/FetchContent",
        [&desk](const auto& exchange, const auto& request) {
            fetchContent(desk, exchange, request);
        },
        Access::Worker);
}

} // namespace emulator::api
