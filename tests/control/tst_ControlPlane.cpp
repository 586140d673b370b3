// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "emulator/control/ControlPlane.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::control;
using store::InputState;
using store::ResultStatus;

namespace {

class TestClock final : public Clock {
public:
    [[nodiscard]] Micros now() const override { return time; }
    Micros time = 1'700'000'000'000'000;
};

store::Outcome outcomeOf(ResultStatus status)
{
    store::Outcome outcome;
    outcome.status = status;
    outcome.payload.data = "result";
    return outcome;
}

} // namespace

/// Rules of the control plane in virtual time, without a thread, a worker or a wire.
class TestControlPlane : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void leasesAndTakesEachResultOnce();
    void repeatedPollGetsTheSameInput();
    void survivesARestart();
    void requeuesWhatALostWorkerHad();
    void givesUpAnInputThatKillsItsContainer();
    void retriesByTheUsersPolicy();
    void timesOut();
    void cancels();
    void singleUseContainersGetOneInput();
    void tasksAreNotLostWhileTheirEndIsOnTheWay();
    void eventsAreTakenOnce();
    void linesAreCutAndResumed();
    void appEndsWhenItsClientIsSilent();
    void publishReplacesContainers();
    void costsSumUp();
    void fullDiskUndoesTheBatch();

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
    void makeApp(store::FunctionRecord function = {});
    std::string call(std::uint32_t inputs = 1);
    void attach(std::vector<std::string> running = {}, const std::string& worker = "wk-1");
    std::string startedTask(std::size_t index = 0);
    LeasedInput take(const std::string& task, const std::string& key = {});
    State& state() { return m_plane->state(); }
    void report(const std::vector<model::WorkerEvent>& events, const std::string& worker = "wk-1");

    std::unique_ptr<TempDir> m_folder;
    TestClock m_clock;
    std::unique_ptr<IdSource> m_ids = randomIds();
    std::unique_ptr<ControlPlane> m_plane;
    std::vector<model::WorkerCommand> m_commands;
    std::uint64_t m_connection = 0;
    std::uint64_t m_sequence = 1;
    std::string m_app;
    std::string m_function;
};

void TestControlPlane::init()
{
    m_folder = std::make_unique<TempDir>(*TempDir::create());
    m_sequence = 1;
    m_commands.clear();
    open();
}

void TestControlPlane::cleanup()
{
    m_plane.reset();
}

void TestControlPlane::open()
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

void TestControlPlane::makeApp(store::FunctionRecord function)
{
    batch([&] {
        store::AppRecord app;
        app.state = store::AppState::Ephemeral;
        m_app = state().apps.create(app).id;
        ImageRegistry::Request request;
        request.recipe.commands = {"FROM base"};
        const auto image = (*state().images.getOrCreate(request))->id;
        state().images.finish(image, {}, {});
        function.id = FunctionRegistry::idOf(m_app, "f");
        function.appId = m_app;
        function.tag = "f";
        function.imageId = image;
        m_function = function.id;
        state().functions.put(function, FunctionRegistry::Effect::Now);
    });
}

std::string TestControlPlane::call(std::uint32_t inputs)
{
    std::string id;
    batch([&] {
        store::CallRecord call;
        call.appId = m_app;
        call.functionId = m_function;
        id = state().calls.createCall(call).id;
        std::vector<NewInput> added;
        for (std::uint32_t i = 0; i < inputs; ++i)
            added.push_back({i, "", false, {1, "args", ""}});
        QVERIFY(static_cast<bool>(state().calls.addInputs(id, added)));
    });
    return id;
}

void TestControlPlane::attach(std::vector<std::string> running, const std::string& worker)
{
    batch([&] {
        m_plane->taskRules().attach(
            {worker, running, {}}, ++m_connection,
            [this](const model::WorkerCommand& command) { m_commands.push_back(command); });
    });
}

std::string TestControlPlane::startedTask(std::size_t index)
{
    std::vector<std::string> ids;
    for (const auto& command : m_commands)
        if (const auto* start = std::get_if<model::StartTask>(&command))
            ids.push_back(start->spec.id);
    if (index >= ids.size())
        return {};
    report({model::TaskStarted {ids[index], m_clock.time}});
    return ids[index];
}

LeasedInput TestControlPlane::take(const std::string& task, const std::string& key)
{
    LeasedInput taken;
    batch([&] {
        auto handout = m_plane->taskRules().handOut(task, key, 1);
        if (!handout.inputs.empty())
            taken = handout.inputs.front();
    });
    return taken;
}

void TestControlPlane::report(const std::vector<model::WorkerEvent>& events,
                              const std::string& worker)
{
    batch([&] { m_sequence = m_plane->taskRules().report(worker, m_sequence, events); });
}

void TestControlPlane::leasesAndTakesEachResultOnce()
{
    makeApp();
    attach();
    const auto id = call(2);
    const auto task = startedTask();
    QVERIFY(!task.empty());
    const auto input = take(task);
    QCOMPARE(input.arguments.data, std::string("args"));
    batch([&] {
        auto& rules = m_plane->taskRules();
        rules.takeResult(task, input.record.id, 0, outcomeOf(ResultStatus::Success));
        rules.takeResult(task, input.record.id, 0, outcomeOf(ResultStatus::Failure));
    });
    const auto& found = **state().calls.findCall(id);
    QCOMPARE(found.results.size(), std::size_t {1});
    QCOMPARE(found.succeeded, 1U);
    QCOMPARE(found.unfinished(), 1U);
}

void TestControlPlane::repeatedPollGetsTheSameInput()
{
    makeApp();
    attach();
    call(2);
    const auto task = startedTask();
    const auto first = take(task, "key");
    QCOMPARE(take(task, "key").record.id, first.record.id);
    QVERIFY(take(task, "other").record.id != first.record.id);
}

void TestControlPlane::survivesARestart()
{
    makeApp();
    attach();
    const auto id = call(3);
    const auto task = startedTask();
    const auto input = take(task, "key");
    open();
    QCOMPARE(state().calls.ready(m_function), 2U);
    attach({task});
    QCOMPARE(take(task, "key").record.id, input.record.id);
    batch([&] {
        m_plane->taskRules().takeResult(task, input.record.id, 0, outcomeOf(ResultStatus::Success));
    });
    open();
    QCOMPARE((*state().calls.findCall(id))->succeeded, 1U);
    QCOMPARE(state().calls.payloads().outcome(input.record.id)->payload.data,
             std::string("result"));
}

void TestControlPlane::requeuesWhatALostWorkerHad()
{
    makeApp();
    attach();
    call(1);
    const auto task = startedTask();
    const auto input = take(task);
    m_commands.clear();
    m_sequence = 1;
    attach({}, "wk-2");
    QCOMPARE((*state().fleet.find(task))->endReason, model::EndReason::WorkerLost);
    const auto next = startedTask();
    QVERIFY(!next.empty() && next != task);
    QCOMPARE(take(next).record.id, input.record.id);
}

void TestControlPlane::givesUpAnInputThatKillsItsContainer()
{
    makeApp();
    attach();
    const auto id = call(1);
    for (std::uint32_t i = 0; i < CallQueue::crashBudget; ++i) {
        m_commands.erase(m_commands.begin(), m_commands.end() - 1);
        const auto task = startedTask();
        const auto input = take(task);
        QVERIFY(!input.record.id.empty());
        report({model::TaskEnded {task, m_clock.time, {model::EndReason::Exited, 139, {}}}});
    }
    const auto& found = **state().calls.findCall(id);
    QCOMPARE(found.unfinished(), 0U);
    const auto& input = *state().calls.findInput(found.results[0]);
    QCOMPARE(input.status, ResultStatus::InternalFailure);
    const auto outcome = *state().calls.payloads().outcome(input.id);
    QCOMPARE(outcome.exitCode, 139);
    QVERIFY(outcome.exception.find("exited with code 139") != std::string::npos);
}

void TestControlPlane::retriesByTheUsersPolicy()
{
    store::FunctionRecord function;
    function.retries = 1;
    function.retryInitialMs = 1000;
    makeApp(function);
    attach();
    const auto id = call(1);
    const auto task = startedTask();
    const auto input = take(task);
    const auto fail = [&](std::uint32_t attempt) {
        batch([&] {
            m_plane->taskRules().takeResult(task, input.record.id, attempt,
                                            outcomeOf(ResultStatus::Failure));
        });
    };
    fail(0);
    QVERIFY(take(task).record.id.empty()); // not before its delay
    pass(1'000'000);
    QCOMPARE(take(task).record.attempt, 1U);
    fail(0); // a late answer of the first attempt
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 1U);
    fail(1);
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 0U);
}

void TestControlPlane::timesOut()
{
    store::FunctionRecord function;
    function.timeoutSeconds = 5;
    makeApp(function);
    attach();
    const auto id = call(1);
    const auto task = startedTask();
    const auto input = take(task);
    pass(4'900'000);
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 1U);
    pass(200'000);
    QCOMPARE(state().calls.findInput(input.record.id)->status, ResultStatus::Timeout);
    const auto* stop = std::get_if<model::StopTask>(&m_commands.back());
    QVERIFY(stop != nullptr && stop->taskId == task && stop->graceful);
    QCOMPARE(stop->reason, model::EndReason::TimedOut);
    pass(TaskRules::timeoutGrace);
    stop = std::get_if<model::StopTask>(&m_commands.back());
    QVERIFY(stop != nullptr && !stop->graceful);
}

void TestControlPlane::cancels()
{
    makeApp();
    attach();
    const auto id = call(2);
    const auto task = startedTask();
    const auto input = take(task);
    std::vector<std::string> told;
    batch([&] {
        state().calls.cancelCall(id);
        told = state().calls.takeCancellations(task);
    });
    QCOMPARE(told, std::vector<std::string> {input.record.id});
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 1U);
    pass(TaskRules::cancelGrace + 1);
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 0U);
}

void TestControlPlane::singleUseContainersGetOneInput()
{
    store::FunctionRecord function;
    function.maxInputs = 1;
    function.maxContainers = 1;
    makeApp(function);
    attach();
    call(2);
    const auto task = startedTask();
    const auto input = take(task);
    batch([&] {
        m_plane->taskRules().takeResult(task, input.record.id, 0, outcomeOf(ResultStatus::Success));
        QVERIFY(m_plane->taskRules().handOut(task, "", 1).leave);
    });
    report({model::TaskEnded {task, m_clock.time, {}}});
    const auto next = startedTask(1);
    QVERIFY2(!next.empty(), "the end of a used-up container must start the next");
    QVERIFY(!take(next).record.id.empty());
}

void TestControlPlane::tasksAreNotLostWhileTheirEndIsOnTheWay()
{
    makeApp();
    attach();
    call(1);
    const auto task = startedTask();
    take(task);
    attach({}); // the same worker, connected again, without the task
    QCOMPARE((*state().fleet.find(task))->state, model::TaskState::Running);
    report({model::TaskEnded {task, m_clock.time, {model::EndReason::Exited, 1, {}}}});
    QCOMPARE((*state().fleet.find(task))->endReason, model::EndReason::Exited);
}

void TestControlPlane::eventsAreTakenOnce()
{
    makeApp();
    attach();
    call(1);
    const auto task = startedTask();
    const std::vector<model::WorkerEvent> events {
        model::TaskOutput {{task, 1, m_clock.time, "one\n"}},
        model::TaskOutput {{task, 1, m_clock.time, "two\n"}}};
    const auto first = m_sequence;
    report(events);
    m_sequence = first;
    report(events);
    QCOMPARE(m_sequence, first + 2);
    std::vector<model::LogLine> lines;
    batch([&] { lines = state().logs.read({task, 0, 0, false}, 100); });
    QCOMPARE(lines.size(), std::size_t {2});
}

void TestControlPlane::linesAreCutAndResumed()
{
    const LogHub::Source source {"ap-1", "fu-1", "ta-1", {}};
    batch([&] {
        state().logs.append(source, 1, m_clock.time, "a\nbc");
        state().logs.append(source, 2, m_clock.time, "error\n");
        state().logs.append(source, 1, m_clock.time, "d\ne");
    });
    open(); // what had no line feed yet is not lost
    std::vector<model::LogLine> all;
    std::vector<model::LogLine> rest;
    batch([&] {
        state().logs.append(source, 1, m_clock.time, "f\nend");
        state().logs.flush(source);
        all = state().logs.read({"ap-1", 0, 0, false}, 100);
        rest = state().logs.read({"ta-1", all[1].sequence, 0, false}, 100);
    });
    std::vector<std::string> texts;
    for (const auto& line : all)
        texts.push_back(line.text);
    QCOMPARE(texts, (std::vector<std::string> {"a", "error", "bcd", "ef", "end"}));
    QCOMPARE(rest.size(), std::size_t {3});
    QCOMPARE(rest[0].text, std::string("bcd"));
}

void TestControlPlane::appEndsWhenItsClientIsSilent()
{
    makeApp();
    attach();
    const auto id = call(1);
    const auto task = startedTask();
    take(task);
    pass(AppRules::heartbeatLimit + 1);
    QCOMPARE((*state().apps.find(m_app))->state, store::AppState::Stopping);
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 1U);
    report({model::TaskEnded {task, m_clock.time, {model::EndReason::Stopped, 0, {}}}});
    pass(1'000'000);
    QCOMPARE((*state().apps.find(m_app))->state, store::AppState::Stopped);
    QCOMPARE((*state().calls.findCall(id))->unfinished(), 0U);
}

void TestControlPlane::publishReplacesContainers()
{
    makeApp();
    attach();
    const Publication publication {store::AppState::Deployed, "named", "", "",
                                   {{"f", m_function}},       {},      {}};
    batch([&] { QVERIFY(static_cast<bool>(m_plane->appRules().publish(m_app, publication))); });
    call(1);
    const auto task = startedTask();
    take(task);
    batch([&] {
        auto next = **state().functions.find(m_function);
        next.timeoutSeconds = 77;
        state().functions.put(next, FunctionRegistry::Effect::AtPublish);
    });
    QCOMPARE((*state().functions.find(m_function))->timeoutSeconds, 300U);
    batch([&] { QVERIFY(static_cast<bool>(m_plane->appRules().publish(m_app, publication))); });
    QCOMPARE((*state().functions.find(m_function))->timeoutSeconds, 77U);
    bool leaves = false;
    batch([&] { leaves = m_plane->taskRules().handOut(task, "", 1).leave; });
    QVERIFY(leaves);
}

void TestControlPlane::costsSumUp()
{
    store::FunctionRecord function;
    function.gpu = "H100";
    function.gpuCount = 1;
    makeApp(function);
    attach();
    call(1);
    const auto task = startedTask();
    for (int i = 0; i < 7; ++i) {
        m_clock.time += 333'333;
        model::UsageSample sample;
        sample.taskId = task;
        sample.time = m_clock.time;
        report({model::TaskUsage {sample}});
    }
    report({model::TaskEnded {task, m_clock.time, {}}});
    const auto cost = (*state().fleet.find(task))->costMicros;
    std::vector<store::Journal::Charge> charges;
    batch([&] { charges = state().meter.charges(m_app); });
    std::int64_t sum = 0;
    for (const auto& charge : charges)
        sum += charge.costMicros;
    QVERIFY(cost > 2500);
    QCOMPARE(sum, cost);
    QCOMPARE(state().meter.costOfApp(m_app), cost);
}

void TestControlPlane::fullDiskUndoesTheBatch()
{
    makeApp();
    std::string lost;
    bool replied = false;
    m_plane->strand().post(
        [&] {
            store::AppRecord app;
            state().apps.create(app);
            m_plane->strand().afterCommit([&] { replied = true; });
            m_plane->strand().keep(Result<>(Error(ErrorCode::Exhausted, "the disk is full")));
        },
        [&](const Error& error) { lost = error.message(); });
    m_plane->strand().runBatch();
    QVERIFY(!replied);
    QCOMPARE(lost, std::string("the disk is full"));
    QCOMPARE(state().apps.all().size(), std::size_t {1});
    QVERIFY(static_cast<bool>(state().functions.find(m_function)));
}

QTEST_GUILESS_MAIN(TestControlPlane)
#include "tst_ControlPlane.moc"
