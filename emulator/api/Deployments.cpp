// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Desk.h"
#include "emulator/api/Differences.h"
#include "emulator/base/Json.h"
#include "emulator/control/ImageJson.h"
#include "emulator/rpc/Convert.h"

#include <slipway.pb.h>

#include <map>
#include <set>

/// Deployments in the Studio API: what there is, what is staged, promote, roll back, budgets, and
/// the images that come from elsewhere.
namespace emulator::api {
namespace {

namespace own = slipway::v1;

using control::Parking;
using store::AppState;

constexpr double forever = 1e9;
constexpr double rollbackSeconds = 115;

/// Tasks of a version that live, and what all of them cost.
struct Share {
    std::uint32_t replicas = 0;
    std::int64_t costMicros = 0;
};

std::map<std::pair<std::string, std::int32_t>, Share> sharesOf(const control::State& state)
{
    std::map<std::pair<std::string, std::int32_t>, Share> shares;
    for (const auto& [id, task] : state.fleet.all()) {
        auto& share = shares[{task.appId, task.deploymentVersion}];
        share.replicas += task.state != model::TaskState::Finished ? 1 : 0;
        share.costMicros += task.costMicros;
    }
    return shares;
}

/// What versions consist of: that never changes, and takes reading whole definitions.
class VersionCache {
public:
    std::vector<model::DeployedFunction> functionsOf(control::State& state,
                                                     const store::DeploymentRecord& deployment)
    {
        const auto key = std::pair(deployment.id, deployment.deployedAt);
        auto known = m_functions.find(key);
        if (known == m_functions.end()) {
            known = m_functions.try_emplace(key).first;
            for (const auto& function : state.archive.functionsOf(deployment.id))
                known->second.push_back(describe(state, function));
        }
        for (auto& function : known->second) // comes with an export
            function.manifest = manifestOf(state, function.imageId);
        return known->second;
    }

private:
    std::map<std::pair<std::string, Micros>, std::vector<model::DeployedFunction>> m_functions;
};

model::DeploymentSummary summaryOf(control::State& state, VersionCache& versions,
                                   const store::AppRecord& app,
                                   const store::DeploymentRecord& deployment)
{
    model::DeploymentSummary summary;
    summary.appId = app.id;
    summary.appName = app.name;
    summary.environment = app.environment;
    summary.version = static_cast<std::uint32_t>(deployment.version);
    summary.state = deployment.version != app.version ? "superseded"
        : control::isLive(app)                        ? "live"
                                                      : "stopped";
    summary.rolledBackTo = static_cast<std::uint32_t>(deployment.rolledBackTo);
    summary.deployedAt = deployment.deployedAt;
    summary.tag = deployment.tag;
    if (const auto commit = parseJson(deployment.commit); commit && commit->is_object()) {
        summary.gitCommit = commit->value("hash", "");
        summary.gitDirty = commit->value("dirty", false);
    }
    summary.clientVersion = deployment.clientVersion;
    summary.strategy = deployment.strategy;
    summary.functions = versions.functionsOf(state, deployment);
    summary.budgetMicros = app.budgetMicros;
    summary.appCostMicros = state.meter.costOfApp(app.id);
    summary.heldBack = app.heldBack;
    return summary;
}

Result<own::DeploymentList> listDeployments(VersionCache& versions, Exchange& exchange,
                                            const own::DeploymentsRequest& request)
{
    auto& state = exchange.state();
    const auto shares = sharesOf(state);
    own::DeploymentList list;
    for (const auto& deployment : state.apps.history({})) {
        const auto app = state.apps.find(deployment.appId);
        if (!app
            || (!request.app().empty() && request.app() != (*app)->id
                && request.app() != (*app)->name))
            continue;
        if (request.limit() > 0
            && static_cast<std::uint32_t>(list.deployments_size()) >= request.limit())
            break;
        auto summary = summaryOf(state, versions, **app, deployment);
        if (const auto share = shares.find({deployment.appId, deployment.version});
            share != shares.end()) {
            summary.replicas = share->second.replicas;
            summary.costMicros = share->second.costMicros;
        }
        *list.add_deployments() = rpc::toWire(summary);
    }
    return list;
}

/// An image and everything that its recipe starts from, the base first.
void addChain(const control::State& state, const std::string& id, std::set<std::string>& seen,
              std::vector<model::KeptImage>& images)
{
    const auto record = state.images.find(id);
    if (!record || !seen.insert(id).second)
        return;
    if (const auto recipe = parseJson((*record)->recipe); recipe && recipe->is_object())
        for (const auto& [tag, base] : control::recipeFromJson(*recipe).baseImages)
            addChain(state, base, seen, images);
    if (const auto json = parseJson((*record)->image))
        images.push_back({id, control::imageFromJson(*json), (*record)->builderVersion});
}

Result<own::StagedApp> getStaged(Exchange& exchange, const own::StagedRequest& request)
{
    auto& state = exchange.state();
    TRY_ASSIGN(const auto* staging, state.stagings.find(request.nonce()));
    if (!staging->record.complete)
        return Error(ErrorCode::FailedPrecondition, "the client has not published it yet");
    TRY_ASSIGN(const auto* app, state.apps.find(staging->record.appId));
    model::StagedApp staged;
    staged.appId = app->id;
    staged.appName = staging->record.name;
    staged.environment = app->environment;
    staged.clientVersion = staging->record.clientVersion;
    staged.liveVersion
        = app->state == AppState::Deployed ? static_cast<std::uint32_t>(app->version) : 0;
    staged.functions = differencesOf(state, *staging);
    std::set<std::string> seen;
    for (const auto& [id, function] : staging->functions)
        addChain(state, function.imageId, seen, staged.images);
    return rpc::toWire(staged);
}

/// Sends the progress of a promotion as it comes, then how it ended.
class PromotionStream : public std::enable_shared_from_this<PromotionStream> {
public:
    PromotionStream(std::shared_ptr<Exchange> exchange, std::string id)
        : m_exchange(std::move(exchange))
        , m_id(std::move(id))
    {
    }

    void park()
    {
        // A caller that goes away takes its promotion along.
        m_exchange->onGone([exchange = m_exchange, id = m_id] {
            exchange->plane().strand().post(
                [exchange, id] { exchange->plane().deployRules().cancel(id); });
        });
        m_exchange->park(control::DeployRules::topic(m_id), forever,
                         [self = shared_from_this()](Parking::Chance) { return self->attempt(); });
    }

private:
    bool attempt()
    {
        auto& rules = m_exchange->plane().deployRules();
        const auto* promotion = rules.find(m_id);
        if (promotion == nullptr) {
            m_exchange->fail(Error(ErrorCode::Cancelled, "the promotion was cancelled"));
            return true;
        }
        for (; m_sent < promotion->progress.size(); ++m_sent)
            m_exchange->write(rpc::toWire(promotion->progress[m_sent]));
        if (!promotion->finished)
            return false;
        if (promotion->failure)
            m_exchange->fail(*promotion->failure);
        else
            m_exchange->finish();
        rules.forget(m_id);
        return true;
    }

    std::shared_ptr<Exchange> m_exchange;
    std::string m_id;
    std::size_t m_sent = 0;
};

void promote(const std::shared_ptr<Exchange>& exchange, const own::PromoteRequest& request)
{
    auto& state = exchange->state();
    const auto started = [&]() -> Result<> {
        TRY_ASSIGN(const auto strategy, control::strategyFrom(request.strategy()));
        TRY_ASSIGN(const auto* staging, state.stagings.find(request.nonce()));
        auto probes = request.probe() ? probesFor(state, *staging) : std::vector<std::string> {};
        return exchange->plane().deployRules().promote(request.nonce(), strategy,
                                                       std::move(probes));
    }();
    if (!started)
        exchange->fail(started.error());
    else
        std::make_shared<PromotionStream>(exchange, request.nonce())->park();
}

void rollback(const std::shared_ptr<Exchange>& exchange, const own::RollbackRequest& request)
{
    const auto started = [&]() -> Result<control::DeployRules::RollbackStart> {
        TRY_ASSIGN(const auto strategy, control::strategyFrom(request.strategy()));
        TRY_ASSIGN(const auto* app, exchange->state().apps.findDeployment(request.app()));
        return exchange->plane().deployRules().rollback(
            app->id, static_cast<std::int32_t>(request.version()), strategy);
    }();
    if (!started) {
        exchange->fail(started.error());
        return;
    }
    const auto attempt = [exchange, start = *started](Parking::Chance chance) {
        auto& rules = exchange->plane().deployRules();
        const auto* promotion = rules.find(start.id);
        if (promotion != nullptr && !promotion->finished && chance != Parking::Chance::Last)
            return false;
        if (promotion == nullptr || !promotion->finished) {
            exchange->fail(Error(ErrorCode::Unavailable,
                                 "the old containers have not ended yet; `slip deployments` says "
                                 "when the new version is live"));
            return true;
        }
        if (promotion->failure) {
            exchange->fail(*promotion->failure);
        } else {
            own::RollbackResponse response;
            const auto appId = start.id.substr(start.id.find(' ') + 1);
            response.set_app_id(appId);
            response.set_version(promotion->progress.back().version);
            response.set_repeats(static_cast<std::uint32_t>(start.repeats));
            exchange->reply(response);
        }
        rules.forget(start.id);
        return true;
    };
    exchange->park(control::DeployRules::topic(started->id), rollbackSeconds, attempt);
}

Result<own::Budget> setBudget(Exchange& exchange, const own::BudgetRequest& request)
{
    auto& state = exchange.state();
    if (request.micros() < 0)
        return Error(ErrorCode::Invalid, "a budget cannot be negative");
    TRY_ASSIGN(const auto* app, state.apps.findDeployment(request.app()));
    const auto id = app->id;
    exchange.plane().deployRules().setBudget(id, request.micros());
    const auto& now = **state.apps.find(id);
    return rpc::toWire(
        model::Budget {id, now.budgetMicros, state.meter.costOfApp(id), now.heldBack});
}

Result<own::ImportResponse> importImages(Exchange& exchange, const own::ImportRequest& request)
{
    auto& state = exchange.state();
    own::ImportResponse response;
    for (const auto& image : request.images()) {
        if (idPrefix(image.id()) != "im" || image.image().layers().empty())
            return Error(ErrorCode::Invalid, "'" + image.id() + "' is not an image with layers");
        if (state.images.import(rpc::fromWire(image)))
            response.add_known_ids(image.id());
    }
    for (const auto& runtime : request.runtimes())
        state.runtimes.import(rpc::fromWire(runtime));
    return response;
}

} // namespace

void addDeployments(Desk& desk)
{
    const auto name
        = [](const char* method) { return std::string("/slipway.v1.Studio/") + method; };
    auto& methods = desk.methods;
    methods.unary<own::DeploymentsRequest>(
        name("ListDeployments"), Repeat::Harmless,
        [versions = std::make_shared<VersionCache>()](Exchange& exchange,
                                                      const own::DeploymentsRequest& request) {
            return listDeployments(*versions, exchange, request);
        },
        Access::Private);
    methods.unary<own::StagedRequest>(name("GetStaged"), Repeat::Harmless, getStaged,
                                      Access::Private);
    methods.unary<own::StagedRequest>(
        name("Discard"), Repeat::Harmless,
        [](Exchange& exchange, const own::StagedRequest& request) -> Result<own::Nothing> {
            exchange.plane().deployRules().discard(request.nonce());
            return own::Nothing();
        },
        Access::Private);
    methods.parked<own::PromoteRequest>(name("Promote"), promote, Access::Private);
    methods.parked<own::RollbackRequest>(name("Rollback"), rollback, Access::Private);
    methods.unary<own::BudgetRequest>(name("SetBudget"), Repeat::Harmless, setBudget,
                                      Access::Private);
    methods.unary<own::ImportRequest>(name("ImportImages"), Repeat::Harmless, importImages,
                                      Access::Private);
}

} // namespace emulator::api
