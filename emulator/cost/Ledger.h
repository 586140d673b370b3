// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/cost/PriceBook.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emulator::cost {

/// A stretch of one day (UTC) of one task.
struct Charge {
    std::string day; ///< "2026-11-24"
    std::int64_t micros = 0; ///< of task time
    std::int64_t costMicros = 0; ///< micro-dollars
};

/// What `elapsed` costs at `rate`, in whole micro-dollars, rounded down.
[[nodiscard]] std::int64_t costOf(Rate rate, Micros elapsed);

/// The charges of a task that started at `start` for the time from `from` to `until`, cut at
/// midnight UTC. However often and wherever the time is cut, the charges sum to
/// costOf(rate, until - start): each is the difference of two such totals.
[[nodiscard]] std::vector<Charge> chargesFor(Rate rate, Micros start, Micros from, Micros until);

/// "2026-11-24" of a time, UTC.
[[nodiscard]] std::string dayOf(Micros time);

} // namespace emulator::cost
