// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/WorkerLink.h"

#include "emulator/base/Log.h"
#include "emulator/rpc/Channel.h"
#include "emulator/rpc/Convert.h"

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

} // namespace

struct WorkerLink::Wire {
    std::unique_ptr<slipway::v1::Worker::Stub> stub;
    std::function<model::WorkerHello()> hello;
    std::function<void(model::WorkerCommand)> onCommand;
    std::string workerId;

    std::mutex mutex;
    std::condition_variable_any changed;
    std::deque<slipway::v1::Event> events; ///< not yet stored by the control plane
    std::uint64_t firstSequence = 1; ///< of events.front()

    std::jthread commands;
    std::jthread reports;

    void pause(std::stop_token stop)
    {
        std::unique_lock lock(mutex);
        changed.wait_for(lock, stop, retryDelay, [] { return false; });
    }

    void readCommands(const std::stop_token& stop)
    {
        bool connected = true;
        while (!stop.stop_requested()) {
            grpc::ClientContext context;
            const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
            const auto greeting = hello();
            slipway::v1::AttachRequest request;
            request.set_worker_id(greeting.workerId);
            request.mutable_running_tasks()->Assign(greeting.runningTasks.begin(),
                                                    greeting.runningTasks.end());
            request.mutable_capability_notes()->Assign(greeting.capabilityNotes.begin(),
                                                       greeting.capabilityNotes.end());
            context.set_wait_for_ready(true);
            const auto stream = stub->Attach(&context, request);
            slipway::v1::Command command;
            while (stream->Read(&command)) {
                connected = true;
                onCommand(fromWire(command));
            }
            const auto status = stream->Finish();
            if (stop.stop_requested())
                return;
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
        changed.wait(lock, stop, [this] { return !events.empty(); });
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
            context.set_wait_for_ready(true);
            slipway::v1::ReportResponse response;
            const auto status = stub->Report(&context, request, &response);
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

WorkerLink::WorkerLink(const std::filesystem::path& socket,
                       std::function<model::WorkerHello()> hello,
                       std::function<void(model::WorkerCommand)> onCommand)
    : m_wire(std::make_unique<Wire>())
{
    m_wire->stub = slipway::v1::Worker::NewStub(makeChannel(socket));
    m_wire->hello = std::move(hello);
    m_wire->onCommand = std::move(onCommand);
    m_wire->workerId = m_wire->hello().workerId;
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
    m_wire->changed.wait(lock, stop, [&] { return m_wire->firstSequence >= last; });
}

} // namespace emulator::rpc
