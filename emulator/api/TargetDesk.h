// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Result.h"
#include "emulator/model/Studio.h"

#include <string_view>
#include <vector>

namespace emulator::api {

/// What the Studio API asks about clusters; the tunnels behind it are not this room's concern.
/// Thread-safe, and quick: it is asked on the strand.
class TargetDesk {
public:
    virtual ~TargetDesk() = default;

    [[nodiscard]] virtual std::vector<model::TargetSummary> summaries() const = 0;
    /// Reads the list of targets again; Invalid when it is damaged.
    [[nodiscard]] virtual Result<> reload() = 0;
    /// NotFound when there is no such target.
    [[nodiscard]] virtual Result<> reconnect(std::string_view name) = 0;

    TargetDesk(const TargetDesk&) = delete;
    TargetDesk& operator=(const TargetDesk&) = delete;

protected:
    TargetDesk() = default;
};

} // namespace emulator::api
