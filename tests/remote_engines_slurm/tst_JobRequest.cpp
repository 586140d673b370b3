// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "remote/engines/slurm/JobRequest.h"
#include "remote/engines/slurm/SlurmEngine.h"

#include <QtTest>

#include <algorithm>
#include <csignal>
#include <functional>

using namespace remote::slurm;
using emulator::ErrorCode;
using emulator::model::JobState;
using emulator::model::ReplicaOrder;

namespace {

Options options()
{
    Options options;
    options.tag = "home-1";
    options.gpuTypes = {{"A100-80GB", "a100"}, {"L4", ""}};
    return options;
}

ReplicaOrder order()
{
    ReplicaOrder order;
    order.replicaId = "re-1";
    order.name = "slipway-a-b-v1";
    order.comment = "de-1";
    order.command = {"/opt/slipway-worker", "--task", "ta-1"};
    order.outputFile = "/shared/logs/100%j.log";
    return order;
}

bool has(const std::vector<std::string>& arguments, const std::string& wanted)
{
    return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

/// Time that the test moves.
class TestClock final : public emulator::Clock {
public:
    [[nodiscard]] emulator::Micros now() const override { return m_now; }
    void pass(emulator::Micros time) { m_now += time; }

private:
    emulator::Micros m_now = 1'800'000'000'000'000;
};

/// A folder with programs that answer as the test says, in place of Slurm's.
class FakePrograms {
public:
    FakePrograms()
        : m_folder(*emulator::TempDir::create())
    {
        for (const char* name : {"sbatch", "squeue", "scancel", "scontrol", "sinfo", "sacct"})
            answer(name, "exit 1");
    }

    void answer(const std::string& program, const std::string& script) const
    {
        [[maybe_unused]] const auto wrote = emulator::writeFileAtomically(
            m_folder.path() / program, "#!/bin/sh\n" + script + "\n", 0755);
    }

    [[nodiscard]] std::string path() const { return m_folder.path().string(); }

private:
    emulator::TempDir m_folder;
};

std::string queueLine(const std::string& id, const std::string& state, const std::string& replica)
{
    return "printf '" + id + "\\037" + state
        + "\\037None\\037n1\\0371795532866\\0371795532867\\037N/A\\037slipway:home-1:" + replica
        + ":\\037name\\n'";
}

} // namespace

/// An order becomes a request, a script and arguments; then the engine with programs that are not
/// Slurm's, for what a real cluster does only rarely.
class TestJobRequest : public QObject {
    Q_OBJECT

private slots:
    void asksForWhatTheOrderWants();
    void warnsAWorkerOnlyWhenThereIsTime();
    void mapsCards();
    void refusesWhatCannotBeSaid_data();
    void refusesWhatCannotBeSaid();
    void refusesBadOptions_data();
    void refusesBadOptions();
    void scriptGivesExactlyTheEnvironment();
    void scriptQuotesEverything();

    void killsAProgramThatDoesNotEnd();
    void asksNothingOfAnAbsentProgram();
    void reportsAFullJobTable();
    void doesNotTakeWordsForAnId();
    void remembersWhatSlurmForgot();
    void doesNotWaitForAccountingAgainAndAgain();
};

void TestJobRequest::asksForWhatTheOrderWants()
{
    auto site = options();
    site.partition = "gpu";
    site.account = "lab";
    site.qos = "low";
    site.sbatchOptions = {"--constraint=ib"};
    auto wanted = order();
    wanted.resources
        = {.milliCpu = 1001, .memoryMb = 2048, .memoryMbMax = 4096, .gpu = "h100", .gpuCount = 2};
    wanted.excludedNodes = {"n1", "gpu-2.site"};
    wanted.timeLimitSeconds = 601;
    const auto request = makeJobRequest(site, wanted);
    QVERIFY(request);
    const auto arguments = sbatchArguments(*request);
    for (const char* argument :
         {"--parsable", "--export=NONE", "--no-requeue", "--nodes=1", "--ntasks=1",
          "--job-name=slipway-a-b-v1", "--comment=slipway:home-1:re-1:de-1", "--cpus-per-task=2",
          "--mem=4096M", "--gres=gpu:h100:2", "--time=11", "--exclude=n1,gpu-2.site",
          "--partition=gpu", "--account=lab", "--qos=low", "--constraint=ib",
          "--output=/shared/logs/100%%j.log", "--signal=B:TERM@60"})
        QVERIFY2(has(arguments, argument), argument);
    for (const auto& argument : arguments)
        QVERIFY2(argument.rfind("--", 0) == 0, argument.c_str());

    const auto least = makeJobRequest(options(), order());
    QVERIFY(least);
    const auto few = sbatchArguments(*least);
    QVERIFY(has(few, "--mem=512M") && has(few, "--cpus-per-task=1"));
    for (const auto& argument : few)
        QVERIFY2(argument.find("gres") == std::string::npos
                     && argument.find("partition") == std::string::npos
                     && argument.find("--time=") == std::string::npos,
                 argument.c_str());
}

void TestJobRequest::warnsAWorkerOnlyWhenThereIsTime()
{
    auto brief = order();
    brief.timeLimitSeconds = 60;
    QVERIFY(!makeJobRequest(options(), brief)->warnBeforeEnd);
    auto site = options();
    site.timeLimitSeconds = 3600;
    QCOMPARE(makeJobRequest(site, brief)->timeLimitMinutes, 1U);
    QCOMPARE(makeJobRequest(site, order())->timeLimitMinutes, 60U);
    QVERIFY(makeJobRequest(site, order())->warnBeforeEnd);
}

void TestJobRequest::mapsCards()
{
    QCOMPARE(gresType(options(), "A100-80GB"), std::string("a100"));
    QCOMPARE(gresType(options(), "a100-80gb"), std::string("a100"));
    QCOMPARE(gresType(options(), "H200"), std::string("h200"));
    QCOMPARE(gresType(options(), "any"), std::string());
    auto wanted = order();
    wanted.resources.gpu = "L4";
    QCOMPARE(makeJobRequest(options(), wanted)->gres(), std::string("gpu:1"));
}

void TestJobRequest::refusesWhatCannotBeSaid_data()
{
    QTest::addColumn<int>("which");
    int which = 0;
    for (const char* name :
         {"no command", "relative command", "assignment as command", "null in argument",
          "variable name", "null in variable", "colon in replica", "no replica", "name", "comment",
          "node", "node option", "relative output", "line in output"})
        QTest::newRow(name) << which++;
}

void TestJobRequest::refusesWhatCannotBeSaid()
{
    QFETCH(int, which);
    auto wanted = order();
    const std::vector<std::function<void()>> spoil {
        [&] { wanted.command.clear(); },
        [&] { wanted.command[0] = "slipway-worker"; },
        [&] { wanted.command[0] = "/opt/a=b/worker"; },
        [&] { wanted.command.push_back(std::string("a\0b", 3)); },
        [&] { wanted.environment["A B"] = "1"; },
        [&] { wanted.environment["A"] = std::string("a\0b", 3); },
        [&] { wanted.replicaId = "re:1"; },
        [&] { wanted.replicaId.clear(); },
        [&] { wanted.name = "a\nb"; },
        [&] { wanted.comment = "a\x1f"; },
        [&] { wanted.excludedNodes = {"n1,n2"}; },
        [&] { wanted.excludedNodes = {"-n1"}; },
        [&] { wanted.outputFile = "log"; },
        [&] { wanted.outputFile = "/a\nb"; },
    };
    spoil[static_cast<std::size_t>(which)]();
    const auto request = makeJobRequest(options(), wanted);
    QVERIFY(!request);
    QCOMPARE(request.error().code(), ErrorCode::Invalid);
}

void TestJobRequest::refusesBadOptions_data()
{
    QTest::addColumn<QString>("tag");
    QTest::addColumn<QString>("partition");
    QTest::addColumn<QString>("option");
    QTest::addColumn<QString>("gpuType");
    QTest::newRow("no tag") << "" << "" << "" << "";
    QTest::newRow("colon in tag") << "a:b" << "" << "" << "";
    QTest::newRow("option as partition") << "a" << "--wrap" << "" << "";
    QTest::newRow("space in partition") << "a" << "a b" << "" << "";
    QTest::newRow("wrap") << "a" << "" << "--wrap=id" << "";
    QTest::newRow("export") << "a" << "" << "--export=ALL" << "";
    QTest::newRow("requeue") << "a" << "" << "--requeue" << "";
    QTest::newRow("short option") << "a" << "" << "-x" << "";
    QTest::newRow("line") << "a" << "" << "--constraint=a\nb" << "";
    QTest::newRow("gpu type") << "a" << "" << "" << "h100:8,x";
}

void TestJobRequest::refusesBadOptions()
{
    QFETCH(QString, tag);
    QFETCH(QString, partition);
    QFETCH(QString, option);
    QFETCH(QString, gpuType);
    auto bad = options();
    bad.tag = tag.toStdString();
    bad.partition = partition.toStdString();
    if (!option.isEmpty())
        bad.sbatchOptions = {option.toStdString()};
    bad.gpuTypes["H100"] = gpuType.toStdString();
    const auto engine = SlurmEngine::create(bad);
    QVERIFY(!engine);
    QCOMPARE(engine.error().code(), ErrorCode::Invalid);
}

void TestJobRequest::scriptGivesExactlyTheEnvironment()
{
    auto wanted = order();
    wanted.command = {"/usr/bin/env"};
    wanted.environment = {{"GIVEN", "1"}};
    emulator::CommandLine line;
    line.argv = {"/bin/bash", "-p", "-s"};
    line.standardInput = batchScript(wanted);
    line.environment = std::map<std::string, std::string> {{"FOO_SECRET", "x"},
                                                           {"BASH_FUNC_id%%", "() { echo evil; }"},
                                                           {"LD_PRELOAD", ""},
                                                           {"SLURM_JOB_ID", "7"},
                                                           {"CUDA_VISIBLE_DEVICES", "0,1"},
                                                           {"USER", "someone"},
                                                           {"HOME", "/home/x y"},
                                                           {"PATH", "/usr/bin:/bin"}};
    const auto output = emulator::run(line);
    QVERIFY(output);
    auto lines = QString::fromStdString(output->standardOutput)
                     .split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    lines.sort();
    QCOMPARE(lines.join(QLatin1Char('|')),
             QStringLiteral("CUDA_VISIBLE_DEVICES=0,1|GIVEN=1|HOME=/home/x "
                            "y|LOGNAME=someone|SLURM_JOB_ID=7|USER=someone"));
}

void TestJobRequest::scriptQuotesEverything()
{
    auto wanted = order();
    std::string all;
    for (int c = 1; c < 256; ++c)
        all += static_cast<char>(c);
    wanted.command = {"/usr/bin/printf", "%s|", all, "", "$(id)", "'; exit 1; '"};
    emulator::CommandLine line;
    line.argv = {"/bin/bash", "-p", "-s"};
    line.standardInput = batchScript(wanted);
    const auto output = emulator::run(line);
    QVERIFY(output);
    QCOMPARE(output->standardOutput, all + "||$(id)|'; exit 1; '|");
}

void TestJobRequest::killsAProgramThatDoesNotEnd()
{
    const FakePrograms programs;
    // It does not end when asked to, and its child keeps what it was given open.
    programs.answer("squeue", "trap '' TERM\nsleep 60 & echo $! >\"$0.child\"\nwait; wait");
    auto site = options();
    site.programFolder = programs.path();
    site.queryTimeout = std::chrono::milliseconds(300);
    const auto engine = SlurmEngine::create(site);
    QVERIFY(engine);
    const auto begin = std::chrono::steady_clock::now();
    const auto jobs = (*engine)->list();
    const auto took = std::chrono::steady_clock::now() - begin;
    if (const auto child = emulator::readFile(programs.path() + "/squeue.child"))
        ::kill(std::stoi(*child), SIGKILL);
    QVERIFY(!jobs);
    QCOMPARE(jobs.error().code(), ErrorCode::Unavailable);
    QCOMPARE(jobs.error().message(), std::string("slurmctld did not answer within 0.3 s (squeue)"));
    QVERIFY(took < std::chrono::seconds(20));
}

void TestJobRequest::asksNothingOfAnAbsentProgram()
{
    auto site = options();
    site.programFolder = "/nonexistent";
    const auto engine = SlurmEngine::create(site);
    QVERIFY(!engine);
    QCOMPARE(engine.error().code(), ErrorCode::FailedPrecondition);
    QVERIFY(engine.error().message().find("/nonexistent") != std::string::npos);
}

void TestJobRequest::reportsAFullJobTable()
{
    const FakePrograms programs;
    programs.answer("sbatch",
                    "echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and "
                    "retrying' >&2\nexec sleep 60");
    auto site = options();
    site.programFolder = programs.path();
    site.submitTimeout = std::chrono::milliseconds(1000);
    const auto engine = SlurmEngine::create(site);
    QVERIFY(engine);
    const auto id = (*engine)->submit(order());
    QVERIFY(!id);
    QVERIFY2(id.error().code() == ErrorCode::Exhausted, id.error().message().c_str());
}

void TestJobRequest::doesNotTakeWordsForAnId()
{
    const FakePrograms programs;
    auto site = options();
    site.programFolder = programs.path();
    const auto engine = SlurmEngine::create(site);
    QVERIFY(engine);
    programs.answer("sbatch", "echo 'welcome to the cluster'");
    QCOMPARE((*engine)->submit(order()).error().code(), ErrorCode::Internal);
    programs.answer("sbatch", "echo '4711;cluster'");
    QCOMPARE(*(*engine)->submit(order()), std::string("4711"));
}

void TestJobRequest::remembersWhatSlurmForgot()
{
    const FakePrograms programs;
    TestClock clock;
    auto site = options();
    site.programFolder = programs.path();
    site.clock = &clock;
    const auto engine = SlurmEngine::create(site);
    QVERIFY(engine);
    programs.answer("squeue", queueLine("7", "RUNNING", "re-7"));
    QCOMPARE((*engine)->list()->front().state, JobState::Running);
    programs.answer("squeue", "");
    programs.answer("sacct", "echo '7|NODE_FAIL|1795532866|1795532867|1800000000|9|cpu=1|n1'");
    for (int i = 0; i < 2; ++i) {
        const auto jobs = (*engine)->list();
        QVERIFY(jobs && jobs->size() == 1);
        QCOMPARE(jobs->front().state, JobState::NodeFailed);
        QCOMPARE(jobs->front().replicaId, std::string("re-7"));
        QCOMPARE(jobs->front().endedAt, 1'800'000'000'000'000);
        programs.answer("sacct", "exit 1");
    }
    clock.pass(11 * 60 * 1'000'000LL);
    QVERIFY((*engine)->list()->empty());
}

void TestJobRequest::doesNotWaitForAccountingAgainAndAgain()
{
    const FakePrograms programs;
    TestClock clock;
    auto site = options();
    site.programFolder = programs.path();
    site.clock = &clock;
    const auto engine = SlurmEngine::create(site);
    QVERIFY(engine);
    programs.answer("sacct", "echo asked >>\"$0.log\"; exit 1");
    const auto asked = [&] {
        const auto log = emulator::readFile(programs.path() + "/sacct.log");
        return log ? std::count(log->begin(), log->end(), '\n') : 0;
    };
    const auto forget = [&](const std::string& id) {
        programs.answer("squeue", queueLine(id, "RUNNING", "re-" + id));
        QVERIFY((*engine)->list());
        programs.answer("squeue", "");
        const auto jobs = (*engine)->list();
        QVERIFY(jobs);
        const auto job = std::find_if(jobs->begin(), jobs->end(),
                                      [&](const auto& candidate) { return candidate.id == id; });
        QVERIFY(job != jobs->end());
        QCOMPARE(job->state, JobState::Ended);
    };
    forget("7");
    QCOMPARE(asked(), 1);
    forget("8");
    QCOMPARE(asked(), 1);
    clock.pass(61 * 1'000'000LL);
    forget("9");
    QCOMPARE(asked(), 2);
}

QTEST_GUILESS_MAIN(TestJobRequest)
#include "tst_JobRequest.moc"
