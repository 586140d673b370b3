// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/rpc/Convert.h"

namespace emulator::rpc {
namespace {

template<typename... Kinds>
struct Cases : Kinds... {
    using Kinds::operator()...;
};

template<typename Repeated, typename Values>
void fill(Repeated* wire, const Values& values)
{
    wire->Assign(values.begin(), values.end());
}

template<typename Map>
std::map<std::string, std::string> toMap(const Map& wire)
{
    return {wire.begin(), wire.end()};
}

template<typename Repeated>
std::vector<std::string> toList(const Repeated& wire)
{
    return {wire.begin(), wire.end()};
}

slipway::v1::FunctionSummary toWire(const model::FunctionSummary& value)
{
    slipway::v1::FunctionSummary wire;
    wire.set_id(value.id);
    wire.set_name(value.name);
    wire.set_gpu(value.gpu);
    return wire;
}

model::FunctionSummary fromWire(const slipway::v1::FunctionSummary& wire)
{
    model::FunctionSummary value;
    value.id = wire.id();
    value.name = wire.name();
    value.gpu = wire.gpu();
    return value;
}

slipway::v1::ContextFile toWire(const model::ContextFile& value)
{
    slipway::v1::ContextFile wire;
    wire.set_filename(value.filename);
    wire.set_data(value.data);
    return wire;
}

model::ContextFile fromWire(const slipway::v1::ContextFile& wire)
{
    model::ContextFile value;
    value.filename = wire.filename();
    value.data = wire.data();
    return value;
}

slipway::v1::MountFile toWire(const model::MountFile& value)
{
    slipway::v1::MountFile wire;
    wire.set_filename(value.filename);
    wire.set_sha256(value.sha256);
    wire.set_size(value.size);
    wire.set_mode(value.mode);
    return wire;
}

model::MountFile fromWire(const slipway::v1::MountFile& wire)
{
    model::MountFile value;
    value.filename = wire.filename();
    value.sha256 = wire.sha256();
    value.size = wire.size();
    value.mode = wire.mode();
    return value;
}

} // namespace

slipway::v1::Resources toWire(const model::Resources& value)
{
    slipway::v1::Resources wire;
    wire.set_milli_cpu(value.milliCpu);
    wire.set_milli_cpu_max(value.milliCpuMax);
    wire.set_memory_mb(value.memoryMb);
    wire.set_memory_mb_max(value.memoryMbMax);
    wire.set_gpu(value.gpu);
    wire.set_gpu_count(value.gpuCount);
    return wire;
}

model::Resources fromWire(const slipway::v1::Resources& wire)
{
    model::Resources value;
    value.milliCpu = wire.milli_cpu();
    value.milliCpuMax = wire.milli_cpu_max();
    value.memoryMb = wire.memory_mb();
    value.memoryMbMax = wire.memory_mb_max();
    value.gpu = wire.gpu();
    value.gpuCount = wire.gpu_count();
    return value;
}

namespace {

slipway::v1::TaskEnd toWire(const model::TaskEnd& value)
{
    slipway::v1::TaskEnd wire;
    wire.set_reason(static_cast<std::uint32_t>(value.reason));
    wire.set_exit_code(value.exitCode);
    wire.set_message(value.message);
    return wire;
}

model::EndReason toReason(std::uint32_t wire)
{
    return wire <= static_cast<std::uint32_t>(model::EndReason::WorkerLost)
        ? static_cast<model::EndReason>(wire)
        : model::EndReason::Exited;
}

model::TaskEnd fromWire(const slipway::v1::TaskEnd& wire)
{
    return {toReason(wire.reason()), wire.exit_code(), wire.message()};
}

slipway::v1::ImageConfig toWire(const model::ImageConfig& value)
{
    slipway::v1::ImageConfig wire;
    wire.set_working_directory(value.workingDirectory);
    wire.set_user(value.user);
    wire.mutable_environment()->insert(value.environment.begin(), value.environment.end());
    fill(wire.mutable_entrypoint(), value.entrypoint);
    fill(wire.mutable_command(), value.command);
    fill(wire.mutable_shell(), value.shell);
    wire.mutable_labels()->insert(value.labels.begin(), value.labels.end());
    return wire;
}

model::ImageConfig fromWire(const slipway::v1::ImageConfig& wire)
{
    model::ImageConfig value;
    value.workingDirectory = wire.working_directory();
    value.user = wire.user();
    value.environment = toMap(wire.environment());
    value.entrypoint = toList(wire.entrypoint());
    value.command = toList(wire.command());
    value.shell = toList(wire.shell());
    value.labels = toMap(wire.labels());
    return value;
}

} // namespace

slipway::v1::Image toWire(const model::Image& value)
{
    slipway::v1::Image wire;
    wire.set_id(value.id);
    wire.set_python_version(value.pythonVersion);
    wire.set_manifest(value.manifest);
    fill(wire.mutable_layers(), value.layers);
    *wire.mutable_config() = toWire(value.config);
    fill(wire.mutable_substitutions(), value.substitutions);
    return wire;
}

model::Image fromWire(const slipway::v1::Image& wire)
{
    model::Image value;
    value.id = wire.id();
    value.pythonVersion = wire.python_version();
    value.manifest = wire.manifest();
    value.layers = toList(wire.layers());
    value.config = fromWire(wire.config());
    value.substitutions = toList(wire.substitutions());
    return value;
}

namespace {

slipway::v1::Recipe toWire(const model::ImageRecipe& value)
{
    slipway::v1::Recipe wire;
    fill(wire.mutable_commands(), value.commands);
    wire.mutable_base_images()->insert(value.baseImages.begin(), value.baseImages.end());
    for (const auto& file : value.contextFiles)
        *wire.add_context_files() = toWire(file);
    for (const auto& file : value.contextMount)
        *wire.add_context_mount() = toWire(file);
    wire.mutable_build_arguments()->insert(value.buildArguments.begin(),
                                           value.buildArguments.end());
    wire.mutable_secret_environment()->insert(value.secretEnvironment.begin(),
                                              value.secretEnvironment.end());
    wire.set_builder_version(value.builderVersion);
    return wire;
}

model::ImageRecipe fromWire(const slipway::v1::Recipe& wire)
{
    model::ImageRecipe value;
    value.commands = toList(wire.commands());
    value.baseImages = toMap(wire.base_images());
    for (const auto& file : wire.context_files())
        value.contextFiles.push_back(fromWire(file));
    for (const auto& file : wire.context_mount())
        value.contextMount.push_back(fromWire(file));
    value.buildArguments = toMap(wire.build_arguments());
    value.secretEnvironment = toMap(wire.secret_environment());
    value.builderVersion = wire.builder_version();
    return value;
}

slipway::v1::TaskSpec toWire(const model::TaskSpec& value)
{
    slipway::v1::TaskSpec wire;
    wire.set_id(value.id);
    wire.set_app_id(value.appId);
    wire.set_function_id(value.functionId);
    wire.set_function_name(value.functionName);
    wire.set_client_version(value.clientVersion);
    wire.set_container_arguments(value.containerArguments);
    wire.set_timeout_seconds(value.timeoutSeconds);
    wire.set_startup_timeout_seconds(value.startupTimeoutSeconds);
    wire.set_block_network(value.blockNetwork);
    *wire.mutable_image() = rpc::toWire(value.image);
    *wire.mutable_runtime() = rpc::toWire(value.runtime);
    for (const auto& mount : value.mounts) {
        auto* files = wire.add_mounts();
        for (const auto& file : mount)
            *files->add_files() = toWire(file);
    }
    wire.mutable_environment()->insert(value.environment.begin(), value.environment.end());
    fill(wire.mutable_command(), value.command);
    *wire.mutable_resources() = rpc::toWire(value.resources);
    return wire;
}

model::TaskSpec fromWire(const slipway::v1::TaskSpec& wire)
{
    model::TaskSpec value;
    value.id = wire.id();
    value.appId = wire.app_id();
    value.functionId = wire.function_id();
    value.functionName = wire.function_name();
    value.clientVersion = wire.client_version();
    value.containerArguments = wire.container_arguments();
    value.timeoutSeconds = wire.timeout_seconds();
    value.startupTimeoutSeconds = wire.startup_timeout_seconds();
    value.blockNetwork = wire.block_network();
    value.image = rpc::fromWire(wire.image());
    value.runtime = rpc::fromWire(wire.runtime());
    for (const auto& mount : wire.mounts()) {
        auto& files = value.mounts.emplace_back();
        for (const auto& file : mount.files())
            files.push_back(fromWire(file));
    }
    value.environment = toMap(wire.environment());
    value.command = toList(wire.command());
    value.resources = rpc::fromWire(wire.resources());
    return value;
}

} // namespace

slipway::v1::Command toWire(const model::WorkerCommand& command)
{
    slipway::v1::Command wire;
    std::visit(
        Cases {
            [&](const model::StartTask& start) { *wire.mutable_start_task() = toWire(start.spec); },
            [&](const model::StopTask& stop) {
                auto* out = wire.mutable_stop_task();
                out->set_task_id(stop.taskId);
                out->set_graceful(stop.graceful);
                out->set_reason(static_cast<std::uint32_t>(stop.reason));
                out->set_message(stop.message);
            },
            [&](const model::BuildImage& build) {
                auto* out = wire.mutable_build_image();
                out->set_image_id(build.order.imageId);
                *out->mutable_recipe() = toWire(build.order.recipe);
            },
            [&](const model::CancelBuild& cancel) {
                wire.mutable_cancel_build()->set_image_id(cancel.imageId);
            },
        },
        command);
    return wire;
}

model::WorkerCommand fromWire(const slipway::v1::Command& command)
{
    switch (command.kind_case()) {
    case slipway::v1::Command::kStopTask:
        return model::StopTask {command.stop_task().task_id(), command.stop_task().graceful(),
                                toReason(command.stop_task().reason()),
                                command.stop_task().message()};
    case slipway::v1::Command::kBuildImage:
        return model::BuildImage {
            {command.build_image().image_id(), fromWire(command.build_image().recipe())}};
    case slipway::v1::Command::kCancelBuild:
        return model::CancelBuild {command.cancel_build().image_id()};
    default:
        return model::StartTask {fromWire(command.start_task())};
    }
}

slipway::v1::Event toWire(const model::WorkerEvent& event)
{
    slipway::v1::Event wire;
    std::visit(Cases {
                   [&](const model::TaskStarted& started) {
                       wire.mutable_task_started()->set_task_id(started.taskId);
                       wire.mutable_task_started()->set_time(started.time);
                   },
                   [&](const model::TaskOutput& output) {
                       auto* out = wire.mutable_task_output();
                       out->set_task_id(output.piece.taskId);
                       out->set_stream(output.piece.descriptor);
                       out->set_time(output.piece.time);
                       out->set_text(output.piece.text);
                   },
                   [&](const model::TaskUsage& usage) {
                       *wire.mutable_task_usage() = toWire(usage.sample);
                   },
                   [&](const model::TaskEnded& ended) {
                       auto* out = wire.mutable_task_ended();
                       out->set_task_id(ended.taskId);
                       out->set_time(ended.time);
                       *out->mutable_end() = toWire(ended.end);
                   },
                   [&](const model::BuildOutput& output) {
                       auto* out = wire.mutable_build_output();
                       out->set_image_id(output.imageId);
                       out->set_time(output.time);
                       out->set_text(output.text);
                   },
                   [&](const model::BuildFinished& finished) {
                       auto* out = wire.mutable_build_finished();
                       out->set_image_id(finished.imageId);
                       *out->mutable_image() = toWire(finished.image);
                       out->set_error(finished.error);
                   },
               },
               event);
    return wire;
}

model::WorkerEvent fromWire(const slipway::v1::Event& event)
{
    using slipway::v1::Event;
    switch (event.kind_case()) {
    case Event::kTaskOutput: {
        const auto& output = event.task_output();
        return model::TaskOutput {
            {output.task_id(), output.stream(), output.time(), output.text()}};
    }
    case Event::kTaskUsage:
        return model::TaskUsage {fromWire(event.task_usage())};
    case Event::kTaskEnded:
        return model::TaskEnded {event.task_ended().task_id(), event.task_ended().time(),
                                 fromWire(event.task_ended().end())};
    case Event::kBuildOutput:
        return model::BuildOutput {event.build_output().image_id(), event.build_output().time(),
                                   event.build_output().text()};
    case Event::kBuildFinished:
        return model::BuildFinished {event.build_finished().image_id(),
                                     fromWire(event.build_finished().image()),
                                     event.build_finished().error()};
    default:
        return model::TaskStarted {event.task_started().task_id(), event.task_started().time()};
    }
}

slipway::v1::UsageSample toWire(const model::UsageSample& value)
{
    slipway::v1::UsageSample wire;
    wire.set_sequence(value.sequence);
    wire.set_task_id(value.taskId);
    wire.set_app_id(value.appId);
    wire.set_time(value.time);
    wire.set_cpu_micros(value.cpuMicros);
    wire.set_memory_bytes(value.memoryBytes);
    wire.set_memory_peak_bytes(value.memoryPeakBytes);
    wire.set_gpu_utilisation(value.gpuUtilisation);
    wire.set_gpu_memory_bytes(value.gpuMemoryBytes);
    wire.set_cost_micros(value.costMicros);
    return wire;
}

model::UsageSample fromWire(const slipway::v1::UsageSample& wire)
{
    model::UsageSample value;
    value.sequence = wire.sequence();
    value.taskId = wire.task_id();
    value.appId = wire.app_id();
    value.time = wire.time();
    value.cpuMicros = wire.cpu_micros();
    value.memoryBytes = wire.memory_bytes();
    value.memoryPeakBytes = wire.memory_peak_bytes();
    value.gpuUtilisation = wire.gpu_utilisation();
    value.gpuMemoryBytes = wire.gpu_memory_bytes();
    value.costMicros = wire.cost_micros();
    return value;
}

slipway::v1::CallSummary toWire(const model::CallSummary& value)
{
    slipway::v1::CallSummary wire;
    wire.set_id(value.id);
    wire.set_app_id(value.appId);
    wire.set_function_id(value.functionId);
    wire.set_function_name(value.functionName);
    wire.set_run_id(value.runId);
    wire.set_inputs(value.inputs);
    wire.set_succeeded(value.succeeded);
    wire.set_failed(value.failed);
    wire.set_created_at(value.createdAt);
    wire.set_finished_at(value.finishedAt);
    return wire;
}

model::CallSummary fromWire(const slipway::v1::CallSummary& wire)
{
    model::CallSummary value;
    value.id = wire.id();
    value.appId = wire.app_id();
    value.functionId = wire.function_id();
    value.functionName = wire.function_name();
    value.runId = wire.run_id();
    value.inputs = wire.inputs();
    value.succeeded = wire.succeeded();
    value.failed = wire.failed();
    value.createdAt = wire.created_at();
    value.finishedAt = wire.finished_at();
    return value;
}

slipway::v1::CallOutput toWire(const model::CallOutput& value)
{
    slipway::v1::CallOutput wire;
    wire.set_index(value.index);
    wire.set_status(value.status);
    wire.set_data_format(value.dataFormat);
    wire.set_data(value.data);
    wire.set_exception(value.exception);
    wire.set_traceback(value.traceback);
    return wire;
}

model::CallOutput fromWire(const slipway::v1::CallOutput& wire)
{
    model::CallOutput value;
    value.index = wire.index();
    value.status = wire.status();
    value.dataFormat = wire.data_format();
    value.data = wire.data();
    value.exception = wire.exception();
    value.traceback = wire.traceback();
    return value;
}

slipway::v1::ImageSummary toWire(const model::ImageSummary& value)
{
    slipway::v1::ImageSummary wire;
    wire.set_id(value.id);
    wire.set_state(value.state);
    wire.set_python_version(value.pythonVersion);
    wire.set_layers(value.layers);
    wire.set_created_at(value.createdAt);
    wire.set_error(value.error);
    return wire;
}

model::ImageSummary fromWire(const slipway::v1::ImageSummary& wire)
{
    model::ImageSummary value;
    value.id = wire.id();
    value.state = wire.state();
    value.pythonVersion = wire.python_version();
    value.layers = wire.layers();
    value.createdAt = wire.created_at();
    value.error = wire.error();
    return value;
}

slipway::v1::LogLine toWire(const model::LogLine& value)
{
    slipway::v1::LogLine wire;
    wire.set_sequence(value.sequence);
    wire.set_time(value.time);
    wire.set_app_id(value.appId);
    wire.set_function_id(value.functionId);
    wire.set_task_id(value.taskId);
    wire.set_image_id(value.imageId);
    wire.set_stream(value.descriptor);
    wire.set_text(value.text);
    return wire;
}

model::LogLine fromWire(const slipway::v1::LogLine& wire)
{
    model::LogLine value;
    value.sequence = wire.sequence();
    value.time = wire.time();
    value.appId = wire.app_id();
    value.functionId = wire.function_id();
    value.taskId = wire.task_id();
    value.imageId = wire.image_id();
    value.descriptor = wire.stream();
    value.text = wire.text();
    return value;
}

slipway::v1::CostLine toWire(const model::CostLine& value)
{
    slipway::v1::CostLine wire;
    wire.set_app_id(value.appId);
    wire.set_app_name(value.appName);
    wire.set_function_name(value.functionName);
    wire.set_gpu(value.gpu);
    wire.set_day(value.day);
    wire.set_seconds(value.seconds);
    wire.set_cost_micros(value.costMicros);
    return wire;
}

model::CostLine fromWire(const slipway::v1::CostLine& wire)
{
    model::CostLine value;
    value.appId = wire.app_id();
    value.appName = wire.app_name();
    value.functionName = wire.function_name();
    value.gpu = wire.gpu();
    value.day = wire.day();
    value.seconds = wire.seconds();
    value.costMicros = wire.cost_micros();
    return value;
}

slipway::v1::CostPoint toWire(const model::CostPoint& value)
{
    slipway::v1::CostPoint wire;
    wire.set_from(value.from);
    wire.set_app_id(value.appId);
    wire.set_function_name(value.functionName);
    wire.set_gpu(value.gpu);
    wire.set_version(value.version);
    wire.set_seconds(value.seconds);
    wire.set_cost_micros(value.costMicros);
    return wire;
}

model::CostPoint fromWire(const slipway::v1::CostPoint& wire)
{
    model::CostPoint value;
    value.from = wire.from();
    value.appId = wire.app_id();
    value.functionName = wire.function_name();
    value.gpu = wire.gpu();
    value.version = wire.version();
    value.seconds = wire.seconds();
    value.costMicros = wire.cost_micros();
    return value;
}

slipway::v1::NodeSummary toWire(const model::NodeSummary& value)
{
    slipway::v1::NodeSummary wire;
    wire.set_name(value.name);
    wire.set_state(value.state);
    wire.set_reason(value.reason);
    wire.set_usable(value.usable);
    wire.set_cpus(value.cpus);
    wire.set_cpus_allocated(value.cpusAllocated);
    wire.set_memory_mb(value.memoryMb);
    wire.set_memory_mb_allocated(value.memoryMbAllocated);
    wire.mutable_gpus()->insert(value.gpus.begin(), value.gpus.end());
    wire.mutable_gpus_allocated()->insert(value.gpusAllocated.begin(), value.gpusAllocated.end());
    return wire;
}

model::NodeSummary fromWire(const slipway::v1::NodeSummary& wire)
{
    model::NodeSummary value;
    value.name = wire.name();
    value.state = wire.state();
    value.reason = wire.reason();
    value.usable = wire.usable();
    value.cpus = wire.cpus();
    value.cpusAllocated = wire.cpus_allocated();
    value.memoryMb = wire.memory_mb();
    value.memoryMbAllocated = wire.memory_mb_allocated();
    value.gpus = {wire.gpus().begin(), wire.gpus().end()};
    value.gpusAllocated = {wire.gpus_allocated().begin(), wire.gpus_allocated().end()};
    return value;
}

slipway::v1::AppSummary toWire(const model::AppSummary& value)
{
    slipway::v1::AppSummary wire;
    wire.set_id(value.id);
    wire.set_description(value.description);
    wire.set_state(value.state);
    wire.set_run_id(value.runId);
    wire.set_created_at(value.createdAt);
    wire.set_stopped_at(value.stoppedAt);
    wire.set_tasks_running(value.tasksRunning);
    wire.set_cost_micros(value.costMicros);
    for (const auto& function : value.functions)
        *wire.add_functions() = toWire(function);
    return wire;
}

model::AppSummary fromWire(const slipway::v1::AppSummary& wire)
{
    model::AppSummary value;
    value.id = wire.id();
    value.description = wire.description();
    value.state = wire.state();
    value.runId = wire.run_id();
    value.createdAt = wire.created_at();
    value.stoppedAt = wire.stopped_at();
    value.tasksRunning = wire.tasks_running();
    value.costMicros = wire.cost_micros();
    for (const auto& function : wire.functions())
        value.functions.push_back(fromWire(function));
    return value;
}

slipway::v1::TaskSummary toWire(const model::TaskSummary& value)
{
    slipway::v1::TaskSummary wire;
    wire.set_id(value.id);
    wire.set_app_id(value.appId);
    wire.set_function_id(value.functionId);
    wire.set_function_name(value.functionName);
    wire.set_image_id(value.imageId);
    wire.set_gpu(value.gpu);
    wire.set_created_at(value.createdAt);
    wire.set_started_at(value.startedAt);
    wire.set_finished_at(value.finishedAt);
    wire.set_cost_micros(value.costMicros);
    wire.set_version(value.version);
    wire.set_node(value.node);
    wire.set_job_id(value.jobId);
    wire.set_wait_reason(value.waitReason);
    wire.set_ready_at(value.readyAt);
    wire.set_state(static_cast<std::uint32_t>(value.state));
    *wire.mutable_end() = toWire(value.end);
    *wire.mutable_usage() = toWire(value.usage);
    return wire;
}

model::TaskSummary fromWire(const slipway::v1::TaskSummary& wire)
{
    model::TaskSummary value;
    value.id = wire.id();
    value.appId = wire.app_id();
    value.functionId = wire.function_id();
    value.functionName = wire.function_name();
    value.imageId = wire.image_id();
    value.gpu = wire.gpu();
    value.createdAt = wire.created_at();
    value.startedAt = wire.started_at();
    value.finishedAt = wire.finished_at();
    value.costMicros = wire.cost_micros();
    value.version = wire.version();
    value.node = wire.node();
    value.jobId = wire.job_id();
    value.waitReason = wire.wait_reason();
    value.readyAt = wire.ready_at();
    value.state = wire.state() <= static_cast<std::uint32_t>(model::TaskState::Finished)
        ? static_cast<model::TaskState>(wire.state())
        : model::TaskState::Finished;
    value.end = fromWire(wire.end());
    value.usage = fromWire(wire.usage());
    return value;
}

slipway::v1::TargetSummary toWire(const model::TargetSummary& value)
{
    slipway::v1::TargetSummary wire;
    wire.set_name(value.name);
    wire.set_kind(value.kind);
    wire.set_address(value.address);
    wire.set_state(value.state);
    wire.set_reason(value.reason);
    wire.set_since(value.since);
    wire.set_engine(value.engine);
    wire.set_server_url(value.serverUrl);
    wire.set_token_id(value.tokenId);
    wire.set_token_secret(value.tokenSecret);
    wire.set_socket(value.socket);
    wire.set_registry_url(value.registryUrl);
    return wire;
}

model::TargetSummary fromWire(const slipway::v1::TargetSummary& wire)
{
    model::TargetSummary value;
    value.name = wire.name();
    value.kind = wire.kind();
    value.address = wire.address();
    value.state = wire.state();
    value.reason = wire.reason();
    value.since = wire.since();
    value.engine = wire.engine();
    value.serverUrl = wire.server_url();
    value.tokenId = wire.token_id();
    value.tokenSecret = wire.token_secret();
    value.socket = wire.socket();
    value.registryUrl = wire.registry_url();
    return value;
}

slipway::v1::DaemonStatus toWire(const model::DaemonStatus& value)
{
    slipway::v1::DaemonStatus wire;
    wire.set_version(value.version);
    wire.set_pid(value.pid);
    wire.set_home(value.home);
    wire.set_server_url(value.serverUrl);
    wire.set_started_at(value.startedAt);
    wire.set_worker_connected(value.workerConnected);
    wire.set_apps_running(value.appsRunning);
    wire.set_tasks_running(value.tasksRunning);
    wire.set_calls_pending(value.callsPending);
    fill(wire.mutable_notes(), value.notes);
    wire.set_engine(value.engine);
    wire.set_engine_problem(value.engineProblem);
    return wire;
}

model::DaemonStatus fromWire(const slipway::v1::DaemonStatus& wire)
{
    model::DaemonStatus value;
    value.version = wire.version();
    value.pid = wire.pid();
    value.home = wire.home();
    value.serverUrl = wire.server_url();
    value.startedAt = wire.started_at();
    value.workerConnected = wire.worker_connected();
    value.appsRunning = wire.apps_running();
    value.tasksRunning = wire.tasks_running();
    value.callsPending = wire.calls_pending();
    value.notes = toList(wire.notes());
    value.engine = wire.engine();
    value.engineProblem = wire.engine_problem();
    return value;
}

} // namespace emulator::rpc
