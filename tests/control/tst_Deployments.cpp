// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "emulator/control/ControlPlane.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::control;

namespace {

class TestClock final : public Clock {
public:
    [[nodiscard]] Micros now() const override { return time; }
    Micros time = 1'700'000'000'000'000;
};

} // namespace

/// Versions of an app in virtual time: staged, tried out, switched to, repeated, held back.
class TestDeployments : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_plane.reset(); }
    void aStagingChangesNothing();
    void aStagingSurvivesARestart();
    void aReadyProbeServesTheNewVersion();
    void aFailingProbeLeavesTheLiveVersion_data();
    void aFailingProbeLeavesTheLiveVersion();
    void cancellingEndsTheProbe();
    void aProbeOfAnEarlierProcessIsStopped();
    void rollingLetsContainersFinish();
    void recreateStopsContainersFirst();
    void aNewerStagingDiscardsTheOlder();
    void staleStagingsArePruned();
    void discardForgetsAnAppThatNeverWasLive();
    void rollbackRepeatsAVersion();
    void rollbackNamesWhatIsMissing();
    void aRemovedFunctionKeepsNothingWarm();
    void theBudgetHoldsBackAndResumes();
    void importedImagesAreReady();

private:
    void open();
    template<typename Action>
    void batch(Action action)
    {
        m_plane->strand().post(action);
        m_plane->strand().runBatch();
    }
    void pass(Micros time)
    {
        m_clock.time += time;
        m_plane->strand().runBatch();
    }
    void attach(std::vector<std::string> running = {});
    [[nodiscard]] std::string image(const std::string& command);
    [[nodiscard]] store::FunctionRecord function(const std::string& tag,
                                                 std::uint32_t timeout = 300);
    [[nodiscard]] Publication publication(const std::vector<std::string>& tags);
    void stage(const std::string& nonce, const std::vector<store::FunctionRecord>& functions);
    void promote(const std::string& nonce, Strategy strategy, std::vector<std::string> probes);
    /// Makes version 1 with these functions.
    void deploy(const std::vector<store::FunctionRecord>& functions);
    void call(const std::string& tag);
    [[nodiscard]] std::string lastStarted() const;
    [[nodiscard]] TaskRules::Handout poll(const std::string& task);
    void report(const std::vector<model::WorkerEvent>& events);
    [[nodiscard]] State& state() { return m_plane->state(); }
    [[nodiscard]] const store::AppRecord& app() { return **state().apps.find(m_app); }
    [[nodiscard]] const store::TaskRecord& task(const std::string& id)
    {
        return **state().fleet.find(id);
    }
    [[nodiscard]] std::string id(const std::string& tag) const
    {
        return FunctionRegistry::idOf(m_app, tag);
    }

    std::unique_ptr<TempDir> m_folder;
    TestClock m_clock;
    std::unique_ptr<IdSource> m_ids = randomIds();
    std::unique_ptr<ControlPlane> m_plane;
    std::vector<model::WorkerCommand> m_commands;
    std::uint64_t m_connection = 0;
    std::uint64_t m_sequence = 1;
    std::string m_app;
};

void TestDeployments::init()
{
    m_folder = std::make_unique<TempDir>(*TempDir::create());
    m_sequence = 1;
    m_commands.clear();
    open();
    attach();
    batch([&] {
        store::AppRecord app;
        app.description = "shop";
        app.environment = "main";
        m_app = state().apps.create(app).id;
    });
}

void TestDeployments::open()
{
    m_plane.reset();
    auto plane = ControlPlane::create(
        {m_folder->path() / "state.db", m_clock, *m_ids, [](const store::TaskRecord& task) {
             model::TaskSpec spec;
             spec.id = task.id;
             return Result<model::TaskSpec>(spec);
         }});
    QVERIFY2(static_cast<bool>(plane), plane ? "" : plane.error().message().c_str());
    m_plane = *std::move(plane);
}

void TestDeployments::attach(std::vector<std::string> running)
{
    batch([&] {
        m_plane->taskRules().attach(
            {"wk-1", running, {}}, ++m_connection,
            [this](const model::WorkerCommand& command) { m_commands.push_back(command); });
    });
}

std::string TestDeployments::image(const std::string& command)
{
    ImageRegistry::Request request;
    request.recipe.commands = {command};
    const auto id = (*state().images.getOrCreate(request))->id;
    model::Image made;
    made.layers = {"sha256:1"};
    state().images.finish(id, made, {});
    return id;
}

store::FunctionRecord TestDeployments::function(const std::string& tag, std::uint32_t timeout)
{
    store::FunctionRecord function;
    function.id = id(tag);
    function.appId = m_app;
    function.tag = tag;
    function.timeoutSeconds = timeout;
    batch([&] { function.imageId = image("FROM base"); });
    return function;
}

Publication TestDeployments::publication(const std::vector<std::string>& tags)
{
    Publication publication;
    publication.name = "shop";
    publication.clientVersion = "1.6.4";
    for (const auto& tag : tags)
        publication.functions[tag] = id(tag);
    return publication;
}

void TestDeployments::stage(const std::string& nonce,
                            const std::vector<store::FunctionRecord>& functions)
{
    batch([&] {
        std::vector<std::string> tags;
        for (const auto& function : functions) {
            state().stagings.put(nonce, function);
            tags.push_back(function.tag);
        }
        const auto staged = m_plane->deployRules().stage(nonce, m_app, publication(tags));
        QVERIFY2(static_cast<bool>(staged), staged ? "" : staged.error().message().c_str());
    });
}

void TestDeployments::promote(const std::string& nonce, Strategy strategy,
                              std::vector<std::string> probes)
{
    batch([&] {
        const auto started = m_plane->deployRules().promote(nonce, strategy, std::move(probes));
        QVERIFY2(static_cast<bool>(started), started ? "" : started.error().message().c_str());
    });
}

void TestDeployments::deploy(const std::vector<store::FunctionRecord>& functions)
{
    stage("first", functions);
    promote("first", Strategy::Rolling, {});
    QVERIFY(m_plane->deployRules().find("first")->finished);
    batch([&] { m_plane->deployRules().forget("first"); });
}

void TestDeployments::call(const std::string& tag)
{
    batch([&] {
        store::CallRecord call;
        call.appId = m_app;
        call.functionId = id(tag);
        const auto callId = state().calls.createCall(call).id;
        QVERIFY(
            static_cast<bool>(state().calls.addInputs(callId, {{0, "", false, {1, "args", ""}}})));
    });
}

std::string TestDeployments::lastStarted() const
{
    for (auto each = m_commands.rbegin(); each != m_commands.rend(); ++each)
        if (const auto* start = std::get_if<model::StartTask>(&*each))
            return start->spec.id;
    return {};
}

TaskRules::Handout TestDeployments::poll(const std::string& task)
{
    TaskRules::Handout handout;
    batch([&] { handout = m_plane->taskRules().handOut(task, "", 1); });
    return handout;
}

void TestDeployments::report(const std::vector<model::WorkerEvent>& events)
{
    batch([&] { m_sequence = m_plane->taskRules().report("wk-1", m_sequence, events); });
}

void TestDeployments::aStagingChangesNothing()
{
    deploy({function("f", 11)});
    auto warm = function("g");
    warm.minContainers = 1;
    stage("next", {function("f", 22), warm});
    QCOMPARE(app().version, 1);
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 11U);
    QVERIFY(!state().functions.find(id("g")));
    pass(1'000'000);
    QVERIFY2(state().fleet.live().empty(), "nothing staged may be kept warm");
    promote("next", Strategy::Rolling, {});
    QCOMPARE(app().version, 2);
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 22U);
    QCOMPARE((*state().functions.find(id("f")))->revision, 2U);
    QVERIFY(!state().stagings.find("next"));
    QCOMPARE(state().fleet.liveOf(id("g")).size(), std::size_t {1});
    QCOMPARE(state().fleet.liveOf(id("g"))[0]->deploymentVersion, 2);
}

void TestDeployments::aStagingSurvivesARestart()
{
    stage("next", {function("f", 22)});
    open();
    QCOMPARE((*state().stagings.find("next"))->functions.at(id("f")).timeoutSeconds, 22U);
    pass(AppRules::heartbeatLimit + 1);
    QVERIFY2(isLive(app()), "its client has gone, but what it staged waits for a promotion");
    promote("next", Strategy::Rolling, {});
    QCOMPARE(app().version, 1);
    QCOMPARE(app().state, store::AppState::Deployed);
    open();
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 22U);
}

void TestDeployments::aReadyProbeServesTheNewVersion()
{
    deploy({function("f", 11)});
    call("f");
    const auto old = lastStarted();
    QVERIFY(!poll(old).inputs.empty());
    stage("next", {function("f", 22)});
    promote("next", Strategy::Rolling, {id("f")});
    const auto probe = lastStarted();
    QVERIFY(probe != old);
    QCOMPARE(task(probe).staging, std::string("next"));
    call("f"); // waits: neither the busy container nor the probe takes it
    report({model::TaskStarted {probe, m_clock.time}});
    QCOMPARE(app().version, 1);
    const auto waits = poll(probe); // asking for inputs is what makes it good
    QVERIFY(waits.inputs.empty() && !waits.leave);
    QCOMPARE(app().version, 2);
    QCOMPARE(task(probe).staging, std::string());
    QCOMPARE(task(probe).deploymentVersion, 2);
    QCOMPARE(poll(probe).inputs.size(), std::size_t {1});
    const auto& progress = m_plane->deployRules().find("next")->progress;
    QCOMPARE(progress.back().version, 2U);
    QCOMPARE(progress.front().stage, std::string("probe"));
}

void TestDeployments::aFailingProbeLeavesTheLiveVersion_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<QString>("why");
    QTest::newRow("init failure") << "init" << "ImportError: no torch";
    QTest::newRow("exit") << "exit" << "exited with code 3";
    QTest::newRow("time-out") << "timeout" << "startup_timeout";
}

void TestDeployments::aFailingProbeLeavesTheLiveVersion()
{
    QFETCH(QString, how);
    QFETCH(QString, why);
    deploy({function("f", 11)});
    stage("next", {function("f", 22)});
    promote("next", Strategy::Recreate, {id("f")});
    const auto probe = lastStarted();
    call("f");
    report({model::TaskStarted {probe, m_clock.time}});
    if (how == "init") {
        store::Outcome outcome;
        outcome.status = store::ResultStatus::Failure;
        outcome.exception = "ImportError: no torch";
        batch([&] { m_plane->taskRules().initialisationFailed(probe, outcome); });
    } else if (how == "exit") {
        report({model::TaskEnded {probe, m_clock.time, {model::EndReason::Exited, 3, {}}}});
    } else {
        pass(301'000'000);
        m_plane->strand().runBatch();
    }
    const auto* promotion = m_plane->deployRules().find("next");
    QVERIFY(promotion->finished && promotion->failure);
    QVERIFY2(QString::fromStdString(promotion->failure->message()).contains(why),
             promotion->failure->message().c_str());
    QCOMPARE(app().version, 1);
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 11U);
    QVERIFY2(state().calls.ready(id("f")) == 1, "callers of the live version hear nothing of it");
    QVERIFY(state().stagings.find("next")); // for another attempt
}

void TestDeployments::cancellingEndsTheProbe()
{
    stage("next", {function("f")});
    promote("next", Strategy::Rolling, {id("f")});
    const auto probe = lastStarted();
    report({model::TaskStarted {probe, m_clock.time}});
    batch([&] { m_plane->deployRules().cancel("next"); });
    QCOMPARE(task(probe).state, model::TaskState::Stopping);
    QVERIFY(poll(probe).leave);
    QCOMPARE(app().version, 0);
    QVERIFY(m_plane->deployRules().find("next") == nullptr);
}

void TestDeployments::aProbeOfAnEarlierProcessIsStopped()
{
    stage("next", {function("f")});
    promote("next", Strategy::Rolling, {id("f")});
    const auto probe = lastStarted();
    report({model::TaskStarted {probe, m_clock.time}});
    open();
    attach({probe});
    pass(1'000'000);
    QCOMPARE(task(probe).state, model::TaskState::Stopping);
    QCOMPARE(app().version, 0);
}

void TestDeployments::rollingLetsContainersFinish()
{
    deploy({function("f", 11)});
    call("f");
    const auto old = lastStarted();
    report({model::TaskStarted {old, m_clock.time}});
    QVERIFY(!poll(old).inputs.empty());
    stage("next", {function("f", 22)});
    promote("next", Strategy::Rolling, {});
    QCOMPARE(app().version, 2);
    QCOMPARE(task(old).state, model::TaskState::Running);
    QVERIFY(poll(old).leave);
}

void TestDeployments::recreateStopsContainersFirst()
{
    deploy({function("f", 11)});
    call("f");
    const auto old = lastStarted();
    report({model::TaskStarted {old, m_clock.time}});
    QVERIFY(!poll(old).inputs.empty());
    stage("next", {function("f", 22)});
    promote("next", Strategy::Recreate, {});
    QCOMPARE(app().version, 1); // waits for the end of the old one
    QCOMPARE(task(old).state, model::TaskState::Stopping);
    call("f");
    QVERIFY2(lastStarted() == old, "no container of the old version may start meanwhile");
    report({model::TaskEnded {old, m_clock.time, {model::EndReason::Stopped, 0, {}}}});
    QCOMPARE(app().version, 2);
    const auto next = lastStarted();
    QVERIFY(next != old);
    QVERIFY2(!poll(next).inputs.empty(), "the interrupted input goes to the new version");
}

void TestDeployments::aNewerStagingDiscardsTheOlder()
{
    stage("one", {function("f")});
    promote("one", Strategy::Rolling, {id("f")});
    stage("two", {function("f")});
    QVERIFY(!state().stagings.find("one"));
    QVERIFY(m_plane->deployRules().find("one")->failure);
    promote("two", Strategy::Rolling, {});
    QCOMPARE(app().version, 1);
}

void TestDeployments::staleStagingsArePruned()
{
    deploy({function("f")});
    stage("next", {function("f")});
    pass(DeployRules::stagingLife + 1);
    QVERIFY(!state().stagings.find("next"));
    QVERIFY(isLive(app()));
}

void TestDeployments::discardForgetsAnAppThatNeverWasLive()
{
    stage("next", {function("f")});
    batch([&] { m_plane->deployRules().discard("next"); });
    QVERIFY(!state().apps.find(m_app));
    open();
    QVERIFY(!state().apps.find(m_app));
}

void TestDeployments::rollbackRepeatsAVersion()
{
    deploy({function("f", 11)});
    stage("next", {function("f", 22), function("g")});
    promote("next", Strategy::Rolling, {});
    open();
    attach();
    std::string promotion;
    batch([&] {
        const auto back = m_plane->deployRules().rollback(m_app, 0, Strategy::Rolling);
        QVERIFY2(static_cast<bool>(back), back ? "" : back.error().message().c_str());
        QCOMPARE(back->repeats, 1);
        promotion = back->id;
    });
    QCOMPARE(m_plane->deployRules().find(promotion)->progress.back().version, 3U);
    QCOMPARE(app().version, 3);
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 11U);
    QCOMPARE((*state().functions.find(id("f")))->revision, 3U);
    QVERIFY(!state().apps.publishes(m_app, id("g")));
    const auto history = state().apps.history(m_app);
    QCOMPARE(history.size(), std::size_t {3});
    QCOMPARE(history.front().version, 3);
    QCOMPARE(history.front().rolledBackTo, 1);
    // A repeated version can be repeated in its turn.
    batch([&] {
        QVERIFY(static_cast<bool>(m_plane->deployRules().rollback(m_app, 2, Strategy::Rolling)));
    });
    QCOMPARE((*state().functions.find(id("f")))->timeoutSeconds, 22U);
    QVERIFY(state().apps.publishes(m_app, id("g")));
}

void TestDeployments::rollbackNamesWhatIsMissing()
{
    auto gone = function("f");
    gone.imageId = "im-gone";
    deploy({gone});
    stage("next", {function("f")});
    promote("next", Strategy::Rolling, {});
    batch([&] {
        const auto back = m_plane->deployRules().rollback(m_app, 1, Strategy::Rolling);
        QVERIFY(!back && back.error().message().find("im-gone") != std::string::npos);
        const auto none = m_plane->deployRules().rollback(m_app, 7, Strategy::Rolling);
        QVERIFY(!none && none.error().message().find("no version 7") != std::string::npos);
        const auto same = m_plane->deployRules().rollback(m_app, 2, Strategy::Rolling);
        QVERIFY(!same && same.error().message().find("live") != std::string::npos);
    });
    QCOMPARE(app().version, 2);
}

void TestDeployments::aRemovedFunctionKeepsNothingWarm()
{
    auto warm = function("f");
    warm.minContainers = 1;
    deploy({warm, function("g")});
    const auto old = lastStarted();
    report({model::TaskStarted {old, m_clock.time}});
    QVERIFY(poll(old).inputs.empty());
    stage("next", {function("g")});
    promote("next", Strategy::Rolling, {});
    pass(1'000'000);
    QVERIFY(task(old).draining);
    QVERIFY(poll(old).leave);
    report({model::TaskEnded {old, m_clock.time, {}}});
    pass(1'000'000);
    QVERIFY(state().fleet.live().empty());
}

void TestDeployments::theBudgetHoldsBackAndResumes()
{
    auto dear = function("f");
    dear.gpu = "H100";
    dear.gpuCount = 1;
    deploy({dear});
    call("f");
    const auto first = lastStarted();
    report({model::TaskStarted {first, m_clock.time}});
    const auto input = poll(first).inputs.at(0);
    batch([&] { m_plane->deployRules().setBudget(m_app, 1000); });
    QVERIFY(app().heldBack.empty());
    m_clock.time += 10'000'000;
    model::UsageSample sample;
    sample.taskId = first;
    sample.time = m_clock.time;
    report({model::TaskUsage {sample}});
    pass(1'000'000);
    QVERIFY(app().heldBack.find("budget") != std::string::npos);
    std::vector<model::LogLine> lines;
    batch([&] { lines = state().logs.read({m_app, 0, 0, false}, 100); });
    QCOMPARE(lines.size(), std::size_t {1}); // said once
    pass(1'000'000);

    call("f");
    QVERIFY2(lastStarted() == first, "nothing starts");
    QCOMPARE(task(first).draining, false); // what runs may end
    store::Outcome outcome;
    outcome.status = store::ResultStatus::Success;
    batch([&] { m_plane->taskRules().takeResult(first, input.record.id, 0, outcome); });
    QVERIFY2(poll(first).inputs.empty(), "what waits goes on waiting");
    m_plane->strand().runBatch();
    QVERIFY(task(first).draining);
    report({model::TaskEnded {first, m_clock.time, {}}});
    pass(1'000'000);
    QCOMPARE(lastStarted(), first);
    QCOMPARE(state().calls.ready(id("f")), 1U);

    open(); // it holds over a restart
    attach();
    QVERIFY(!app().heldBack.empty());
    QVERIFY(state().fleet.live().empty());
    batch([&] { m_plane->deployRules().setBudget(m_app, 1'000'000'000); });
    QVERIFY(app().heldBack.empty());
    QVERIFY2(lastStarted() != first, "raising it resumes");
}

void TestDeployments::importedImagesAreReady()
{
    model::KeptImage image {"im-elsewhere", {}, "2025.06"};
    image.image.layers = {"sha256:1"};
    image.image.manifest = "sha256:2";
    batch([&] {
        QVERIFY(!state().images.import(image));
        QVERIFY(state().images.import(image));
        state().runtimes.import({"1.6.4", "3.11", "sha256:3"});
    });
    open();
    QCOMPARE((*state().images.find("im-elsewhere"))->state, store::ImageState::Ready);
    QVERIFY((*state().images.find("im-elsewhere"))->image.find("sha256:2") != std::string::npos);
    QCOMPARE((*state().images.find("im-elsewhere"))->builderVersion, std::string("2025.06"));
    QCOMPARE(state().runtimes.manifestOf("1.6.4", "3.11"), std::string("sha256:3"));
    QCOMPARE(state().runtimes.manifestOf("1.6.4", "3.12"), std::string());
}

QTEST_GUILESS_MAIN(TestDeployments)
#include "tst_Deployments.moc"
