// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Results.h"

namespace emulator::api {

namespace wire = ::modal::client;

store::Outcome outcomeFrom(const wire::GenericResult& result, wire::DataFormat format)
{
    store::Outcome outcome;
    outcome.status = static_cast<store::ResultStatus>(result.status());
    outcome.payload.format = static_cast<std::uint32_t>(format);
    outcome.payload.data = result.data();
    outcome.payload.blobId = result.data_blob_id();
    outcome.exception = result.exception();
    outcome.exitCode = result.exitcode();
    outcome.traceback = result.traceback();
    outcome.serializedTraceback = result.serialized_tb();
    outcome.lineCache = result.tb_line_cache();
    return outcome;
}

wire::GenericResult resultFrom(const store::Outcome& outcome, store::ResultStatus status)
{
    wire::GenericResult result;
    result.set_status(static_cast<wire::GenericResult::GenericStatus>(status));
    result.set_exception(outcome.exception);
    result.set_exitcode(outcome.exitCode);
    result.set_traceback(outcome.traceback);
    result.set_serialized_tb(outcome.serializedTraceback);
    result.set_tb_line_cache(outcome.lineCache);
    if (!outcome.payload.blobId.empty())
        result.set_data_blob_id(outcome.payload.blobId);
    else
        result.set_data(outcome.payload.data);
    return result;
}

store::Payload payloadFrom(const wire::FunctionInput& input)
{
    return {static_cast<std::uint32_t>(input.data_format()), input.args(), input.args_blob_id()};
}

void putPayload(wire::FunctionInput& input, const store::Payload& payload)
{
    input.set_data_format(static_cast<wire::DataFormat>(payload.format));
    if (!payload.blobId.empty())
        input.set_args_blob_id(payload.blobId);
    else
        input.set_args(payload.data);
}

} // namespace emulator::api
