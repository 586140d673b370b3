// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/cards/Cards.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"
#include "emulator/gpu/cards/BuiltIn.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace emulator::gpu::cards {
namespace {

constexpr int countLimit = 8; ///< cards in one task, as on the hosted cloud

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// Reads fields of one JSON object and remembers the first that is missing or of the wrong type.
class Fields {
public:
    explicit Fields(const Json& object)
        : m_object(object)
    {
    }

    template<typename T>
    void read(const char* key, T& into)
    {
        const auto found = m_object.find(key);
        if (found == m_object.end())
            return fail(key, "is missing");
        if constexpr (std::is_same_v<T, std::string>) {
            if (!found->is_string())
                return fail(key, "is not a text");
        } else if constexpr (std::is_same_v<T, bool>) {
            if (!found->is_boolean())
                return fail(key, "is not true or false");
        } else if (!found->is_number() || found->template get<double>() < 0) {
            return fail(key, "is not a number from 0");
        }
        into = found->template get<T>();
    }

    [[nodiscard]] const std::string& problem() const { return m_problem; }

private:
    void fail(const char* key, const char* what)
    {
        if (m_problem.empty())
            m_problem = std::string("\"") + key + "\" " + what;
    }

    const Json& m_object;
    std::string m_problem;
};

Result<Card> parseCard(const Json& object)
{
    if (!object.is_object())
        return Error(ErrorCode::Invalid, "gpus.json: a card is not an object");
    Card card;
    Fields fields(object);
    fields.read("id", card.id);
    fields.read("name", card.name);
    fields.read("architecture", card.architecture);
    fields.read("source", card.source);
    fields.read("computeMajor", card.computeMajor);
    fields.read("computeMinor", card.computeMinor);
    fields.read("multiprocessors", card.multiprocessors);
    fields.read("boostMhz", card.boostMhz);
    fields.read("memoryClockMhz", card.memoryClockMhz);
    fields.read("memoryBusBits", card.memoryBusBits);
    fields.read("memoryBytes", card.memoryBytes);
    fields.read("memoryGigabytesPerSecond", card.memoryGigabytesPerSecond);
    fields.read("l2Bytes", card.l2Bytes);
    fields.read("sharedBytesPerMultiprocessor", card.sharedBytesPerMultiprocessor);
    fields.read("sharedBytesPerBlockOptin", card.sharedBytesPerBlockOptin);
    fields.read("threadsPerMultiprocessor", card.threadsPerMultiprocessor);
    fields.read("blocksPerMultiprocessor", card.blocksPerMultiprocessor);
    fields.read("singleToDoubleRatio", card.singleToDoubleRatio);
    fields.read("ecc", card.ecc);
    fields.read("pcieGeneration", card.pcieGeneration);
    fields.read("nvlinkGigabytesPerSecond", card.nvlinkGigabytesPerSecond);
    fields.read("powerWatts", card.powerWatts);
    if (!fields.problem().empty())
        return Error(ErrorCode::Invalid, "gpus.json: card " + card.id + ": " + fields.problem());
    if (const auto rates = object.find("teraflops"); rates != object.end() && rates->is_object())
        for (const auto& [type, rate] : rates->items())
            if (rate.is_number())
                card.teraflops[type] = rate.get<double>();
    return card;
}

} // namespace

Result<Catalogue> Catalogue::parse(std::string_view json)
{
    TRY_ASSIGN(const Json root, parseJson(json));
    const auto cards = root.find("cards");
    if (!root.is_object() || cards == root.end() || !cards->is_array() || cards->empty())
        return Error(ErrorCode::Invalid, "gpus.json: no list \"cards\"");
    Catalogue catalogue;
    for (const auto& object : *cards) {
        TRY_ASSIGN(Card card, parseCard(object));
        catalogue.m_aliases[lower(card.id)] = card.id;
        if (const auto aliases = object.find("aliases"); aliases != object.end())
            for (const auto& alias : *aliases)
                if (alias.is_string())
                    catalogue.m_aliases[lower(alias.get<std::string>())] = card.id;
        catalogue.m_cards.push_back(std::move(card));
    }
    return catalogue;
}

Result<Catalogue> Catalogue::read(const std::string& path)
{
    TRY_ASSIGN(const std::string text, readFile(path));
    return parse(text);
}

Result<Catalogue> Catalogue::builtIn()
{
    return parse(builtInCards);
}

Result<CardRequest> Catalogue::request(std::string_view text) const
{
    CardRequest request;
    std::string_view name = text;
    if (const auto colon = text.find(':'); colon != std::string_view::npos) {
        name = text.substr(0, colon);
        const std::string_view count = text.substr(colon + 1);
        const auto [end, error]
            = std::from_chars(count.data(), count.data() + count.size(), request.count);
        if (error != std::errc() || end != count.data() + count.size() || request.count < 1
            || request.count > countLimit)
            return Error(ErrorCode::Invalid,
                         "gpu=\"" + std::string(text)
                             + "\": the count after ':' is a number from 1 to "
                             + std::to_string(countLimit));
    }
    if (name.ends_with('!')) {
        request.exact = true;
        name.remove_suffix(1);
    }
    if (lower(name) == "any")
        return request;
    if (const auto found = m_aliases.find(lower(name)); found != m_aliases.end()) {
        request.id = found->second;
        return request;
    }
    std::string known;
    for (const auto& card : m_cards)
        known += (known.empty() ? "" : ", ") + card.id;
    return Error(ErrorCode::NotFound,
                 "gpu=\"" + std::string(text) + "\": no such card; known cards: " + known
                     + " (and \"any\")");
}

Result<Card> Catalogue::card(std::string_view name) const
{
    TRY_ASSIGN(const CardRequest wanted, request(name));
    const std::string id = wanted.id.empty() ? m_cards.front().id : wanted.id;
    const auto found = std::ranges::find(m_cards, id, &Card::id);
    return *found;
}

} // namespace emulator::gpu::cards
