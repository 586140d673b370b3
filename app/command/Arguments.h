// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include <string>
#include <vector>

namespace app::command {

/// A command line of slip in two parts: what is slip's, and what belongs to the program that it
/// runs. Everything from the first plain word after `run`, `exec` or `gpu exec` (or after `--`)
/// goes to that program untouched, options that slip knows as well included.
struct Arguments {
    std::vector<std::string> own;
    std::vector<std::string> passed;

    [[nodiscard]] static Arguments split(const std::vector<std::string>& words);
};

} // namespace app::command
