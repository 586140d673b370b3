// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Metadata.h"

namespace emulator::api {
namespace {

/// The request names neither the class nor its service function; the publish that follows says
/// which class has got this id.
Result<wire::ClassCreateResponse> create(Exchange& exchange,
                                         const wire::ClassCreateRequest& request)
{
    TRY_ASSIGN([[maybe_unused]] const auto* app, exchange.state().apps.find(request.app_id()));
    wire::ClassCreateResponse response;
    response.set_class_id(request.existing_class_id().empty()
                              ? exchange.state().context.ids.next("cs")
                              : request.existing_class_id());
    response.mutable_handle_metadata();
    return response;
}

Result<wire::ClassGetResponse> get(Exchange& exchange, const wire::ClassGetRequest& request)
{
    auto& state = exchange.state();
    const auto* app
        = state.apps.findDeployed(request.app_name(), environmentOf(request.environment_name()));
    if (app == nullptr)
        return Error(ErrorCode::NotFound,
                     "there is no deployed app named '" + request.app_name()
                         + "'. Deploy it first: modal deploy FILE.py");
    const auto classes = control::mapFromJson(app->classes);
    const auto found = classes.find(request.object_tag());
    const auto functions = control::mapFromJson(app->functions);
    const auto service = functions.find(request.object_tag() + ".*");
    if (found == classes.end() || service == functions.end())
        return Error(ErrorCode::NotFound,
                     "app '" + request.app_name() + "' has no class '" + request.object_tag()
                         + "'");
    TRY_ASSIGN(const auto* record, state.functions.find(service->second));
    wire::ClassGetResponse response;
    response.set_class_id(found->second);
    *response.mutable_handle_metadata() = classMetadataOf(*record, definitionOf(*record));
    return response;
}

} // namespace

void addClasses(Desk& desk)
{
    desk.methods.unary<wire::ClassCreateRequest>("ClassCreate", Repeat::Once, create);
    desk.methods.unary<wire::ClassGetRequest>("ClassGet", Repeat::Harmless, get);
}

} // namespace emulator::api
