// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/AppRules.h"
#include "emulator/control/DeployRules.h"
#include "emulator/control/Placement.h"
#include "emulator/control/State.h"
#include "emulator/control/TaskRules.h"
#include "emulator/cost/PriceBook.h"
#include "emulator/store/Replies.h"

#include <filesystem>
#include <memory>

namespace emulator::control {

/// The control plane: state, rules, and the strand that they run on.
///
/// Use: `plane.strand().post([&] { … plane.state().apps … })`; everything but post() belongs to
/// the strand's thread.
class ControlPlane {
public:
    struct Options {
        std::filesystem::path database;
        const Clock& clock;
        IdSource& ids;
        Fleet::Composer composer;
        cost::PriceBook prices = cost::PriceBook::builtIn();
        Fleetwide limits {};
        Placement::Options placement {}; ///< without an engine one worker runs all tasks
        Micros retention = 7LL * 24 * 3600 * 1'000'000; ///< of results, logs, samples
    };

    /// Opens the database and reads everything back. The strand does not run yet.
    [[nodiscard]] static Result<std::unique_ptr<ControlPlane>> create(Options options);
    ~ControlPlane();

    /// Ends its threads; what is queued is told that it was lost.
    void stop();

    [[nodiscard]] Strand& strand() { return m_strand; }
    [[nodiscard]] State& state() { return *m_state; }
    [[nodiscard]] AppRules& appRules() { return *m_appRules; }
    [[nodiscard]] TaskRules& taskRules() { return *m_taskRules; }
    /// Null where one worker runs all tasks.
    [[nodiscard]] const Placement* placement() const { return m_placement.get(); }
    [[nodiscard]] DeployRules& deployRules() { return *m_deployRules; }
    [[nodiscard]] Parking& parking() { return m_parking; }
    [[nodiscard]] store::Replies& replies() { return m_replies; }
    [[nodiscard]] const Clock& clock() const { return m_options.clock; }

    /// The topic of everything that lists show.
    static constexpr const char* changesTopic = "changes";

    ControlPlane(const ControlPlane&) = delete;
    ControlPlane& operator=(const ControlPlane&) = delete;

private:
    ControlPlane(Options options, std::unique_ptr<store::Database> database);

    void settle();
    void sweep();
    void prune();
    [[nodiscard]] Micros nextDue() const;

    Options m_options;
    std::unique_ptr<store::Database> m_database;
    Strand m_strand;
    Parking m_parking;
    Context m_context;
    store::Replies m_replies;
    std::unique_ptr<State> m_state;
    std::unique_ptr<AppRules> m_appRules;
    std::unique_ptr<TaskRules> m_taskRules;
    std::unique_ptr<Placement> m_placement;
    std::unique_ptr<DeployRules> m_deployRules;
    Micros m_nextSweep = 0;
    Micros m_nextPrune = 0;
};

} // namespace emulator::control
