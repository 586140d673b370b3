// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/ClusterSettings.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

namespace emulator::local {
namespace {

/// Every setting by its name in the file, in the file's order.
template<typename Settings, typename Visit>
void visit(Settings& settings, Visit each)
{
    each("engine", settings.engine);
    each("driver", settings.driver);
    each("partition", settings.partition);
    each("account", settings.account);
    each("qos", settings.qos);
    each("options", settings.options);
    each("environment", settings.environment);
    each("gpu_types", settings.gpuTypes);
    each("gpu", settings.gpu);
    each("listen", settings.listen);
    each("port", settings.port);
    each("advertise", settings.advertise);
    each("node_cache", settings.nodeCache);
    each("registry", settings.registryUrl);
    each("registry_user", settings.registryUser);
    each("registry_certificate", settings.registryCertificate);
    each("max_replicas", settings.maxReplicas);
}

} // namespace

std::filesystem::path clusterFile(const std::filesystem::path& home)
{
    return home / "cluster.json";
}

std::filesystem::path registryPasswordFile(const std::filesystem::path& home)
{
    return home / "registry-password";
}

Result<std::optional<ClusterSettings>> ClusterSettings::load(const std::filesystem::path& home)
{
    const auto file = clusterFile(home);
    auto text = readFile(file);
    if (!text && text.error().code() == ErrorCode::NotFound)
        return std::optional<ClusterSettings> {};
    if (!text)
        return std::move(text).error();
    const auto wrong = [&file](const std::string& what) {
        return Error(ErrorCode::Invalid,
                     file.string() + ": " + what
                         + "; `slip cluster add` on your own machine writes it again");
    };
    const auto json = parseJson(*text);
    if (!json || !json->is_object())
        return wrong("it is damaged");
    ClusterSettings settings;
    try {
        visit(settings, [&json](const char* name, auto& value) {
            if (const auto found = json->find(name); found != json->end())
                found->get_to(value);
        });
    } catch (const Json::exception& failure) {
        return wrong(failure.what());
    }
    if (settings.engine != "local" && settings.engine != "slurm")
        return wrong("there is no engine \"" + settings.engine + "\"; say slurm");
    if (!settings.gpu.empty() && settings.gpu != "real" && settings.gpu != "emulated")
        return wrong("\"gpu\" is \"" + settings.gpu + "\"; say real or emulated");
    return std::optional(std::move(settings));
}

std::string ClusterSettings::toJson() const
{
    const ClusterSettings defaults;
    Json json = Json::object();
    visit(*this, [&json](const char* name, const auto& value) { json[name] = value; });
    Json unchanged = Json::object();
    visit(defaults, [&unchanged](const char* name, const auto& value) { unchanged[name] = value; });
    for (const auto& [name, value] : unchanged.items())
        if (name != "engine" && json[name] == value)
            json.erase(name);
    return json.dump(2) + "\n";
}

} // namespace emulator::local
