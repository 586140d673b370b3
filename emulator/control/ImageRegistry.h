// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/control/Context.h"
#include "emulator/control/SecretRegistry.h"
#include "emulator/model/Image.h"
#include "emulator/model/Studio.h"
#include "emulator/model/WorkerPorts.h"
#include "emulator/store/Records.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::control {

/// Images by id, with their builds. Belongs to the strand's thread.
class ImageRegistry {
public:
    ImageRegistry(Context& context, const SecretRegistry& secrets)
        : m_context(context)
        , m_secrets(secrets)
        , m_table(context.database)
    {
    }

    void load();

    struct Request {
        model::ImageRecipe recipe;
        std::vector<std::string> secretIds;
        std::string appId;
        bool rebuild = false;
    };
    /// The image of a recipe. A record whose state is Building when it has just been made or is
    /// made again: then its order is to be sent. FailedPrecondition when a base is not there.
    [[nodiscard]] Result<const store::ImageRecord*> getOrCreate(const Request& request);

    [[nodiscard]] Result<const store::ImageRecord*> find(std::string_view id) const;
    [[nodiscard]] const std::map<std::string, store::ImageRecord>& all() const { return m_records; }

    /// Takes over an image that was made elsewhere, under the id of its recipe; whether it was
    /// Ready here already. One that is Ready only learns its manifest.
    bool import(const model::KeptImage& image);

    /// What a worker needs to build it.
    [[nodiscard]] model::BuildOrder orderOf(const store::ImageRecord& image) const;
    [[nodiscard]] std::vector<model::BuildOrder> ordersUnderWay() const;
    void finish(std::string_view id, const model::Image& image, std::string error);

    /// im-… of a recipe, the same everywhere and without its secrets' values.
    [[nodiscard]] static std::string idOf(const model::ImageRecipe& recipe);

private:
    Context& m_context;
    const SecretRegistry& m_secrets;
    store::Table<store::ImageRecord> m_table;
    std::map<std::string, store::ImageRecord> m_records;
};

} // namespace emulator::control
