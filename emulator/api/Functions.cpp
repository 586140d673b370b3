// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/FunctionSettings.h"
#include "emulator/api/Metadata.h"

namespace emulator::api {
namespace {

using control::FunctionRegistry;
using store::FunctionRecord;

/// The tag of a function is its name; that of a class's service function ends in ".*".
Result<wire::FunctionPrecreateResponse> precreate(Exchange& exchange,
                                                  const wire::FunctionPrecreateRequest& request)
{
    TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
    FunctionRecord record;
    record.appId = app->id;
    record.id = request.existing_function_id().empty()
        ? FunctionRegistry::idOf(app->id, request.function_name())
        : request.existing_function_id();
    wire::Function function;
    function.set_function_name(request.function_name());
    function.set_function_type(request.function_type());
    *function.mutable_method_definitions() = request.method_definitions();
    *function.mutable_function_schema() = request.function_schema();
    *function.mutable_supported_input_formats() = request.supported_input_formats();
    *function.mutable_supported_output_formats() = request.supported_output_formats();
    wire::FunctionPrecreateResponse response;
    response.set_function_id(record.id);
    *response.mutable_handle_metadata() = metadataOf(record, function);
    return response;
}

/// Of a list of cards to choose from, the first that is known.
Result<wire::Function> chooseFunction(const wire::FunctionCreateRequest& request,
                                      const std::vector<std::string>& cards)
{
    if (request.has_function())
        return request.function();
    Error last(ErrorCode::Invalid, "the request describes no function");
    for (const auto& ranked : request.function_data().ranked_functions()) {
        FunctionRecord trial;
        auto fits = applySettings(trial, ranked.function(), cards);
        if (fits)
            return ranked.function();
        last = std::move(fits).error();
    }
    return last;
}

Result<wire::FunctionCreateResponse> create(Desk& desk, Exchange& exchange,
                                            const wire::FunctionCreateRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* app, state.apps.find(request.app_id()));
    if (!control::isLive(*app))
        return Error(ErrorCode::FailedPrecondition, "app " + app->id + " has stopped");
    TRY_ASSIGN(auto function, chooseFunction(request, desk.options.knownCards));

    FunctionRecord record;
    record.tag = function.function_name();
    record.appId = app->id;
    record.id = request.existing_function_id().empty() ? FunctionRegistry::idOf(app->id, record.tag)
                                                       : request.existing_function_id();
    TRY(applySettings(record, function, desk.options.knownCards));
    TRY_ASSIGN([[maybe_unused]] const auto* image, state.images.find(record.imageId));
    record.definition = function.SerializeAsString();

    wire::FunctionCreateResponse response;
    response.set_function_id(record.id);
    *response.mutable_handle_metadata() = metadataOf(record, function);
    *response.mutable_function_data() = functionDataOf(function);
    if (request.has_function_data())
        *response.mutable_function_data() = request.function_data();
    *response.mutable_function() = response.function_data().ranked_functions(0).function();
    for (const auto& sentence : warningsFor(function)) {
        auto& warning = *response.add_server_warnings();
        warning.set_type(wire::Warning::WARNING_TYPE_FUNCTION_CONFIGURATION);
        warning.set_message(sentence);
    }
    if (const auto& nonce = exchange.caller().staging; !nonce.empty()) {
        const auto live = state.functions.find(record.id);
        record.revision = live ? (*live)->revision + 1 : 1;
        state.stagings.put(nonce, record);
        return response;
    }
    state.functions.put(std::move(record),
                        app->version == 0 ? FunctionRegistry::Effect::Now
                                          : FunctionRegistry::Effect::AtPublish);
    return response;
}

Result<wire::FunctionGetResponse> get(Exchange& exchange, const wire::FunctionGetRequest& request)
{
    auto& state = exchange.state();
    const auto* app
        = state.apps.findDeployed(request.app_name(), environmentOf(request.environment_name()));
    if (app == nullptr)
        return Error(ErrorCode::NotFound,
                     "there is no deployed app named '" + request.app_name()
                         + "'. Deploy it first: modal deploy FILE.py");
    const auto functions = control::mapFromJson(app->functions);
    const auto found = functions.find(request.object_tag());
    if (found == functions.end())
        return Error(ErrorCode::NotFound,
                     "app '" + request.app_name() + "' has no function '" + request.object_tag()
                         + "'");
    TRY_ASSIGN(const auto* record, state.functions.find(found->second));
    const auto definition = definitionOf(*record);
    wire::FunctionGetResponse response;
    response.set_function_id(record->id);
    *response.mutable_handle_metadata() = metadataOf(*record, definition);
    *response.mutable_function() = functionDataOf(definition);
    return response;
}

Result<wire::FunctionBindParamsResponse> bind(Desk& desk, Exchange& exchange,
                                              const wire::FunctionBindParamsRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* base, state.functions.find(request.function_id()));
    FunctionRecord record = *base;
    // Binding what was bound: parameters stay unless given anew, options add up.
    record.baseId = base->baseId.empty() ? base->id : base->baseId;
    if (!request.serialized_params().empty())
        record.parameters = request.serialized_params();
    if (request.has_function_options()) {
        wire::FunctionOptions options;
        options.ParseFromString(base->options);
        options.MergeFrom(request.function_options());
        // Replaced lists would otherwise be appended to.
        if (request.function_options().replace_secret_ids())
            *options.mutable_secret_ids() = request.function_options().secret_ids();
        record.options = options.SerializeAsString();
        if (options.volume_mounts_size() > 0 || options.cloud_bucket_mounts_size() > 0)
            return Error(ErrorCode::Unsupported,
                         "with_options(volumes=…): volumes are not served by this version of "
                         "Slipway");
    }
    record.id = FunctionRegistry::boundIdOf(record.baseId, record.parameters, record.options);
    const auto definition = definitionOf(record);
    TRY(applySettings(record, definition, desk.options.knownCards));
    wire::FunctionBindParamsResponse response;
    response.set_bound_function_id(record.id);
    *response.mutable_handle_metadata() = metadataOf(record, definition);
    if (const auto known = state.functions.find(record.id);
        !known || (*known)->definition != record.definition)
        state.functions.put(std::move(record), FunctionRegistry::Effect::Now);
    return response;
}

Result<wire::FunctionStats> stats(Exchange& exchange,
                                  const wire::FunctionGetCurrentStatsRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* function, state.functions.find(request.function_id()));
    wire::FunctionStats response;
    response.set_backlog(state.calls.ready(function->id));
    const auto tasks = state.fleet.liveOf(function->id);
    response.set_num_total_tasks(static_cast<std::uint32_t>(tasks.size()));
    std::uint32_t running = 0;
    for (const auto* task : tasks)
        running += static_cast<std::uint32_t>(state.calls.leasesOf(task->id).size());
    response.set_num_running_inputs(running);
    const auto slots = static_cast<std::uint32_t>(tasks.size()) * function->targetConcurrent;
    response.set_input_headroom(slots - std::min(slots, running));
    return response;
}

Result<wire::FunctionUpdateSchedulingParamsResponse>
updateScheduling(Exchange& exchange, const wire::FunctionUpdateSchedulingParamsRequest& request)
{
    TRY_ASSIGN(const auto* known, exchange.state().functions.find(request.function_id()));
    auto record = *known;
    const auto& settings = request.settings();
    if (settings.has_min_containers())
        record.minContainers = settings.min_containers();
    else if (request.warm_pool_size_override() > 0)
        record.minContainers = request.warm_pool_size_override();
    if (settings.has_max_containers())
        record.maxContainers = settings.max_containers();
    if (settings.has_buffer_containers())
        record.bufferContainers = settings.buffer_containers();
    if (settings.has_scaledown_window())
        record.scaledownSeconds = settings.scaledown_window();
    exchange.state().functions.update(record);
    wire::FunctionUpdateSchedulingParamsResponse response;
    auto& current = *response.mutable_current_settings();
    current.set_min_containers(record.minContainers);
    current.set_max_containers(record.maxContainers);
    current.set_buffer_containers(record.bufferContainers);
    current.set_scaledown_window(record.scaledownSeconds);
    return response;
}

} // namespace

void addFunctions(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::FunctionPrecreateRequest>("FunctionPrecreate", Repeat::Harmless, precreate);
    methods.unary<wire::FunctionCreateRequest>(
        "FunctionCreate", Repeat::Once,
        [&desk](Exchange& exchange, const wire::FunctionCreateRequest& request) {
            return create(desk, exchange, request);
        });
    methods.unary<wire::FunctionGetRequest>("FunctionGet", Repeat::Harmless, get);
    methods.unary<wire::FunctionBindParamsRequest>(
        "FunctionBindParams", Repeat::Harmless,
        [&desk](Exchange& exchange, const wire::FunctionBindParamsRequest& request) {
            return bind(desk, exchange, request);
        });
    methods.unary<wire::FunctionGetCurrentStatsRequest>("FunctionGetCurrentStats", Repeat::Harmless,
                                                        stats);
    methods.unary<wire::FunctionUpdateSchedulingParamsRequest>("FunctionUpdateSchedulingParams",
                                                               Repeat::Harmless, updateScheduling);
    methods.unary<wire::FunctionGetDynamicConcurrencyRequest>(
        "FunctionGetDynamicConcurrency", Repeat::Harmless,
        [](Exchange&, const wire::FunctionGetDynamicConcurrencyRequest& request)
            -> Result<wire::FunctionGetDynamicConcurrencyResponse> {
            wire::FunctionGetDynamicConcurrencyResponse response;
            response.set_concurrency(request.target_concurrency());
            return response;
        });
}

} // namespace emulator::api
