// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/ImageJson.h"

#include "emulator/base/Bytes.h"

namespace emulator::control {
namespace {

using TextMap = std::map<std::string, std::string>;
using TextList = std::vector<std::string>;

} // namespace

Json toJson(const model::Image& image)
{
    const auto& config = image.config;
    return {{"id", image.id},
            {"layers", image.layers},
            {"manifest", image.manifest},
            {"pythonVersion", image.pythonVersion},
            {"substitutions", image.substitutions},
            {"environment", config.environment},
            {"entrypoint", config.entrypoint},
            {"command", config.command},
            {"shell", config.shell},
            {"workingDirectory", config.workingDirectory},
            {"user", config.user},
            {"labels", config.labels}};
}

model::Image imageFromJson(const Json& json)
{
    model::Image image;
    if (!json.is_object())
        return image;
    image.id = json.value("id", "");
    image.layers = json.value("layers", TextList {});
    image.manifest = json.value("manifest", "");
    image.pythonVersion = json.value("pythonVersion", "");
    image.substitutions = json.value("substitutions", TextList {});
    auto& config = image.config;
    config.environment = json.value("environment", TextMap {});
    config.entrypoint = json.value("entrypoint", TextList {});
    config.command = json.value("command", TextList {});
    config.shell = json.value("shell", TextList {});
    config.workingDirectory = json.value("workingDirectory", "");
    config.user = json.value("user", "");
    config.labels = json.value("labels", TextMap {});
    return image;
}

Json toJson(const std::vector<model::MountFile>& files)
{
    Json list = Json::array();
    for (const auto& file : files)
        list.push_back({file.filename, file.sha256, file.size, file.mode});
    return list;
}

std::vector<model::MountFile> filesFromJson(const Json& json)
{
    std::vector<model::MountFile> files;
    for (const auto& file : json)
        files.push_back({file[0].get<std::string>(), file[1].get<std::string>(),
                         file[2].get<std::uint64_t>(), file[3].get<std::uint32_t>()});
    return files;
}

Json toJson(const model::ImageRecipe& recipe)
{
    Json context = Json::array();
    for (const auto& file : recipe.contextFiles)
        context.push_back({file.filename, toBase64(file.data)});
    return {{"commands", recipe.commands},
            {"baseImages", recipe.baseImages},
            {"contextFiles", context},
            {"contextMount", toJson(recipe.contextMount)},
            {"buildArguments", recipe.buildArguments},
            {"builderVersion", recipe.builderVersion}};
}

model::ImageRecipe recipeFromJson(const Json& json)
{
    model::ImageRecipe recipe;
    recipe.commands = json.value("commands", TextList {});
    recipe.baseImages = json.value("baseImages", TextMap {});
    for (const auto& file : json.value("contextFiles", Json::array()))
        recipe.contextFiles.push_back(
            {file[0].get<std::string>(), fromBase64(file[1].get<std::string>())});
    recipe.contextMount = filesFromJson(json.value("contextMount", Json::array()));
    recipe.buildArguments = json.value("buildArguments", TextMap {});
    recipe.builderVersion = json.value("builderVersion", "");
    return recipe;
}

} // namespace emulator::control
