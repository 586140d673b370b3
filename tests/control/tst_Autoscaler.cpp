// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Autoscaler.h"

#include <QtTest>

#include <map>

using namespace emulator;
using namespace emulator::control;

class TestAutoscaler : public QObject {
    Q_OBJECT

private slots:
    void startsWhatTheInputsNeed_data();
    void startsWhatTheInputsNeed();
    void drainsWhatIsIdleTooLong();
    void drainsEverythingOfADeadApp();
    void breaksTheDeadlockOfNestedCalls();
    void yieldsIdleContainersToOthers();
    void waitsAfterCrashes();
    void holdsBackWhatMayNotCostMore();
    void runsTenThousandTasksInVirtualTime();
};

namespace {

FunctionLoad makeLoad(std::uint32_t ready, std::uint32_t inputsEach = 1)
{
    FunctionLoad load;
    load.id = "f";
    load.ready = ready;
    load.inputsEach = inputsEach;
    return load;
}

std::uint32_t started(const ScaleDecision& decision)
{
    std::uint32_t count = 0;
    for (const auto& start : decision.starts)
        count += start.count;
    return count;
}

} // namespace

void TestAutoscaler::startsWhatTheInputsNeed_data()
{
    QTest::addColumn<quint32>("ready");
    QTest::addColumn<quint32>("each");
    QTest::addColumn<quint32>("minimum");
    QTest::addColumn<quint32>("maximum");
    QTest::addColumn<quint32>("buffer");
    QTest::addColumn<quint32>("expected");
    QTest::newRow("nothing") << 0U << 1U << 0U << 0U << 0U << 0U;
    QTest::newRow("one") << 1U << 1U << 0U << 0U << 0U << 1U;
    QTest::newRow("machine's limit") << 100U << 1U << 0U << 0U << 0U << 8U;
    QTest::newRow("its own limit") << 100U << 1U << 0U << 3U << 0U << 3U;
    QTest::newRow("concurrent") << 25U << 10U << 0U << 0U << 0U << 3U;
    QTest::newRow("minimum") << 0U << 1U << 2U << 0U << 0U << 2U;
    QTest::newRow("buffer") << 1U << 1U << 0U << 0U << 2U << 3U;
    QTest::newRow("buffer rests") << 0U << 1U << 0U << 0U << 2U << 0U;
}

void TestAutoscaler::startsWhatTheInputsNeed()
{
    QFETCH(quint32, ready);
    QFETCH(quint32, each);
    QFETCH(quint32, minimum);
    QFETCH(quint32, maximum);
    QFETCH(quint32, buffer);
    QFETCH(quint32, expected);
    auto load = makeLoad(ready, each);
    load.minContainers = minimum;
    load.maxContainers = maximum;
    load.bufferContainers = buffer;
    QCOMPARE(started(decideScale({load}, {}, 0)), expected);
}

void TestAutoscaler::drainsWhatIsIdleTooLong()
{
    auto load = makeLoad(0);
    load.minContainers = 1;
    load.scaledownWindow = 100;
    load.tasks
        = {{"old", false, true, 0, 0}, {"new", false, true, 0, 50}, {"busy", false, true, 1, 0}};
    QVERIFY(decideScale({load}, {}, 99).drains.empty());
    QCOMPARE(decideScale({load}, {}, 120).drains, std::vector<std::string> {"old"});
    load.tasks.pop_back();
    // The minimum keeps the younger one.
    QCOMPARE(decideScale({load}, {}, 1000).drains, std::vector<std::string> {"old"});
}

void TestAutoscaler::drainsEverythingOfADeadApp()
{
    auto load = makeLoad(5);
    load.wanted = false;
    load.tasks = {{"a", false, true, 1, 0}, {"b", true, true, 0, 0}, {"c", false, false, 0, 0}};
    const auto decision = decideScale({load}, {}, 0);
    QVERIFY(decision.starts.empty());
    QCOMPARE(decision.drains, (std::vector<std::string> {"a", "b"}));
}

void TestAutoscaler::holdsBackWhatMayNotCostMore()
{
    auto load = makeLoad(5);
    load.minContainers = 2;
    load.heldBack = true;
    load.tasks = {{"idle", false, true, 0, 0}, {"busy", false, true, 1, 0}};
    const auto decision = decideScale({load}, {}, 0);
    QVERIFY(decision.starts.empty());
    QCOMPARE(decision.drains, std::vector<std::string> {"idle"});
    load.heldBack = false;
    QVERIFY(started(decideScale({load}, {}, 0)) > 0);
}

void TestAutoscaler::breaksTheDeadlockOfNestedCalls()
{
    FunctionLoad outer = makeLoad(0);
    outer.id = "outer";
    for (int i = 0; i < 8; ++i)
        outer.tasks.push_back({"t" + std::to_string(i), false, true, 1, 0});
    FunctionLoad inner = makeLoad(8);
    inner.id = "inner";
    QCOMPARE(started(decideScale({outer, inner}, {}, 0)), 1U);
    inner.readyNested = 8;
    QCOMPARE(started(decideScale({outer, inner}, {}, 0)), 8U);
    QCOMPARE(started(decideScale({outer, inner}, {8, 10}, 0)), 2U);
}

void TestAutoscaler::yieldsIdleContainersToOthers()
{
    FunctionLoad idle = makeLoad(0);
    idle.id = "idle";
    for (int i = 0; i < 8; ++i)
        idle.tasks.push_back({"t" + std::to_string(i), false, true, 0, 0});
    FunctionLoad busy = makeLoad(4);
    busy.id = "busy";
    QVERIFY(!decideScale({idle, busy}, {}, 1).drains.empty());
}

void TestAutoscaler::waitsAfterCrashes()
{
    auto load = makeLoad(3);
    load.notBefore = 100;
    QCOMPARE(started(decideScale({load}, {}, 99)), 0U);
    QCOMPARE(started(decideScale({load}, {}, 100)), 3U);
}

/// Single-use containers, four functions, twenty at a time: 10 000 tasks, one an input. Whenever
/// inputs wait there is a container on its way, the limit holds, and in the end nothing is left.
void TestAutoscaler::runsTenThousandTasksInVirtualTime()
{
    const Fleetwide fleet {20, 64};
    std::vector<FunctionLoad> functions;
    std::map<std::string, std::uint32_t> left;
    for (int i = 0; i < 4; ++i) {
        functions.push_back(makeLoad(2500));
        functions.back().id = "f" + std::to_string(i);
        left[functions.back().id] = 2500;
    }
    std::uint32_t tasks = 0;
    Micros now = 0;
    std::map<std::string, Micros> ends;
    for (int step = 0; step < 200'000; ++step, now += 1000) {
        for (auto& function : functions) {
            std::erase_if(function.tasks,
                          [&](const TaskLoad& task) { return ends[task.id] <= now; });
            for (auto& task : function.tasks)
                if (task.starting && function.ready > 0) {
                    task = {task.id, false, false, 1, now};
                    ends[task.id] = now + 5000 + (tasks % 7) * 1000;
                    --function.ready;
                    --left[function.id];
                }
        }
        const auto decision = decideScale(functions, fleet, now);
        std::size_t total = 0;
        for (const auto& start : decision.starts)
            for (auto& function : functions)
                if (function.id == start.functionId)
                    for (std::uint32_t i = 0; i < start.count; ++i) {
                        TaskLoad task {"t" + std::to_string(tasks++), true, true, 0, now};
                        ends[task.id] = std::numeric_limits<Micros>::max();
                        function.tasks.push_back(task);
                    }
        bool waiting = false;
        for (const auto& function : functions) {
            total += function.tasks.size();
            waiting = waiting || function.ready > 0;
        }
        QVERIFY(total <= fleet.maxTasks + functions.size());
        QVERIFY(!waiting || total > 0);
        if (!waiting && total == 0)
            break;
    }
    for (const auto& [id, count] : left)
        QCOMPARE(count, 0U);
    QCOMPARE(tasks, 10'000U);
}

QTEST_GUILESS_MAIN(TestAutoscaler)
#include "tst_Autoscaler.moc"
