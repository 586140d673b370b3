// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Differences.h"

#include "emulator/api/Metadata.h"
#include "emulator/base/Id.h"
#include "emulator/control/ImageJson.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace emulator::api {

namespace wire = ::modal::client;

namespace {

std::string bytesOf(const google::protobuf::Message& message)
{
    std::string bytes;
    google::protobuf::io::StringOutputStream sink(&bytes);
    google::protobuf::io::CodedOutputStream out(&sink);
    out.SetSerializationDeterministic(true); // maps have no order otherwise
    message.SerializeToCodedStream(&out);
    out.Trim();
    return bytes;
}

/// The files that the user's code is in, and which of it the function is.
std::string codeOf(const control::State& state, const wire::Function& function)
{
    std::set<std::string> files;
    for (const auto& id : function.mount_ids())
        if (const auto mount = state.mounts.files(id))
            for (const auto& file : *mount)
                files.insert(file.filename + '\n' + file.sha256 + '\n' + std::to_string(file.mode));
    std::string text = function.module_name() + '\n' + function.function_name() + '\n'
        + function.implementation_name() + '\n' + function.function_serialized() + '\n'
        + function.class_serialized();
    for (const auto& file : files)
        text += '\n' + file;
    return idFromContent("co", text);
}

/// All that was asked for except code, image and GPU. Ids of other objects are left out, for they
/// differ between control planes; of secrets the names of the variables count.
std::string settingsOf(const control::State& state, wire::Function function)
{
    std::set<std::string> variables;
    for (const auto& [name, value] :
         state.secrets.variables({function.secret_ids().begin(), function.secret_ids().end()}))
        variables.insert(name);
    function.clear_module_name(); // these count as code
    function.clear_function_name();
    function.clear_implementation_name();
    function.clear_mount_ids();
    function.clear_secret_ids();
    function.clear_object_dependencies();
    function.clear_image_id();
    function.clear_function_serialized();
    function.clear_class_serialized();
    function.mutable_resources()->clear_gpu_config();
    auto text = bytesOf(function);
    for (const auto& name : variables)
        text += '\n' + name;
    return idFromContent("se", text);
}

bool needsParameters(const store::FunctionRecord& function)
{
    const auto definition = definitionOf(function);
    const auto& schema = definition.class_parameter_info().schema();
    return std::any_of(schema.begin(), schema.end(),
                       [](const auto& parameter) { return !parameter.has_default(); });
}

} // namespace

std::string manifestOf(const control::State& state, const std::string& imageId)
{
    const auto image = state.images.find(imageId);
    if (!image)
        return {};
    const auto json = parseJson((*image)->image);
    return json ? control::imageFromJson(*json).manifest : std::string();
}

model::DeployedFunction describe(const control::State& state, const store::FunctionRecord& function)
{
    const auto definition = definitionOf(function);
    model::DeployedFunction described;
    described.id = function.id;
    described.name = function.tag;
    described.gpu = function.gpu.empty() || function.gpuCount <= 1
        ? function.gpu
        : function.gpu + ":" + std::to_string(function.gpuCount);
    described.imageId = function.imageId;
    described.manifest = manifestOf(state, function.imageId);
    described.revision = function.revision;
    described.resources.milliCpu = function.milliCpu;
    described.resources.milliCpuMax = definition.resources().milli_cpu_max();
    described.resources.memoryMb = function.memoryMb;
    described.resources.memoryMbMax = definition.resources().memory_mb_max();
    described.resources.gpu = function.gpu;
    described.resources.gpuCount = function.gpuCount;
    // Pico-dollars a second.
    described.microsPerHour = state.meter.prices().rateOf(described.resources) * 3600 / 1'000'000;
    described.minContainers = function.minContainers;
    described.code = codeOf(state, definition);
    described.settings = settingsOf(state, definition);
    return described;
}

std::vector<model::StagedFunction> differencesOf(const control::State& state,
                                                 const control::StagingRegistry::Staging& staging)
{
    std::map<std::string, model::DeployedFunction> live;
    if (const auto app = state.apps.find(staging.record.appId);
        app && (*app)->state == store::AppState::Deployed)
        for (const auto& [tag, id] : control::mapFromJson((*app)->functions))
            if (const auto function = state.functions.find(id))
                live.emplace(tag, describe(state, **function));
    std::vector<model::StagedFunction> functions;
    for (const auto& [id, function] : staging.functions) {
        model::StagedFunction staged {describe(state, function), {}};
        const auto old = live.find(function.tag);
        staged.change = changeOf(staged.function, old == live.end() ? nullptr : &old->second);
        functions.push_back(std::move(staged));
        live.erase(function.tag);
    }
    std::sort(functions.begin(), functions.end(),
              [](const auto& a, const auto& b) { return a.function.name < b.function.name; });
    for (auto& [tag, function] : live)
        functions.push_back({std::move(function), {"removed", {}}});
    return functions;
}

std::vector<std::string> probesFor(const control::State& state,
                                   const control::StagingRegistry::Staging& staging)
{
    using Candidate = std::tuple<std::int64_t, std::string, std::string>; // price, name, id
    std::map<std::string, Candidate> cheapest; // by image
    for (const auto& staged : differencesOf(state, staging)) {
        const auto& function = staged.function;
        const auto record = staging.functions.find(function.id);
        if (staged.change.change == "unchanged" || record == staging.functions.end()
            || staged.change.change == "removed" || needsParameters(record->second))
            continue;
        const Candidate candidate {function.microsPerHour, function.name, function.id};
        const auto known = cheapest.try_emplace(function.imageId, candidate).first;
        known->second = std::min(known->second, candidate);
    }
    std::vector<Candidate> candidates;
    for (const auto& [image, candidate] : cheapest)
        candidates.push_back(candidate);
    std::sort(candidates.begin(), candidates.end());
    std::vector<std::string> ids;
    for (const auto& candidate : candidates)
        ids.push_back(std::get<2>(candidate));
    return ids;
}

} // namespace emulator::api
