// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace remote::slurm {

/// One step of what a target needs.
struct Check {
    std::string step; ///< "partition"
    bool ok = false;
    std::string text; ///< what was found: "main is up, no time limit"
    std::string fix; ///< what to do when it is not ok
};

} // namespace remote::slurm
