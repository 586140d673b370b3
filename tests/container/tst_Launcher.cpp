// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QtTest>

#include <csignal>

using namespace emulator;
using namespace emulator::container;

/// Starting, ending and describing containers.
class TestLauncher : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void exitCodeIsTheProgrammes_data();
    void exitCodeIsTheProgrammes();
    void bothStreamsArrive();

private:
    std::unique_ptr<Bench> m_bench;
};

void TestLauncher::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
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

CONTAINER_TEST_MAIN(TestLauncher)
#include "tst_Launcher.moc"
