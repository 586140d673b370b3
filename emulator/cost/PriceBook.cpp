// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/cost/PriceBook.h"

#include "emulator/base/Json.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace emulator::cost {

/// The text of resources/prices.json, put there by the build.
extern const char* const builtInPrices;

namespace {

/// "0.001097" in pico-dollars, exactly; no floating point comes near money.
Result<Rate> parsePrice(const std::string& name, const std::string& text)
{
    const auto wrong = [&] {
        return Error(ErrorCode::Invalid,
                     "the price of " + name + " is '" + text
                         + "', not dollars with at most 12 decimals like \"0.001097\"");
    };
    const auto point = text.find('.');
    std::string whole = text.substr(0, point);
    std::string decimals = point == std::string::npos ? "" : text.substr(point + 1);
    if (whole.empty() || whole.size() > 5 || decimals.size() > 12)
        return wrong();
    decimals.resize(12, '0');
    Rate rate = 0;
    for (const char digit : whole + decimals) {
        if (digit < '0' || digit > '9')
            return wrong();
        rate = rate * 10 + (digit - '0');
    }
    return rate;
}

Result<std::string> textOf(const Json& book, const char* name)
{
    const auto found = book.find(name);
    if (found == book.end() || !found->is_string())
        return Error(ErrorCode::Invalid,
                     std::string("the price book lacks the text \"") + name + "\"");
    return found->get<std::string>();
}

} // namespace

Result<PriceBook> PriceBook::parse(std::string_view json)
{
    TRY_ASSIGN(const Json book, parseJson(json));
    PriceBook prices;
    TRY_ASSIGN(const auto name, textOf(book, "name"));
    TRY_ASSIGN(const auto date, textOf(book, "asOf"));
    TRY_ASSIGN(prices.m_source, textOf(book, "source"));
    prices.m_title = name + ", " + date;
    TRY_ASSIGN(const auto core, textOf(book, "cpuCoreSecond"));
    TRY_ASSIGN(prices.m_core, parsePrice("a core", core));
    TRY_ASSIGN(const auto gib, textOf(book, "memoryGibSecond"));
    TRY_ASSIGN(prices.m_gib, parsePrice("a GiB", gib));
    prices.m_minimumMilliCpu = book.value("minimumMilliCpu", 0U);
    prices.m_minimumMemoryMb = book.value("minimumMemoryMb", 0U);
    if (book.contains("gpuSecond"))
        for (const auto& [card, price] : book["gpuSecond"].items()) {
            if (!price.is_string())
                return Error(ErrorCode::Invalid, "the price of " + card + " is not a text");
            TRY_ASSIGN(prices.m_cards[card], parsePrice(card, price.get<std::string>()));
        }
    return prices;
}

PriceBook PriceBook::builtIn()
{
    auto prices = parse(builtInPrices);
    assert(prices); // a test reads the same file
    return *std::move(prices);
}

Rate PriceBook::rateOf(const model::Resources& resources) const
{
    const Rate milliCpu = std::max(resources.milliCpu, m_minimumMilliCpu);
    const Rate memoryMb = std::max(resources.memoryMb, m_minimumMemoryMb);
    Rate rate = milliCpu * m_core / 1000 + memoryMb * m_gib / 1024;
    if (const auto card = m_cards.find(resources.gpu); card != m_cards.end())
        rate += card->second * std::max<Rate>(resources.gpuCount, 1);
    return rate;
}

bool PriceBook::hasCard(std::string_view gpu) const
{
    return m_cards.contains(gpu);
}

} // namespace emulator::cost
