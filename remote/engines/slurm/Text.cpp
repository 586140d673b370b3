// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

namespace remote::slurm {

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::vector<std::string_view> splitList(std::string_view text)
{
    std::vector<std::string_view> parts;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i == text.size() || (text[i] == ',' && depth <= 0)) {
            if (i > begin)
                parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        } else if (text[i] == '(' || text[i] == '[') {
            ++depth;
        } else if (text[i] == ')' || text[i] == ']') {
            --depth;
        }
    }
    return parts;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

std::string lowerCase(std::string_view text)
{
    std::string lower(text);
    for (auto& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool isLetterOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool hasControlCharacter(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

std::string printable(std::string_view text)
{
    constexpr std::size_t limit = 500;
    std::string out(text.substr(0, limit));
    for (auto& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f)
            c = '?';
    if (text.size() > limit)
        out += "…";
    return out;
}

bool isNothing(std::string_view text)
{
    const auto lower = lowerCase(text);
    return lower.empty() || lower == "(null)" || lower == "n/a" || lower == "none"
        || lower == "unknown";
}

std::optional<std::uint64_t> parseNumber(std::string_view text)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

namespace {

/// A decimal number with a suffix K, M, G, T, P; without one it counts `unit`. In units of one.
std::optional<double> parseScaled(std::string_view text, double unit)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number) || number < 0)
        return std::nullopt;
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    if (suffix.empty())
        return number * unit;
    constexpr std::string_view letters = "KMGTP";
    const auto power = letters.find(suffix.front());
    // Old versions write "4000Mn" and "4000Mc": a node's, a core's.
    const bool known = suffix.size() == 1 || suffix.substr(1) == "n" || suffix.substr(1) == "c";
    if (power == std::string_view::npos || !known)
        return std::nullopt;
    return std::ldexp(number, static_cast<int>(power + 1) * 10);
}

} // namespace

std::optional<std::uint64_t> parseMegabytes(std::string_view text)
{
    const auto octets = parseScaled(text, 1024.0 * 1024.0);
    if (!octets || *octets > 1e24)
        return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(*octets / (1024.0 * 1024.0)));
}

std::optional<std::uint32_t> parseCount(std::string_view text)
{
    const auto count = parseScaled(text, 1);
    if (!count || *count > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*count);
}

emulator::Micros parseTime(std::string_view text)
{
    using namespace std::chrono;
    constexpr std::uint64_t latest = 4'102'444'800; // the year 2100: Slurm's "infinite" is later
    if (const auto seconds = parseNumber(text))
        return *seconds < latest ? static_cast<emulator::Micros>(*seconds) * 1'000'000 : 0;
    // yyyy-mm-ddThh:mm:ss
    if (text.size() != 19 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':'
        || text[16] != ':')
        return 0;
    std::array<unsigned, 6> fields {};
    constexpr std::array<std::size_t, 6> begins {0, 5, 8, 11, 14, 17};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto number = parseNumber(text.substr(begins[i], i == 0 ? 4 : 2));
        if (!number)
            return 0;
        fields[i] = static_cast<unsigned>(*number);
    }
    const auto [yyyy, mm, dd, hour, minute, second] = fields;
    const year_month_day date(year(static_cast<int>(yyyy)), month(mm), day(dd));
    if (!date.ok() || hour > 23 || minute > 59 || second > 60)
        return 0;
    const auto time
        = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
    const auto micros = duration_cast<microseconds>(time).count();
    return micros > 0 ? micros : 0;
}

} // namespace remote::slurm
