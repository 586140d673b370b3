// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "app/command/Context.h"

#include <filesystem>
#include <map>
#include <string>

namespace app::command {

/// The control plane that a command works with, and the way to it from here.
struct Reached {
    std::filesystem::path studio; ///< of its Studio API
    std::string engine; ///< "local", "slurm"
    std::map<std::string, std::string> environment; ///< that points the stock client at it
};

/// Starts this home's daemon when it does not run, and finds the target of the command. One that is
/// being connected is waited for. Unavailable, with what to do, for a target that there is not or
/// that is not reached.
[[nodiscard]] emulator::Result<Reached> reach(const Context& context);

} // namespace app::command
