// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remote::slurm {

/// How Slurm writes its values. Pure functions that take anything and never fail loudly: what
/// cannot be read is absent.

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// Splits at commas that are not inside parentheses or brackets: "gpu:h100:2(IDX:0,2),shard:1".
[[nodiscard]] std::vector<std::string_view> splitList(std::string_view text);

/// Without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

[[nodiscard]] std::string lowerCase(std::string_view text);
[[nodiscard]] bool isLetterOrDigit(char c); ///< of ASCII
[[nodiscard]] bool hasControlCharacter(std::string_view text);

/// For messages: control characters become '?', and no more than 500 octets are left.
[[nodiscard]] std::string printable(std::string_view text);

/// "(null)", "N/A", "None", "Unknown", "n/a" and "" all mean that there is nothing.
[[nodiscard]] bool isNothing(std::string_view text);

/// A whole decimal number; absent when there is anything else or it does not fit.
[[nodiscard]] std::optional<std::uint64_t> parseNumber(std::string_view text);

/// "62.50G", "1500M", "800" (megabytes, as Slurm means it without a suffix) → megabytes, rounded.
[[nodiscard]] std::optional<std::uint64_t> parseMegabytes(std::string_view text);

/// "4", "2K" → a count (gres counts may have binary suffixes).
[[nodiscard]] std::optional<std::uint32_t> parseCount(std::string_view text);

/// "2026-11-24T15:07:46" (UTC: the programs run with TZ=UTC0) or seconds since the epoch; 0 when
/// Slurm has no time to give.
[[nodiscard]] emulator::Micros parseTime(std::string_view text);

} // namespace remote::slurm
