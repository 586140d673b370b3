// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/store/Payloads.h"

#include <modal_proto/api.pb.h>

namespace emulator::api {

/// Between the wire's results and ours.
[[nodiscard]] store::Outcome outcomeFrom(const ::modal::client::GenericResult& result,
                                         ::modal::client::DataFormat format);
[[nodiscard]] ::modal::client::GenericResult resultFrom(const store::Outcome& outcome,
                                                        store::ResultStatus status);

[[nodiscard]] store::Payload payloadFrom(const ::modal::client::FunctionInput& input);
void putPayload(::modal::client::FunctionInput& input, const store::Payload& payload);

} // namespace emulator::api
