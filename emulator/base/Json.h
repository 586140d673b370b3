// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace emulator {

/// A JSON value; keys keep their order, so that what is printed is stable.
using Json = nlohmann::ordered_json;

/// Parses `text`; Invalid with line and column when it is not JSON (RFC 8259).
[[nodiscard]] Result<Json> parseJson(std::string_view text);

} // namespace emulator
