// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/BaseImages.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"

#include <regex>

namespace emulator::image {

extern const char* const baseImagesText; ///< resources/base-images.json

namespace {

constexpr std::size_t longestReference = 512; ///< std::regex recurses once per character

/// "docker.io/library/python:3.11@sha256:…" → {"python", "3.11"}.
std::pair<std::string, std::string> split(std::string_view reference)
{
    for (const std::string_view prefix : {"docker.io/", "index.docker.io/", "library/"})
        if (reference.starts_with(prefix))
            reference.remove_prefix(prefix.size());
    reference = reference.substr(0, reference.find('@'));
    const auto colon = reference.rfind(':');
    if (colon == std::string_view::npos || reference.find('/', colon) != std::string_view::npos)
        return {std::string(reference), "latest"};
    return {std::string(reference.substr(0, colon)), std::string(reference.substr(colon + 1))};
}

std::string filled(std::string text, const Json& suite)
{
    for (const char* name : {"pythonVersion", "series"}) {
        const auto mark = "{" + std::string(name) + "}";
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark))
            text.replace(at, mark.size(), suite.at(name).get<std::string>());
    }
    return text;
}

BaseImage describe(const Json& catalogue, const Json& entry, std::string_view reference)
{
    const auto suiteName = entry.at("suite").get<std::string>();
    const auto variantName = entry.at("variant").get<std::string>();
    const auto& suite = catalogue.at("suites").at(suiteName);
    const auto& variant = catalogue.at("variants").at(variantName);
    BaseImage image;
    image.reference = std::string(reference);
    image.suite = suiteName;
    image.packages = variant.at("packages").get<std::vector<std::string>>();
    image.dpkgOptions = catalogue.at("dpkgOptions").get<std::vector<std::string>>();
    for (const auto* hooks : {&variant.at("hooks"), &catalogue.at("hooks")})
        for (const auto& hook : *hooks)
            image.hooks.push_back(filled(hook.get<std::string>(), suite));
    for (const auto& [name, value] : variant.at("environment").items())
        image.config.environment[name] = filled(value.get<std::string>(), suite);
    image.config.command = variant.at("command").get<std::vector<std::string>>();
    image.substitution = image.reference + " is replaced by Debian " + suiteName;
    if (variantName == "python")
        image.substitution
            += " with Debian's Python " + suite.at("pythonVersion").get<std::string>();
    // The environment is no part of the files, so it does not name the layer.
    Json files {suiteName, image.packages, image.dpkgOptions, image.hooks};
    image.digest = sha256Hex("base" + files.dump());
    return image;
}

} // namespace

Result<BaseImage> findBaseImage(std::string_view reference)
{
    if (reference.size() > longestReference)
        return Error(ErrorCode::Invalid, "the name of the base image is too long");
    TRY_ASSIGN(const auto catalogue, parseJson(baseImagesText));
    const auto [repository, tag] = split(reference);
    for (const auto& entry : catalogue.at("references"))
        if (entry.at("repository") == repository
            && std::regex_match(tag, std::regex(entry.at("tag").get<std::string>())))
            return describe(catalogue, entry, reference);
    return Error(ErrorCode::Unavailable,
                 "the base image " + std::string(reference)
                     + " cannot be made on this machine: images are put together from Debian "
                       "packages here, not pulled from a registry. These work: "
                     + catalogue.at("works").get<std::string>());
}

std::optional<std::string> uvVersion(std::string_view reference)
{
    const auto [repository, tag] = split(reference);
    if (repository != "ghcr.io/astral-sh/uv")
        return std::nullopt;
    return tag;
}

} // namespace emulator::image
