// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/TargetCache.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

#include <QDir>

#include <map>
#include <optional>
#include <type_traits>

namespace app::client {

namespace em = emulator::model;
using emulator::Error;
using emulator::ErrorCode;
using emulator::Json;

namespace {

constexpr int formatVersion = 1;

template<typename Visitor>
void fieldsOf(Visitor& field, em::TargetSummary& value)
{
    field("name", value.name);
    field("kind", value.kind);
    field("address", value.address);
    field("state", value.state);
    field("reason", value.reason);
    field("since", value.since);
    field("engine", value.engine);
    field("server_url", value.serverUrl);
    field("socket", value.socket);
    field("registry_url", value.registryUrl);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::DeployedFunction& value)
{
    field("id", value.id);
    field("name", value.name);
    field("gpu", value.gpu);
    field("image_id", value.imageId);
    field("manifest", value.manifest);
    field("revision", value.revision);
    field("micros_per_hour", value.microsPerHour);
    field("min_containers", value.minContainers);
    field("code", value.code);
    field("settings", value.settings);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::DeploymentSummary& value)
{
    field("app_id", value.appId);
    field("app_name", value.appName);
    field("environment", value.environment);
    field("version", value.version);
    field("state", value.state);
    field("rolled_back_to", value.rolledBackTo);
    field("deployed_at", value.deployedAt);
    field("tag", value.tag);
    field("git_commit", value.gitCommit);
    field("git_dirty", value.gitDirty);
    field("client_version", value.clientVersion);
    field("functions", value.functions);
    field("replicas", value.replicas);
    field("cost_micros", value.costMicros);
    field("budget_micros", value.budgetMicros);
    field("app_cost_micros", value.appCostMicros);
    field("held_back", value.heldBack);
    field("strategy", value.strategy);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::TaskSummary& value)
{
    field("id", value.id);
    field("app_id", value.appId);
    field("function_id", value.functionId);
    field("function_name", value.functionName);
    field("image_id", value.imageId);
    field("gpu", value.gpu);
    field("version", value.version);
    field("node", value.node);
    field("job_id", value.jobId);
    field("wait_reason", value.waitReason);
    field("state", value.state);
    field("created_at", value.createdAt);
    field("ready_at", value.readyAt);
    field("started_at", value.startedAt);
    field("finished_at", value.finishedAt);
    field("end_reason", value.end.reason);
    field("exit_code", value.end.exitCode);
    field("end_message", value.end.message);
    field("cost_micros", value.costMicros);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::NodeSummary& value)
{
    field("name", value.name);
    field("state", value.state);
    field("reason", value.reason);
    field("usable", value.usable);
    field("cpus", value.cpus);
    field("cpus_allocated", value.cpusAllocated);
    field("memory_mb", value.memoryMb);
    field("memory_mb_allocated", value.memoryMbAllocated);
    field("gpus", value.gpus);
    field("gpus_allocated", value.gpusAllocated);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::CostLine& value)
{
    field("app_id", value.appId);
    field("app_name", value.appName);
    field("function_name", value.functionName);
    field("gpu", value.gpu);
    field("day", value.day);
    field("seconds", value.seconds);
    field("cost_micros", value.costMicros);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::CostPoint& value)
{
    field("from", value.from);
    field("app_id", value.appId);
    field("function_name", value.functionName);
    field("gpu", value.gpu);
    field("version", value.version);
    field("seconds", value.seconds);
    field("cost_micros", value.costMicros);
}

template<typename Visitor>
void fieldsOf(Visitor& field, em::LogLine& value)
{
    field("sequence", value.sequence);
    field("time", value.time);
    field("task_id", value.taskId);
    field("descriptor", value.descriptor);
    field("text", value.text);
}

template<typename Visitor>
void fieldsOf(Visitor& field, CachedTarget& value)
{
    field("target", value.target);
    field("taken_at", value.snapshot.takenAt);
    field("engine", value.snapshot.status.engine);
    field("deployments", value.snapshot.deployments);
    field("tasks", value.snapshot.tasks);
    field("nodes", value.snapshot.nodes);
    field("ledger", value.snapshot.cost);
    field("cost", value.cost);
    field("log_app", value.logApp);
    field("logs", value.logs);
}

template<typename T>
struct IsVector : std::false_type { };
template<typename T>
struct IsVector<std::vector<T>> : std::true_type { };

/// Puts the fields of a record into an object.
struct Writer {
    Json json = Json::object();

    template<typename T>
    void operator()(const char* name, T& value)
    {
        json[name] = toJson(value);
    }

    template<typename T>
    static Json toJson(T& value)
    {
        if constexpr (IsVector<T>::value) {
            auto list = Json::array();
            for (auto& entry : value)
                list.push_back(toJson(entry));
            return list;
        } else if constexpr (std::is_enum_v<T>)
            return static_cast<int>(value);
        else if constexpr (std::is_same_v<T, std::string>)
            return value;
        else if constexpr (std::is_arithmetic_v<T>)
            return value;
        else if constexpr (std::is_same_v<T, std::map<std::string, std::uint32_t>>) {
            auto object = Json::object();
            for (const auto& [key, count] : value)
                object[key] = count;
            return object;
        } else {
            Writer inner;
            fieldsOf(inner, value);
            return std::move(inner.json);
        }
    }
};

/// Takes the fields of a record from an object; what is missing or of another type stays.
struct Reader {
    const Json& json;

    template<typename T>
    void operator()(const char* name, T& value)
    {
        if (json.is_object() && json.contains(name))
            take(json[name], value);
    }

    template<typename T>
    static void take(const Json& json, T& value)
    {
        if constexpr (IsVector<T>::value) {
            if (!json.is_array())
                return;
            for (const auto& entry : json)
                take(entry, value.emplace_back());
        } else if constexpr (std::is_enum_v<T>) {
            if (json.is_number_integer())
                value = static_cast<T>(json.get<int>());
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (json.is_string())
                value = json.get<std::string>();
        } else if constexpr (std::is_same_v<T, bool>) {
            if (json.is_boolean())
                value = json.get<bool>();
        } else if constexpr (std::is_arithmetic_v<T>) {
            if (json.is_number())
                value = json.get<T>();
        } else if constexpr (std::is_same_v<T, std::map<std::string, std::uint32_t>>) {
            if (!json.is_object())
                return;
            for (const auto& [key, count] : json.items())
                if (count.is_number_unsigned())
                    value[key] = count.template get<std::uint32_t>();
        } else {
            Reader inner {json};
            fieldsOf(inner, value);
        }
    }
};

std::filesystem::path fileOf(const QString& folder, const QString& name)
{
    return (folder + u'/' + name + QStringLiteral("/seen.json")).toStdString();
}

/// A name becomes a folder: nothing that leaves it.
bool isPlain(const QString& name)
{
    return !name.isEmpty() && !name.contains(u'/') && !name.startsWith(u'.');
}

} // namespace

emulator::Result<> saveTarget(const QString& folder, const CachedTarget& target)
{
    const auto name = QString::fromStdString(target.target.name);
    if (!isPlain(name))
        return Error(ErrorCode::Invalid, "keep what was seen of a target: its name is no file's");
    QDir().mkpath(folder + u'/' + name);
    auto copy = target;
    auto json = Writer::toJson(copy);
    json["format"] = formatVersion;
    // A log line may hold any octets; what is no UTF-8 is replaced.
    return emulator::writeFileAtomically(
        fileOf(folder, name), json.dump(-1, ' ', false, Json::error_handler_t::replace), 0600);
}

emulator::Result<CachedTarget> loadTarget(const QString& folder, const QString& name)
{
    if (!isPlain(name))
        return Error(ErrorCode::Invalid, "what was seen of a target: its name is no file's");
    TRY_ASSIGN(const auto text, emulator::readFile(fileOf(folder, name)));
    TRY_ASSIGN(const auto json, emulator::parseJson(text));
    if (!json.is_object() || !json.contains("format") || json["format"] != formatVersion)
        return Error(ErrorCode::Invalid, "what was seen of a target is of another version");
    CachedTarget target;
    Reader::take(json, target);
    return target;
}

} // namespace app::client
