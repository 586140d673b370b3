// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/base/Id.h"
#include "emulator/control/Parking.h"
#include "emulator/control/Strand.h"
#include "emulator/store/Database.h"

#include <set>
#include <string>

namespace emulator::control {

/// What every registry works with: time, ids, the database, and the strand that they live on.
/// Owned by the ControlPlane.
struct Context {
    const Clock& clock;
    IdSource& ids;
    store::Database& database;
    Strand& strand;
    Parking& parking;
    std::set<std::string> changedFunctions; ///< to be looked at by the autoscaler
    bool changed = false; ///< something that a watcher shows

    [[nodiscard]] Micros now() const { return clock.now(); }
    void touch(const std::string& functionId)
    {
        changedFunctions.insert(functionId);
        changed = true;
    }
};

} // namespace emulator::control
