// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/rpc/Convert.h"
#include "emulator/rpc/Status.h"
#include "emulator/rpc/StudioClient.h"

#include <grpcpp/grpcpp.h>
#include <slipway.grpc.pb.h>

#include <chrono>

/// How StudioClient's files call; for them alone.
namespace emulator::rpc {

using slipway::v1::Studio;

struct StudioClient::Wire {
    std::unique_ptr<Studio::Stub> stub;

    template<typename Request, typename Response>
    Result<Response>
    call(grpc::Status (Studio::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
         const Request& request, std::chrono::seconds seconds = std::chrono::seconds(5)) const
    {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + seconds);
        Response response;
        const auto status = (stub.get()->*method)(&context, request, &response);
        if (!status.ok())
            return toError(status);
        return response;
    }

    template<typename Request, typename Response, typename OnMessage>
    Result<> stream(std::unique_ptr<grpc::ClientReader<Response>> (Studio::Stub::*method)(
                        grpc::ClientContext*, const Request&),
                    const Request& request, std::stop_token stop, OnMessage onMessage) const
    {
        grpc::ClientContext context;
        const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
        const auto reader = (stub.get()->*method)(&context, request);
        Response response;
        while (reader->Read(&response))
            onMessage(response);
        const auto status = reader->Finish();
        if (stop.stop_requested())
            return Error(ErrorCode::Cancelled, "cancelled");
        if (!status.ok())
            return toError(status);
        return {};
    }
};

template<typename Value, typename Repeated>
std::vector<Value> all(const Repeated& wire)
{
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(wire.size()));
    for (const auto& entry : wire)
        values.push_back(fromWire(entry));
    return values;
}

} // namespace emulator::rpc
