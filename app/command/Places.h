// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "app/command/Context.h"
#include "remote/deploy/Deployment.h"

#include <string>

namespace app::command {

/// The control plane that a target's name means, reachable. Starts this machine's own when it is
/// needed; Unavailable says why a target cannot be reached.
[[nodiscard]] emulator::Result<remote::deploy::Place> findPlace(const Context& context,
                                                                const std::string& target);

} // namespace app::command
