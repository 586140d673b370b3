// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Json.h"
#include "emulator/base/Result.h"
#include "emulator/base/UniqueFd.h"
#include "emulator/container/ContainerPlan.h"
#include "emulator/container/Launcher.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::container {

/// One message on the stream sockets between worker, helper, containers and zygotes: four octets
/// of length (this machine's order), then the payload; descriptors travel with the length.
struct Message {
    std::string payload;
    std::vector<UniqueFd> descriptors;
    int sender = 0; ///< the sender's pid as we number it, on sockets with SO_PASSCRED
};

/// Blocks until all is written. Unavailable when the other end is gone.
[[nodiscard]] Result<> sendMessage(int socket, std::string_view payload,
                                   std::span<const int> descriptors = {});

/// Blocks until a whole message is there; nothing at the end of the stream.
[[nodiscard]] Result<std::optional<Message>> receiveMessage(int socket);

/// A connected pair of stream sockets, closed on exec.
[[nodiscard]] Result<std::pair<UniqueFd, UniqueFd>> socketPair();

/// MessagePack: unlike JSON text it carries paths and variables that are not UTF-8.
[[nodiscard]] std::string pack(const Json& value);
[[nodiscard]] Result<Json> unpack(std::string_view payload);

[[nodiscard]] Json toJson(const ContainerPlan& plan);
[[nodiscard]] ContainerPlan planFrom(const Json& json);
[[nodiscard]] Json toJson(const ZygotePlan& plan);
[[nodiscard]] ZygotePlan zygoteFrom(const Json& json);
[[nodiscard]] Json toJson(const Capability& capability);
[[nodiscard]] Capability capabilityFrom(const Json& json);
[[nodiscard]] Json toJson(const Usage& usage);
[[nodiscard]] Usage usageFrom(const Json& json);
[[nodiscard]] Json toJson(const Error& error);
[[nodiscard]] Error errorFrom(const Json& json);

} // namespace emulator::container
