// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/WorkerLink.h"

#include "emulator/base/Log.h"
#include "emulator/rpc/Channel.h"
#include "emulator/rpc/Convert.h"
#include "emulator/rpc/Status.h"

#include <grpcpp/grpcpp.h>
#include <slipway.grpc.pb.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace emulator::rpc {
namespace {

constexpr auto retryDelay = std::chrono::milliseconds(100);
constexpr std::size_t batchBytes = 1U << 20U;
/// After so long without a control plane a replica ends: nobody is left who would stop it.
constexpr auto orphanLimit = std::chrono::minutes(10);

} // namespace

struct WorkerLink::Wire {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<slipway::v1::Worker::Stub> stub;
    Upstream upstream;
    Handlers handlers;
    std::string workerId;
    bool refused = false; ///< under the mutex

    std::mutex mutex;
    std::condition_variable_any changed;
    std::deque<slipway::v1::Event> events; ///< not yet stored by the control plane
    std::uint64_t firstSequence = 1; ///< of events.front()

    std::jthread commands;
    std::jthread reports;

    void introduce(grpc::ClientContext& context) const
    {
        for (const auto& [key, value] : upstream.headers)
            context.AddMetadata(key, value);
        context.set_wait_for_ready(true);
    }

    /// Whether this is an answer that no repetition changes.
    bool isRefusal(const grpc::Status& status) const
    {
        return status.error_code() == grpc::StatusCode::PERMISSION_DENIED
            || status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
    }

    void giveUp(const grpc::Status& status)
    {
        {
            const std::lock_guard lock(mutex);
            refused = true;
            events.clear();
        }
        changed.notify_all();
        log::error("worker", "the control plane refuses this worker: " + status.error_message());
        if (handlers.onRefused)
            handlers.onRefused(status.error_message());
    }

    void pause(std::stop_token stop)
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, stop, retryDelay, [] { return false; });
    }

    /// Of a replica: whether a control plane is there, or came within the limit.
    bool isOrphan(const std::stop_token& stop) const
    {
        if (!upstream.socket.empty())
            return false;
        const auto end = std::chrono::steady_clock::now() + orphanLimit;
        while (!stop.stop_requested() && std::chrono::steady_clock::now() < end)
            if (channel->WaitForConnected(std::chrono::system_clock::now()
                                          + std::chrono::milliseconds(500)))
                return false;
        return !stop.stop_requested();
    }

    void readCommands(const std::stop_token& stop)
    {
        bool connected = true;
        while (!stop.stop_requested()) {
            if (isOrphan(stop)) {
                giveUp({grpc::StatusCode::UNAVAILABLE, "it has not answered for ten minutes"});
                return;
            }
            grpc::ClientContext context;
            const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
            const auto greeting = handlers.hello();
            slipway::v1::AttachRequest request;
            request.set_worker_id(greeting.workerId);
            request.mutable_running_tasks()->Assign(greeting.runningTasks.begin(),
                                                    greeting.runningTasks.end());
            request.mutable_capability_notes()->Assign(greeting.capabilityNotes.begin(),
                                                       greeting.capabilityNotes.end());
            request.set_node(greeting.node);
            request.set_job_id(greeting.jobId);
            introduce(context);
            const auto stream = stub->Attach(&context, request);
            slipway::v1::Command command;
            while (stream->Read(&command)) {
                connected = true;
                handlers.onCommand(fromWire(command));
            }
            const auto status = stream->Finish();
            if (stop.stop_requested())
                return;
            if (isRefusal(status)) {
                giveUp(status);
                return;
            }
            if (connected)
                log::warning("worker",
                             "lost the control plane, trying again: " + status.error_message());
            connected = false;
            pause(stop);
        }
    }

    slipway::v1::ReportRequest nextBatch(const std::stop_token& stop)
    {
        slipway::v1::ReportRequest request;
        std::unique_lock lock(mutex);
        changed.wait(lock, stop, [this] { return !events.empty() && !refused; });
        if (events.empty() || refused)
            return request;
        request.set_worker_id(workerId);
        request.set_first_sequence(firstSequence);
        std::size_t bytes = 0;
        for (const auto& event : events) {
            bytes += event.ByteSizeLong();
            if (bytes > batchBytes && request.events_size() > 0)
                break;
            *request.add_events() = event;
        }
        return request;
    }

    void sendReports(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            const auto request = nextBatch(stop);
            if (request.events_size() == 0)
                continue;
            grpc::ClientContext context;
            const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
            introduce(context);
            slipway::v1::ReportResponse response;
            const auto status = stub->Report(&context, request, &response);
            if (isRefusal(status)) {
                giveUp(status);
                return;
            }
            if (!status.ok()) {
                pause(stop);
                continue;
            }
            {
                const std::lock_guard lock(mutex);
                for (int i = 0; i < request.events_size(); ++i)
                    events.pop_front();
                firstSequence += static_cast<std::uint64_t>(request.events_size());
            }
            changed.notify_all();
        }
    }
};

WorkerLink::WorkerLink(const Upstream& upstream, Handlers handlers)
    : m_wire(std::make_unique<Wire>())
{
    m_wire->channel = makeChannel(upstream);
    m_wire->stub = slipway::v1::Worker::NewStub(m_wire->channel);
    m_wire->upstream = upstream;
    m_wire->handlers = std::move(handlers);
    m_wire->workerId = m_wire->handlers.hello().workerId;
    m_wire->commands = std::jthread(
        [wire = m_wire.get()](const std::stop_token& stop) { wire->readCommands(stop); });
    m_wire->reports = std::jthread(
        [wire = m_wire.get()](const std::stop_token& stop) { wire->sendReports(stop); });
}

WorkerLink::~WorkerLink() = default;

void WorkerLink::report(model::WorkerEvent event)
{
    {
        const std::lock_guard lock(m_wire->mutex);
        m_wire->events.push_back(toWire(event));
    }
    m_wire->changed.notify_all();
}

void WorkerLink::flush(std::stop_token stop)
{
    std::unique_lock lock(m_wire->mutex);
    const auto last = m_wire->firstSequence + m_wire->events.size();
    m_wire->changed.wait(lock, stop,
                         [&] { return m_wire->refused || m_wire->firstSequence >= last; });
}

Result<> WorkerLink::fetchContent(const std::string& sha256,
                                  const std::function<Result<>(std::string_view)>& onPiece,
                                  std::stop_token stop)
{
    grpc::ClientContext context;
    const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
    m_wire->introduce(context);
    slipway::v1::ContentRequest request;
    request.set_sha256(sha256);
    const auto stream = m_wire->stub->FetchContent(&context, request);
    slipway::v1::ContentPiece piece;
    Result<> taken;
    while (taken && stream->Read(&piece))
        taken = onPiece(piece.data());
    if (!taken)
        context.TryCancel();
    const auto status = stream->Finish();
    TRY(std::move(taken));
    return status.ok() ? Result<>() : toError(status);
}

} // namespace emulator::rpc
