// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Metadata.h"

#include "emulator/base/Id.h"

#include <set>

namespace emulator::api {

namespace wire = ::modal::client;

namespace {

/// FunctionBindParams' options over what the function was defined with. Lists replace only when
/// their flag says so; scalars when they are set.
void overlay(wire::Function& function, const wire::FunctionOptions& options)
{
    if (options.replace_secret_ids() || options.secret_ids_size() > 0)
        *function.mutable_secret_ids() = options.secret_ids();
    if (options.mount_ids_size() > 0)
        *function.mutable_mount_ids() = options.mount_ids();
    if (options.has_resources())
        *function.mutable_resources() = options.resources();
    if (options.has_retry_policy())
        *function.mutable_retry_policy() = options.retry_policy();
    if (options.has_timeout_secs())
        function.set_timeout_secs(options.timeout_secs());
    auto& scaling = *function.mutable_autoscaler_settings();
    if (options.has_concurrency_limit())
        scaling.set_max_containers(options.concurrency_limit());
    if (options.has_warm_pool_size())
        scaling.set_min_containers(options.warm_pool_size());
    if (options.has_buffer_containers())
        scaling.set_buffer_containers(options.buffer_containers());
    if (options.has_task_idle_timeout_secs())
        scaling.set_scaledown_window(options.task_idle_timeout_secs());
    if (options.has_max_concurrent_inputs())
        function.set_max_concurrent_inputs(options.max_concurrent_inputs());
    if (options.has_target_concurrent_inputs())
        function.set_target_concurrent_inputs(options.target_concurrent_inputs());
    if (options.has_batch_max_size())
        function.set_batch_max_size(options.batch_max_size());
    if (options.has_batch_linger_ms())
        function.set_batch_linger_ms(options.batch_linger_ms());
}

} // namespace

wire::Function definitionOf(const store::FunctionRecord& record)
{
    wire::Function function;
    function.ParseFromString(record.definition);
    if (!record.options.empty()) {
        wire::FunctionOptions options;
        options.ParseFromString(record.options);
        overlay(function, options);
    }
    return function;
}

wire::FunctionHandleMetadata metadataOf(const store::FunctionRecord& record,
                                        const wire::Function& function)
{
    wire::FunctionHandleMetadata metadata;
    metadata.set_function_name(function.function_name());
    metadata.set_function_type(function.function_type());
    metadata.set_is_method(function.is_method());
    metadata.set_definition_id(
        idFromContent("de", record.id + '\n' + record.definition + '\n' + record.options));
    *metadata.mutable_class_parameter_info() = function.class_parameter_info();
    *metadata.mutable_function_schema() = function.function_schema();
    *metadata.mutable_supported_input_formats() = function.supported_input_formats();
    *metadata.mutable_supported_output_formats() = function.supported_output_formats();
    metadata.set_app_id(record.appId);
    if (!record.baseId.empty())
        metadata.set_base_function_id(record.baseId);
    for (const auto& [name, method] : function.method_definitions()) {
        auto& each = (*metadata.mutable_method_handle_metadata())[name];
        each.set_function_name(method.function_name());
        each.set_function_type(method.function_type());
        each.set_is_method(true);
        each.set_use_method_name(name); // what the client sends as the input's method
        each.set_definition_id(metadata.definition_id());
        *each.mutable_function_schema() = method.function_schema();
        *each.mutable_supported_input_formats() = method.supported_input_formats();
        *each.mutable_supported_output_formats() = method.supported_output_formats();
        each.set_app_id(record.appId);
    }
    return metadata;
}

wire::ClassHandleMetadata classMetadataOf(const store::FunctionRecord& service,
                                          const wire::Function& definition)
{
    wire::ClassHandleMetadata metadata;
    metadata.set_class_function_id(service.id);
    *metadata.mutable_class_function_metadata() = metadataOf(service, definition);
    return metadata;
}

wire::FunctionData functionDataOf(const wire::Function& function)
{
    wire::FunctionData data;
    data.set_module_name(function.module_name());
    data.set_function_name(function.function_name());
    data.set_implementation_name(function.implementation_name());
    data.set_function_type(function.function_type());
    data.set_timeout_secs(function.timeout_secs());
    data.set_startup_timeout_secs(function.startup_timeout_secs());
    data.set_is_class(function.is_class());
    data.set_is_method(function.is_method());
    *data.mutable_method_definitions() = function.method_definitions();
    data.set_method_definitions_set(function.method_definitions_set());
    *data.mutable_class_parameter_info() = function.class_parameter_info();
    *data.mutable_autoscaler_settings() = function.autoscaler_settings();
    *data.mutable_function_schema() = function.function_schema();
    *data.mutable_supported_input_formats() = function.supported_input_formats();
    *data.mutable_supported_output_formats() = function.supported_output_formats();
    auto& ranked = *data.add_ranked_functions();
    ranked.set_rank(0);
    *ranked.mutable_function() = function;
    // The client knows its own code; sending it back would double every set-up.
    ranked.mutable_function()->clear_function_serialized();
    ranked.mutable_function()->clear_class_serialized();
    return data;
}

wire::AppLayout layoutOf(const control::State& state, const store::AppRecord& app,
                         const control::StagingRegistry::Staging* staging)
{
    wire::AppLayout layout;
    std::set<std::string> named;
    const auto classes
        = control::mapFromJson(staging != nullptr ? staging->record.classes : app.classes);
    auto functions = state.functions.ofApp(app.id);
    if (staging != nullptr) {
        functions.clear();
        for (const auto& [id, function] : staging->functions)
            functions.push_back(&function);
    }
    for (const auto* record : functions) {
        if (!record->baseId.empty())
            continue;
        const auto definition = definitionOf(*record);
        (*layout.mutable_function_ids())[record->tag] = record->id;
        auto& object = *layout.add_objects();
        object.set_object_id(record->id);
        *object.mutable_function_handle_metadata() = metadataOf(*record, definition);
        named.insert(record->id);
        if (!definition.is_class())
            continue;
        const auto name = record->tag.substr(0, record->tag.size() - 2); // "C.*"
        const auto known = classes.find(name);
        const auto id = known == classes.end() ? idFromContent("cs", record->id) : known->second;
        (*layout.mutable_class_ids())[name] = id;
        auto& klass = *layout.add_objects();
        klass.set_object_id(id);
        *klass.mutable_class_handle_metadata() = classMetadataOf(*record, definition);
        named.insert(id);
    }
    for (const auto* record : functions) {
        const auto definition = definitionOf(*record);
        for (const auto& dependency : definition.object_dependencies()) {
            if (!named.insert(dependency.object_id()).second)
                continue;
            auto& object = *layout.add_objects();
            object.set_object_id(dependency.object_id());
            // A function or class of another app that this one looked up.
            if (const auto other = state.functions.find(dependency.object_id()))
                *object.mutable_function_handle_metadata()
                    = metadataOf(**other, definitionOf(**other));
        }
    }
    return layout;
}

} // namespace emulator::api
