// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace emulator::api {

/// The fields of a request, at any depth, that this version's protocol does not have: options of a
/// newer client, which must be named and never silently dropped. "FunctionCreateRequest.function,
/// field 97".
[[nodiscard]] std::vector<std::string> unknownFields(const google::protobuf::Message& message);

/// RFC 3986 percent-encoding, as x-modal-warning wants its text.
[[nodiscard]] std::string percentEncode(std::string_view text);

} // namespace emulator::api
