// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/MetricSeries.h"
#include "app/models/ProjectTreeModel.h"
#include "app/models/RecordModels.h"
#include "app/models/RunModel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

using namespace app::models;
namespace em = emulator::model;

class TestModels : public QObject {
    Q_OBJECT

private slots:
    void runOnlyGoesForward();
    void seriesSumsTasks();
    void seriesThinsItself();
    void tasksKeepTheirRows();
    void costsAddUp();
    void showsFiguresForPeople();
    void treeShowsGit();
};

void TestModels::runOnlyGoesForward()
{
    RunModel run;
    QSignalSpy changes(&run, &RunModel::stateChanged);
    QVERIFY(!run.advance(RunState::Running));
    run.begin("id", "f");
    QVERIFY(run.advance(RunState::Running));
    QVERIFY(!run.advance(RunState::Queued));
    QVERIFY(run.advance(RunState::Failed, "why"));
    QVERIFY(!run.advance(RunState::Lost));
    QCOMPARE(run.reason(), QString("why"));
    QCOMPARE(changes.count(), 3);
    run.begin("id2", "f");
    QVERIFY(run.active());
    QVERIFY(run.reason().isEmpty());
}

void TestModels::seriesSumsTasks()
{
    MetricSeries series;
    const auto sample = [](const char* task, int second, std::uint64_t cpu, std::uint64_t memory) {
        em::UsageSample made;
        made.sequence = std::uint64_t(second + 1);
        made.taskId = task;
        made.time = 1'000'000LL * (second + 100);
        made.cpuMicros = cpu;
        made.memoryBytes = memory;
        made.memoryPeakBytes = memory;
        made.costMicros = 10 * second;
        return made;
    };
    series.add({sample("a", 0, 0, 100), sample("b", 0, 0, 50), sample("a", 1, 500'000, 100),
                sample("b", 1, 1'000'000, 60)});
    QCOMPARE(series.points().size(), 2);
    QCOMPARE(series.latest().cpuPercent, 150.0);
    QCOMPARE(series.latest().memoryBytes, 160.0);
    QCOMPARE(series.latest().costDollars, 20e-6);
    series.taskEnded("b");
    series.add({sample("a", 2, 1'000'000, 100)});
    QCOMPARE(series.latest().cpuPercent, 50.0);
    QCOMPARE(series.latest().costDollars, 30e-6);
    QCOMPARE(series.lastSequence(), std::uint64_t(3));
}

void TestModels::seriesThinsItself()
{
    MetricSeries series;
    for (int i = 0; i < 20'000; ++i) {
        em::UsageSample made;
        made.taskId = "a";
        made.time = 1'000'000LL * (i + 1);
        series.add({made});
    }
    QVERIFY(series.points().size() <= 7200);
    QCOMPARE(series.latest().seconds, 19'999.0);
}

void TestModels::tasksKeepTheirRows()
{
    TasksModel model;
    CallsModel calls;
    ImagesModel images;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester callsTester(
        &calls, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester imagesTester(
        &images, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    em::TaskSummary first;
    first.id = "ta-1";
    first.functionName = "f";
    first.state = em::TaskState::Running;
    model.set({first});
    const QPersistentModelIndex kept(model.index(0, 0));
    const auto before = resets.count();
    auto second = first;
    second.id = "ta-2";
    first.state = em::TaskState::Finished;
    first.end.exitCode = 3;
    model.set({second, first});
    QCOMPARE(resets.count(), before);
    QCOMPARE(kept.row(), 1);
    QCOMPARE(kept.data(RecordModel::KeyRole).toString(), QString("ta-1"));
    QCOMPARE(model.index(1, 1).data().toString(), QString("Exited with 3"));
    QCOMPARE(model.running(), 1);
    model.set({});
    calls.set({em::CallSummary {}});
    images.set({em::ImageSummary {}});
    QCOMPARE(calls.rowCount() + images.rowCount(), 2);
}

void TestModels::costsAddUp()
{
    CostModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.set({{"ap-1", "a", "f", "H100", "2026-11-24", 2, 1500},
               {"ap-1", "a", "g", "", "2026-11-24", 2, 500}});
    QCOMPARE(model.totalMicros(), 2000);
    QCOMPARE(model.index(1, 3).data().toString(), QString("—"));
    QCOMPARE(model.index(0, 5).data(RecordModel::SortRole).toLongLong(), 1500);
}

void TestModels::showsFiguresForPeople()
{
    QCOMPARE(sizeText(0), QString("—"));
    QCOMPARE(sizeText(1536), QString("1.5 KiB"));
    QCOMPARE(sizeText(11.3 * (1 << 30)), QString("11.3 GiB"));
    QCOMPARE(moneyText(0), QString("$0.00"));
    QCOMPARE(moneyText(1'420'000), QString("$1.42"));
    QCOMPARE(moneyText(18'432), QString("$0.0184"));
    QCOMPARE(moneyText(12), QString("$0.000012"));
    QCOMPARE(durationText(41.84), QString("41.8 s"));
    QCOMPARE(durationText(182), QString("3 min 02 s"));
}

void TestModels::treeShowsGit()
{
    ProjectTreeModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    FileNode root {"", true, {{"kernels", true, {{"k.cu", false, {}}}}, {"app.py", false, {}}}};
    model.setTree("/p", root);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    model.setTree("/p", root);
    QCOMPARE(resets.count(), 0);
    GitState git;
    git.repository = true;
    git.files = {{"kernels/k.cu", u'M'}};
    model.setGit(git);
    QCOMPARE(model.index(0, 1).data().toString(), QString("•"));
    QCOMPARE(model.indexOf("kernels/k.cu").siblingAtColumn(1).data().toString(), QString("M"));
    QCOMPARE(model.files(), QStringList({"kernels/k.cu", "app.py"}));
    QCOMPARE(model.indexOf("kernels/k.cu").data(ProjectTreeModel::PathRole).toString(),
             QString("/p/kernels/k.cu"));
    QVERIFY(!model.indexOf("no").isValid());
}

QTEST_GUILESS_MAIN(TestModels)
#include "tst_Models.moc"
