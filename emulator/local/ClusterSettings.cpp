// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/ClusterSettings.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

namespace emulator::local {
namespace {

std::filesystem::path fileOf(const std::filesystem::path& home)
{
    return home / "cluster.json";
}

Error wrong(const std::filesystem::path& home, const std::string& what)
{
    return {ErrorCode::Invalid, fileOf(home).string() + ": " + what};
}

} // namespace

Result<ClusterSettings> ClusterSettings::load(const std::filesystem::path& home)
{
    TRY_ASSIGN(const auto text, readFile(fileOf(home)));
    auto json = parseJson(text);
    if (!json)
        return std::move(json).error().within(fileOf(home).string());
    ClusterSettings settings;
    try {
        json->at("engine").get_to(settings.engine);
        const auto take = [&](const char* key, auto& value) {
            if (json->contains(key))
                json->at(key).get_to(value);
        };
        take("driver", settings.driver);
        take("partition", settings.partition);
        take("account", settings.account);
        take("qos", settings.qos);
        take("options", settings.options);
        take("environment", settings.environment);
        take("gpu_types", settings.gpuTypes);
        take("gpu", settings.gpu);
        take("listen", settings.listen);
        take("port", settings.port);
        take("advertise", settings.advertise);
        take("node_cache", settings.nodeCache);
        take("registry", settings.registry);
        take("registry_user", settings.registryUser);
        take("registry_certificate", settings.registryCertificate);
        take("max_replicas", settings.maxReplicas);
    } catch (const Json::exception& failure) {
        return wrong(home, failure.what());
    }
    if (settings.engine != "slurm")
        return wrong(home, "\"engine\" is \"" + settings.engine + "\"; this version knows slurm");
    if (settings.gpu != "real" && settings.gpu != "emulated")
        return wrong(home, "\"gpu\" is \"" + settings.gpu + "\"; say real or emulated");
    return settings;
}

Result<> ClusterSettings::save(const std::filesystem::path& home) const
{
    const Json json {{"engine", engine},
                     {"driver", driver},
                     {"partition", partition},
                     {"account", account},
                     {"qos", qos},
                     {"options", options},
                     {"environment", environment},
                     {"gpu_types", gpuTypes},
                     {"gpu", gpu},
                     {"listen", listen},
                     {"port", port},
                     {"advertise", advertise},
                     {"node_cache", nodeCache},
                     {"registry", registry},
                     {"registry_user", registryUser},
                     {"registry_certificate", registryCertificate},
                     {"max_replicas", maxReplicas}};
    return writeFileAtomically(fileOf(home), json.dump(2) + "\n");
}

std::string registryPassword(const std::filesystem::path& home)
{
    const auto text = readFile(home / "registry.json");
    const auto json = text ? parseJson(*text) : Result<Json>(text.error());
    return json && json->is_object() ? json->value("password", "") : std::string();
}

Result<> saveRegistryPassword(const std::filesystem::path& home, const std::string& password)
{
    return writeFileAtomically(home / "registry.json", Json {{"password", password}}.dump() + "\n",
                               0600);
}

} // namespace emulator::local
