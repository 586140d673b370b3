// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/base/Result.h"
#include "emulator/local/Home.h"
#include "emulator/model/Studio.h"

namespace emulator::local {

/// The daemon of a home, started when it does not run; returns when it serves. Unavailable with
/// the daemon's own last words when it cannot.
[[nodiscard]] Result<model::DaemonStatus> ensureDaemon(const Home& home);

/// Ends the daemon and its worker, and waits for both. NotFound when none runs.
[[nodiscard]] Result<> endDaemon(const Home& home);

} // namespace emulator::local
