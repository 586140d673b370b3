// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/api/Desk.h"

#include <algorithm>
#include <vector>

/// What Dict and Queue have in common: the same rules of names, on messages of different types.
namespace emulator::api {

struct FoundCollection {
    const control::Collection* object = nullptr;
    bool created = false;
};

template<typename Request>
Result<FoundCollection> getOrCreateCollection(control::Collections& collections,
                                              control::CollectionKind kind, const Request& request)
{
    const auto environment = environmentOf(request.environment_name());
    const auto& name = request.deployment_name();
    const auto* known = name.empty() ? nullptr : collections.findNamed(kind, name, environment);
    const std::string noun = kind == control::CollectionKind::Dict ? "dict" : "queue";
    switch (request.object_creation_type()) {
    case wire::OBJECT_CREATION_TYPE_EPHEMERAL:
    case wire::OBJECT_CREATION_TYPE_ANONYMOUS_OWNED_BY_APP:
        return FoundCollection {&collections.create(kind, "", environment), true};
    case wire::OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS:
        if (known != nullptr)
            return Error(ErrorCode::AlreadyExists,
                         "a " + noun + " named '" + name + "' exists already");
        break;
    case wire::OBJECT_CREATION_TYPE_CREATE_IF_MISSING:
        break;
    case wire::OBJECT_CREATION_TYPE_CREATE_OVERWRITE_IF_EXISTS:
        if (known != nullptr)
            collections.remove(std::string(known->id));
        known = nullptr;
        break;
    default:
        if (known == nullptr)
            return Error(ErrorCode::NotFound, "there is no " + noun + " named '" + name + "'");
        break;
    }
    if (known != nullptr)
        return FoundCollection {known, false};
    return FoundCollection {&collections.create(kind, name, environment), true};
}

/// Newest first, older than the page's edge.
inline std::vector<const control::Collection*>
listCollections(const control::Collections& collections, control::CollectionKind kind,
                const std::string& environment, const wire::ListPagination& page)
{
    auto found = collections.named(kind, environment);
    if (page.created_before() > 0)
        std::erase_if(found, [&](const auto* each) {
            return toSeconds(each->createdAt) >= page.created_before();
        });
    std::sort(found.begin(), found.end(),
              [](const auto* a, const auto* b) { return a->createdAt > b->createdAt; });
    if (page.max_objects() > 0 && found.size() > static_cast<std::size_t>(page.max_objects()))
        found.resize(static_cast<std::size_t>(page.max_objects()));
    return found;
}

} // namespace emulator::api
