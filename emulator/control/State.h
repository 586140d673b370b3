// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/AppRegistry.h"
#include "emulator/control/CallQueue.h"
#include "emulator/control/Collections.h"
#include "emulator/control/Context.h"
#include "emulator/control/DefinitionArchive.h"
#include "emulator/control/Fleet.h"
#include "emulator/control/FunctionRegistry.h"
#include "emulator/control/ImageRegistry.h"
#include "emulator/control/LogHub.h"
#include "emulator/control/Meter.h"
#include "emulator/control/MountRegistry.h"
#include "emulator/control/RuntimeRegistry.h"
#include "emulator/control/SecretRegistry.h"
#include "emulator/control/StagingRegistry.h"

namespace emulator::control {

/// All registries together: what the rules work on. Owned by the ControlPlane; belongs to the
/// strand's thread.
struct State {
    State(Context& shared, Fleet::Composer composer, cost::PriceBook prices,
          Fleet::Workers workers = Fleet::Workers::Shared)
        : context(shared)
        , apps(shared)
        , functions(shared)
        , archive(shared)
        , stagings(shared, archive)
        , runtimes(shared)
        , calls(shared, functions)
        , secrets(shared)
        , mounts(shared)
        , images(shared, secrets)
        , fleet(shared, std::move(composer), workers)
        , logs(shared)
        , meter(shared, std::move(prices))
        , collections(shared)
    {
    }

    void load()
    {
        apps.load();
        functions.load();
        stagings.load();
        runtimes.load();
        calls.load();
        secrets.load();
        mounts.load();
        images.load();
        fleet.load();
        logs.load();
        meter.load();
        collections.load();
    }

    /// The definition that a task runs: the live one, or of the staging that it tries out.
    [[nodiscard]] Result<const store::FunctionRecord*>
    functionOf(const store::TaskRecord& task) const
    {
        if (task.staging.empty())
            return functions.find(task.functionId);
        TRY_ASSIGN(const auto* staging, stagings.find(task.staging));
        const auto found = staging->functions.find(task.functionId);
        if (found == staging->functions.end())
            return Error(ErrorCode::NotFound, "nothing is staged for " + task.functionId);
        return &found->second;
    }

    Context& context;
    AppRegistry apps;
    FunctionRegistry functions;
    DefinitionArchive archive;
    StagingRegistry stagings;
    RuntimeRegistry runtimes;
    CallQueue calls;
    SecretRegistry secrets;
    MountRegistry mounts;
    ImageRegistry images;
    Fleet fleet;
    LogHub logs;
    Meter meter;
    Collections collections;
};

} // namespace emulator::control
