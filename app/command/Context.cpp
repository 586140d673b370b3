// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Context.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>

namespace app::command {

using emulator::Json;

int report(const emulator::Error& error)
{
    std::fprintf(stderr, "slip: %s\n", error.message().c_str());
    switch (error.code()) {
    case emulator::ErrorCode::Cancelled:
        return Interrupted;
    case emulator::ErrorCode::Invalid:
    case emulator::ErrorCode::NotFound:
        return WrongUsage;
    default:
        return SlipwayFailed;
    }
}

namespace {

std::string spell(const Json& cell)
{
    return cell.is_string() ? cell.get<std::string>() : cell.dump();
}

std::string keyOf(const std::string& heading)
{
    std::string key;
    for (const char c : heading)
        key += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
}

std::string row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths)
{
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line += cells[i];
        if (i + 1 < cells.size())
            line.append(widths[i] - cells[i].size() + 2, ' ');
    }
    return line + "\n";
}

} // namespace

void Table::print(bool json) const
{
    if (json) {
        Json list = Json::array();
        for (const auto& cells : rows) {
            Json entry = Json::object();
            for (std::size_t i = 0; i < headings.size(); ++i)
                entry[keyOf(headings[i])] = cells[i];
            list.push_back(std::move(entry));
        }
        std::printf("%s\n", list.dump(2).c_str());
        return;
    }
    std::vector<std::vector<std::string>> lines {headings};
    for (const auto& cells : rows) {
        auto& line = lines.emplace_back();
        for (const auto& cell : cells)
            line.push_back(spell(cell));
    }
    std::vector<std::size_t> widths(headings.size());
    for (const auto& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], line[i].size());
    for (const auto& line : lines)
        std::fputs(row(line, widths).c_str(), stdout);
}

std::string spellTime(std::int64_t micros)
{
    if (micros == 0)
        return {};
    const std::time_t seconds = micros / 1'000'000;
    std::tm local {};
    ::localtime_r(&seconds, &local);
    std::array<char, 32> text {};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &local);
    return text.data();
}

std::string spellMoney(std::int64_t micros)
{
    std::array<char, 40> text {};
    std::snprintf(text.data(), text.size(), "$%lld.%06lld",
                  static_cast<long long>(micros / 1'000'000),
                  static_cast<long long>(micros % 1'000'000));
    return text.data();
}

std::string spellBytes(std::uint64_t bytes)
{
    constexpr std::array<const char*, 5> units {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text {};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text.data();
}

} // namespace app::command
