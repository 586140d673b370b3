// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/local/ClusterSettings.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

#include <array>
#include <utility>

namespace emulator::local {

namespace {

/// The settings by their names in the file, which are those of slipwayd's options.
constexpr std::array<std::pair<const char*, std::string ClusterSettings::*>, 9> members {{
    {"engine", &ClusterSettings::engine},
    {"partition", &ClusterSettings::partition},
    {"account", &ClusterSettings::account},
    {"qos", &ClusterSettings::qos},
    {"registry", &ClusterSettings::registryUrl},
    {"registry-user", &ClusterSettings::registryUser},
    {"listen", &ClusterSettings::listen},
    {"node-cache", &ClusterSettings::nodeCache},
    {"gpu", &ClusterSettings::gpu},
}};

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
    const auto text = readFile(clusterFile(home));
    if (!text && text.error().code() == ErrorCode::NotFound)
        return std::optional<ClusterSettings> {};
    if (!text)
        return text.error();
    const auto json = parseJson(*text);
    if (!json || !json->is_object())
        return Error(ErrorCode::Invalid,
                     clusterFile(home).string()
                         + " is damaged; `slip cluster add` on your own machine writes it again");
    ClusterSettings settings;
    for (const auto& [name, member] : members)
        if (const auto found = json->find(name); found != json->end() && found->is_string())
            settings.*member = found->get<std::string>();
    return std::optional<ClusterSettings>(std::move(settings));
}

std::string ClusterSettings::toJson() const
{
    Json json = Json::object();
    for (const auto& [name, member] : members)
        if (!(this->*member).empty())
            json[name] = this->*member;
    return json.dump(2) + "\n";
}

std::vector<std::string> ClusterSettings::arguments(const std::filesystem::path& home) const
{
    // The emulator's own engine has no settings, and slipwayd knows it as its default.
    if (engine.empty() || engine == "local")
        return {};
    std::vector<std::string> words;
    for (const auto& [name, member] : members)
        if (!(this->*member).empty())
            words.insert(words.end(), {std::string("--") + name, this->*member});
    if (!registryUser.empty())
        words.insert(words.end(),
                     {"--registry-password-file", registryPasswordFile(home).string()});
    return words;
}

} // namespace emulator::local
