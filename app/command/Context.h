// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "emulator/base/Json.h"
#include "emulator/base/Result.h"
#include "emulator/local/Home.h"

#include <string>
#include <vector>

namespace app::command {

/// How a command ends; cli.md says which.
enum ExitCode : int {
    Done = 0,
    UserFailed = 1, ///< the user's function, build or program
    WrongUsage = 2,
    SlipwayFailed = 3,
    Interrupted = 130,
};

/// What every command gets: the home it works on, and how to print.
struct Context {
    emulator::local::Home home;
    bool json = false;
    std::string target = "local"; ///< whose control plane it is about; see Reach.h
    std::string version; ///< of Slipway
};

/// Says on stderr what went wrong; gives the exit code for it.
[[nodiscard]] int report(const emulator::Error& error);

/// Prints a table with aligned columns under its headings, or with `json` an array of objects whose
/// keys are the headings in lower case with underscores.
struct Table {
    std::vector<std::string> headings;
    std::vector<std::vector<emulator::Json>> rows; ///< a cell is a text or a number

    void print(bool json) const;
};

/// "2026-11-24 12:03:59" in local time; "" for 0.
[[nodiscard]] std::string spellTime(std::int64_t micros);
/// "$0.004213": micro-dollars.
[[nodiscard]] std::string spellMoney(std::int64_t micros);
/// "1.9 GiB"
[[nodiscard]] std::string spellBytes(std::uint64_t bytes);

} // namespace app::command
