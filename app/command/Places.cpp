// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Places.h"

#include "emulator/local/DaemonProcess.h"

namespace app::command {

using namespace emulator;

Result<remote::deploy::Place> findPlace(const Context& context, const std::string& target)
{
    if (target != "local")
        return Error(ErrorCode::NotFound, "there is no target '" + target + "'");
    auto status = local::ensureDaemon(context.home);
    if (!status)
        return Error(ErrorCode::Unavailable, status.error().message());
    TRY_ASSIGN(auto environment, context.home.clientEnvironment());
    remote::deploy::Place place;
    place.name = target;
    place.engine = status->engine;
    place.state = "connected";
    place.socket = context.home.socket();
    place.clientEnvironment = std::move(environment);
    place.local = true;
    return place;
}

} // namespace app::command
