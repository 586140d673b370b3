// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/Task.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace emulator::cost {

/// Pico-dollars (10^-12) a second: small enough that every published price is a whole number.
using Rate = std::int64_t;

/// What a second of each resource costs on one target; data, not code. A value.
class PriceBook {
public:
    /// From the text of a file like resources/prices.json; Invalid names the entry that is wrong.
    [[nodiscard]] static Result<PriceBook> parse(std::string_view json);
    /// The book of resources/prices.json, built in.
    [[nodiscard]] static PriceBook builtIn();

    /// "Modal list prices, 2025-10".
    [[nodiscard]] const std::string& title() const { return m_title; }
    [[nodiscard]] const std::string& source() const { return m_source; }

    /// The price of a second of what is reserved, used or not.
    [[nodiscard]] Rate rateOf(const model::Resources& resources) const;
    /// Whether the book knows a card; one that it does not know costs nothing, so say it.
    [[nodiscard]] bool hasCard(std::string_view gpu) const;

private:
    std::string m_title;
    std::string m_source;
    Rate m_core = 0;
    Rate m_gib = 0;
    std::uint32_t m_minimumMilliCpu = 0;
    std::uint32_t m_minimumMemoryMb = 0;
    std::map<std::string, Rate, std::less<>> m_cards;
};

} // namespace emulator::cost
