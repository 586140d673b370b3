// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/Builder.h"

#include "emulator/base/Id.h"
#include "emulator/image/BuildRun.h"
#include "emulator/image/ImageFile.h"
#include "emulator/image/StagePlanner.h"
#include "emulator/image/UvLayer.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>

namespace emulator::image {
namespace {

/// A build that is under way: its log for whoever joins, and its end.
struct Ongoing {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::vector<std::string> lines;
    std::optional<Result<model::Image>> end;
};

Result<BaseFacts> factsOf(const Store& store, const Base& base)
{
    if (base.kind == Base::Kind::Image) {
        auto image = readImage(store, base.name);
        if (!image)
            return Error(ErrorCode::FailedPrecondition,
                         "its base image " + base.name + " has not been built");
        std::vector<std::string> key {"image"};
        key.insert(key.end(), image->layers.begin(), image->layers.end());
        return BaseFacts {keyOf(key), image->config};
    }
    if (const auto version = uvVersion(base.name))
        return BaseFacts {uvDigest(*version), {}};
    TRY_ASSIGN(const auto image, findBaseImage(base.name));
    return BaseFacts {image.digest, image.config};
}

class LayerBuilder final : public Builder {
public:
    LayerBuilder(Store store, StepRunner& runner)
        : m_store(std::move(store))
        , m_runner(runner)
    {
        LayerStore(m_store).sweep();
    }

    std::string idOf(const model::ImageRecipe& recipe) const override
    {
        std::vector<std::string> parts {"image 1", recipe.builderVersion};
        const auto add = [&](std::string_view name, const std::vector<std::string>& values) {
            parts.emplace_back(name);
            parts.push_back(keyOf(values));
        };
        add("commands", recipe.commands);
        const auto flat = [](const std::map<std::string, std::string>& map) {
            std::vector<std::string> values;
            for (const auto& [name, value] : map)
                values.insert(values.end(), {name, value});
            return values;
        };
        add("bases", flat(recipe.baseImages));
        add("arguments", flat(recipe.buildArguments));
        // The values of secrets stay out of names: who rotates one does not want a rebuild.
        std::vector<std::string> files;
        for (const auto& file : recipe.contextFiles)
            files.push_back(keyOf({file.filename, file.data}));
        for (const auto& file : recipe.contextMount)
            files.push_back(keyOf({file.filename, file.sha256, std::to_string(file.mode)}));
        std::ranges::sort(files);
        add("files", files);
        return idFromContent("im", keyOf(parts));
    }

    Result<model::Image> find(std::string_view imageId) const override
    {
        TRY_ASSIGN(auto image, readImage(m_store, imageId));
        const LayerStore layers(m_store);
        for (const auto& layer : image.layers)
            if (!layers.has(layer))
                return Error(ErrorCode::NotFound,
                             "the image " + image.id + " has lost its layer " + layer);
        return image;
    }

    Result<model::Image> build(const model::ImageRecipe& recipe, const LogLine& onLine,
                               std::stop_token stop) override
    {
        const auto id = idOf(recipe);
        for (;;) {
            if (auto image = find(id))
                return image;
            const auto [ongoing, mine] = join(id);
            if (mine)
                return lead(id, recipe, *ongoing, onLine, stop);
            auto end = follow(*ongoing, onLine, stop);
            // Whoever led the build has given up, but we have not.
            if (!end && end.error().code() == ErrorCode::Cancelled && !stop.stop_requested())
                continue;
            return end;
        }
    }

private:
    std::pair<std::shared_ptr<Ongoing>, bool> join(const std::string& id)
    {
        const std::scoped_lock guard(m_mutex);
        auto& slot = m_ongoing[id];
        const bool mine = slot == nullptr;
        if (mine)
            slot = std::make_shared<Ongoing>();
        return {slot, mine};
    }

    Result<model::Image> lead(const std::string& id, const model::ImageRecipe& recipe,
                              Ongoing& ongoing, const LogLine& onLine, const std::stop_token& stop)
    {
        auto end = make(
            id, recipe,
            [&](std::string_view line) {
                onLine(line);
                {
                    const std::scoped_lock guard(ongoing.mutex);
                    ongoing.lines.emplace_back(line);
                }
                ongoing.changed.notify_all();
            },
            stop);
        {
            const std::scoped_lock guard(m_mutex);
            const std::scoped_lock ending(ongoing.mutex);
            ongoing.end = end;
            ongoing.changed.notify_all();
            m_ongoing.erase(id);
        }
        return end;
    }

    static Result<model::Image> follow(Ongoing& ongoing, const LogLine& onLine,
                                       const std::stop_token& stop)
    {
        std::size_t seen = 0;
        std::unique_lock guard(ongoing.mutex);
        for (;;) {
            if (!ongoing.changed.wait(guard, stop, [&] {
                    return ongoing.end.has_value() || seen < ongoing.lines.size();
                }))
                return Error(ErrorCode::Cancelled, "the build was cancelled");
            while (seen < ongoing.lines.size()) {
                const auto line = ongoing.lines[seen++];
                guard.unlock();
                onLine(line);
                guard.lock();
            }
            if (ongoing.end)
                return *ongoing.end;
        }
    }

    Result<model::Image> make(const std::string& id, const model::ImageRecipe& recipe,
                              const LogLine& onLine, const std::stop_token& stop)
    {
        TRY_ASSIGN(const auto context, BuildContext::create(m_store, recipe));
        TRY_ASSIGN(const auto plan, planBuild({recipe, context, [this](const Base& base) {
                                                   return factsOf(m_store, base);
                                               }}));
        BuildRun run({m_store, m_runner, m_locks}, recipe, context, onLine, stop);
        TRY_ASSIGN(auto image, run.carryOut(plan));
        image.id = id;
        TRY(writeImage(m_store, image));
        return image;
    }

    Store m_store;
    StepRunner& m_runner;
    KeyLocks m_locks;
    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Ongoing>> m_ongoing;
};

} // namespace

std::unique_ptr<Builder> Builder::create(Store store, StepRunner& runner)
{
    return std::make_unique<LayerBuilder>(std::move(store), runner);
}

} // namespace emulator::image
