// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/AppRegistry.h"

#include "emulator/base/Json.h"

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

std::vector<store::DeploymentRecord> AppRegistry::history(std::string_view appId) const
{
    std::vector<store::DeploymentRecord> deployments;
    for (const auto& deployment : m_history)
        if (deployment.appId == appId)
            deployments.push_back(deployment);
    return deployments;
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
    if (publication.state == AppState::Deployed) {
        store::DeploymentRecord deployment {app->id + "/" + std::to_string(app->version),
                                            app->id,
                                            app->version,
                                            app->clientVersion,
                                            app->deployedAt,
                                            publication.tag};
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

void AppRegistry::save(const AppRecord& app)
{
    m_context.strand.keep(m_apps.put(app));
    m_context.changed = true;
}

} // namespace emulator::control
