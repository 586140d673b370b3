// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/NamedObjects.h"

#include <charconv>

namespace emulator::api {
namespace {

using control::Collection;
using control::CollectionKind;
using control::Collections;
using control::Parking;

constexpr auto kind = CollectionKind::Queue;
constexpr Micros defaultLife = 24LL * 3600 * 1'000'000;

wire::QueueMetadata metadataOf(const Collection& queue)
{
    wire::QueueMetadata metadata;
    metadata.set_name(queue.name);
    metadata.mutable_creation_info()->set_created_at(toSeconds(queue.createdAt));
    metadata.mutable_creation_info()->set_created_by("local");
    return metadata;
}

Result<wire::QueueGetOrCreateResponse> getOrCreate(Exchange& exchange,
                                                   const wire::QueueGetOrCreateRequest& request)
{
    TRY_ASSIGN(const auto found,
               getOrCreateCollection(exchange.state().collections, kind, request));
    wire::QueueGetOrCreateResponse response;
    response.set_queue_id(found.object->id);
    *response.mutable_metadata() = metadataOf(*found.object);
    return response;
}

Result<Empty> put(Exchange& exchange, const wire::QueuePutRequest& request)
{
    auto& collections = exchange.state().collections;
    TRY_ASSIGN(const auto* queue, collections.find(kind, request.queue_id()));
    collections.beat(queue->id);
    const auto life = request.partition_ttl_seconds() > 0
        ? Micros {request.partition_ttl_seconds()} * 1'000'000
        : defaultLife;
    TRY(collections.push(queue->id, request.partition_key(),
                         {request.values().begin(), request.values().end()},
                         exchange.plane().clock().now() + life));
    return Empty();
}

void get(const std::shared_ptr<Exchange>& exchange, const wire::QueueGetRequest& request)
{
    if (const auto queue = exchange->state().collections.find(kind, request.queue_id()); !queue) {
        exchange->fail(queue.error());
        return;
    }
    exchange->park("queue " + request.queue_id(), std::min(request.timeout(), 50.0F),
                   [exchange, request](Parking::Chance chance) {
                       auto& collections = exchange->state().collections;
                       wire::QueueGetResponse response;
                       for (auto& value : collections.take(
                                request.queue_id(), request.partition_key(),
                                static_cast<std::uint32_t>(std::max(request.n_values(), 1))))
                           response.add_values(std::move(value));
                       if (response.values_size() == 0 && chance != Parking::Chance::Last)
                           return false;
                       exchange->reply(response);
                       return true;
                   });
}

void nextItems(const std::shared_ptr<Exchange>& exchange,
               const wire::QueueNextItemsRequest& request)
{
    if (const auto queue = exchange->state().collections.find(kind, request.queue_id()); !queue) {
        exchange->fail(queue.error());
        return;
    }
    std::int64_t after = 0;
    const auto& entry = request.last_entry_id();
    std::from_chars(entry.data(), entry.data() + entry.size(), after);
    exchange->park("queue " + request.queue_id(), std::min(request.item_poll_timeout(), 30.0F),
                   [exchange, request, after](Parking::Chance chance) {
                       wire::QueueNextItemsResponse response;
                       for (auto& item : exchange->state().collections.peek(
                                request.queue_id(), request.partition_key(), after, 100)) {
                           auto& out = *response.add_items();
                           out.set_value(std::move(item.value));
                           out.set_entry_id(std::to_string(item.position));
                       }
                       if (response.items_size() == 0 && chance != Parking::Chance::Last)
                           return false;
                       exchange->reply(response);
                       return true;
                   });
}

Result<wire::QueueListResponse> list(Exchange& exchange, const wire::QueueListRequest& request)
{
    auto& collections = exchange.state().collections;
    const auto environment = environmentOf(request.environment_name());
    wire::QueueListResponse response;
    response.set_environment_name(environment);
    for (const auto* queue :
         listCollections(collections, kind, environment, request.pagination())) {
        auto& item = *response.add_queues();
        item.set_name(queue->name);
        item.set_created_at(toSeconds(queue->createdAt));
        item.set_total_size(static_cast<int>(collections.totalLength(queue->id)));
        item.set_queue_id(queue->id);
        *item.mutable_metadata() = metadataOf(*queue);
    }
    return response;
}

} // namespace

void addQueues(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::QueueGetOrCreateRequest>("QueueGetOrCreate", Repeat::Once, getOrCreate);
    methods.unary<wire::QueuePutRequest>("QueuePut", Repeat::Once, put);
    methods.parked<wire::QueueGetRequest>("QueueGet", get, Access::Anyone, Repeat::Once);
    methods.parked<wire::QueueNextItemsRequest>("QueueNextItems", nextItems);
    methods.unary<wire::QueueListRequest>("QueueList", Repeat::Harmless, list);
    methods.unary<wire::QueueGetByIdRequest>(
        "QueueGetById", Repeat::Harmless,
        [](Exchange& exchange,
           const wire::QueueGetByIdRequest& request) -> Result<wire::QueueGetByIdResponse> {
            TRY_ASSIGN(const auto* queue,
                       exchange.state().collections.find(kind, request.queue_id()));
            wire::QueueGetByIdResponse response;
            response.set_queue_id(queue->id);
            *response.mutable_metadata() = metadataOf(*queue);
            return response;
        });
    methods.unary<wire::QueueHeartbeatRequest>(
        "QueueHeartbeat", Repeat::Harmless,
        [](Exchange& exchange, const wire::QueueHeartbeatRequest& request) -> Result<Empty> {
            exchange.state().collections.beat(request.queue_id());
            return Empty();
        });
    methods.unary<wire::QueueLenRequest>(
        "QueueLen", Repeat::Harmless,
        [](Exchange& exchange,
           const wire::QueueLenRequest& request) -> Result<wire::QueueLenResponse> {
            auto& collections = exchange.state().collections;
            TRY_ASSIGN(const auto* queue, collections.find(kind, request.queue_id()));
            wire::QueueLenResponse response;
            response.set_len(static_cast<int>(
                request.total() ? collections.totalLength(queue->id)
                                : collections.length(queue->id, request.partition_key())));
            return response;
        });
    methods.unary<wire::QueueClearRequest>(
        "QueueClear", Repeat::Once,
        [](Exchange& exchange, const wire::QueueClearRequest& request) -> Result<Empty> {
            auto& collections = exchange.state().collections;
            TRY_ASSIGN(const auto* queue, collections.find(kind, request.queue_id()));
            if (request.all_partitions())
                collections.clearQueue(queue->id);
            else
                collections.clearPart(queue->id, request.partition_key());
            return Empty();
        });
    methods.unary<wire::QueueDeleteRequest>(
        "QueueDelete", Repeat::Once,
        [](Exchange& exchange, const wire::QueueDeleteRequest& request) -> Result<Empty> {
            auto& collections = exchange.state().collections;
            TRY_ASSIGN(const auto* queue, collections.find(kind, request.queue_id()));
            collections.remove(std::string(queue->id));
            return Empty();
        });
}

} // namespace emulator::api
