// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"

namespace emulator::api {
namespace {

using control::Parking;
using store::Chunk;
using store::ChunkDirection;

/// A stream that ends is opened again at once, so it is held as long as the client's other polls.
constexpr double streamSeconds = 55;

wire::DataChunk toWire(const Chunk& chunk)
{
    wire::DataChunk data;
    data.set_index(chunk.index);
    data.set_data_format(static_cast<wire::DataFormat>(chunk.payload.format));
    if (!chunk.payload.blobId.empty())
        data.set_data_blob_id(chunk.payload.blobId);
    else
        data.set_data(chunk.payload.data);
    return data;
}

void stream(const std::shared_ptr<Exchange>& exchange,
            const wire::FunctionCallGetDataRequest& request, ChunkDirection direction)
{
    const auto& callId = request.function_call_id();
    if (const auto call = exchange->state().calls.findCall(callId); !call) {
        exchange->fail(call.error());
        return;
    }
    auto last = std::make_shared<std::uint64_t>(request.last_index());
    exchange->park("data " + callId, streamSeconds,
                   [exchange, callId, last, direction](Parking::Chance chance) {
                       auto& state = exchange->state();
                       if (auto chunks = state.context.strand.keep(
                               state.calls.payloads().chunksAfter(callId, direction, *last)))
                           for (const auto& chunk : *chunks) {
                               exchange->write(toWire(chunk));
                               *last = chunk.index;
                           }
                       if (chance != Parking::Chance::Last)
                           return false;
                       exchange->finish();
                       return true;
                   });
}

Result<Empty> putData(Exchange& exchange, const wire::FunctionCallPutDataRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* call, state.calls.findCall(request.function_call_id()));
    bool holds = false;
    for (const auto& id : state.calls.leasesOf(exchange.caller().taskId))
        holds = holds || state.calls.findInput(id)->callId == call->record.id;
    if (!holds)
        return Error(ErrorCode::Denied, "the call is not one of this container's");
    for (const auto& data : request.data_chunks())
        state.context.strand.keep(state.calls.payloads().putChunk(
            call->record.id, ChunkDirection::Out,
            {data.index(),
             {static_cast<std::uint32_t>(data.data_format()), data.data(), data.data_blob_id()}}));
    state.context.parking.signal("data " + call->record.id);
    return Empty();
}

} // namespace

void addGenerators(Desk& desk)
{
    auto& methods = desk.methods;
    methods.parked<wire::FunctionCallGetDataRequest>(
        "FunctionCallGetDataOut", [](const auto& exchange, const auto& request) {
            stream(exchange, request, ChunkDirection::Out);
        });
    methods.parked<wire::FunctionCallGetDataRequest>(
        "FunctionCallGetDataIn",
        [](const auto& exchange, const auto& request) {
            stream(exchange, request, ChunkDirection::In);
        },
        Access::Container);
    methods.unary<wire::FunctionCallPutDataRequest>("FunctionCallPutDataOut", Repeat::Harmless,
                                                    putData, Access::Container);
}

} // namespace emulator::api
