// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Metadata.h"
#include "emulator/base/Json.h"

#include <sstream>

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

/// What the client says of the repository, or what slip says of it in a header of its own.
std::string commitOf(const Exchange& exchange, const wire::CommitInfo& info)
{
    Json commit = {{"vcs", info.vcs()},
                   {"branch", info.branch()},
                   {"hash", info.commit_hash()},
                   {"time", info.commit_timestamp()},
                   {"dirty", info.dirty()},
                   {"author", info.author_name()},
                   {"email", info.author_email()},
                   {"url", info.repo_url()}};
    // "HASH clean|dirty BRANCH"
    std::istringstream words(exchange.metadata("x-slipway-git"));
    std::string hash;
    std::string dirty;
    std::string branch;
    if (words >> hash >> dirty >> branch) {
        commit["vcs"] = "git";
        commit["hash"] = hash;
        commit["dirty"] = dirty == "dirty";
        commit["branch"] = branch;
    }
    return commit.dump();
}

Result<wire::AppPublishResponse> publish(Exchange& exchange, const wire::AppPublishRequest& request)
{
    if (request.staged())
        return Error(ErrorCode::Unsupported,
                     "`modal deploy --staged` is not served by this version of Slipway; `slip "
                     "deploy` tries a version out before it is live");
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
    publication.commit = commitOf(exchange, request.commit_info());
    if (const auto& nonce = exchange.caller().staging;
        !nonce.empty() && publication.state == AppState::Deployed) {
        TRY(exchange.plane().deployRules().stage(nonce, request.app_id(), publication));
    } else {
        TRY(exchange.plane().appRules().publish(request.app_id(), publication));
    }
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
    } else if (const auto* stopped
               = exchange.state().apps.findStopped(request.name(), environment)) {
        response.set_previous_app_id(stopped->id);
        *response.mutable_lifecycle() = lifecycleOf(*stopped);
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

void fillCommit(wire::CommitInfo& info, const std::string& json)
{
    const auto commit = parseJson(json);
    if (!commit || !commit->is_object())
        return;
    info.set_vcs(commit->value("vcs", ""));
    info.set_branch(commit->value("branch", ""));
    info.set_commit_hash(commit->value("hash", ""));
    info.set_commit_timestamp(commit->value("time", std::int64_t {0}));
    info.set_dirty(commit->value("dirty", false));
    info.set_author_name(commit->value("author", ""));
    info.set_author_email(commit->value("email", ""));
    info.set_repo_url(commit->value("url", ""));
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
        item.set_rollback_version(static_cast<std::uint32_t>(deployment.rolledBackTo));
        item.set_rollback_allowed(deployment.version != app->version);
        fillCommit(*item.mutable_commit_info(), deployment.commit);
    }
    return response;
}

Result<wire::AppGetInfoResponse> info(Exchange& exchange, const wire::AppGetInfoRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* app, state.apps.find(request.app_id()));
    wire::AppGetInfoResponse response;
    *response.mutable_info() = handleOf(*app);
    for (const auto& [tag, id] : mapFromJson(app->functions)) {
        const auto function = state.functions.find(id);
        if (!function)
            continue;
        auto& summary = (*response.mutable_function_info_summaries())[id];
        if (!(*function)->gpu.empty()) {
            auto& gpu = *summary.add_gpu_config();
            gpu.set_gpu_type((*function)->gpu);
            gpu.set_count((*function)->gpuCount);
        }
    }
    return response;
}

Result<wire::AppRollbackResponse> rollback(Exchange& exchange,
                                           const wire::AppRollbackRequest& request)
{
    // With --strategy recreate the client stops the old containers itself.
    auto& rules = exchange.plane().deployRules();
    TRY_ASSIGN(const auto started,
               rules.rollback(request.app_id(), request.version(), control::Strategy::Rolling));
    const auto* promotion = rules.find(started.id);
    const auto failure = promotion == nullptr ? std::nullopt : promotion->failure;
    rules.forget(started.id);
    if (failure)
        return *failure;
    wire::AppRollbackResponse response;
    response.set_url("slipway://app/" + request.app_id());
    response.set_deployed_at(toSeconds(exchange.plane().clock().now()));
    return response;
}

Result<wire::AppRolloverResponse> rollover(Exchange& exchange,
                                           const wire::AppRolloverRequest& request)
{
    TRY(exchange.plane().deployRules().rollover(request.app_id()));
    wire::AppRolloverResponse response;
    response.set_url("slipway://app/" + request.app_id());
    response.set_deployed_at(toSeconds(exchange.plane().clock().now()));
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
    methods.unary<wire::AppGetInfoRequest>("AppGetInfo", Repeat::Harmless, info);
    methods.unary<wire::AppRollbackRequest>("AppRollback", Repeat::Once, rollback);
    methods.unary<wire::AppRolloverRequest>("AppRollover", Repeat::Once, rollover);
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
