// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Subprocess.h"
#include "emulator/container/Kernel.h"
#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QtTest>

#include <poll.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <thread>

using namespace emulator;
using namespace emulator::container;

namespace {

int parentOf(int pid)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("PPid:", 0) == 0)
            return std::atoi(line.c_str() + 5);
    return 0;
}

bool endsWithin(const UniqueFd& process, int milliseconds)
{
    pollfd source {process.get(), POLLIN, 0};
    return ::poll(&source, 1, milliseconds) == 1;
}

} // namespace

/// Starting, ending and describing containers.
class TestLauncher : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void exitCodeIsTheProgrammes_data();
    void exitCodeIsTheProgrammes();
    void bothStreamsArrive();
    void environmentIsThePlansAlone();
    void runsWhereAndWhoThePlanSays();
    void hostnameIsThePlans();
    void outputOpensAgainByName();
    void signalReachesTheFirstProcess();
    void killEndsEveryProcess();
    void orphansEndWithTheFirstProcess();
    void waitingCanBeStopped();
    void droppedContainerEnds();
    void manyStartAtOnce();
    void missingProgramIsNamed();
    void wrongPlanIsRefused_data();
    void wrongPlanIsRefused();
    void containersDieWithTheHelper();
    void containersDieWithTheWorker();

private:
    std::unique_ptr<Bench> m_bench;
};

void TestLauncher::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
    for (const auto& note : m_bench->launcher().capability().notes)
        qInfo("%s", note.c_str());
}

void TestLauncher::exitCodeIsTheProgrammes_data()
{
    QTest::addColumn<QString>("script");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("signal");
    QTest::newRow("success") << "exit 0" << 0 << 0;
    QTest::newRow("failure") << "exit 7" << 7 << 0;
    QTest::newRow("signal") << "kill -SEGV $$" << 128 + SIGSEGV << SIGSEGV;
    QTest::newRow("default of SIGTERM") << "kill -TERM $$" << 128 + SIGTERM << SIGTERM;
}

void TestLauncher::exitCodeIsTheProgrammes()
{
    QFETCH(QString, script);
    QFETCH(int, code);
    QFETCH(int, signal);
    const auto ended = m_bench->run(m_bench->shell(script.toStdString()));
    QCOMPARE(ended.failure, std::string());
    QCOMPARE(ended.exit.code, code);
    QCOMPARE(ended.exit.signal, signal);
    QVERIFY(!ended.exit.outOfMemory);
}

void TestLauncher::bothStreamsArrive()
{
    const auto ended = m_bench->run(m_bench->shell("echo out; echo err >&2"));
    QCOMPARE(ended.output, std::string("out\n"));
    QCOMPARE(ended.error, std::string("err\n"));
}

void TestLauncher::environmentIsThePlansAlone()
{
    auto plan = m_bench->shell("env");
    plan.argv = {"env"};
    plan.environment = {{"PATH", "/bin"}, {"BYTES", "\xff\xfe"}, {"EMPTY", ""}};
    QCOMPARE(m_bench->run(plan).output, std::string("BYTES=\xff\xfe\nEMPTY=\nPATH=/bin\n"));
}

void TestLauncher::runsWhereAndWhoThePlanSays()
{
    auto plan = m_bench->shell("readlink /proc/self/cwd; id -u; id -g; id -G");
    plan.user = "user";
    plan.workingDirectory = "/etc";
    const bool oneId = m_bench->launcher().capability().way == Capability::Way::SingleId;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    if (oneId)
        QVERIFY(ended.output.rfind("/etc\n0\n0\n0", 0) == 0);
    else
        QCOMPARE(ended.output, std::string("/etc\n1000\n1000\n1000 2000\n"));
    plan = m_bench->shell("id -u; id -g");
    plan.user = "42:43";
    QCOMPARE(m_bench->run(plan).output, std::string(oneId ? "0\n0\n" : "42\n43\n"));
}

void TestLauncher::hostnameIsThePlans()
{
    const auto ended
        = m_bench->run(m_bench->shell("hostname; cat /etc/hostname; grep box /etc/hosts"));
    QCOMPARE(ended.output, std::string("box\nbox\n127.0.1.1 box\n"));
}

void TestLauncher::outputOpensAgainByName()
{
    auto plan = m_bench->shell("echo named > /dev/stdout");
    plan.user = "user";
    QCOMPARE(m_bench->run(plan).output, std::string("named\n"));
}

void TestLauncher::signalReachesTheFirstProcess()
{
    auto plan
        = m_bench->shell("trap 'echo asked; exit 5' INT; echo ready; while :; do sleep 0.01; done");
    auto container = m_bench->launcher().launch(plan);
    QVERIFY(container);
    std::array<char, 6> ready {};
    QCOMPARE(::read((*container)->standardOutput(), ready.data(), 6), 6);
    (*container)->kill(SIGINT);
    const auto ended = Bench::finish(**container);
    QCOMPARE(ended.output, std::string("asked\n"));
    QCOMPARE(ended.exit.code, 5);
}

void TestLauncher::killEndsEveryProcess()
{
    auto container = m_bench->launcher().launch(m_bench->shell("sleep 100 & sleep 100"));
    QVERIFY(container);
    QVERIFY((*container)->pid() > 0);
    (*container)->kill(SIGKILL);
    const auto ended = Bench::finish(**container); // the streams end: nobody holds them
    QCOMPARE(ended.exit.code, 128 + SIGKILL);
    QCOMPARE(ended.exit.signal, SIGKILL);
}

void TestLauncher::orphansEndWithTheFirstProcess()
{
    const auto ended = m_bench->run(m_bench->shell("(sleep 100 &) ; sleep 100 & exit 3"));
    QCOMPARE(ended.exit.code, 3);
}

void TestLauncher::waitingCanBeStopped()
{
    auto container = m_bench->launcher().launch(m_bench->shell("sleep 100"));
    QVERIFY(container);
    std::stop_source stop;
    std::thread stopper([&] { stop.request_stop(); });
    const auto ended = (*container)->wait(stop.get_token());
    stopper.join();
    QVERIFY(!ended);
    QCOMPARE(ended.error().code(), ErrorCode::Cancelled);
    QCOMPARE(::kill((*container)->pid(), 0), 0);
}

void TestLauncher::droppedContainerEnds()
{
    auto container = m_bench->launcher().launch(m_bench->shell("sleep 100"));
    QVERIFY(container);
    const auto process = kernel::openProcess((*container)->pid());
    QVERIFY(process);
    container = Error(ErrorCode::Cancelled, "dropped");
    QVERIFY(endsWithin(*process, 5000));
}

void TestLauncher::manyStartAtOnce()
{
    std::vector<ContainerPlan> plans;
    for (int i = 0; i < 20; ++i)
        plans.push_back(m_bench->shell("exit " + std::to_string(i)));
    std::vector<int> codes(plans.size(), -1);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < plans.size(); ++i)
        threads.emplace_back([&, i] { codes[i] = m_bench->run(plans[i]).exit.code; });
    for (auto& thread : threads)
        thread.join();
    for (std::size_t i = 0; i < plans.size(); ++i)
        QCOMPARE(codes[i], static_cast<int>(i));
}

void TestLauncher::missingProgramIsNamed()
{
    auto plan = m_bench->shell("");
    plan.argv = {"no-such-program"};
    const auto missing = m_bench->launcher().launch(plan);
    QVERIFY(!missing);
    QCOMPARE(missing.error().code(), ErrorCode::NotFound);
    QVERIFY(
        missing.error().message().find("start " + plan.id + ": no-such-program: no such program")
        == 0);
    QVERIFY(!std::filesystem::exists(plan.writes / "etc"));
}

void TestLauncher::wrongPlanIsRefused_data()
{
    QTest::addColumn<QString>("field");
    for (const char* field : {"id", "argv", "layers", "writes", "cwd", "target", "variable"})
        QTest::newRow(field) << field;
}

void TestLauncher::wrongPlanIsRefused()
{
    QFETCH(QString, field);
    auto plan = m_bench->shell("true");
    if (field == "id")
        plan.id = "../up";
    if (field == "argv")
        plan.argv = {};
    if (field == "layers")
        plan.layers = {};
    if (field == "writes")
        plan.writes = "relative";
    if (field == "cwd")
        plan.workingDirectory = "relative";
    if (field == "target")
        plan.mounts = {{Mount::Kind::Tmpfs, {}, "relative"}};
    if (field == "variable")
        plan.environment["a=b"] = "c";
    const auto refused = m_bench->launcher().launch(plan);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code(), ErrorCode::Invalid);
}

void TestLauncher::containersDieWithTheHelper()
{
    std::string why;
    auto bench = Bench::create(why);
    auto container = bench->launcher().launch(bench->shell("sleep 100"));
    QVERIFY(container);
    const int init = parentOf((*container)->pid());
    const int helper = parentOf(init);
    const auto process = kernel::openProcess((*container)->pid());
    QVERIFY(process);
    QCOMPARE(::kill(helper, SIGKILL), 0);
    QVERIFY(endsWithin(*process, 5000));
    const auto ended = (*container)->wait({});
    QVERIFY(!ended);
    QCOMPARE(ended.error().code(), ErrorCode::Unavailable);
    const auto next = bench->launcher().launch(bench->shell("true"));
    QVERIFY(!next);
    QCOMPARE(next.error().code(), ErrorCode::Unavailable);
}

void TestLauncher::containersDieWithTheWorker()
{
    std::array<int, 2> ends {-1, -1};
    QCOMPARE(::pipe(ends.data()), 0);
    CommandLine command;
    command.argv = {"/proc/self/exe", "--worker"};
    auto worker = Subprocess::start(command, -1, ends[1], 2);
    QVERIFY(worker);
    ::close(ends[1]);
    const UniqueFd output(ends[0]);
    std::array<char, 32> text {};
    QVERIFY(::read(output.get(), text.data(), text.size() - 1) > 0);
    const auto process = kernel::openProcess(std::atoi(text.data()));
    QVERIFY(process);
    (*worker).kill(SIGKILL);
    QVERIFY(endsWithin(*process, 5000));
}

/// A worker that starts one container, says its pid and stays.
static int beWorker()
{
    std::string why;
    auto bench = Bench::create(why);
    if (!bench)
        return 1;
    auto container = bench->launcher().launch(bench->shell("sleep 100"));
    if (!container)
        return 1;
    std::cout << (*container)->pid() << std::endl;
    return (*container)->wait({}) ? 0 : 1;
}

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--worker")
        return beWorker();
    return containerTestMain<TestLauncher>(argc, argv);
}
#include "tst_Launcher.moc"
