// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"

#include <grpcpp/support/status.h>

namespace emulator::rpc {

/// Our error as gRPC spells it, and back.
[[nodiscard]] grpc::Status toStatus(const Error& error);
[[nodiscard]] Error toError(const grpc::Status& status);

} // namespace emulator::rpc
