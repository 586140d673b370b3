// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Zygote.h"
#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QElapsedTimer>
#include <QtTest>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

using namespace emulator;
using namespace emulator::container;
namespace fs = std::filesystem;

/// Containers forked from an interpreter that has imported already are like any other.
class TestZygote : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void forkRunsTheModule();
    void forkAndColdStartSeeTheSame();
    void importsAreDoneAlready();
    void rootIsFresh();
    void nothingLeaksFromOneToTheNext();
    void randomNumbersDiffer();
    void exitIsReported_data();
    void exitIsReported();
    void uncaughtExceptionIsShownAsPythonDoes();
    void signalReachesTheForkedProcess();
    void killEndsEveryProcess();
    void forkedIsHeldToItsMemory();
    void forkedCannotReachTheZygote();
    void networkNoneHoldsForForks();
    void childrenOutliveTheirZygote();
    void unfitPlanStartsCold_data();
    void unfitPlanStartsCold();
    void brokenPreloadStartsCold();
    void missingModuleIsReported();
    void startsQuickly();

private:
    Bench::Ended runForked(const ContainerPlan& plan);
    ContainerPlan module(const std::string& code);

    std::unique_ptr<Bench> m_bench;
    ZygotePlan m_zygote;
    int m_next = 0;
};

void TestZygote::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
    const auto library = m_bench->folder() / "library";
    fs::create_directories(library);
    // A module that takes long to import, as the runtime of the client does.
    std::ofstream(library / "slow.py") << "import asyncio, random, time, os\ntime.sleep(0.3)\n"
                                          "imported = os.getpid()\n";
    std::ofstream(library / "broken.py") << "raise ImportError('it is broken')\n";
    m_zygote.layers = {m_bench->image()};
    m_zygote.mounts = {{Mount::Kind::BindReadOnly, library, "/library"}};
    m_zygote.environment = {{"PATH", "/usr/bin:/bin"}, {"PYTHONPATH", "/library:/root"}};
    m_zygote.preload = {"slow"};
}

/// A plan that runs `code` as the module "task".
ContainerPlan TestZygote::module(const std::string& code)
{
    const auto folder = m_bench->folder() / ("code-" + std::to_string(++m_next));
    fs::create_directories(folder);
    std::ofstream(folder / "task.py") << code;
    auto plan = m_bench->shell("");
    plan.argv = {"python", "-m", "task", "one", "two"};
    plan.environment = m_zygote.environment;
    plan.mounts = m_zygote.mounts;
    plan.mounts.push_back({Mount::Kind::BindReadOnly, folder, "/root"});
    plan.workingDirectory = "/tmp";
    return plan;
}

Bench::Ended TestZygote::runForked(const ContainerPlan& plan)
{
    auto container = m_bench->launcher().launchForked(plan, m_zygote);
    if (!container)
        return {{}, {}, {}, container.error().message()};
    return Bench::finish(**container);
}

void TestZygote::forkRunsTheModule()
{
    const auto ended = runForked(module("import sys\nprint(__name__, sys.argv[1:])\n"
                                        "print('err', file=sys.stderr)"));
    QCOMPARE(ended.failure, std::string());
    QCOMPARE(ended.error, std::string("err\n"));
    QCOMPARE(ended.output, std::string("__main__ ['one', 'two']\n"));
    QCOMPARE(ended.exit.code, 0);
}

void TestZygote::forkAndColdStartSeeTheSame()
{
    auto plan = module(R"(
import __main__, os, platform, resource, sys, socket, threading
print(sys.argv, sys.orig_argv, sys.path, __spec__.name, __main__.__file__)
print(os.getcwd(), os.getuid(), os.getgid(), os.getgroups(), sorted(os.environ.items()))
print(os.umask(0), os.getsid(0) == os.getpid(), socket.gethostname(), threading.active_count())
print(sorted(os.listdir('/')), sorted(os.listdir('/dev')), sorted(os.listdir('/etc')))
print([(n, open('/proc/%s/comm' % n).read()) for n in os.listdir('/proc') if n.isdigit() and n != '1'][0][1])
print(len([n for n in os.listdir('/proc') if n.isdigit()]), sorted(os.listdir('/proc/self/fd')))
status = open('/proc/self/status').read().splitlines()
wanted = ('Cap', 'NoNewPrivs', 'Seccomp:', 'Uid', 'Gid', 'SigBlk', 'SigIgn', 'SigCgt', 'Umask')
print([line for line in status if line.startswith(wanted)])
for mount in sorted(l.split()[4:6] for l in open('/proc/self/mountinfo').read().splitlines()
                    if not l.split()[4].startswith('/proc')): print(mount)
print(resource.getrlimit(resource.RLIMIT_CORE), resource.getrlimit(resource.RLIMIT_NPROC))
print(os.readlink('/proc/self/fd/0'), sys.stdout.line_buffering, sys.stdout.encoding)
open('/tmp/made', 'w').close()
print(os.stat('/tmp/made').st_uid, sys.flags)
for line in os.popen('id; ls -la /root /dev'): pass
try: open('/proc/sys/kernel/core_pattern', 'w')
except OSError as error: print(error)
)");
    plan.user = "user";
    plan.environment["SECRET"] = "\xc3\xa9\xff";
    const auto cold = m_bench->run(plan);
    plan.id += "-forked";
    const auto forked = runForked(plan);
    QCOMPARE(cold.error, std::string());
    QCOMPARE(forked.error, std::string());
    std::istringstream forkedLines(forked.output);
    std::istringstream coldLines(cold.output);
    std::string seen;
    for (std::string expected; std::getline(coldLines, expected);) {
        std::getline(forkedLines, seen);
        QCOMPARE(seen, expected);
    }
    QVERIFY(cold.output.size() > 1000);
}

void TestZygote::importsAreDoneAlready()
{
    QElapsedTimer timer;
    timer.start();
    const auto ended = runForked(module("import slow, os\nprint(slow.imported != os.getpid())"));
    QCOMPARE(ended.output, std::string("True\n"));
    QVERIFY(timer.elapsed() < 300);
}

void TestZygote::rootIsFresh()
{
    auto plan = module("import os\nprint(sorted(os.listdir('/tmp')), os.path.exists('/made'))\n"
                       "open('/tmp/x', 'w').close(); open('/made', 'w').close()");
    QCOMPARE(runForked(plan).output, std::string("[] False\n"));
    QCOMPARE(runForked(plan).output, std::string("[] False\n"));
    QTRY_VERIFY(!fs::exists(plan.writes));
}

void TestZygote::nothingLeaksFromOneToTheNext()
{
    auto first = module("import time; print('ready', flush=True); time.sleep(100)");
    first.environment["SECRET"] = "first-secret-value";
    auto running = m_bench->launcher().launchForked(first, m_zygote);
    QVERIFY(running);
    std::array<char, 6> ready {};
    QCOMPARE(::read((*running)->standardOutput(), ready.data(), 6), 6);
    auto second = module(R"(
import os, re
found = []
# Searched backwards: this process must not hold what it looks for.
needle = b'eulav-terces-tsrif'
with open('/proc/self/mem', 'rb', 0) as memory:
    for line in open('/proc/self/maps'):
        start, end = (int(n, 16) for n in line.split()[0].split('-'))
        if 'r' not in line.split()[1] or 'vvar' in line or 'vsyscall' in line: continue
        try:
            memory.seek(start)
            if memory.read(end - start)[::-1].count(needle): found.append(line)
        except (OSError, OverflowError, ValueError): pass
print(found, os.environ.get('SECRET'), sorted(os.listdir('/proc/self/fd')))
print([n for n in os.listdir('/proc') if n.isdigit()])
)");
    second.environment["SECRET"] = "second";
    const auto ended = runForked(second);
    QCOMPARE(ended.error, std::string());
    QVERIFY2(ended.output.find("[] second ['0', '1', '2', '3']") == 0, ended.output.c_str());
}

void TestZygote::randomNumbersDiffer()
{
    const auto plan = module("import random; print(random.random())");
    const auto one = runForked(plan).output;
    const auto two = runForked(plan).output;
    QVERIFY(!one.empty());
    QVERIFY(one != two);
}

void TestZygote::exitIsReported_data()
{
    QTest::addColumn<QString>("code");
    QTest::addColumn<int>("exit");
    QTest::addColumn<int>("signal");
    QTest::newRow("sys.exit") << "import sys; sys.exit(7)" << 7 << 0;
    QTest::newRow("os._exit") << "import os; os._exit(9)" << 9 << 0;
    QTest::newRow("exception") << "raise ValueError(1)" << 1 << 0;
    QTest::newRow("signal") << "import os; os.kill(os.getpid(), 11)" << 128 + SIGSEGV << SIGSEGV;
    QTest::newRow("interrupt") << "raise KeyboardInterrupt" << 128 + SIGINT << SIGINT;
    QTest::newRow("exit hooks") << "import atexit, os; atexit.register(lambda: os._exit(4))" << 4
                                << 0;
    QTest::newRow("threads are waited for")
        << "import threading, time, os\n"
           "threading.Thread(target=lambda: (time.sleep(0.1), os._exit(5))).start()"
        << 5 << 0;
}

void TestZygote::exitIsReported()
{
    QFETCH(QString, code);
    QFETCH(int, exit);
    QFETCH(int, signal);
    const auto ended = runForked(module(code.toStdString()));
    QCOMPARE(ended.failure, std::string());
    QCOMPARE(ended.exit.code, exit);
    QCOMPARE(ended.exit.signal, signal);
}

void TestZygote::uncaughtExceptionIsShownAsPythonDoes()
{
    const auto plan = module("def f():\n    raise ValueError('why')\nf()");
    const auto ended = runForked(plan);
    QVERIFY2(ended.error.find("Traceback (most recent call last):\n") == 0, ended.error.c_str());
    QVERIFY(ended.error.find("/root/task.py\", line 2, in f") != std::string::npos);
    QVERIFY2(ended.error.find("zygote") == std::string::npos, ended.error.c_str());
    QCOMPARE(ended.error, m_bench->run(plan).error);
}

void TestZygote::signalReachesTheForkedProcess()
{
    auto container = m_bench->launcher().launchForked(
        module("import time\ntry:\n  print('ready', flush=True)\n  time.sleep(100)\n"
               "except KeyboardInterrupt: print('asked')"),
        m_zygote);
    QVERIFY(container);
    std::array<char, 6> ready {};
    QCOMPARE(::read((*container)->standardOutput(), ready.data(), 6), 6);
    QVERIFY((*container)->usage().memoryBytes > 0);
    (*container)->kill(SIGINT);
    const auto ended = Bench::finish(**container);
    QCOMPARE(ended.output, std::string("asked\n"));
    QCOMPARE(ended.exit.code, 0);
}

void TestZygote::killEndsEveryProcess()
{
    auto container = m_bench->launcher().launchForked(
        module("import os, time\nfor _ in range(3): os.fork()\ntime.sleep(100)"), m_zygote);
    QVERIFY(container);
    (*container)->kill(SIGKILL);
    const auto ended = Bench::finish(**container);
    QCOMPARE(ended.exit.signal, SIGKILL);
    QVERIFY(!ended.exit.outOfMemory);
}

void TestZygote::forkedIsHeldToItsMemory()
{
    auto plan = module("held = []\nwhile True: held.append(b'x' * (4 << 20))");
    plan.limits.memoryBytes = 128U << 20;
    const auto ended = runForked(plan);
    QVERIFY(ended.exit.outOfMemory);
    QCOMPARE(ended.exit.signal, SIGKILL);
    QCOMPARE(runForked(module("print(1)")).output, std::string("1\n"));
}

void TestZygote::forkedCannotReachTheZygote()
{
    const auto ended = runForked(module(R"(
import ctypes, os
libc = ctypes.CDLL(None)
print(libc.setns(os.open('/proc/self/ns/user', 0), 0), libc.unshare(0x10000000),
      libc.mount(b'x', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/proc/sys', 2),
      os.getppid())
for path in ['/proc/1/environ', '/proc/1/mem', '/proc/1/root/etc']:
    try: open(path).read(1); print(path)
    except OSError: pass
)"));
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("-1 -1 -1 -1 0\n"));
}

void TestZygote::networkNoneHoldsForForks()
{
    auto plan = module("import socket\nsocket.create_server(('127.0.0.1', 8000))\n"
                       "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
                       "except OSError as error: print(error.strerror)");
    plan.network = Network::None;
    QCOMPARE(runForked(plan).output, std::string("Network is unreachable\n"));
}

void TestZygote::childrenOutliveTheirZygote()
{
    // Nine others push the first zygote out; its container runs on.
    auto plan = module("import sys; print('ready', flush=True); sys.stdin.read()\n"
                       "import time; time.sleep(1); print('still here')");
    auto container = m_bench->launcher().launchForked(plan, m_zygote);
    QVERIFY(container);
    for (int i = 0; i < 9; ++i) {
        auto other = m_zygote;
        other.preload = {};
        other.environment["NUMBER"] = std::to_string(i);
        auto one = m_bench->launcher().launchForked(module("print(1)"), other);
        QVERIFY(one);
        QCOMPARE(Bench::finish(**one).output, std::string("1\n"));
    }
    QCOMPARE(Bench::finish(**container).output, std::string("ready\nstill here\n"));
}

void TestZygote::unfitPlanStartsCold_data()
{
    QTest::addColumn<QString>("difference");
    for (const char* difference : {"python variable", "mount", "no module"})
        QTest::newRow(difference) << difference;
}

void TestZygote::unfitPlanStartsCold()
{
    QFETCH(QString, difference);
    auto plan = module("import os\nprint('slow' in __import__('sys').modules)");
    if (difference == "python variable")
        plan.environment["PYTHONUNBUFFERED"] = "1";
    if (difference == "mount")
        plan.mounts.erase(plan.mounts.begin());
    if (difference == "no module")
        plan.argv = {"python", "/root/task.py"};
    QVERIFY(!whyUnfit(plan, m_zygote).empty());
    QCOMPARE(runForked(plan).output, std::string("False\n"));
}

void TestZygote::brokenPreloadStartsCold()
{
    auto broken = m_zygote;
    broken.preload = {"broken"};
    for (int i = 0; i < 2; ++i) {
        auto container = m_bench->launcher().launchForked(module("print(1)"), broken);
        QVERIFY(container);
        QCOMPARE(Bench::finish(**container).output, std::string("1\n"));
    }
    auto missing = module("print(1)");
    missing.argv[0] = "python9";
    const auto container = m_bench->launcher().launchForked(missing, m_zygote);
    QVERIFY(!container);
    QCOMPARE(container.error().code(), ErrorCode::NotFound);
}

void TestZygote::missingModuleIsReported()
{
    auto plan = module("");
    plan.argv[2] = "no_such_module";
    const auto ended = runForked(plan);
    QCOMPARE(ended.exit.code, 1);
    QVERIFY2(ended.error.find("No module named no_such_module") != std::string::npos,
             ended.error.c_str());
}

void TestZygote::startsQuickly()
{
    const auto measure = [&](bool forked) {
        std::vector<qint64> times;
        for (int i = 0; i < 15; ++i) {
            const auto plan = module("import slow, os; os.write(1, b'x')");
            QElapsedTimer timer;
            timer.start();
            auto container = forked ? m_bench->launcher().launchForked(plan, m_zygote)
                                    : m_bench->launcher().launch(plan);
            char byte = 0;
            if (container && ::read((*container)->standardOutput(), &byte, 1) == 1)
                times.push_back(timer.nsecsElapsed() / 1000);
        }
        std::sort(times.begin(), times.end());
        return times.empty() ? -1.0 : static_cast<double>(times[times.size() / 2]) / 1000;
    };
    const double cold = measure(false);
    const double forked = measure(true);
    qInfo(
        "launch to the first line of the module: cold %.1f ms (300 of them asleep), forked %.1f ms",
        cold, forked);
    QVERIFY(cold > 0 && forked > 0);
}

int main(int argc, char** argv)
{
    return containerTestMain<TestZygote>(argc, argv);
}
#include "tst_Zygote.moc"
