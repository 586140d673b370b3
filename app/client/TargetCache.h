// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "emulator/base/Result.h"

#include <QString>

#include <string>
#include <vector>

namespace app::client {

/// What was last seen of a target, kept so that the window has something to show while the line is
/// down. Never a secret: tokens are left out.
struct CachedTarget {
    emulator::model::TargetSummary target;
    Snapshot snapshot;
    std::vector<emulator::model::CostPoint> cost;
    std::string logApp; ///< whose lines these are
    std::vector<emulator::model::LogLine> logs; ///< at most 5 000
};

/// FOLDER/NAME/seen.json. Both block: call them on a background thread.
[[nodiscard]] emulator::Result<> saveTarget(const QString& folder, const CachedTarget& target);
[[nodiscard]] emulator::Result<CachedTarget> loadTarget(const QString& folder, const QString& name);

} // namespace app::client
