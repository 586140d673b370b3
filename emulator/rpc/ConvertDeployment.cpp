// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/rpc/Convert.h"

/// Deployments on the wire.
namespace emulator::rpc {
namespace {

slipway::v1::DeployedFunction toWire(const model::DeployedFunction& value)
{
    slipway::v1::DeployedFunction wire;
    wire.set_id(value.id);
    wire.set_name(value.name);
    wire.set_gpu(value.gpu);
    wire.set_image_id(value.imageId);
    wire.set_manifest(value.manifest);
    wire.set_revision(value.revision);
    wire.set_micros_per_hour(value.microsPerHour);
    wire.set_min_containers(value.minContainers);
    wire.set_code(value.code);
    wire.set_settings(value.settings);
    *wire.mutable_resources() = rpc::toWire(value.resources);
    return wire;
}

model::DeployedFunction fromWire(const slipway::v1::DeployedFunction& wire)
{
    model::DeployedFunction value;
    value.id = wire.id();
    value.name = wire.name();
    value.gpu = wire.gpu();
    value.imageId = wire.image_id();
    value.manifest = wire.manifest();
    value.revision = wire.revision();
    value.microsPerHour = wire.micros_per_hour();
    value.minContainers = wire.min_containers();
    value.code = wire.code();
    value.settings = wire.settings();
    value.resources = rpc::fromWire(wire.resources());
    return value;
}

slipway::v1::StagedFunction toWire(const model::StagedFunction& value)
{
    slipway::v1::StagedFunction wire;
    *wire.mutable_function() = toWire(value.function);
    wire.set_change(value.change.change);
    wire.mutable_what()->Assign(value.change.what.begin(), value.change.what.end());
    return wire;
}

model::StagedFunction fromWire(const slipway::v1::StagedFunction& wire)
{
    return {fromWire(wire.function()), {wire.change(), {wire.what().begin(), wire.what().end()}}};
}

} // namespace

slipway::v1::DeploymentSummary toWire(const model::DeploymentSummary& value)
{
    slipway::v1::DeploymentSummary wire;
    wire.set_app_id(value.appId);
    wire.set_app_name(value.appName);
    wire.set_environment(value.environment);
    wire.set_version(value.version);
    wire.set_state(value.state);
    wire.set_rolled_back_to(value.rolledBackTo);
    wire.set_deployed_at(value.deployedAt);
    wire.set_tag(value.tag);
    wire.set_git_commit(value.gitCommit);
    wire.set_git_dirty(value.gitDirty);
    wire.set_client_version(value.clientVersion);
    wire.set_replicas(value.replicas);
    wire.set_cost_micros(value.costMicros);
    wire.set_budget_micros(value.budgetMicros);
    wire.set_app_cost_micros(value.appCostMicros);
    wire.set_held_back(value.heldBack);
    wire.set_strategy(value.strategy);
    for (const auto& each : value.functions)
        *wire.add_functions() = toWire(each);
    return wire;
}

model::DeploymentSummary fromWire(const slipway::v1::DeploymentSummary& wire)
{
    model::DeploymentSummary value;
    value.appId = wire.app_id();
    value.appName = wire.app_name();
    value.environment = wire.environment();
    value.version = wire.version();
    value.state = wire.state();
    value.rolledBackTo = wire.rolled_back_to();
    value.deployedAt = wire.deployed_at();
    value.tag = wire.tag();
    value.gitCommit = wire.git_commit();
    value.gitDirty = wire.git_dirty();
    value.clientVersion = wire.client_version();
    value.replicas = wire.replicas();
    value.costMicros = wire.cost_micros();
    value.budgetMicros = wire.budget_micros();
    value.appCostMicros = wire.app_cost_micros();
    value.heldBack = wire.held_back();
    value.strategy = wire.strategy();
    for (const auto& each : wire.functions())
        value.functions.push_back(fromWire(each));
    return value;
}

slipway::v1::KeptImage toWire(const model::KeptImage& value)
{
    slipway::v1::KeptImage wire;
    wire.set_id(value.id);
    wire.set_builder_version(value.builderVersion);
    *wire.mutable_image() = toWire(value.image);
    return wire;
}

model::KeptImage fromWire(const slipway::v1::KeptImage& wire)
{
    model::KeptImage value;
    value.id = wire.id();
    value.builderVersion = wire.builder_version();
    value.image = fromWire(wire.image());
    return value;
}

slipway::v1::Runtime toWire(const model::RuntimeImage& value)
{
    slipway::v1::Runtime wire;
    wire.set_client_version(value.clientVersion);
    wire.set_python_series(value.pythonSeries);
    wire.set_manifest(value.manifest);
    return wire;
}

model::RuntimeImage fromWire(const slipway::v1::Runtime& wire)
{
    model::RuntimeImage value;
    value.clientVersion = wire.client_version();
    value.pythonSeries = wire.python_series();
    value.manifest = wire.manifest();
    return value;
}

slipway::v1::StagedApp toWire(const model::StagedApp& value)
{
    slipway::v1::StagedApp wire;
    wire.set_app_id(value.appId);
    wire.set_app_name(value.appName);
    wire.set_environment(value.environment);
    wire.set_client_version(value.clientVersion);
    wire.set_live_version(value.liveVersion);
    for (const auto& each : value.functions)
        *wire.add_functions() = toWire(each);
    for (const auto& each : value.images)
        *wire.add_images() = toWire(each);
    return wire;
}

model::StagedApp fromWire(const slipway::v1::StagedApp& wire)
{
    model::StagedApp value;
    value.appId = wire.app_id();
    value.appName = wire.app_name();
    value.environment = wire.environment();
    value.clientVersion = wire.client_version();
    value.liveVersion = wire.live_version();
    for (const auto& each : wire.functions())
        value.functions.push_back(fromWire(each));
    for (const auto& each : wire.images())
        value.images.push_back(fromWire(each));
    return value;
}

slipway::v1::PromoteProgress toWire(const model::PromoteProgress& value)
{
    slipway::v1::PromoteProgress wire;
    wire.set_stage(value.stage);
    wire.set_state(value.state);
    wire.set_function_name(value.functionName);
    wire.set_task_id(value.taskId);
    wire.set_text(value.text);
    wire.set_version(value.version);
    return wire;
}

model::PromoteProgress fromWire(const slipway::v1::PromoteProgress& wire)
{
    model::PromoteProgress value;
    value.stage = wire.stage();
    value.state = wire.state();
    value.functionName = wire.function_name();
    value.taskId = wire.task_id();
    value.text = wire.text();
    value.version = wire.version();
    return value;
}

slipway::v1::Budget toWire(const model::Budget& value)
{
    slipway::v1::Budget wire;
    wire.set_app_id(value.appId);
    wire.set_budget_micros(value.budgetMicros);
    wire.set_cost_micros(value.costMicros);
    wire.set_held_back(value.heldBack);
    return wire;
}

model::Budget fromWire(const slipway::v1::Budget& wire)
{
    model::Budget value;
    value.appId = wire.app_id();
    value.budgetMicros = wire.budget_micros();
    value.costMicros = wire.cost_micros();
    value.heldBack = wire.held_back();
    return value;
}

} // namespace emulator::rpc
