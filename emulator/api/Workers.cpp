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
    const auto connection = ++desk.connections;
    auto& plane = exchange->plane();
    exchange->onGone([&plane, connection] {
        plane.strand().post([&plane, connection] { plane.state().fleet.detach(connection); });
    });
    plane.taskRules().attach(hello, connection, [exchange](const model::WorkerCommand& command) {
        exchange->writeNow(rpc::toWire(command).SerializeAsString());
    });
}

Result<own::ReportResponse> report(Exchange& exchange, const own::ReportRequest& request)
{
    std::vector<model::WorkerEvent> events;
    for (const auto& event : request.events())
        events.push_back(rpc::fromWire(event));
    own::ReportResponse response;
    response.set_next_sequence(
        exchange.plane().taskRules().report(request.worker_id(), request.first_sequence(), events));
    return response;
}

} // namespace

void addWorkers(Desk& desk)
{
    desk.methods.parked<own::AttachRequest>(
        "/slipway.v1.Worker/Attach",
        [&desk](const auto& exchange, const auto& request) { attach(desk, exchange, request); },
        Access::Private);
    desk.methods.unary<own::ReportRequest>("/slipway.v1.Worker/Report", Repeat::Harmless, report,
                                           Access::Private);
}

} // namespace emulator::api
