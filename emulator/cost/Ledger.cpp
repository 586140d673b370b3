// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/cost/Ledger.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace emulator::cost {

std::int64_t costOf(Rate rate, Micros elapsed)
{
    // rate (10^-12 $/s) x elapsed (10^-6 s) = 10^-18 $; a B200 for ten days passes 2^63.
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>(static_cast<Wide>(rate) * elapsed / 1'000'000'000'000);
}

std::vector<Slice> slicesFor(Rate rate, Micros start, Micros from, Micros until, Micros length)
{
    std::vector<Slice> slices;
    while (from < until) {
        const Micros end = std::min((from / length + 1) * length, until);
        slices.push_back(
            {from, end - from, costOf(rate, end - start) - costOf(rate, from - start)});
        from = end;
    }
    return slices;
}

std::string dayOf(Micros time)
{
    const auto seconds = static_cast<std::time_t>(time / 1'000'000);
    tm parts {};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 16> text {};
    std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
    return text.data();
}

} // namespace emulator::cost
