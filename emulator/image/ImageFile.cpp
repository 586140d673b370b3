// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/ImageFile.h"

#include "emulator/base/Files.h"
#include "emulator/base/Json.h"

#include <algorithm>
#include <cctype>

namespace emulator::image {
namespace {

std::filesystem::path fileOf(const Store& store, std::string_view imageId)
{
    return store.home / "images" / (std::string(imageId) + ".json");
}

bool isId(std::string_view text)
{
    return text.starts_with("im-") && std::ranges::all_of(text.substr(3), [](unsigned char c) {
               return std::isalnum(c) != 0;
           });
}

} // namespace

Result<model::Image> readImage(const Store& store, std::string_view imageId)
{
    if (!isId(imageId))
        return Error(ErrorCode::NotFound, "there is no image " + std::string(imageId));
    const auto text = readFile(fileOf(store, imageId));
    if (!text)
        return Error(ErrorCode::NotFound, "there is no image " + std::string(imageId));
    TRY_ASSIGN(const auto json, parseJson(*text));
    model::Image image;
    try {
        const auto& config = json.at("config");
        image.id = imageId;
        json.at("layers").get_to(image.layers);
        json.at("python").get_to(image.pythonVersion);
        json.at("substitutions").get_to(image.substitutions);
        config.at("environment").get_to(image.config.environment);
        config.at("entrypoint").get_to(image.config.entrypoint);
        config.at("command").get_to(image.config.command);
        config.at("shell").get_to(image.config.shell);
        config.at("workdir").get_to(image.config.workingDirectory);
        config.at("user").get_to(image.config.user);
        config.at("labels").get_to(image.config.labels);
    } catch (const Json::exception& error) {
        return Error(ErrorCode::Io, fileOf(store, imageId).string() + ": " + error.what());
    }
    return image;
}

Result<> writeImage(const Store& store, const model::Image& image)
{
    const auto file = fileOf(store, image.id);
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error)
        return errnoError("make folder " + file.parent_path().string(), error.value());
    const auto& config = image.config;
    const Json json {{"layers", image.layers},
                     {"python", image.pythonVersion},
                     {"substitutions", image.substitutions},
                     {"config",
                      {{"environment", config.environment},
                       {"entrypoint", config.entrypoint},
                       {"command", config.command},
                       {"shell", config.shell},
                       {"workdir", config.workingDirectory},
                       {"user", config.user},
                       {"labels", config.labels}}}};
    return writeFileAtomically(file, json.dump(2) + "\n");
}

} // namespace emulator::image
