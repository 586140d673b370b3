// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/ImageRegistry.h"

#include "emulator/control/ImageJson.h"

namespace emulator::control {

using store::ImageRecord;
using store::ImageState;

void ImageRegistry::load()
{
    m_records.clear();
    if (auto images = m_context.strand.keep(m_table.all()))
        for (auto& image : *images)
            m_records.emplace(image.id, std::move(image));
}

std::string ImageRegistry::idOf(const model::ImageRecipe& recipe)
{
    return idFromContent("im", toJson(recipe).dump());
}

Result<const ImageRecord*> ImageRegistry::getOrCreate(const Request& request)
{
    for (const auto& [tag, baseId] : request.recipe.baseImages) {
        TRY_ASSIGN(const auto* base, find(baseId));
        if (base->state != ImageState::Ready)
            return Error(ErrorCode::FailedPrecondition,
                         "the base image " + baseId + " is not built yet");
    }
    const auto id = idOf(request.recipe);
    const auto known = m_records.find(id);
    if (known != m_records.end() && known->second.state != ImageState::Failed
        && !(request.rebuild && known->second.state == ImageState::Ready))
        return &known->second;

    ImageRecord image;
    if (known != m_records.end())
        image = known->second;
    image.id = id;
    image.state = ImageState::Building;
    image.appId = request.appId;
    image.recipe = toJson(request.recipe).dump();
    image.secrets = Json(request.secretIds).dump();
    image.error.clear();
    image.builderVersion = request.recipe.builderVersion;
    image.createdAt = m_context.now();
    image.finishedAt = 0;
    m_context.strand.keep(m_table.put(image));
    m_context.changed = true;
    return &m_records.insert_or_assign(id, std::move(image)).first->second;
}

bool ImageRegistry::import(const model::KeptImage& image)
{
    auto& record = m_records[image.id];
    const bool known = record.id == image.id && record.state == ImageState::Ready;
    if (known) {
        const auto json = parseJson(record.image);
        auto kept = json ? imageFromJson(*json) : model::Image {};
        if (image.image.manifest.empty() || kept.manifest == image.image.manifest)
            return true;
        kept.manifest = image.image.manifest;
        record.image = toJson(kept).dump();
    } else {
        record.id = image.id;
        record.state = ImageState::Ready;
        record.image = toJson(image.image).dump();
        record.builderVersion = image.builderVersion;
        record.error.clear();
        record.createdAt = m_context.now();
        record.finishedAt = m_context.now();
    }
    m_context.strand.keep(m_table.put(record));
    m_context.changed = true;
    m_context.parking.signal("image " + record.id);
    return known;
}

Result<const ImageRecord*> ImageRegistry::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no image " + std::string(id));
    return &found->second;
}

model::BuildOrder ImageRegistry::orderOf(const ImageRecord& image) const
{
    model::BuildOrder order;
    order.imageId = image.id;
    if (const auto recipe = parseJson(image.recipe))
        order.recipe = recipeFromJson(*recipe);
    // A base goes by the name under which the builder has it.
    for (auto& [tag, baseId] : order.recipe.baseImages)
        if (const auto base = find(baseId))
            if (const auto made = parseJson((*base)->image); made && made->is_object())
                baseId = imageFromJson(*made).id;
    if (const auto secrets = parseJson(image.secrets))
        order.recipe.secretEnvironment
            = m_secrets.variables(secrets->get<std::vector<std::string>>());
    return order;
}

std::vector<model::BuildOrder> ImageRegistry::ordersUnderWay() const
{
    std::vector<model::BuildOrder> orders;
    for (const auto& [id, image] : m_records)
        if (image.state == ImageState::Building)
            orders.push_back(orderOf(image));
    return orders;
}

void ImageRegistry::finish(std::string_view id, const model::Image& image, std::string error)
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end() || found->second.state != ImageState::Building)
        return;
    auto& record = found->second;
    record.state = error.empty() ? ImageState::Ready : ImageState::Failed;
    if (error.empty())
        record.image = toJson(image).dump();
    record.error = std::move(error);
    record.finishedAt = m_context.now();
    m_context.strand.keep(m_table.put(record));
    m_context.changed = true;
    m_context.parking.signal("image " + record.id);
}

} // namespace emulator::control
