// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Limiter.h"
#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QtTest>

#include <sys/sysinfo.h>

#include <csignal>

using namespace emulator;
using namespace emulator::container;

/// Memory, processes and processor time are held to the plan's limits, and measured.
class TestLimits : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void memoryHogEndsAsOutOfMemory();
    void memoryBelowTheLimitIsFine();
    void sharedMemoryCountsToo();
    void forkBombIsContained();
    void processorTimeIsMeasured();
    void usageShowsMemory();
    void halfAProcessor();
    void groupsAreFound_data();
    void groupsAreFound();

private:
    std::unique_ptr<Bench> m_bench;
};

void TestLimits::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
}

void TestLimits::memoryHogEndsAsOutOfMemory()
{
    auto plan = m_bench->python("held = []\nwhile True: held.append(b'x' * (4 << 20))");
    plan.limits.memoryBytes = 128U << 20;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.failure, std::string());
    QVERIFY(ended.exit.outOfMemory);
    QCOMPARE(ended.exit.signal, SIGKILL);
    QVERIFY(ended.exit.usage.memoryPeakBytes > 100U << 20);
}

void TestLimits::memoryBelowTheLimitIsFine()
{
    auto plan = m_bench->python("held = b'x' * (32 << 20)");
    plan.limits.memoryBytes = 128U << 20;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.exit.code, 0);
    QVERIFY(!ended.exit.outOfMemory);
}

void TestLimits::sharedMemoryCountsToo()
{
    auto plan = m_bench->python(R"(
with open('/dev/shm/hog', 'wb') as file:
    try:
        while True: file.write(b'x' * (1 << 20))
    except OSError as error: print(error.errno)
)");
    plan.limits.memoryBytes = 64U << 20;
    const auto ended = m_bench->run(plan);
    QVERIFY(ended.exit.outOfMemory || ended.output == "28\n");
}

void TestLimits::forkBombIsContained()
{
    auto plan = m_bench->python(R"(
import os, time
made = 0
try:
    for _ in range(1000):
        if os.fork() == 0:
            time.sleep(100)
        made += 1
except BlockingIOError:
    pass
print(made < 64)
)");
    plan.limits.processes = 64;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("True\n"));
}

void TestLimits::processorTimeIsMeasured()
{
    const auto ended
        = m_bench->run(m_bench->python("import time\nwhile time.process_time() < 0.3: pass"));
    QVERIFY(ended.exit.usage.cpuMicros > 250'000);
}

void TestLimits::usageShowsMemory()
{
    auto plan = m_bench->python("import sys\nheld = b'x' * (64 << 20)\nprint('ready', flush=True)\n"
                                "import time; time.sleep(100)");
    auto container = m_bench->launcher().launch(plan);
    QVERIFY(container);
    std::array<char, 6> ready {};
    QCOMPARE(::read((*container)->standardOutput(), ready.data(), 6), 6);
    const auto usage = (*container)->usage();
    QVERIFY(usage.memoryBytes > 60U << 20);
    QVERIFY(usage.memoryBytes < 200U << 20);
    QVERIFY(usage.memoryPeakBytes >= usage.memoryBytes);
    QVERIFY(usage.cpuMicros > 0);
}

void TestLimits::halfAProcessor()
{
    if (m_bench->watched())
        QSKIP("without cgroups processors are not shared out");
    auto plan = m_bench->python("import time\nend = time.monotonic() + 0.5\n"
                                "while time.monotonic() < end: pass\nprint(time.process_time())");
    plan.limits.cpus = 0.2;
    const auto ended = m_bench->run(plan);
    QVERIFY(std::stod(ended.output) < 0.3);
}

void TestLimits::groupsAreFound_data()
{
    QTest::addColumn<QString>("cgroup");
    QTest::addColumn<QString>("mounts");
    QTest::addColumn<QString>("folder");
    QTest::newRow("version 2")
        << "0::/user.slice/app.scope\n"
        << "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
        << "/sys/fs/cgroup/user.slice/app.scope";
    QTest::newRow("version 1")
        << "4:memory:/a/b\n"
        << "31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        << "/sys/fs/cgroup/memory/a/b";
    QTest::newRow("of a container")
        << "4:cpu,cpuacct:/docker/1/in\n"
        << "31 24 0:27 /docker/1 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n"
        << "/sys/fs/cgroup/cpu/in";
}

void TestLimits::groupsAreFound()
{
    QFETCH(QString, cgroup);
    QFETCH(QString, mounts);
    QFETCH(QString, folder);
    const auto found = hierarchies(cgroup.toStdString(), mounts.toStdString());
    QCOMPARE(found.size(), std::size_t {1});
    QCOMPARE(found[0].folder.string(), folder.toStdString());
}

int main(int argc, char** argv)
{
    return containerTestMain<TestLimits>(argc, argv);
}
#include "tst_Limits.moc"
