// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Manifest.h"

#include "emulator/base/Json.h"

namespace remote::registry {

using emulator::Json;

namespace {

#ifdef __aarch64__
constexpr std::string_view architecture = "arm64";
#else
constexpr std::string_view architecture = "amd64";
#endif
/// When an image was made is not part of what it is.
constexpr std::string_view created = "1970-01-01T00:00:00Z";

Json toJson(const Descriptor& descriptor)
{
    Json json {{"mediaType", descriptor.mediaType},
               {"digest", descriptor.digest},
               {"size", descriptor.size}};
    if (!descriptor.annotations.empty())
        json["annotations"] = descriptor.annotations;
    return json;
}

Result<std::string> dump(const Json& json)
{
    try {
        return json.dump();
    } catch (const Json::exception&) {
        return Error(ErrorCode::Invalid,
                     "the image's settings have bytes that are not UTF-8, which an OCI image "
                     "cannot hold; look at its ENV, LABEL, CMD and ENTRYPOINT");
    }
}

/// Reads JSON with `read`, which may throw what nlohmann's accessors throw.
template<typename Read>
auto parse(std::string_view bytes, std::string_view what, Read read)
    -> Result<decltype(read(std::declval<const Json&>()))>
{
    const std::string named(what);
    if (bytes.size() > mostManifestBytes)
        return Error(ErrorCode::Invalid, "the " + named + " is larger than 4 MiB");
    auto json = emulator::parseJson(bytes);
    if (!json)
        return Error(std::move(json).error()).within("the " + named);
    try {
        return read(*json);
    } catch (const Json::exception& error) {
        return Error(ErrorCode::Invalid, "the " + named + " lacks something: " + error.what());
    }
}

Descriptor descriptorOf(const Json& json)
{
    Descriptor descriptor;
    json.at("mediaType").get_to(descriptor.mediaType);
    json.at("digest").get_to(descriptor.digest);
    if (!json.at("size").is_number_unsigned())
        descriptor.digest.clear();
    json.at("size").get_to(descriptor.size);
    if (json.contains("annotations"))
        json.at("annotations").get_to(descriptor.annotations);
    return descriptor;
}

/// Invalid unless each names a digest that we can check.
Result<> check(const std::vector<Descriptor>& descriptors)
{
    for (const auto& descriptor : descriptors)
        if (!isDigest(descriptor.digest))
            return Error(ErrorCode::Invalid,
                         "it names content by \"" + descriptor.digest.substr(0, 80)
                             + "\", which is no SHA-256 digest with a size");
    return {};
}

} // namespace

Result<std::string> composeManifest(const Manifest& manifest)
{
    Json layers = Json::array();
    for (const auto& layer : manifest.layers)
        layers.push_back(toJson(layer));
    return dump(Json {{"schemaVersion", 2},
                      {"mediaType", mediatype::manifest},
                      {"config", toJson(manifest.config)},
                      {"layers", std::move(layers)},
                      {"annotations", manifest.annotations}});
}

Result<Manifest> parseManifest(std::string_view bytes)
{
    TRY_ASSIGN(const auto mediaType, parse(bytes, "manifest", [](const Json& json) {
                   return json.is_object() && json.contains("manifests")
                       ? std::string(mediatype::index)
                       : json.at("mediaType").get<std::string>();
               }));
    if (mediaType != mediatype::manifest)
        return Error(ErrorCode::Unsupported,
                     "the manifest is of type \"" + mediaType.substr(0, 100)
                         + "\"; Slipway takes OCI image manifests, as slip deploy pushes them");
    TRY_ASSIGN(auto manifest, parse(bytes, "manifest", [](const Json& json) {
                   Manifest read;
                   read.config = descriptorOf(json.at("config"));
                   for (const auto& layer : json.at("layers"))
                       read.layers.push_back(descriptorOf(layer));
                   if (json.contains("annotations"))
                       json.at("annotations").get_to(read.annotations);
                   return read;
               }));
    if (auto checked = check(manifest.layers); !checked)
        return Error(std::move(checked).error()).within("the manifest");
    if (auto checked = check({manifest.config}); !checked)
        return Error(std::move(checked).error()).within("the manifest");
    return manifest;
}

Result<std::string> composeConfig(const emulator::model::ImageConfig& config,
                                  const std::vector<std::string>& diffIds)
{
    Json process = Json::object();
    if (!config.user.empty())
        process["User"] = config.user;
    if (!config.environment.empty()) {
        process["Env"] = Json::array();
        for (const auto& [name, value] : config.environment)
            process["Env"].push_back(name + "=" + value);
    }
    if (!config.entrypoint.empty())
        process["Entrypoint"] = config.entrypoint;
    if (!config.command.empty())
        process["Cmd"] = config.command;
    if (!config.workingDirectory.empty())
        process["WorkingDir"] = config.workingDirectory;
    if (!config.labels.empty())
        process["Labels"] = config.labels;
    return dump(Json {{"created", created},
                      {"architecture", architecture},
                      {"os", "linux"},
                      {"config", std::move(process)},
                      {"rootfs", {{"type", "layers"}, {"diff_ids", diffIds}}}});
}

Result<std::vector<std::string>> parseDiffIds(std::string_view config)
{
    return parse(config, "image's config", [](const Json& json) {
        return json.at("rootfs").at("diff_ids").get<std::vector<std::string>>();
    });
}

Result<std::string> composeIndex(const std::vector<Descriptor>& manifests)
{
    Json list = Json::array();
    for (const auto& manifest : manifests)
        list.push_back(toJson(manifest));
    return dump(Json {
        {"schemaVersion", 2}, {"mediaType", mediatype::index}, {"manifests", std::move(list)}});
}

Result<std::vector<Descriptor>> parseIndex(std::string_view bytes)
{
    TRY_ASSIGN(auto manifests, parse(bytes, "index", [](const Json& json) {
                   std::vector<Descriptor> read;
                   for (const auto& manifest : json.at("manifests"))
                       read.push_back(descriptorOf(manifest));
                   return read;
               }));
    TRY(check(manifests));
    return manifests;
}

} // namespace remote::registry
