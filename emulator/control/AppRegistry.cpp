// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/AppRegistry.h"

#include "emulator/base/Json.h"

#include <algorithm>
#include <tuple>

namespace emulator::control {

using store::AppRecord;
using store::AppState;

bool isLive(const AppRecord& app)
{
    return app.state != AppState::Stopping && app.state != AppState::Stopped;
}

std::map<std::string, std::string> mapFromJson(std::string_view json)
{
    std::map<std::string, std::string> map;
    const auto parsed = parseJson(json);
    if (parsed && parsed->is_object())
        for (const auto& [key, value] : parsed->items())
            map[key] = value.get<std::string>();
    return map;
}

std::string mapToJson(const std::map<std::string, std::string>& map)
{
    return Json(map).dump();
}

void AppRegistry::load()
{
    m_loadedAt = m_context.now();
    m_records.clear();
    if (auto apps = m_context.strand.keep(m_apps.all()))
        for (auto& app : *apps)
            m_records.emplace(app.id, std::move(app));
    m_layouts.clear();
    for (const auto& [id, app] : m_records)
        noteLayout(app);
    if (auto deployments = m_context.strand.keep(m_deployments.all()))
        m_history = std::move(*deployments);
}

const AppRecord& AppRegistry::create(AppRecord app)
{
    app.id = m_context.ids.next("ap");
    app.createdAt = m_context.now();
    beat(app.id);
    save(app);
    const auto id = app.id;
    return m_records.insert_or_assign(id, std::move(app)).first->second;
}

Result<const AppRecord*> AppRegistry::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no app " + std::string(id));
    return &found->second;
}

const AppRecord* AppRegistry::findDeployed(std::string_view name,
                                           std::string_view environment) const
{
    for (const auto& [id, app] : m_records)
        if (app.state == AppState::Deployed && app.name == name && app.environment == environment)
            return &app;
    return nullptr;
}

const AppRecord* AppRegistry::findStopped(std::string_view name, std::string_view environment) const
{
    const AppRecord* last = nullptr;
    for (const auto& [id, app] : m_records)
        if (!isLive(app) && app.name == name && app.environment == environment
            && (last == nullptr || last->stoppedAt < app.stoppedAt))
            last = &app;
    return last;
}

Result<const AppRecord*> AppRegistry::findDeployment(std::string_view idOrName) const
{
    for (const auto& [id, app] : m_records)
        if (app.state == AppState::Deployed && (id == idOrName || app.name == idOrName))
            return &app;
    return Error(ErrorCode::NotFound,
                 "there is no deployed app '" + std::string(idOrName)
                     + "'; `slip deployments` lists what is deployed");
}

std::vector<store::DeploymentRecord> AppRegistry::history(std::string_view appId) const
{
    std::vector<store::DeploymentRecord> deployments;
    for (const auto& deployment : m_history)
        if (appId.empty() || deployment.appId == appId)
            deployments.push_back(deployment);
    std::sort(deployments.begin(), deployments.end(), [](const auto& a, const auto& b) {
        return std::tie(a.deployedAt, a.appId, a.version)
            > std::tie(b.deployedAt, b.appId, b.version);
    });
    return deployments;
}

Result<store::DeploymentRecord> AppRegistry::deployment(std::string_view appId,
                                                        std::int32_t version) const
{
    for (const auto& deployment : m_history)
        if (deployment.appId == appId && deployment.version == version)
            return deployment;
    return Error(ErrorCode::NotFound,
                 "app " + std::string(appId) + " has no version " + std::to_string(version));
}

bool AppRegistry::publishes(const std::string& appId, const std::string& functionId) const
{
    const auto layout = m_layouts.find(appId);
    return layout != m_layouts.end() && layout->second.contains(functionId);
}

Result<> AppRegistry::publish(std::string_view id, const Publication& publication)
{
    auto* app = get(id);
    if (app == nullptr || !isLive(*app))
        return Error(ErrorCode::FailedPrecondition,
                     "app " + std::string(id) + " has stopped; nothing can be published to it");
    if (publication.state == AppState::Deployed) {
        const auto* other = findDeployed(publication.name, app->environment);
        if (other != nullptr && other->id != app->id)
            return Error(ErrorCode::AlreadyExists,
                         "the name '" + publication.name + "' belongs to app " + other->id);
        app->name = publication.name;
        app->deployedAt = m_context.now();
    }
    app->state = publication.state;
    app->functions = mapToJson(publication.functions);
    app->classes = mapToJson(publication.classes);
    if (!publication.tags.empty())
        app->tags = mapToJson(publication.tags);
    if (!publication.clientVersion.empty())
        app->clientVersion = publication.clientVersion;
    ++app->version;
    save(*app);
    noteLayout(*app);
    if (publication.state == AppState::Deployed) {
        store::DeploymentRecord deployment;
        deployment.id = app->id + "/" + std::to_string(app->version);
        deployment.appId = app->id;
        deployment.version = app->version;
        deployment.clientVersion = app->clientVersion;
        deployment.deployedAt = app->deployedAt;
        deployment.tag = publication.tag;
        deployment.functions = app->functions;
        deployment.classes = app->classes;
        deployment.tags = app->tags;
        deployment.commit = publication.commit;
        deployment.strategy = publication.strategy;
        deployment.rolledBackTo = publication.rolledBackTo;
        m_context.strand.keep(m_deployments.put(deployment));
        m_history.push_back(std::move(deployment));
    }
    return {};
}

void AppRegistry::setState(std::string_view id, AppState state, std::string reason)
{
    auto* app = get(id);
    if (app == nullptr || app->state == state)
        return;
    app->state = state;
    if (!reason.empty())
        app->stopReason = std::move(reason);
    if (state == AppState::Stopped)
        app->stoppedAt = m_context.now();
    save(*app);
}

void AppRegistry::setBudget(std::string_view id, std::int64_t micros)
{
    if (auto* app = get(id)) {
        app->budgetMicros = micros;
        save(*app);
    }
}

void AppRegistry::setHeldBack(std::string_view id, std::string reason)
{
    if (auto* app = get(id)) {
        app->heldBack = std::move(reason);
        save(*app);
    }
}

void AppRegistry::remove(std::string_view id)
{
    const std::string key(id);
    m_context.strand.keep(m_apps.remove(key));
    m_records.erase(key);
    m_layouts.erase(key);
    m_context.changed = true;
}

void AppRegistry::setTags(std::string_view id, const std::map<std::string, std::string>& tags)
{
    if (auto* app = get(id)) {
        app->tags = mapToJson(tags);
        save(*app);
    }
}

void AppRegistry::beat(std::string_view id)
{
    m_beats[std::string(id)] = m_context.now();
}

Micros AppRegistry::lastBeat(std::string_view id) const
{
    const auto found = m_beats.find(id);
    return found == m_beats.end() ? m_loadedAt : found->second;
}

AppRecord* AppRegistry::get(std::string_view id)
{
    const auto found = m_records.find(std::string(id));
    return found == m_records.end() ? nullptr : &found->second;
}

void AppRegistry::noteLayout(const AppRecord& app)
{
    auto& layout = m_layouts[app.id];
    layout.clear();
    for (const auto& [tag, id] : mapFromJson(app.functions))
        layout.insert(id);
}

void AppRegistry::save(const AppRecord& app)
{
    m_context.strand.keep(m_apps.put(app));
    m_context.changed = true;
}

} // namespace emulator::control
