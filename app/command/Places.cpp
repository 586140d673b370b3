// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Places.h"

#include "app/command/Reach.h"
#include "emulator/rpc/StudioClient.h"

namespace app::command {

using namespace emulator;

Result<remote::deploy::Place> findPlace(const Context& context, const std::string& target)
{
    auto wanted = context;
    wanted.target = target;
    TRY_ASSIGN(auto reached, reach(wanted));
    const emulator::rpc::StudioClient studio(reached.studio);
    auto status = studio.status();
    if (!status)
        return Error(ErrorCode::Unavailable, status.error().message());
    remote::deploy::Place place;
    place.name = target;
    place.engine = status->engine;
    place.state = "connected";
    place.socket = reached.studio;
    place.clientEnvironment = std::move(reached.environment);
    place.local = target == "local";
    return place;
}

} // namespace app::command
