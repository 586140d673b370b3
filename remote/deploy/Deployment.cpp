// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Deployment.h"

#include "emulator/base/Id.h"

#include <algorithm>
#include <set>

namespace remote::deploy {

const char* nameOf(Stage stage)
{
    switch (stage) {
    case Stage::Build:
        return "build";
    case Stage::Push:
        return "push";
    case Stage::Register:
        return "register";
    case Stage::Submit:
        return "submit";
    case Stage::Probe:
        return "probe";
    case Stage::Live:
        break;
    }
    return "live";
}

const char* nameOf(StageState state)
{
    switch (state) {
    case StageState::Running:
        return "running";
    case StageState::Done:
        return "done";
    case StageState::Failed:
        return "failed";
    case StageState::Skipped:
        break;
    }
    return "skipped";
}

namespace {

std::string adviceFor(Stage stage, const Error& error)
{
    if (error.code() == ErrorCode::Cancelled)
        return "run the same command again to go on";
    switch (stage) {
    case Stage::Build:
        return "mend what the lines above say, and try `slip run` first";
    case Stage::Probe:
        return "the container's log says more: `slip logs` of the app; then deploy again";
    case Stage::Push:
    case Stage::Register:
    case Stage::Submit:
    case Stage::Live:
        break;
    }
    return error.code() == ErrorCode::Unavailable ? "see `slip cluster test`, then run the same "
                                                    "command again: it goes on from where it was"
                                                  : "run the same command again";
}

const char* whatIs(Stage stage)
{
    switch (stage) {
    case Stage::Build:
        return "the app could not be built";
    case Stage::Push:
        return "the images could not be pushed";
    case Stage::Register:
        return "the images could not be registered";
    case Stage::Submit:
        return "the app could not be handed over";
    case Stage::Probe:
        return "the new version did not start";
    case Stage::Live:
        break;
    }
    return "the new version could not be made live";
}

/// The images of the newest call of an app on this machine that went well.
std::optional<GreenRun> lastGreenRun(const emulator::rpc::StudioClient& studio,
                                     const std::string& appName)
{
    const auto apps = studio.apps({});
    if (!apps)
        return std::nullopt;
    for (const auto& app : *apps) { // newest first
        if (app.description != appName)
            continue;
        const auto calls = studio.calls({.appId = app.id});
        const auto tasks = studio.tasks({.appId = app.id});
        if (!calls || !tasks || std::none_of(calls->begin(), calls->end(), [](const auto& call) {
                return call.finishedAt != 0 && call.failed == 0 && call.succeeded > 0;
            }))
            continue;
        std::set<std::string> images;
        for (const auto& task : *tasks)
            images.insert(task.imageId);
        return GreenRun {{images.begin(), images.end()}};
    }
    return std::nullopt;
}

} // namespace

Deployment::Deployment(Request request, std::filesystem::path home, Place here, Place target,
                       Observer& observer)
    : m_request(std::move(request))
    , m_here(std::move(here))
    , m_target(std::move(target))
    , m_observer(observer)
    , m_courier({std::move(home)}, m_target.registry)
    , m_local(m_here.socket)
    , m_remote(m_target.socket)
{
}

Deployment::~Deployment()
{
    discard(m_local, m_localNonce);
    discard(m_remote, m_targetNonce);
}

void Deployment::discard(const emulator::rpc::StudioClient& studio, std::string& nonce)
{
    // A control plane that cannot be reached prunes it by itself.
    if (!nonce.empty())
        static_cast<void>(studio.discard(nonce));
    nonce.clear();
}

Error Deployment::fail(Stage stage, Error error)
{
    m_failure.stage = stage;
    m_failure.what = whatIs(stage);
    m_failure.why = error.message();
    m_failure.fix = adviceFor(stage, error);
    m_failure.cancelled = error.code() == ErrorCode::Cancelled;
    m_failure.usersOwn = (stage == Stage::Build || stage == Stage::Probe)
        && error.code() == ErrorCode::FailedPrecondition;
    m_failure.liveVersion = m_facts.live ? m_facts.live->version : 0;
    m_observer.onStage(stage, StageState::Failed, error.message());
    return error;
}

template<typename Action>
Result<> Deployment::perform(Stage stage, const std::string& text, Action action)
{
    m_observer.onStage(stage, StageState::Running, text);
    if (auto done = action(); !done)
        return fail(stage, std::move(done).error());
    m_observer.onStage(stage, StageState::Done, {});
    return {};
}

Result<> Deployment::stageAt(const Place& place, std::string& nonce, std::stop_token stop)
{
    nonce = "deploy-" + emulator::randomHex(12);
    ClientRun run;
    run.modal = m_request.modal;
    run.app = m_request.app;
    run.name = m_request.name;
    run.tag = m_request.tag;
    run.environment = place.clientEnvironment;
    run.nonce = nonce;
    run.git = m_facts.git;
    return runClient(
        run, [this](std::string_view line) { m_observer.onLog(line); }, std::move(stop));
}

Result<> Deployment::gather(std::stop_token stop)
{
    m_facts.git = readGit(m_request.project, stop);
    TRY(stageAt(m_here, m_localNonce, stop));
    TRY_ASSIGN(m_facts.staged, m_local.staged(m_localNonce));
    m_facts.lastGreen = lastGreenRun(m_local, m_facts.staged.appName);
    TRY_ASSIGN(auto versions, m_remote.deployments(m_facts.staged.appName, 1));
    if (!versions.empty() && versions.front().state == "live")
        m_facts.live = std::move(versions.front());
    if (!m_target.local)
        return gatherImages(stop);
    std::set<std::string> images;
    for (const auto& staged : m_facts.staged.functions)
        if (staged.change.change != "removed")
            images.insert(staged.function.imageId);
    for (const auto& id : images)
        m_facts.transfers.push_back({.imageId = id});
    return {};
}

void Deployment::report(Stage stage, const registry::Progress& progress)
{
    using namespace std::chrono_literals;
    const auto now = std::chrono::steady_clock::now();
    const bool last = progress.done >= progress.total;
    if (progress.total == 0 || (!last && now - m_reportedAt < 100ms))
        return; // nothing to do is no progress, and a tenth of a second no news
    m_reportedAt = now;
    m_observer.onProgress(stage, progress.done, progress.total);
}

/// For a target elsewhere: packs the images and asks what it has.
Result<> Deployment::gatherImages(std::stop_token stop)
{
    m_observer.onStage(Stage::Build, StageState::Running, "packing the images");
    TRY(m_courier.pack(
        m_facts.staged,
        [this](const registry::Progress& progress) { report(Stage::Build, progress); },
        [this](std::string_view line) { m_observer.onLog(line); }, stop));
    for (auto& staged : m_facts.staged.functions)
        staged.function.manifest = m_courier.manifestOf(staged.function.imageId);
    // This machine's control plane learns what its images are called elsewhere.
    TRY(m_local.importImages(m_courier.images(m_facts.staged), {}));
    discard(m_local, m_localNonce);
    if (auto compared = m_courier.compare(m_facts, stop); !compared) {
        if (compared.error().code() == ErrorCode::Cancelled)
            return compared;
        m_facts.blockers.push_back(
            {"the registry of " + m_target.name, compared.error().message(),
             "`slip cluster test " + m_target.name + "` checks every step of the way"});
    }
    if (auto nodes = m_remote.nodes())
        m_facts.nodes = *std::move(nodes);
    else if (nodes.error().code() != ErrorCode::FailedPrecondition)
        return std::move(nodes).error().within("ask " + m_target.name + " for its nodes");
    return {};
}

Result<DeployPlan> Deployment::plan(std::stop_token stop)
{
    m_facts.file = m_request.app;
    m_facts.name = m_target.name;
    m_facts.engine = m_target.engine;
    m_facts.state = m_target.state;
    m_facts.probe = m_request.probe;
    TRY(perform(Stage::Build, "building and looking at " + m_request.app,
                [&] { return gather(stop); }));
    return makePlan(m_facts, emulator::cost::PriceBook::builtIn());
}

Result<> Deployment::promote(std::stop_token stop)
{
    auto& nonce = m_target.local ? m_localNonce : m_targetNonce;
    bool probing = m_request.probe;
    if (probing)
        m_observer.onStage(Stage::Probe, StageState::Running, "trying the new version out");
    else
        m_observer.onStage(Stage::Probe, StageState::Skipped, "as asked for");
    const auto version = m_remote.promote(
        nonce, m_request.strategy, m_request.probe,
        [&](const model::PromoteProgress& progress) {
            if (progress.stage == "probe") {
                m_observer.onStage(Stage::Probe, StageState::Running, progress.text);
                return;
            }
            if (std::exchange(probing, false))
                m_observer.onStage(Stage::Probe, StageState::Done, {});
            if (progress.version == 0)
                m_observer.onStage(Stage::Live, StageState::Running, progress.text);
        },
        stop);
    if (!version)
        return fail(probing ? Stage::Probe : Stage::Live, version.error());
    nonce.clear(); // it is no staging any more
    m_deployed.version = *version;
    m_observer.onStage(Stage::Live, StageState::Done,
                       "version " + std::to_string(*version) + " is live");
    return {};
}

/// Brings images and app to a target elsewhere, staged there.
Result<> Deployment::bring(std::stop_token stop)
{
    const auto onProgress
        = [this](const registry::Progress& progress) { report(Stage::Push, progress); };
    const auto push = [&] { return m_courier.push(onProgress, stop); };
    const auto registerImages = [&] {
        const auto known
            = m_remote.importImages(m_courier.images(m_facts.staged), m_courier.runtimes());
        return known ? Result<>() : Result<>(known.error());
    };
    const auto submit = [&] { return submitTo(m_target, stop); };
    TRY(perform(Stage::Push, "pushing to " + m_target.name, push));
    TRY(perform(Stage::Register, "registering the images", registerImages));
    return perform(Stage::Submit, "handing the app over", submit);
}

Result<> Deployment::submitTo(const Place& target, std::stop_token stop)
{
    TRY(stageAt(target, m_targetNonce, std::move(stop)));
    TRY_ASSIGN(const auto staged, m_remote.staged(m_targetNonce));
    m_deployed.appId = staged.appId;
    return {};
}

Result<Deployed> Deployment::carryOut(std::stop_token stop)
{
    m_deployed.appName = m_facts.staged.appName;
    m_deployed.appId = m_facts.staged.appId;
    if (m_target.local) {
        m_observer.onStage(Stage::Push, StageState::Skipped, "the images are there");
        m_observer.onStage(Stage::Register, StageState::Skipped, "the images are there");
        m_observer.onStage(Stage::Submit, StageState::Skipped, "it is staged there");
    } else {
        TRY(bring(stop));
    }
    TRY(promote(stop));
    if (m_request.budgetMicros) {
        if (auto set = m_remote.setBudget(m_deployed.appId, *m_request.budgetMicros); !set)
            m_observer.onLog("the budget could not be set: " + set.error().message());
    }
    return m_deployed;
}

} // namespace remote::deploy
