// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Arguments.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace app::command {
namespace {

constexpr std::array<std::string_view, 5> withValue {"--run-id", "--exit-file", "--card", "--count",
                                                     "--target"};

} // namespace

Arguments Arguments::split(const std::vector<std::string>& words)
{
    Arguments arguments;
    bool passes = false; // the command was seen that passes the rest on
    bool gpu = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto& word = words[i];
        const bool option = word.starts_with('-');
        if (passes && (word == "--" || !option)) {
            const auto rest = words.begin() + static_cast<std::ptrdiff_t>(i) + (option ? 1 : 0);
            arguments.passed.assign(rest, words.end());
            return arguments;
        }
        arguments.own.push_back(word);
        if (option) {
            if (std::ranges::find(withValue, word) != withValue.end() && i + 1 < words.size())
                arguments.own.push_back(words[++i]);
            continue;
        }
        passes = gpu ? word == "exec" : word == "run" || word == "exec";
        if (!passes && !gpu && word != "gpu") {
            // Any other command keeps its words.
            arguments.own.insert(arguments.own.end(),
                                 words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
            return arguments;
        }
        gpu = word == "gpu";
    }
    return arguments;
}

} // namespace app::command
