// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Builder.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Id.h"
#include "emulator/base/Json.h"
#include "emulator/image/BuildRun.h"
#include "emulator/image/LayerStore.h"

#include <map>
#include <mutex>

namespace emulator::image {

namespace fs = std::filesystem;

namespace {

// Bump when the same recipe would give another image.
constexpr const char* builderVersion = "1";

Json toJson(const model::Image& image)
{
    const auto& config = image.config;
    return {{"id", image.id},
            {"layers", image.layers},
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
}

Result<model::Image> fromJson(const Json& json)
{
    try {
        model::Image image;
        image.id = json.at("id");
        image.layers = json.at("layers");
        image.pythonVersion = json.at("python");
        image.substitutions = json.at("substitutions");
        const auto& config = json.at("config");
        image.config.environment = config.at("environment");
        image.config.entrypoint = config.at("entrypoint");
        image.config.command = config.at("command");
        image.config.shell = config.at("shell");
        image.config.workingDirectory = config.at("workdir");
        image.config.user = config.at("user");
        image.config.labels = config.at("labels");
        return image;
    } catch (const Json::exception& error) {
        return Error(ErrorCode::Invalid, error.what());
    }
}

class LayerBuilder final : public Builder {
public:
    LayerBuilder(Store store, StepRunner& steps)
        : m_store(std::move(store))
        , m_steps(steps)
    {
        // What an earlier process left half-made is nobody's.
        std::error_code ignored;
        fs::remove_all(m_store.layers() / ".drafts", ignored);
        fs::create_directories(m_store.home / "images", ignored);
    }

    std::string idOf(const model::ImageRecipe& recipe) const override
    {
        std::string key = std::string("image ") + builderVersion + " " + recipe.builderVersion;
        for (const auto& command : recipe.commands)
            key += "\n" + command;
        for (const auto& [tag, id] : recipe.baseImages)
            key += "\nbase " + tag + " " + id;
        for (const auto& file : recipe.contextFiles)
            key += "\nfile " + file.filename + " " + sha256Hex(file.data);
        for (const auto& file : recipe.contextMount)
            key += "\nmount " + file.filename + " " + file.sha256 + " " + std::to_string(file.mode);
        for (const auto& [name, value] : recipe.buildArguments)
            key += "\narg " + name + "=" + value;
        for (const auto& [name, value] : recipe.secretEnvironment)
            key += "\nsecret " + name;
        return idFromContent("im", key);
    }

    Result<model::Image> find(std::string_view imageId) const override
    {
        TRY_ASSIGN(const auto text, readFile(fileOf(imageId)));
        TRY_ASSIGN(const auto json, parseJson(text));
        TRY_ASSIGN(auto image, fromJson(json));
        for (const auto& layer : image.layers)
            if (!hasLayer(m_store, layer))
                return Error(ErrorCode::NotFound, "image " + image.id + " lacks layer " + layer);
        return image;
    }

    Result<model::Image> build(const model::ImageRecipe& recipe,
                               const std::function<void(std::string_view)>& onLine,
                               std::stop_token stop) override
    {
        const auto id = idOf(recipe);
        // Two builds of one image share the work: the second waits and finds it done.
        const std::lock_guard building(lockOf(id));
        if (auto image = find(id))
            return image;
        BuildRun run(m_store, m_steps, *this, recipe, onLine, std::move(stop));
        TRY_ASSIGN(auto image, run.run());
        image.id = id;
        TRY(writeFileAtomically(fileOf(id), toJson(image).dump(2) + "\n"));
        return image;
    }

private:
    fs::path fileOf(std::string_view id) const
    {
        return m_store.home / "images" / (std::string(id) + ".json");
    }

    std::mutex& lockOf(const std::string& id)
    {
        const std::lock_guard lock(m_mutex);
        return m_building[id];
    }

    Store m_store;
    StepRunner& m_steps;
    std::mutex m_mutex;
    std::map<std::string, std::mutex> m_building;
};

} // namespace

std::unique_ptr<Builder> Builder::create(Store store, StepRunner& runner)
{
    return std::make_unique<LayerBuilder>(std::move(store), runner);
}

} // namespace emulator::image
