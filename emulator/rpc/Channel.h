// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>

#include <filesystem>
#include <memory>

namespace emulator::rpc {

/// A channel to a daemon's private socket that finds a restarted daemon within half a second.
[[nodiscard]] std::shared_ptr<grpc::Channel> makeChannel(const std::filesystem::path& socket);

} // namespace emulator::rpc
