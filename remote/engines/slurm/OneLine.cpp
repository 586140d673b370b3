// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/OneLine.h"

#include "remote/engines/slurm/Text.h"

#include <optional>

namespace remote::slurm {
namespace {

/// The key that begins at `at`, if one does.
std::optional<std::string_view> keyAt(std::string_view line, std::size_t at)
{
    if (at >= line.size() || line[at] < 'A' || line[at] > 'Z')
        return std::nullopt;
    std::size_t end = at;
    while (
        end < line.size()
        && (isLetterOrDigit(line[end]) || line[end] == '_' || line[end] == ':' || line[end] == '/'))
        ++end;
    if (end == line.size() || line[end] != '=')
        return std::nullopt;
    return line.substr(at, end - at);
}

} // namespace

std::map<std::string_view, std::string_view> parseOneLine(std::string_view line)
{
    std::map<std::string_view, std::string_view> pairs;
    std::optional<std::string_view> key;
    std::size_t valueBegin = 0;
    const auto finish = [&](std::size_t end) {
        if (key)
            pairs.emplace(*key, trimmed(line.substr(valueBegin, end - valueBegin)));
    };
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (at > 0 && line[at - 1] != ' ')
            continue;
        if (const auto next = keyAt(line, at)) {
            finish(at);
            key = next;
            valueBegin = at + next->size() + 1;
            at = valueBegin - 1;
        }
    }
    finish(line.size());
    return pairs;
}

} // namespace remote::slurm
