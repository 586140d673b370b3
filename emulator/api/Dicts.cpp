// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/NamedObjects.h"

namespace emulator::api {
namespace {

using control::Collection;
using control::CollectionKind;
using control::Collections;

constexpr auto kind = CollectionKind::Dict;

wire::DictMetadata metadataOf(const Collection& dict)
{
    wire::DictMetadata metadata;
    metadata.set_name(dict.name);
    metadata.mutable_creation_info()->set_created_at(toSeconds(dict.createdAt));
    metadata.mutable_creation_info()->set_created_by("local");
    return metadata;
}

Result<wire::DictGetOrCreateResponse> getOrCreate(Exchange& exchange,
                                                  const wire::DictGetOrCreateRequest& request)
{
    auto& collections = exchange.state().collections;
    TRY_ASSIGN(const auto found, getOrCreateCollection(collections, kind, request));
    if (found.created)
        for (const auto& entry : request.data())
            collections.set(found.object->id, entry.key(), entry.value(),
                            Collections::Overwrite::Always);
    wire::DictGetOrCreateResponse response;
    response.set_dict_id(found.object->id);
    *response.mutable_metadata() = metadataOf(*found.object);
    return response;
}

Result<wire::DictUpdateResponse> update(Exchange& exchange, const wire::DictUpdateRequest& request)
{
    auto& collections = exchange.state().collections;
    TRY_ASSIGN(const auto* dict, collections.find(kind, request.dict_id()));
    bool created = true;
    for (const auto& entry : request.updates())
        created = collections.set(dict->id, entry.key(), entry.value(),
                                  request.if_not_exists() ? Collections::Overwrite::IfAbsent
                                                          : Collections::Overwrite::Always)
            && created;
    wire::DictUpdateResponse response;
    response.set_created(created);
    return response;
}

void contents(const std::shared_ptr<Exchange>& exchange, const wire::DictContentsRequest& request)
{
    auto& collections = exchange->state().collections;
    if (const auto dict = collections.find(kind, request.dict_id()); !dict) {
        exchange->fail(dict.error());
        return;
    }
    for (auto& [key, value] : collections.entries(request.dict_id())) {
        wire::DictEntry entry;
        if (request.keys())
            entry.set_key(std::move(key));
        if (request.values())
            entry.set_value(std::move(value));
        exchange->write(entry);
    }
    exchange->finish();
}

Result<wire::DictListResponse> list(Exchange& exchange, const wire::DictListRequest& request)
{
    const auto environment = environmentOf(request.environment_name());
    wire::DictListResponse response;
    response.set_environment_name(environment);
    for (const auto* dict :
         listCollections(exchange.state().collections, kind, environment, request.pagination())) {
        auto& item = *response.add_dicts();
        item.set_name(dict->name);
        item.set_created_at(toSeconds(dict->createdAt));
        item.set_dict_id(dict->id);
        *item.mutable_metadata() = metadataOf(*dict);
    }
    return response;
}

/// A handler that first makes sure of the dict and counts as a sign of life.
template<typename Request, typename Response, typename Action>
auto withDict(Action action)
{
    return [action](Exchange& exchange, const Request& request) -> Result<Response> {
        auto& collections = exchange.state().collections;
        TRY_ASSIGN(const auto* dict, collections.find(kind, request.dict_id()));
        collections.beat(dict->id);
        Response response;
        action(collections, *dict, request, response);
        return response;
    };
}

} // namespace

void addDicts(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::DictGetOrCreateRequest>("DictGetOrCreate", Repeat::Once, getOrCreate);
    methods.unary<wire::DictUpdateRequest>("DictUpdate", Repeat::Once, update);
    methods.parked<wire::DictContentsRequest>("DictContents", contents);
    methods.unary<wire::DictListRequest>("DictList", Repeat::Harmless, list);
    methods.unary<wire::DictGetByIdRequest>(
        "DictGetById", Repeat::Harmless,
        withDict<wire::DictGetByIdRequest, wire::DictGetByIdResponse>(
            [](Collections&, const Collection& dict, const auto&, auto& response) {
                response.set_dict_id(dict.id);
                *response.mutable_metadata() = metadataOf(dict);
            }));
    methods.unary<wire::DictHeartbeatRequest>(
        "DictHeartbeat", Repeat::Harmless,
        withDict<wire::DictHeartbeatRequest, Empty>(
            [](Collections&, const Collection&, const auto&, auto&) { }));
    methods.unary<wire::DictGetRequest>(
        "DictGet", Repeat::Harmless,
        withDict<wire::DictGetRequest, wire::DictGetResponse>(
            [](Collections& all, const Collection& dict, const auto& request, auto& response) {
                auto value = all.get(dict.id, request.key());
                response.set_found(value.has_value());
                if (value)
                    response.set_value(*std::move(value));
            }));
    methods.unary<wire::DictPopRequest>(
        "DictPop", Repeat::Once,
        withDict<wire::DictPopRequest, wire::DictPopResponse>(
            [](Collections& all, const Collection& dict, const auto& request, auto& response) {
                auto value = all.pop(dict.id, request.key());
                response.set_found(value.has_value());
                if (value)
                    response.set_value(*std::move(value));
            }));
    methods.unary<wire::DictContainsRequest>(
        "DictContains", Repeat::Harmless,
        withDict<wire::DictContainsRequest, wire::DictContainsResponse>(
            [](Collections& all, const Collection& dict, const auto& request, auto& response) {
                response.set_found(all.get(dict.id, request.key()).has_value());
            }));
    methods.unary<wire::DictLenRequest>(
        "DictLen", Repeat::Harmless,
        withDict<wire::DictLenRequest, wire::DictLenResponse>(
            [](Collections& all, const Collection& dict, const auto&, auto& response) {
                response.set_len(static_cast<int>(all.size(dict.id)));
            }));
    methods.unary<wire::DictClearRequest>(
        "DictClear", Repeat::Once,
        withDict<wire::DictClearRequest, Empty>([](Collections& all, const Collection& dict,
                                                   const auto&, auto&) { all.clear(dict.id); }));
    methods.unary<wire::DictDeleteRequest>(
        "DictDelete", Repeat::Once,
        withDict<wire::DictDeleteRequest, Empty>([](Collections& all, const Collection& dict,
                                                    const auto&,
                                                    auto&) { all.remove(std::string(dict.id)); }));
}

} // namespace emulator::api
