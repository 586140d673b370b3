// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/worker/TaskPlan.h"

#include <algorithm>

namespace emulator::worker {
namespace {

constexpr std::string_view inside = "/run/slipway";
constexpr std::string_view driverLibraries = "/usr/local/slipway/lib";
constexpr std::uint64_t mebibyte = 1U << 20U;

std::string within(std::string_view name)
{
    return std::string(inside) + "/" + std::string(name);
}

void prepend(std::map<std::string, std::string>& environment, const std::string& key,
             std::string_view value)
{
    auto& path = environment[key];
    path = path.empty() ? std::string(value) : std::string(value) + ":" + path;
}

/// What the cloud's container contract sets, and what is the same for every task of an image: the
/// zygote may import the client under it.
std::map<std::string, std::string> commonEnvironment(const model::TaskSpec& spec,
                                                     const image::NetworkSettings& network)
{
    std::map<std::string, std::string> environment {
        {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
        {"HOME", "/root"},
        {"LANG", "C.UTF-8"},
    };
    for (const auto& [key, value] : network.environment)
        environment[key] = value;
    for (const auto& [key, value] : spec.image.config.environment)
        environment[key] = value;
    environment["MODAL_SERVER_URL"] = "unix://" + within("modal.sock");
    environment["MODAL_CONTAINER_ARGUMENTS_PATH"] = within("arguments");
    environment["MODAL_IS_REMOTE"] = "1";
    environment["MODAL_CLOUD_PROVIDER"] = "CLOUD_PROVIDER_LOCAL";
    environment["MODAL_REGION"] = "local";
    environment["MODAL_IMAGE_ID"] = spec.image.id;
    environment["PYTHONUNBUFFERED"] = "1";
    prepend(environment, "PYTHONPATH", "/root:/pkg");
    return environment;
}

void addGpu(const model::TaskSpec& spec, const TaskFiles& files, TaskPlan& task)
{
    auto& plan = task.container;
    plan.mounts.push_back({container::Mount::Kind::Bind, files.gpuSocket, within("gpu.sock")});
    auto& environment = plan.environment;
    environment["SLIPWAY_GPU_SOCKET"] = within("gpu.sock");
    environment["NVIDIA_VISIBLE_DEVICES"] = "all";
    environment["TRITON_LIBCUDA_PATH"] = driverLibraries;
    prepend(environment, "LD_LIBRARY_PATH", driverLibraries);
    // The loader reads it when the process starts, so the zygote's must be the same.
    task.zygote.environment["LD_LIBRARY_PATH"] = environment["LD_LIBRARY_PATH"];
    // Programs that nvcc builds in the container find our runtime and carry PTX.
    environment.try_emplace("NVCC_APPEND_FLAGS",
                            "-cudart shared -gencode arch=compute_75,code=compute_75");
    environment["MODAL_GPU"] = spec.resources.gpu;
}

container::Limits limitsOf(const model::Resources& resources)
{
    container::Limits limits;
    limits.cpus = resources.milliCpuMax / 1000.0;
    limits.memoryBytes = std::uint64_t {resources.memoryMbMax} * mebibyte;
    return limits;
}

} // namespace

TaskPlan planTask(const model::TaskSpec& spec, const TaskFiles& files,
                  const image::NetworkSettings& network)
{
    TaskPlan plan;
    auto& container = plan.container;
    const auto& config = spec.image.config;

    container.id = spec.id;
    container.hostname = "modal";
    container.layers = files.imageLayers;
    if (!files.driverLayer.empty())
        container.layers.push_back(files.driverLayer);
    container.layers.push_back(files.clientLayer);
    plan.zygote.layers = container.layers;
    container.layers.insert(container.layers.end(), files.mountLayers.begin(),
                            files.mountLayers.end());
    container.writes = files.writes;
    container.workingDirectory
        = config.workingDirectory.empty() ? "/root" : config.workingDirectory;
    container.user = config.user;
    container.network = spec.blockNetwork ? container::Network::None : container::Network::Host;
    container.limits = limitsOf(spec.resources);

    container.environment = commonEnvironment(spec, network);
    plan.zygote.environment = container.environment;
    plan.zygote.preload = {"modal._container_entrypoint"};
    container.environment["MODAL_TASK_ID"] = spec.id;
    container.environment["MODAL_ENVIRONMENT"] = "main";
    for (const auto& [key, value] : spec.environment)
        container.environment[key] = value;

    for (const auto& [target, source] : network.mounts)
        container.mounts.push_back({container::Mount::Kind::BindReadOnly, source, target});
    container.mounts.push_back({container::Mount::Kind::Bind, files.socket, within("modal.sock")});
    container.mounts.push_back(
        {container::Mount::Kind::BindReadOnly, files.arguments, within("arguments")});
    if (!files.gpuSocket.empty())
        addGpu(spec, files, plan);

    plan.forked = spec.command.empty();
    container.argv = plan.forked
        ? std::vector<std::string> {"python", "-m", "modal._container_entrypoint"}
        : spec.command;
    return plan;
}

} // namespace emulator::worker
