// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "emulator/control/ControlPlane.h"
#include "emulator/cost/Ledger.h"

#include <QtTest>

#include <atomic>
#include <deque>
#include <mutex>

using namespace emulator;
using namespace emulator::control;
using model::Job;
using model::JobState;
using model::TaskState;
using store::ResultStatus;

namespace {

class TestClock final : public Clock {
public:
    [[nodiscard]] Micros now() const override { return time; }
    std::atomic<Micros> time = 1'700'000'000'000'000;
};

/// An engine of which the test decides what it says. Jobs appear when they are submitted.
class ScriptedEngine final : public model::Engine {
public:
    Result<std::string> describe() override { return std::string("scripted"); }

    Result<std::string> submit(const model::ReplicaOrder& order) override
    {
        const std::lock_guard lock(mutex);
        orders.push_back(order);
        if (!failures.empty()) {
            const auto failure = failures.front();
            failures.pop_front();
            if (failure.code() == ErrorCode::Unavailable && existsAllTheSame)
                add(order.replicaId);
            return failure;
        }
        return add(order.replicaId);
    }

    Result<std::optional<std::string>> find(const std::string& replicaId) override
    {
        const std::lock_guard lock(mutex);
        for (const auto& [id, job] : jobs)
            if (job.replicaId == replicaId)
                return std::optional(id);
        return std::optional<std::string>();
    }

    Result<> cancel(const std::string& jobId) override
    {
        const std::lock_guard lock(mutex);
        cancelled.push_back(jobId);
        jobs.erase(jobId);
        return {};
    }

    Result<std::vector<Job>> list() override
    {
        const std::lock_guard lock(mutex);
        ++lists;
        if (down)
            return Error(ErrorCode::Unavailable, "the controller does not answer");
        std::vector<Job> all;
        for (const auto& [id, job] : jobs)
            all.push_back(job);
        return all;
    }

    Result<std::vector<model::NodeSummary>> nodes() override
    {
        return std::vector<model::NodeSummary> {{.name = "n1"}};
    }

    Result<std::vector<model::JobUsage>> usage(const std::vector<std::string>& ids) override
    {
        std::vector<model::JobUsage> all;
        for (const auto& id : ids)
            all.push_back({.jobId = id, .elapsedSeconds = 100, .cpus = 1, .memoryMb = 1024});
        return all;
    }

    std::string add(const std::string& replicaId)
    {
        const auto id = std::to_string(++last);
        Job job;
        job.id = id;
        job.replicaId = replicaId;
        job.reason = "Resources";
        jobs[id] = job;
        return id;
    }

    std::mutex mutex;
    std::map<std::string, Job> jobs;
    std::vector<model::ReplicaOrder> orders;
    std::vector<std::string> cancelled;
    std::deque<Error> failures;
    bool existsAllTheSame = false;
    bool down = false;
    int lists = 0;
    int last = 0;
};

} // namespace

/// Jobs and tasks in agreement, with an engine of which the test decides what it says.
class TestPlacement : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_plane.reset(); }

    void submitsAfterTheFirstComparison();
    void tellsWhyATaskWaits();
    void startsTheTaskWhenItsWorkerDialsIn();
    void doesNotRepeatASubmitThatArrived();
    void replacesAHeldJob();
    void tellsCallersWhatCanNeverRun();
    void avoidsANodeThatFailed();
    void refusesWhatASupersededReplicaSays();
    void refusesASecondProcessWithTheSameToken();
    void cancelsJobsThatNoTaskWants();
    void waitsWhileTheEngineIsDown();
    void givesInputsOnWhenAReplicaIsGone();
    void accountingHasTheLastWord();

private:
    void open();
    State& state() { return m_plane->state(); }
    template<typename Action>
    void batch(Action action)
    {
        m_plane->strand().post(action);
        m_plane->strand().runBatch();
    }
    /// Lets time pass and runs what is due, until `condition` holds.
    template<typename Condition>
    bool soon(Condition condition)
    {
        return QTest::qWaitFor([&] {
            m_clock.time += 200'000;
            m_plane->strand().post([] { });
            m_plane->strand().runBatch();
            const std::lock_guard lock(m_engine.mutex);
            return condition();
        });
    }
    void call();
    store::TaskRecord task() { return **state().fleet.find(*state().fleet.live().begin()); }
    std::string dial(const store::TaskRecord& task, const std::string& worker = "wo-1");
    model::Job& onlyJob() { return m_engine.jobs.begin()->second; }
    void runOn(const std::string& node)
    {
        const std::lock_guard lock(m_engine.mutex);
        onlyJob().state = JobState::Running;
        onlyJob().node = node;
        onlyJob().reason.clear();
        onlyJob().startedAt = m_clock.now();
    }

    std::unique_ptr<TempDir> m_folder;
    TestClock m_clock;
    ScriptedEngine m_engine;
    std::unique_ptr<IdSource> m_ids = randomIds();
    std::unique_ptr<ControlPlane> m_plane;
    std::vector<model::WorkerCommand> m_commands;
    std::uint64_t m_connection = 100;
    std::string m_function;
    std::string m_call;
};

void TestPlacement::init()
{
    m_folder = std::make_unique<TempDir>(*TempDir::create());
    m_commands.clear();
    m_engine.jobs.clear();
    m_engine.orders.clear();
    m_engine.cancelled.clear();
    m_engine.failures.clear();
    m_engine.existsAllTheSame = false;
    m_engine.down = false;
    open();
}

void TestPlacement::open()
{
    m_plane.reset();
    control::Placement::Options placement;
    placement.engine = &m_engine;
    placement.prepare = [](const model::ReplicaBrief& brief) -> Result<model::ReplicaOrder> {
        model::ReplicaOrder order;
        order.replicaId = brief.replicaId;
        order.excludedNodes = brief.excludedNodes;
        order.resources = brief.resources;
        return order;
    };
    placement.discard = [](const std::string&) { };
    auto plane = ControlPlane::create({.database = m_folder->path() / "state.db",
                                       .clock = m_clock,
                                       .ids = *m_ids,
                                       .composer =
                                           [](const store::TaskRecord& task) {
                                               model::TaskSpec spec;
                                               spec.id = task.id;
                                               return Result<model::TaskSpec>(spec);
                                           },
                                       .placement = placement});
    QVERIFY2(static_cast<bool>(plane), plane ? "" : plane.error().message().c_str());
    m_plane = *std::move(plane);
}

void TestPlacement::call()
{
    batch([&] {
        store::AppRecord app;
        app.state = store::AppState::Deployed;
        app.name = "app";
        const auto appId = state().apps.create(app).id;
        ImageRegistry::Request request;
        request.recipe.commands = {"FROM base"};
        const auto image = (*state().images.getOrCreate(request))->id;
        state().images.finish(image, {}, {});
        store::FunctionRecord function;
        function.id = FunctionRegistry::idOf(appId, "f");
        function.appId = appId;
        function.tag = "f";
        function.imageId = image;
        m_function = function.id;
        state().functions.put(function, FunctionRegistry::Effect::Now);
        store::CallRecord call;
        call.appId = appId;
        call.functionId = m_function;
        m_call = state().calls.createCall(call).id;
        std::vector<NewInput> inputs(1);
        QVERIFY(static_cast<bool>(state().calls.addInputs(m_call, std::move(inputs))));
    });
}

std::string TestPlacement::dial(const store::TaskRecord& task, const std::string& worker)
{
    std::string refusal;
    batch([&] {
        auto admitted = state().fleet.admitReplica(task.replicaId, task.replicaToken, worker);
        if (!admitted) {
            refusal = admitted.error().message();
            return;
        }
        model::WorkerHello hello;
        hello.workerId = worker;
        hello.node = "n1";
        m_plane->taskRules().attachReplica(
            *admitted, hello, ++m_connection,
            [this](const model::WorkerCommand& command) { m_commands.push_back(command); });
    });
    return refusal;
}

void TestPlacement::submitsAfterTheFirstComparison()
{
    m_engine.down = true;
    call();
    QVERIFY(soon([&] { return m_engine.lists >= 2; }));
    QVERIFY(m_engine.orders.empty()); // a job of before a restart may be on its way
    m_engine.down = false;
    QVERIFY(soon([&] { return m_engine.orders.size() == 1; }));
    QCOMPARE(m_engine.orders[0].resources.milliCpu, 1000U); // whole cores
}

void TestPlacement::tellsWhyATaskWaits()
{
    call();
    QVERIFY(soon([&] { return !task().waitReason.empty(); }));
    QCOMPARE(task().waitReason, "Resources");
    QCOMPARE(task().state, TaskState::Queued);
    QVERIFY(!task().jobId.empty());
}

void TestPlacement::startsTheTaskWhenItsWorkerDialsIn()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1; }));
    QCOMPARE(dial(task()), "");
    QCOMPARE(m_commands.size(), 1U);
    QVERIFY(std::holds_alternative<model::StartTask>(m_commands[0]));
    QCOMPARE(task().node, "n1");
    QVERIFY(task().allocatedAt != 0);
}

void TestPlacement::doesNotRepeatASubmitThatArrived()
{
    m_engine.failures.emplace_back(ErrorCode::Unavailable, "no answer within 10 s");
    m_engine.existsAllTheSame = true;
    call();
    QVERIFY(soon([&] { return !m_engine.jobs.empty() && !task().jobId.empty(); }));
    QCOMPARE(m_engine.orders.size(), 1U);
    QCOMPARE(m_engine.jobs.size(), 1U);
}

void TestPlacement::replacesAHeldJob()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    const auto first = task();
    {
        const std::lock_guard lock(m_engine.mutex);
        onlyJob().state = JobState::Held;
        onlyJob().reason = "launch failed requeued held";
    }
    QVERIFY(soon([&] { return m_engine.orders.size() == 2; }));
    QCOMPARE(m_engine.cancelled, std::vector {first.jobId});
    QVERIFY(m_engine.orders[1].replicaId != first.replicaId);
    QVERIFY(!dial(first).empty());
}

void TestPlacement::tellsCallersWhatCanNeverRun()
{
    m_engine.failures.emplace_back(ErrorCode::Invalid, "no node has 9000 GPUs");
    call();
    QVERIFY(soon([&] { return state().fleet.live().empty() && !m_engine.orders.empty(); }));
    const auto& input = *state().calls.findInput((*state().calls.findCall(m_call))->inputs.front());
    QCOMPARE(input.status, ResultStatus::InternalFailure);
    const auto outcome = state().calls.payloads().outcome(input.id);
    QVERIFY(outcome->exception.find("9000 GPUs") != std::string::npos);
}

void TestPlacement::avoidsANodeThatFailed()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    runOn("n2");
    QCOMPARE(dial(task()), "");
    {
        const std::lock_guard lock(m_engine.mutex);
        onlyJob().state = JobState::NodeFailed;
    }
    QVERIFY(soon([&] { return m_engine.orders.size() == 2; }));
    QCOMPARE(m_engine.orders[1].excludedNodes, std::vector<std::string> {"n2"});
}

void TestPlacement::refusesWhatASupersededReplicaSays()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    const auto first = task();
    QCOMPARE(dial(first), "");
    batch([&] { m_plane->taskRules().lose(first.id, {model::EndReason::WorkerLost, 0, {}}); });
    QVERIFY(dial(first).find("superseded") != std::string::npos);
}

void TestPlacement::refusesASecondProcessWithTheSameToken()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    QCOMPARE(dial(task(), "wo-1"), "");
    QVERIFY(!dial(task(), "wo-2").empty());
    QCOMPARE(dial(task(), "wo-1"), ""); // the same again after a lost connection
    auto impostor = task();
    impostor.replicaToken = "rt-guessed";
    QVERIFY(dial(impostor).find("token") != std::string::npos);
}

void TestPlacement::cancelsJobsThatNoTaskWants()
{
    {
        const std::lock_guard lock(m_engine.mutex);
        m_engine.add("re-of-nobody");
    }
    QVERIFY(soon([&] { return m_engine.jobs.empty(); }));
    QCOMPARE(m_engine.cancelled, std::vector<std::string> {std::to_string(m_engine.last)});

    // One whose task was dropped while it waited.
    call();
    QVERIFY(soon([&] { return m_engine.jobs.size() == 1 && !task().jobId.empty(); }));
    batch([&] { state().calls.cancelCall(m_call); });
    batch([&] { state().fleet.drain(task().id); });
    QVERIFY(soon([&] { return m_engine.jobs.empty(); }));
}

void TestPlacement::waitsWhileTheEngineIsDown()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    const auto id = task().id;
    m_engine.down = true;
    const auto seen = m_engine.lists;
    QVERIFY(soon([&] { return m_engine.lists >= seen + 3; }));
    QCOMPARE(task().id, id);
    QVERIFY(!m_plane->placement()->problem().empty());
    m_engine.down = false;
    QVERIFY(soon([&] { return m_plane->placement()->problem().empty(); }));
}

void TestPlacement::givesInputsOnWhenAReplicaIsGone()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    runOn("n1");
    const auto first = task();
    QCOMPARE(dial(first), "");
    batch([&] { QCOMPARE(m_plane->taskRules().handOut(first.id, "poll", 1).inputs.size(), 1U); });
    batch([&] { state().fleet.detach(m_connection); });
    QVERIFY(soon([&] { return m_engine.orders.size() == 2; }));
    QCOMPARE(m_engine.cancelled, std::vector {first.jobId});
    batch([&] { m_plane->taskRules().takeResult(first.id, "in-?", 0, {}); });
    QCOMPARE(state().calls.ready(m_function), 1U);
}

void TestPlacement::accountingHasTheLastWord()
{
    call();
    QVERIFY(soon([&] { return m_engine.orders.size() == 1 && !task().jobId.empty(); }));
    runOn("n1");
    const auto first = task();
    QCOMPARE(dial(first), "");
    batch([&] {
        m_plane->taskRules().report(
            "wo-1", 1,
            {model::TaskStarted {first.id, m_clock.now()},
             model::TaskEnded {first.id, m_clock.now() + 1, {model::EndReason::Stopped, 0, {}}}});
        state().calls.cancelCall(m_call);
    });
    QVERIFY(soon([&] { return (*state().fleet.find(first.id))->settled; }));
    const auto ended = **state().fleet.find(first.id);
    model::Resources resources;
    resources.milliCpu = 1000;
    resources.memoryMb = 1024;
    const auto expected
        = cost::costOf(state().meter.prices().rateOf(resources), Micros {100'000'000});
    QCOMPARE(ended.costMicros, expected);
    QCOMPARE(state().meter.costOfApp(first.appId), expected);
}

QTEST_GUILESS_MAIN(TestPlacement)
#include "tst_Placement.moc"
