// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/TargetDesk.h"
#include "emulator/rpc/Convert.h"

#include <slipway.pb.h>

/// The places that apps run at: this emulator, and the clusters that a desk knows.
namespace emulator::api {
namespace {

namespace own = slipway::v1;

model::TargetSummary localTarget(const Desk& desk)
{
    model::TargetSummary local;
    local.name = "local";
    local.kind = "local";
    local.state = "connected";
    local.since = desk.startedAt;
    local.engine = "local";
    local.serverUrl = desk.serverUrl();
    local.tokenId = desk.options.tokenId;
    local.tokenSecret = desk.options.tokenSecret;
    local.socket = (desk.options.home / "run" / "studio.sock").string();
    return local;
}

Result<own::TargetList> listTargets(const Desk& desk)
{
    own::TargetList list;
    *list.add_targets() = rpc::toWire(localTarget(desk));
    if (desk.options.targets != nullptr)
        for (const auto& target : desk.options.targets->summaries())
            *list.add_targets() = rpc::toWire(target);
    return list;
}

Result<TargetDesk*> targetsOf(const Desk& desk)
{
    if (desk.options.targets == nullptr)
        return Error(ErrorCode::Unsupported, "this control plane keeps no targets");
    return desk.options.targets;
}

Result<own::Nothing> reload(const Desk& desk)
{
    TRY_ASSIGN(auto* targets, targetsOf(desk));
    TRY(targets->reload());
    return own::Nothing();
}

Result<own::Nothing> reconnect(const Desk& desk, const std::string& name)
{
    TRY_ASSIGN(auto* targets, targetsOf(desk));
    TRY(targets->reconnect(name));
    return own::Nothing();
}

} // namespace

void addStudioTargets(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<own::Nothing>(
        "/slipway.v1.Studio/ListTargets", Repeat::Harmless,
        [&desk](Exchange&, const own::Nothing&) { return listTargets(desk); }, Access::Private);
    methods.unary<own::Nothing>(
        "/slipway.v1.Studio/ReloadTargets", Repeat::Harmless,
        [&desk](Exchange&, const own::Nothing&) { return reload(desk); }, Access::Private);
    methods.unary<own::TargetRequest>(
        "/slipway.v1.Studio/ReconnectTarget", Repeat::Harmless,
        [&desk](Exchange&, const own::TargetRequest& request) {
            return reconnect(desk, request.name());
        },
        Access::Private);
}

} // namespace emulator::api
