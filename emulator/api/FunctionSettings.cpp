// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/FunctionSettings.h"

#include <algorithm>
#include <cctype>

namespace emulator::api {

namespace wire = ::modal::client;

namespace {

/// "h100!" (no upgrade wanted) and "H100" are the same card.
std::string cardName(std::string name)
{
    if (!name.empty() && name.back() == '!')
        name.pop_back();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name;
}

Result<std::string> findCard(const std::string& wanted, const std::vector<std::string>& cards)
{
    const auto name = cardName(wanted);
    if (cards.empty())
        return name;
    if (name == "ANY")
        return cards.front();
    for (const auto& card : cards)
        if (cardName(card) == name)
            return card;
    std::string list;
    for (const auto& card : cards)
        list += (list.empty() ? "" : ", ") + card;
    return Error(ErrorCode::Invalid,
                 "gpu=\"" + wanted + "\": there is no such card. Known cards: " + list);
}

Result<> applyResources(store::FunctionRecord& record, const wire::Resources& resources,
                        const std::vector<std::string>& cards)
{
    record.milliCpu = resources.milli_cpu();
    record.memoryMb = resources.memory_mb();
    record.gpu.clear();
    record.gpuCount = 0;
    const auto& gpu = resources.gpu_config();
    if (gpu.gpu_type().empty() || gpu.count() == 0)
        return {};
    TRY_ASSIGN(record.gpu, findCard(gpu.gpu_type(), cards));
    record.gpuCount = gpu.count();
    return {};
}

Result<> refuseWhatIsNotServed(const wire::Function& function)
{
    const auto refuse = [&](const char* what) {
        return Error(ErrorCode::Unsupported,
                     "function " + function.function_name() + ": " + what
                         + " not served by this version of Slipway");
    };
    const auto isWeb = [](const wire::WebhookConfig& config) {
        return config.type() != wire::WEBHOOK_TYPE_UNSPECIFIED;
    };
    if (isWeb(function.webhook_config()) || function.is_server() || function.has_http_config())
        return refuse("web endpoints are");
    for (const auto& [name, method] : function.method_definitions())
        if (isWeb(method.webhook_config()))
            return refuse("web endpoints are");
    if (function.volume_mounts_size() > 0)
        return refuse("volumes are");
    if (function.shared_volume_mounts_size() > 0)
        return refuse("network file systems are");
    if (function.cloud_bucket_mounts_size() > 0)
        return refuse("cloud bucket mounts are");
    if (!function.proxy_id().empty())
        return refuse("proxies are");
    if (function._experimental_group_size() > 0)
        return refuse("clustered functions are");
    if (function.is_builder_function())
        return refuse("Image.run_function builds are");
    return {};
}

} // namespace

Result<> applySettings(store::FunctionRecord& record, const wire::Function& function,
                       const std::vector<std::string>& cards)
{
    TRY(refuseWhatIsNotServed(function));
    TRY(applyResources(record, function.resources(), cards));
    record.imageId = function.image_id();
    record.generator = function.function_type() == wire::Function::FUNCTION_TYPE_GENERATOR;

    const auto& scaling = function.autoscaler_settings();
    const auto either = [](bool has, std::uint32_t value, std::uint32_t old) {
        return has ? value : old; // clients before 1.0 set only the old field
    };
    record.minContainers
        = either(scaling.has_min_containers(), scaling.min_containers(), function.warm_pool_size());
    record.maxContainers = either(scaling.has_max_containers(), scaling.max_containers(),
                                  function.concurrency_limit());
    record.bufferContainers = either(scaling.has_buffer_containers(), scaling.buffer_containers(),
                                     function._experimental_buffer_containers());
    record.scaledownSeconds = either(scaling.has_scaledown_window(), scaling.scaledown_window(),
                                     function.task_idle_timeout_secs());
    if (record.scaledownSeconds == 0)
        record.scaledownSeconds = 60;

    record.maxConcurrent = std::max(1U, function.max_concurrent_inputs());
    record.targetConcurrent = function.target_concurrent_inputs() > 0
        ? function.target_concurrent_inputs()
        : record.maxConcurrent;
    record.batchSize = function.batch_max_size();
    record.batchLingerMs = static_cast<std::uint32_t>(function.batch_linger_ms());
    record.timeoutSeconds = function.timeout_secs() > 0 ? function.timeout_secs() : 300;
    record.startupTimeoutSeconds = function.startup_timeout_secs() > 0
        ? function.startup_timeout_secs()
        : record.timeoutSeconds;
    record.maxInputs = function.single_use_containers() ? 1 : function.max_inputs();

    const auto& retries = function.retry_policy();
    record.retries = retries.retries();
    record.retryInitialMs = retries.initial_delay_ms();
    record.retryMaxMs = retries.max_delay_ms();
    record.retryCoefficient = retries.backoff_coefficient();
    return {};
}

std::vector<std::string> warningsFor(const wire::Function& function)
{
    std::vector<std::string> warnings;
    const auto warn = [&](const std::string& text) {
        warnings.push_back(function.function_name() + ": " + text);
    };
    if (function.has_schedule()
        && function.schedule().schedule_oneof_case() != wire::Schedule::SCHEDULE_ONEOF_NOT_SET)
        warn("schedules do not fire in this version of Slipway");
    if (function.checkpointing_enabled())
        warn("memory snapshots are not taken; enter hooks run at each cold start");
    if (function.has_scheduler_placement() || !function.cloud_provider_str().empty())
        warn("regions, clouds and placement mean nothing on this machine");
    if (function.resources().ephemeral_disk_mb() > 0)
        warn("ephemeral_disk is not limited here");
    if (function.i6pn_enabled())
        warn("i6pn networking is not emulated");
    return warnings;
}

} // namespace emulator::api
