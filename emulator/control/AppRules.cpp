// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/AppRules.h"

namespace emulator::control {

using store::AppState;

Result<> AppRules::publish(std::string_view appId, const Publication& publication)
{
    TRY(m_state.apps.publish(appId, publication));
    settlePublish(std::string(appId), publication, m_state.functions.publish(appId));
    return {};
}

Result<> AppRules::publish(std::string_view appId, const Publication& publication,
                           std::vector<store::FunctionRecord> functions, const std::string& staging)
{
    TRY(m_state.apps.publish(appId, publication));
    const auto changed = m_state.functions.makeLive(std::move(functions));
    const auto version = (*m_state.apps.find(appId))->version;
    for (const auto* task : m_state.fleet.liveOfApp(appId)) {
        const auto function = m_state.functions.find(task->functionId);
        if (staging.empty() || task->staging != staging || task->draining || !function)
            continue;
        auto adopted = *task;
        adopted.staging.clear();
        adopted.revision = (*function)->revision;
        adopted.deploymentVersion = version;
        m_state.fleet.update(adopted);
        m_state.fleet.setIdleSince(adopted.id, m_state.context.now());
        m_state.context.parking.signal("inputs " + adopted.functionId);
    }
    settlePublish(std::string(appId), publication, changed);
    return {};
}

void AppRules::settlePublish(const std::string& appId, const Publication& publication,
                             const std::vector<std::string>& changed)
{
    const auto& app = **m_state.apps.find(appId);
    for (const auto* task : m_state.fleet.liveOfApp(appId)) {
        if (!task->staging.empty())
            continue;
        const auto function = m_state.functions.find(task->functionId);
        const bool replaced = function && task->revision != (*function)->revision;
        if (replaced)
            m_state.fleet.drain(
                task->id, Micros {(*function)->timeoutSeconds} * 1'000'000 + Fleet::drainGrace);
        m_state.context.touch(task->functionId); // one that was left out is drained when idle
    }
    for (const auto& [tag, id] : publication.functions)
        m_state.context.touch(id);
    for (const auto& id : changed)
        m_state.context.touch(id);
    if (publication.state != AppState::Deployed)
        return;
    const auto owner = app.id + "/" + std::to_string(app.version);
    for (const auto& [tag, id] : publication.functions)
        if (const auto function = m_state.functions.find(id))
            m_state.archive.put(owner, **function);
}

void AppRules::disconnect(std::string_view appId, std::string reason)
{
    const auto found = m_state.apps.find(appId);
    if (!found)
        return;
    switch ((*found)->state) {
    case AppState::Ephemeral:
    case AppState::Initializing:
        stop(appId, std::move(reason));
        break;
    case AppState::Detached:
        m_state.apps.setState(appId, AppState::DetachedDisconnected, std::move(reason));
        break;
    case AppState::Deployed:
    case AppState::DetachedDisconnected:
    case AppState::Stopping:
    case AppState::Stopped:
        break;
    }
}

void AppRules::stop(std::string_view appId, std::string reason)
{
    const auto found = m_state.apps.find(appId);
    if (!found || !isLive(**found))
        return;
    const std::string id((*found)->id);
    m_state.apps.setState(id, AppState::Stopping, std::move(reason));
    std::vector<std::string> calls;
    for (const auto& [callId, call] : m_state.calls.calls())
        if (call.record.appId == id)
            calls.push_back(callId);
    for (const auto& callId : calls)
        m_state.calls.cancelCall(callId);
    for (const auto* task : m_state.fleet.liveOfApp(id)) {
        const auto taskId = task->id;
        // Idle containers leave by themselves and run their exit hooks; busy ones are interrupted.
        if (task->readyAt != 0 && m_state.calls.leasesOf(taskId).empty())
            m_state.fleet.drain(taskId);
        else
            m_state.fleet.stop(taskId, {});
    }
    finishIfEmpty(**m_state.apps.find(id));
}

void AppRules::sweep()
{
    const auto now = m_state.context.now();
    std::vector<std::string> silent;
    std::vector<std::string> done;
    std::vector<std::string> ending;
    for (const auto& [id, app] : m_state.apps.all()) {
        if (app.state == AppState::Stopping)
            ending.push_back(id);
        else if ((app.state == AppState::Ephemeral || app.state == AppState::Initializing)
                 && !m_state.stagings.holds(id) && now - m_state.apps.lastBeat(id) > heartbeatLimit)
            silent.push_back(id);
        else if (app.state == AppState::DetachedDisconnected && !hasWork(id))
            done.push_back(id);
    }
    for (const auto& id : silent)
        stop(id, "its client has not been heard of for a minute");
    for (const auto& id : done)
        stop(id, "its work is done");
    for (const auto& id : ending)
        finishIfEmpty(**m_state.apps.find(id));
}

void AppRules::finishIfEmpty(const store::AppRecord& app)
{
    const auto id = app.id;
    if (!m_state.fleet.liveOfApp(id).empty())
        return;
    m_state.apps.setState(id, AppState::Stopped);
    m_state.secrets.removeOwned(id);
    m_state.context.parking.signal(LogHub::topic(id));
}

bool AppRules::hasWork(const std::string& appId) const
{
    for (const auto& [id, call] : m_state.calls.calls())
        if (call.record.appId == appId && call.unfinished() > 0)
            return true;
    return false;
}

} // namespace emulator::control
