// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

namespace app::daemon {

/// `slipwayd connect --stdio --home HOME`: starts the daemon of the home when it does not run, and
/// joins standard input and output to its tunnel gate until either side ends. Nothing else is ever
/// written to standard output. Returns the exit code.
[[nodiscard]] int connectMain(int argc, char** argv);

} // namespace app::daemon
