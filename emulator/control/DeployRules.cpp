// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/DeployRules.h"

#include "emulator/base/Json.h"
#include "emulator/control/TaskRules.h"

#include <array>
#include <cstdio>

namespace emulator::control {

using model::EndReason;
using model::TaskState;
using store::AppState;

Result<Strategy> strategyFrom(std::string_view name)
{
    if (name.empty() || name == "rolling")
        return Strategy::Rolling;
    if (name == "recreate")
        return Strategy::Recreate;
    return Error(ErrorCode::Invalid,
                 "'" + std::string(name) + "' is no strategy; there are rolling and recreate");
}

const char* nameOf(Strategy strategy)
{
    return strategy == Strategy::Recreate ? "recreate" : "rolling";
}

Result<> DeployRules::stage(const std::string& nonce, const std::string& appId,
                            const Publication& publication)
{
    TRY_ASSIGN(const auto* app, m_state.apps.find(appId));
    if (!isLive(*app))
        return Error(ErrorCode::FailedPrecondition,
                     "app " + appId + " has stopped; nothing can be staged for it");
    if (const auto* other = m_state.apps.findDeployed(publication.name, app->environment);
        other != nullptr && other->id != appId)
        return Error(ErrorCode::AlreadyExists,
                     "the name '" + publication.name + "' belongs to app " + other->id);
    std::vector<std::string> older;
    for (const auto& [id, staging] : m_state.stagings.all())
        if (staging.record.appId == appId && id != nonce)
            older.push_back(id);
    store::StagingRecord record;
    record.id = nonce;
    record.appId = appId;
    record.complete = true;
    record.name = publication.name;
    record.tag = publication.tag;
    record.clientVersion = publication.clientVersion;
    record.functions = mapToJson(publication.functions);
    record.classes = mapToJson(publication.classes);
    record.tags = mapToJson(publication.tags);
    record.commit = publication.commit;
    record.createdAt = m_state.context.now();
    m_state.stagings.update(std::move(record));
    for (const auto& id : older)
        discard(id);
    return {};
}

void DeployRules::discard(const std::string& nonce)
{
    const auto staging = m_state.stagings.find(nonce);
    if (!staging)
        return;
    const auto appId = (*staging)->record.appId;
    if (const auto running = m_promotions.find(nonce); running != m_promotions.end())
        fail(nonce, running->second,
             Error(ErrorCode::Cancelled, "a newer deployment of the app took its place"));
    stopProbes(nonce);
    m_state.stagings.remove(nonce);
    const auto app = m_state.apps.find(appId);
    if (!app || (*app)->version != 0 || (*app)->state != AppState::Initializing
        || m_state.stagings.holds(appId))
        return;
    if (m_state.fleet.liveOfApp(appId).empty()) {
        m_state.secrets.removeOwned(appId);
        m_state.apps.remove(appId);
    } else {
        m_apps.stop(appId, "what was staged for it was discarded");
    }
}

Result<> DeployRules::promote(const std::string& nonce, Strategy strategy,
                              std::vector<std::string> probes)
{
    TRY_ASSIGN(const auto* staging, m_state.stagings.find(nonce));
    const auto& record = staging->record;
    if (!record.complete)
        return Error(ErrorCode::FailedPrecondition, "the client has not published it yet");
    if (const auto known = m_promotions.find(nonce);
        known != m_promotions.end() && !known->second.outcome.finished)
        return Error(ErrorCode::FailedPrecondition, "it is being promoted already");
    TRY_ASSIGN(const auto* app, m_state.apps.find(record.appId));
    if (!probes.empty() && !app->heldBack.empty())
        return Error(ErrorCode::FailedPrecondition,
                     "no container may be started to try it out: " + app->heldBack);
    Running promotion;
    promotion.appId = record.appId;
    promotion.staging = nonce;
    promotion.strategy = strategy;
    promotion.probes = {probes.begin(), probes.end()};
    auto& publication = promotion.publication;
    publication.state = AppState::Deployed;
    publication.name = record.name;
    publication.tag = record.tag;
    publication.clientVersion = record.clientVersion;
    publication.functions = mapFromJson(record.functions);
    publication.classes = mapFromJson(record.classes);
    publication.tags = mapFromJson(record.tags);
    publication.commit = record.commit;
    publication.strategy = nameOf(strategy);
    for (const auto& [id, function] : staging->functions)
        promotion.functions.push_back(function);
    m_promotions.insert_or_assign(nonce, std::move(promotion));
    return {};
}

Result<DeployRules::Running> DeployRules::repeat(const store::AppRecord& app, std::int32_t version,
                                                 Strategy strategy)
{
    TRY_ASSIGN(const auto deployment, m_state.apps.deployment(app.id, version));
    Running promotion;
    promotion.appId = app.id;
    promotion.strategy = strategy;
    auto& publication = promotion.publication;
    publication.state = AppState::Deployed;
    publication.name = app.name;
    publication.tag = deployment.tag;
    publication.clientVersion = deployment.clientVersion;
    publication.functions = mapFromJson(deployment.functions);
    publication.classes = mapFromJson(deployment.classes);
    publication.tags = mapFromJson(deployment.tags);
    publication.commit = deployment.commit;
    publication.strategy = nameOf(strategy);
    promotion.functions = m_state.archive.functionsOf(deployment.id);
    const auto name = "version " + std::to_string(version) + " of " + app.name;
    if (promotion.functions.size() < publication.functions.size() || publication.functions.empty())
        return Error(ErrorCode::FailedPrecondition,
                     name
                         + " cannot be repeated: its definitions were not kept (it was deployed "
                           "by an older Slipway). Deploy its code again");
    for (const auto& function : promotion.functions) {
        const auto image = m_state.images.find(function.imageId);
        if (!image || (*image)->state != store::ImageState::Ready)
            return Error(ErrorCode::FailedPrecondition,
                         name + " cannot be repeated: image " + function.imageId + " of function "
                             + function.tag + " is not here any more. Deploy its code again");
    }
    return promotion;
}

Result<DeployRules::RollbackStart> DeployRules::rollback(const std::string& appId,
                                                         std::int32_t version, Strategy strategy)
{
    TRY_ASSIGN(const auto* app, m_state.apps.find(appId));
    if (app->state != AppState::Deployed)
        return Error(ErrorCode::FailedPrecondition, "app " + appId + " is not deployed");
    if (version <= 0)
        version = app->version - 1;
    if (version <= 0)
        return Error(ErrorCode::FailedPrecondition,
                     app->name + " has only one version; there is nothing to roll back to");
    if (version == app->version)
        return Error(ErrorCode::FailedPrecondition,
                     "version " + std::to_string(version) + " of " + app->name
                         + " is the live one");
    TRY_ASSIGN(auto promotion, repeat(*app, version, strategy));
    promotion.publication.rolledBackTo = version;
    const auto id = "rollback " + appId;
    if (const auto known = m_promotions.find(id);
        known != m_promotions.end() && !known->second.outcome.finished)
        return Error(ErrorCode::FailedPrecondition, app->name + " is being rolled back already");
    advance(id, m_promotions.insert_or_assign(id, std::move(promotion)).first->second);
    return RollbackStart {id, version};
}

Result<> DeployRules::rollover(const std::string& appId)
{
    TRY_ASSIGN(const auto* app, m_state.apps.find(appId));
    if (app->state != AppState::Deployed)
        return Error(ErrorCode::FailedPrecondition, "app " + appId + " is not deployed");
    TRY_ASSIGN(auto promotion, repeat(*app, app->version, Strategy::Rolling));
    return m_apps.publish(appId, promotion.publication, std::move(promotion.functions), {});
}

const DeployRules::Promotion* DeployRules::find(const std::string& id) const
{
    const auto found = m_promotions.find(id);
    return found == m_promotions.end() ? nullptr : &found->second.outcome;
}

void DeployRules::cancel(const std::string& id)
{
    if (const auto found = m_promotions.find(id); found != m_promotions.end()) {
        fail(id, found->second, Error(ErrorCode::Cancelled, "cancelled"));
        m_promotions.erase(found);
    }
}

void DeployRules::step()
{
    for (auto& [id, promotion] : m_promotions)
        advance(id, promotion);
}

void DeployRules::advance(const std::string& id, Running& promotion)
{
    if (promotion.phase == Phase::Finished)
        return;
    const auto app = m_state.apps.find(promotion.appId);
    if (!app || !isLive(**app)) {
        fail(id, promotion, Error(ErrorCode::FailedPrecondition, "the app has stopped"));
        return;
    }
    if (promotion.phase == Phase::Probing && probe(id, promotion)) {
        promotion.phase = Phase::Emptying;
        if (promotion.strategy == Strategy::Recreate)
            tell(id, promotion, {"switch", "running", {}, {}, "stopping the old containers", 0});
    }
    if (promotion.phase == Phase::Emptying && empty(id, promotion))
        switchOver(id, promotion);
}

/// Moves the probes on; whether all of them are good.
bool DeployRules::probe(const std::string& id, Running& promotion)
{
    while (!promotion.probes.empty()) {
        if (promotion.task.empty())
            startProbe(id, promotion);
        if (promotion.phase == Phase::Finished)
            return false;
        const auto task = m_state.fleet.find(promotion.task);
        if (!task) {
            fail(id, promotion,
                 Error(ErrorCode::Unavailable, "the container of the probe was not kept"));
            return false;
        }
        const auto& function = promotion.probes.front();
        const auto tag = m_state.functionOf(**task) ? (*m_state.functionOf(**task))->tag : function;
        if (const auto failure = failureOf(**task)) {
            fail(id, promotion,
                 Error(ErrorCode::FailedPrecondition, "probe of " + tag + ": " + *failure));
            return false;
        }
        std::string state = "starting";
        std::string text = tag + " starts";
        if ((*task)->readyAt != 0) {
            state = "ready";
            text = tag + " is ready for inputs";
        } else if ((*task)->state == TaskState::Queued) {
            state = "queued";
            text = tag + " waits for "
                + (!(*task)->waitReason.empty()    ? "the engine: " + (*task)->waitReason
                       : m_state.fleet.connected() ? std::string("a place")
                                                   : std::string("a worker"));
        }
        if (promotion.reported != state + text) {
            promotion.reported = state + text;
            tell(id, promotion, {"probe", state, tag, promotion.task, text, 0});
        }
        if (state != "ready")
            return false;
        promotion.probes.pop_front();
        promotion.task.clear();
        promotion.reported.clear();
    }
    return true;
}

void DeployRules::startProbe(const std::string& id, Running& promotion)
{
    for (auto& function : promotion.functions) {
        if (function.id != promotion.probes.front())
            continue;
        auto started = m_state.fleet.start(function, {0, promotion.staging});
        if (started)
            promotion.task = *std::move(started);
        else
            fail(id, promotion, std::move(started).error().within("probe of " + function.tag));
        return;
    }
    fail(id, promotion,
         Error(ErrorCode::Internal, "there is no function " + promotion.probes.front()));
}

std::optional<std::string> DeployRules::failureOf(const store::TaskRecord& task) const
{
    if (auto failure = m_state.stagings.failureOf(task.id); !failure.empty())
        return failure;
    if (task.state == TaskState::Finished)
        return describeEnd({task.endReason, task.exitCode, task.message});
    if (task.state == TaskState::Stopping || task.draining)
        return task.stopMessage.empty() ? "the container was stopped" : task.stopMessage;
    return std::nullopt;
}

/// Stops the old containers when that comes first; whether there are none to wait for.
bool DeployRules::empty(const std::string& id, Running& promotion)
{
    if (promotion.strategy == Strategy::Rolling)
        return true;
    const auto now = m_state.context.now();
    const bool first = promotion.killAt == 0;
    if (first) {
        promotion.killAt = now + recreateGrace;
        m_state.stagings.setSwitching(promotion.appId, true);
    }
    bool gone = true;
    for (const auto* task : m_state.fleet.liveOfApp(promotion.appId)) {
        if (!task->staging.empty())
            continue;
        gone = false;
        const auto taskId = task->id;
        if (first)
            m_state.fleet.stop(taskId, {EndReason::Stopped, true, "a new version takes its place"});
        else if (now >= promotion.killAt)
            m_state.fleet.stop(taskId,
                               {EndReason::Stopped, false, "a new version takes its place"});
    }
    if (first && !gone) // those that had not started are gone already
        return empty(id, promotion);
    return gone;
}

void DeployRules::switchOver(const std::string& id, Running& promotion)
{
    m_state.stagings.setSwitching(promotion.appId, false);
    if (auto published = m_apps.publish(promotion.appId, promotion.publication,
                                        std::move(promotion.functions), promotion.staging);
        !published) {
        fail(id, promotion, std::move(published).error());
        return;
    }
    const auto version = (*m_state.apps.find(promotion.appId))->version;
    if (!promotion.staging.empty())
        m_state.stagings.remove(promotion.staging);
    promotion.phase = Phase::Finished;
    promotion.outcome.finished = true;
    tell(id, promotion,
         {"live",
          "done",
          {},
          {},
          "version " + std::to_string(version) + " is live",
          static_cast<std::uint32_t>(version)});
}

void DeployRules::fail(const std::string& id, Running& promotion, Error error)
{
    if (promotion.phase == Phase::Finished)
        return;
    promotion.phase = Phase::Finished;
    promotion.outcome.finished = true;
    promotion.outcome.failure = std::move(error);
    m_state.stagings.setSwitching(promotion.appId, false);
    if (!promotion.staging.empty())
        stopProbes(promotion.staging);
    m_state.context.parking.signal(topic(id));
}

void DeployRules::tell(const std::string& id, Running& promotion, model::PromoteProgress progress)
{
    promotion.outcome.progress.push_back(std::move(progress));
    m_state.context.parking.signal(topic(id));
}

void DeployRules::stopProbes(const std::string& staging)
{
    for (const auto& id : std::set<std::string>(m_state.fleet.live()))
        if ((*m_state.fleet.find(id))->staging == staging)
            m_state.fleet.stop(id, {EndReason::Stopped, false, "the probe was ended"});
}

void DeployRules::setBudget(const std::string& appId, std::int64_t micros)
{
    m_state.apps.setBudget(appId, micros);
    if (const auto app = m_state.apps.find(appId))
        checkBudget(**app);
}

void DeployRules::checkBudget(const store::AppRecord& app)
{
    const auto cost = m_state.meter.costOfApp(app.id);
    const bool spent = app.budgetMicros > 0 && isLive(app) && cost >= app.budgetMicros;
    if (spent == !app.heldBack.empty())
        return;
    const auto money = [](std::int64_t micros) {
        std::array<char, 40> text {};
        std::snprintf(text.data(), text.size(), "$%.4f", static_cast<double>(micros) / 1e6);
        return std::string(text.data());
    };
    const auto id = app.id;
    if (spent) {
        const auto reason = "the budget of " + money(app.budgetMicros) + " is used up ("
            + money(cost) + " so far); no container is started until it is raised: slip budget "
            + app.name + " USD";
        m_state.apps.setHeldBack(id, reason);
        m_state.logs.say({id, {}, {}, {}}, reason);
    } else {
        m_state.apps.setHeldBack(id, {});
        if (isLive(app))
            m_state.logs.say({id, {}, {}, {}}, "containers are started again");
    }
    for (const auto* function : m_state.functions.ofApp(id)) {
        m_state.context.touch(function->id);
        m_state.context.parking.signal("inputs " + function->id);
    }
}

void DeployRules::sweep()
{
    std::vector<std::string> budgeted;
    for (const auto& [id, app] : m_state.apps.all())
        if (app.budgetMicros > 0 || !app.heldBack.empty())
            budgeted.push_back(id);
    for (const auto& id : budgeted)
        checkBudget(**m_state.apps.find(id));

    std::vector<std::string> stale;
    for (const auto& [nonce, staging] : m_state.stagings.all()) {
        const auto app = m_state.apps.find(staging.record.appId);
        const auto running = m_promotions.find(nonce);
        const bool busy = running != m_promotions.end() && !running->second.outcome.finished;
        if (!app || !isLive(**app)
            || (!busy && m_state.context.now() - staging.record.createdAt > stagingLife))
            stale.push_back(nonce);
    }
    for (const auto& nonce : stale)
        discard(nonce);

    // Of a promotion that ended with an earlier process.
    for (const auto& id : std::set<std::string>(m_state.fleet.live())) {
        const auto& task = **m_state.fleet.find(id);
        if (!task.staging.empty() && !m_promotions.contains(task.staging)
            && task.state != TaskState::Stopping)
            m_state.fleet.stop(id, {EndReason::Stopped, false, "the probe was ended"});
    }
}

} // namespace emulator::control
