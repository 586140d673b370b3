// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/Result.h"

#include <string>

namespace app::command {

/// A secret that never stands in a command line: from `file` ("-": standard input), else typed
/// unseen on the terminal, else from standard input. A line feed at its end does not count.
[[nodiscard]] emulator::Result<std::string> takePassword(const std::string& prompt,
                                                         const std::string& file);

} // namespace app::command
