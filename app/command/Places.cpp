// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Places.h"

#include "app/command/Reach.h"
#include "emulator/rpc/StudioClient.h"

#include <cstdlib>

namespace app::command {

using namespace emulator;

namespace {

std::string fromEnvironment(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// Where the images of a target go: to its own control plane with its own token, or to the site's
/// registry as the user.
Result<remote::deploy::RegistryPlace> findRegistry(const Context& context, const std::string& name)
{
    TRY_ASSIGN(const auto targets, rpc::StudioClient(context.home.socket()).targets());
    remote::deploy::RegistryPlace registry;
    for (const auto& target : targets) {
        if (target.name != name)
            continue;
        registry.url = target.registryUrl;
        if (target.registryUrl == target.serverUrl) {
            registry.token = target.tokenSecret;
        } else {
            registry.userName = fromEnvironment("SLIPWAY_REGISTRY_USER");
            registry.password = fromEnvironment("SLIPWAY_REGISTRY_PASSWORD");
            registry.caFile = fromEnvironment("SLIPWAY_REGISTRY_CA");
        }
    }
    return registry;
}

} // namespace

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
    if (!place.local) {
        TRY_ASSIGN(place.registry, findRegistry(context, target));
    }
    return place;
}

} // namespace app::command
