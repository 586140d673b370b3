// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/container/Launcher.h"

#include <string>
#include <vector>

namespace emulator::container {

/// Gives the calling process (one thread) the privileges that containers are made with: none to
/// get for root; else a user namespace that it stays in, with this user's subordinate ids from
/// newuidmap (10 ms, hence once), or with one id. Unsupported, with advice, when the machine
/// allows no user namespace. Says in `notes` why not better.
[[nodiscard]] Result<Capability::Way> acquirePrivilege(std::vector<std::string>& notes);

/// The range of "user:start:count" in /etc/subuid for a user named or numbered so; 0 without.
struct IdRange {
    unsigned long start = 0;
    unsigned long count = 0;
};
[[nodiscard]] IdRange subordinateRange(const std::string& table, const std::string& name,
                                       unsigned long id);

} // namespace emulator::container
