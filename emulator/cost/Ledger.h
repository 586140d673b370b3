// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/cost/PriceBook.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emulator::cost {

/// What `elapsed` costs at `rate`, in whole micro-dollars, rounded down.
[[nodiscard]] std::int64_t costOf(Rate rate, Micros elapsed);

/// A stretch of time of one task.
struct Slice {
    Micros from = 0;
    std::int64_t micros = 0; ///< of task time
    std::int64_t costMicros = 0; ///< micro-dollars
};

/// What a task that started at `start` costs from `from` to `until`, cut at multiples of `length`.
/// However often and wherever the time is cut, the slices sum to costOf(rate, until - start): each
/// is the difference of two such totals.
[[nodiscard]] std::vector<Slice> slicesFor(Rate rate, Micros start, Micros from, Micros until,
                                           Micros length);

/// "2026-11-24" of a time, UTC.
[[nodiscard]] std::string dayOf(Micros time);

} // namespace emulator::cost
