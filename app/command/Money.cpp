// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Money.h"

#include <charconv>
#include <cmath>
#include <string>

namespace app::command {

emulator::Result<std::int64_t> parseBudget(std::string_view text)
{
    if (text == "none")
        return std::int64_t {0};
    const auto given = text;
    if (text.starts_with('$'))
        text.remove_prefix(1);
    double dollars = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), dollars,
                                               std::chars_format::fixed);
    const double micros = std::round(dollars * 1e6);
    if (failed != std::errc() || end != text.data() + text.size() || !(micros >= 1)
        || micros > 1e15)
        return emulator::Error(emulator::ErrorCode::Invalid,
                               "'" + std::string(given)
                                   + "' is no budget; give dollars as in 12.50, or none");
    return static_cast<std::int64_t>(micros);
}

} // namespace app::command
