// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/Result.h"

#include <cstdint>
#include <string_view>

namespace app::command {

/// Micro-dollars of "12.50" or "$12.50"; 0 of "none". Invalid for anything else, 0 included: a
/// budget of nothing is meant as "none" or not at all.
[[nodiscard]] emulator::Result<std::int64_t> parseBudget(std::string_view text);

} // namespace app::command
