// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/cost/Ledger.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace emulator::cost {
namespace {

constexpr Micros dayLength = 24LL * 3600 * 1'000'000;

} // namespace

std::int64_t costOf(Rate rate, Micros elapsed)
{
    // rate (10^-12 $/s) x elapsed (10^-6 s) = 10^-18 $; a B200 for ten days passes 2^63.
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>(static_cast<Wide>(rate) * elapsed / 1'000'000'000'000);
}

std::vector<Charge> chargesFor(Rate rate, Micros start, Micros from, Micros until)
{
    std::vector<Charge> charges;
    while (from < until) {
        const Micros midnight = (from / dayLength + 1) * dayLength;
        const Micros end = std::min(midnight, until);
        charges.push_back(
            {dayOf(from), end - from, costOf(rate, end - start) - costOf(rate, from - start)});
        from = end;
    }
    return charges;
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
