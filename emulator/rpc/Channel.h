// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/rpc/Upstream.h"

#include <grpcpp/channel.h>

#include <memory>

namespace emulator::rpc {

/// A channel to a control plane that finds a restarted one within half a second.
[[nodiscard]] std::shared_ptr<grpc::Channel> makeChannel(const Upstream& upstream);

} // namespace emulator::rpc
