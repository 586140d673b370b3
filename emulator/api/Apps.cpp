// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Metadata.h"

namespace emulator::api {
namespace {

using control::mapFromJson;
using control::mapToJson;
using store::AppRecord;
using store::AppState;

std::map<std::string, std::string> toMap(const google::protobuf::Map<std::string, std::string>& map)
{
    return {map.begin(), map.end()};
}

wire::AppLifecycle lifecycleOf(const AppRecord& app)
{
    wire::AppLifecycle lifecycle;
    lifecycle.set_app_state(static_cast<wire::AppState>(app.state));
    lifecycle.set_created_at(toSeconds(app.createdAt));
    lifecycle.set_created_by("local");
    lifecycle.set_deployed_at(toSeconds(app.deployedAt));
    lifecycle.set_version(app.version);
    lifecycle.set_stopped_at(toSeconds(app.stoppedAt));
    return lifecycle;
}

wire::AppHandleMetadata handleOf(const AppRecord& app)
{
    wire::AppHandleMetadata metadata;
    metadata.set_description(app.description);
    metadata.set_app_id(app.id);
    metadata.set_environment_name(app.environment);
    *metadata.mutable_lifecycle() = lifecycleOf(app);
    for (const auto& [tag, id] : mapFromJson(app.functions))
        (*metadata.mutable_functions())[tag] = id;
    return metadata;
}

AppRecord newApp(const Exchange& exchange, const std::string& description,
                 const std::string& environment)
{
    AppRecord app;
    app.description = description;
    app.environment = environmentOf(environment);
    app.runId = exchange.caller().runId;
    app.clientVersion = exchange.caller().clientVersion;
    return app;
}

Result<wire::AppCreateResponse> create(Exchange& exchange, const wire::AppCreateRequest& request)
{
    auto app = newApp(exchange, request.description(), request.environment_name());
    app.state = request.app_state() == wire::APP_STATE_UNSPECIFIED
        ? AppState::Initializing
        : static_cast<AppState>(request.app_state());
    app.tags = mapToJson(toMap(request.tags()));
    wire::AppCreateResponse response;
    const auto& made = exchange.state().apps.create(std::move(app));
    response.set_app_id(made.id);
    // The client prints these; the window and 'slip logs' take the id.
    response.set_app_page_url("slipway://app/" + made.id);
    response.set_app_logs_url("slipway://app/" + made.id + "/logs");
    return response;
}

Result<wire::AppGetOrCreateResponse> getOrCreate(Exchange& exchange,
                                                 const wire::AppGetOrCreateRequest& request)
{
    auto& apps = exchange.state().apps;
    const AppRecord* app = nullptr;
    if (request.app_name().starts_with("ap-")) {
        TRY_ASSIGN(app, apps.find(request.app_name()));
    } else {
        app = apps.findDeployed(request.app_name(), environmentOf(request.environment_name()));
    }
    if (app == nullptr) {
        if (request.object_creation_type() != wire::OBJECT_CREATION_TYPE_CREATE_IF_MISSING)
            return Error(ErrorCode::NotFound,
                         "there is no deployed app named '" + request.app_name() + "'");
        auto made = newApp(exchange, request.app_name(), request.environment_name());
        made.name = request.app_name();
        made.state = AppState::Deployed;
        made.deployedAt = exchange.plane().clock().now();
        app = &apps.create(std::move(made));
    }
    wire::AppGetOrCreateResponse response;
    response.set_app_id(app->id);
    *response.mutable_handle_metadata() = handleOf(*app);
    return response;
}

Result<wire::AppPublishResponse> publish(Exchange& exchange, const wire::AppPublishRequest& request)
{
    if (request.staged())
        return Error(ErrorCode::Unsupported,
                     "staged deployments are not served by this version of Slipway; deploy "
                     "without --staged");
    TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
    control::Publication publication;
    // 'modal serve' publishes again without a state: it stays what it is.
    publication.state = request.app_state() == wire::APP_STATE_UNSPECIFIED
        ? app->state
        : static_cast<AppState>(request.app_state());
    publication.name = request.name();
    publication.tag = request.deployment_tag();
    publication.clientVersion = exchange.caller().clientVersion;
    publication.functions = toMap(request.function_ids());
    publication.classes = toMap(request.class_ids());
    publication.tags = toMap(request.tags());
    TRY(exchange.plane().appRules().publish(request.app_id(), publication));
    wire::AppPublishResponse response;
    response.set_url("slipway://app/" + request.app_id());
    response.set_deployed_at(toSeconds(exchange.plane().clock().now()));
    return response;
}

Result<Empty> disconnect(Exchange& exchange, const wire::AppClientDisconnectRequest& request)
{
    TRY_ASSIGN([[maybe_unused]] const auto* app, exchange.state().apps.find(request.app_id()));
    exchange.plane().appRules().disconnect(
        request.app_id(), request.exception().empty() ? "its client is done" : request.exception());
    return Empty();
}

Result<wire::AppGetByDeploymentNameResponse>
getByDeploymentName(Exchange& exchange, const wire::AppGetByDeploymentNameRequest& request)
{
    wire::AppGetByDeploymentNameResponse response;
    const auto environment = environmentOf(request.environment_name());
    response.set_environment_name(environment);
    if (const auto* app = exchange.state().apps.findDeployed(request.name(), environment)) {
        response.set_app_id(app->id);
        *response.mutable_lifecycle() = lifecycleOf(*app);
    }
    return response;
}

Result<wire::AppListResponse> list(Exchange& exchange, const wire::AppListRequest& request)
{
    wire::AppListResponse response;
    auto& state = exchange.state();
    for (const auto& [id, app] : state.apps.all()) {
        if (app.environment != environmentOf(request.environment_name()))
            continue;
        auto& item = *response.add_apps();
        item.set_app_id(id);
        item.set_description(app.description);
        item.set_state(static_cast<wire::AppState>(app.state));
        item.set_created_at(toSeconds(app.createdAt));
        item.set_stopped_at(toSeconds(app.stoppedAt));
        item.set_n_running_tasks(static_cast<int>(state.fleet.liveOfApp(id).size()));
        item.set_name(app.name);
        *item.mutable_metadata() = handleOf(app);
    }
    return response;
}

Result<wire::AppDeploymentHistoryResponse> history(Exchange& exchange,
                                                   const wire::AppDeploymentHistoryRequest& request)
{
    TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
    wire::AppDeploymentHistoryResponse response;
    response.set_production_app_version(static_cast<std::uint32_t>(app->version));
    for (const auto& deployment : exchange.state().apps.history(app->id)) {
        auto& item = *response.add_app_deployment_histories();
        item.set_app_id(app->id);
        item.set_version(static_cast<std::uint32_t>(deployment.version));
        item.set_client_version(deployment.clientVersion);
        item.set_deployed_at(toSeconds(deployment.deployedAt));
        item.set_deployed_by("local");
        item.set_tag(deployment.tag);
    }
    return response;
}

} // namespace

void addApps(Desk& desk)
{
    auto& methods = desk.methods;
    methods.unary<wire::AppCreateRequest>("AppCreate", Repeat::Once, create);
    methods.unary<wire::AppGetOrCreateRequest>("AppGetOrCreate", Repeat::Once, getOrCreate);
    methods.unary<wire::AppPublishRequest>("AppPublish", Repeat::Once, publish);
    methods.unary<wire::AppClientDisconnectRequest>("AppClientDisconnect", Repeat::Harmless,
                                                    disconnect);
    methods.unary<wire::AppGetByDeploymentNameRequest>("AppGetByDeploymentName", Repeat::Harmless,
                                                       getByDeploymentName);
    methods.unary<wire::AppListRequest>("AppList", Repeat::Harmless, list);
    methods.unary<wire::AppDeploymentHistoryRequest>("AppDeploymentHistory", Repeat::Harmless,
                                                     history);
    methods.unary<wire::AppHeartbeatRequest>(
        "AppHeartbeat", Repeat::Harmless,
        [](Exchange& exchange, const wire::AppHeartbeatRequest& request) -> Result<Empty> {
            TRY_ASSIGN([[maybe_unused]] const auto* app,
                       exchange.state().apps.find(request.app_id()));
            exchange.state().apps.beat(request.app_id());
            return Empty();
        });
    methods.unary<wire::AppGetLayoutRequest>(
        "AppGetLayout", Repeat::Harmless,
        [](Exchange& exchange,
           const wire::AppGetLayoutRequest& request) -> Result<wire::AppGetLayoutResponse> {
            TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
            wire::AppGetLayoutResponse response;
            *response.mutable_app_layout() = layoutOf(exchange.state(), *app);
            return response;
        });
    methods.unary<wire::AppStopRequest>(
        "AppStop", Repeat::Harmless,
        [](Exchange& exchange, const wire::AppStopRequest& request) -> Result<Empty> {
            TRY_ASSIGN([[maybe_unused]] const auto* app,
                       exchange.state().apps.find(request.app_id()));
            exchange.plane().appRules().stop(request.app_id(), "stopped by the user");
            return Empty();
        });
    methods.unary<wire::AppGetLifecycleRequest>(
        "AppGetLifecycle", Repeat::Harmless,
        [](Exchange& exchange,
           const wire::AppGetLifecycleRequest& request) -> Result<wire::AppGetLifecycleResponse> {
            TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
            wire::AppGetLifecycleResponse response;
            *response.mutable_lifecycle() = lifecycleOf(*app);
            return response;
        });
    methods.unary<wire::AppSetTagsRequest>(
        "AppSetTags", Repeat::Harmless,
        [](Exchange& exchange, const wire::AppSetTagsRequest& request) -> Result<Empty> {
            TRY_ASSIGN([[maybe_unused]] const auto* app,
                       exchange.state().apps.find(request.app_id()));
            exchange.state().apps.setTags(request.app_id(), toMap(request.tags()));
            return Empty();
        });
    methods.unary<wire::AppGetTagsRequest>(
        "AppGetTags", Repeat::Harmless,
        [](Exchange& exchange,
           const wire::AppGetTagsRequest& request) -> Result<wire::AppGetTagsResponse> {
            TRY_ASSIGN(const auto* app, exchange.state().apps.find(request.app_id()));
            wire::AppGetTagsResponse response;
            for (const auto& [key, value] : mapFromJson(app->tags))
                (*response.mutable_tags())[key] = value;
            return response;
        });
}

} // namespace emulator::api
