// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/TaskComposer.h"

#include "emulator/api/Metadata.h"
#include "emulator/control/ImageJson.h"

namespace emulator::api {
namespace {

namespace wire = ::modal::client;

/// What the client describes is not quite what its container runtime wants to read.
wire::Function forContainer(wire::Function function)
{
    function.set_is_checkpointing_function(false); // no snapshots: enter hooks run one by one
    function.set__experimental_enable_gpu_snapshot(false);
    return function;
}

wire::ContainerArguments argumentsOf(const control::State& state, const store::TaskRecord& task,
                                     const store::AppRecord& app,
                                     const store::FunctionRecord& function)
{
    wire::ContainerArguments arguments;
    arguments.set_task_id(task.id);
    arguments.set_function_id(function.id);
    arguments.set_app_id(app.id);
    *arguments.mutable_function_def() = forContainer(definitionOf(function));
    arguments.set_serialized_params(function.parameters);
    arguments.set_environment_name(app.environment);
    const auto staging = state.stagings.find(task.staging);
    *arguments.mutable_app_layout() = layoutOf(state, app, staging ? *staging : nullptr);
    return arguments;
}

} // namespace

Result<model::TaskSpec> composeTask(const control::State& state, const store::TaskRecord& task)
{
    TRY_ASSIGN(const auto* function, state.functionOf(task));
    TRY_ASSIGN(const auto* app, state.apps.find(task.appId));
    TRY_ASSIGN(const auto* image, state.images.find(task.imageId));
    const auto definition = definitionOf(*function);

    model::TaskSpec spec;
    spec.id = task.id;
    spec.appId = task.appId;
    spec.functionId = task.functionId;
    spec.functionName = function->tag;
    TRY_ASSIGN(const auto json, parseJson(image->image));
    spec.image = control::imageFromJson(json);
    for (const auto& mountId : definition.mount_ids()) {
        TRY_ASSIGN(auto files, state.mounts.files(mountId));
        if (!files.empty())
            spec.mounts.push_back(std::move(files));
    }
    const auto staging = state.stagings.find(task.staging);
    spec.clientVersion = staging ? (*staging)->record.clientVersion : app->clientVersion;
    const auto series = model::pythonSeries(spec.image.pythonVersion);
    if (const auto manifest = state.runtimes.manifestOf(spec.clientVersion, series);
        !manifest.empty()) {
        spec.runtime.id = model::runtimeName(spec.clientVersion, series);
        spec.runtime.layers = {spec.runtime.id};
        spec.runtime.manifest = manifest;
    }
    spec.environment
        = state.secrets.variables({definition.secret_ids().begin(), definition.secret_ids().end()});
    spec.environment["MODAL_ENVIRONMENT"] = app->environment;
    spec.environment["MODAL_IMAGE_ID"] = task.imageId;
    spec.containerArguments = argumentsOf(state, task, *app, *function).SerializeAsString();
    spec.resources.milliCpu = function->milliCpu;
    spec.resources.milliCpuMax = definition.resources().milli_cpu_max();
    spec.resources.memoryMb = function->memoryMb;
    spec.resources.memoryMbMax = definition.resources().memory_mb_max();
    spec.resources.gpu = function->gpu;
    spec.resources.gpuCount = function->gpuCount;
    spec.timeoutSeconds = function->timeoutSeconds;
    spec.startupTimeoutSeconds = function->startupTimeoutSeconds;
    spec.blockNetwork = definition.block_network();
    return spec;
}

} // namespace emulator::api
