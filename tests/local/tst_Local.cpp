// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/local/Credentials.h"
#include "emulator/local/Home.h"
#include "emulator/local/HomeLock.h"
#include "emulator/local/WorkerSupervisor.h"

#include <QtTest>

#include <csignal>

using namespace emulator;
using namespace emulator::local;

class TestLocal : public QObject {
    Q_OBJECT

private slots:
    void credentialsStayTheSame();
    void damagedCredentialsAreNamed();
    void homeThatIsTooLongIsRefused();
    void lockHasOneHolderAndNamesIt();
    void killedWorkerIsReplaced();
};

void TestLocal::credentialsStayTheSame()
{
    const auto home = TempDir::create();
    auto first = Credentials::load(home->path());
    QVERIFY(first);
    first->port = 4711;
    QVERIFY(first->save(home->path()));
    const auto second = Credentials::load(home->path());
    QCOMPARE(second->tokenSecret, first->tokenSecret);
    QCOMPARE(second->serverUrl(), std::string("http://127.0.0.1:4711"));
    using std::filesystem::perms;
    QCOMPARE(std::filesystem::status(home->path() / "credentials.json").permissions()
                 & (perms::group_all | perms::others_all),
             perms::none);
}

void TestLocal::damagedCredentialsAreNamed()
{
    const auto home = TempDir::create();
    QVERIFY(writeFileAtomically(home->path() / "credentials.json", "{"));
    const auto result = Credentials::load(home->path());
    QVERIFY(!result);
    QVERIFY(result.error().message().find("credentials.json is damaged") != std::string::npos);
}

void TestLocal::homeThatIsTooLongIsRefused()
{
    qputenv("SLIPWAY_HOME", QByteArray("/tmp/") + QByteArray(80, 'x'));
    const auto home = Home::find();
    qunsetenv("SLIPWAY_HOME");
    QVERIFY(!home);
    QVERIFY(home.error().message().find("choose a shorter path") != std::string::npos);
}

void TestLocal::lockHasOneHolderAndNamesIt()
{
    const auto home = TempDir::create();
    const auto path = home->path() / "daemon.lock";
    QCOMPARE(HomeLock::holder(path), 0);
    {
        const auto held = HomeLock::take(path);
        QVERIFY(held);
        QCOMPARE(HomeLock::holder(path), static_cast<int>(::getpid()));
        const auto second = HomeLock::take(path);
        QVERIFY(!second);
        QVERIFY(second.error().message().find(std::to_string(::getpid())) != std::string::npos);
    }
    QCOMPARE(HomeLock::holder(path), 0);
}

void TestLocal::killedWorkerIsReplaced()
{
    const auto home = TempDir::create();
    const auto lock = home->path() / "worker.lock";
    const auto script
        = "exec 9<>" + lock.string() + "; flock 9; echo $$ >" + lock.string() + "; exec sleep 1000";
    WorkerSupervisor supervisor(lock, {.argv = {"bash", "-c", script}, .dieWithParent = true},
                                home->path() / "worker.log");
    const auto running = [&] {
        const int pid = HomeLock::holder(lock);
        return pid > 0 && std::filesystem::exists("/proc/" + std::to_string(pid)) ? pid : 0;
    };
    QTRY_VERIFY_WITH_TIMEOUT(running() > 0, 20000);
    const int first = running();
    ::kill(first, SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(running() > 0 && running() != first, 20000);
    supervisor.end();
    QCOMPARE(HomeLock::holder(lock), 0);
}

QTEST_GUILESS_MAIN(TestLocal)
#include "tst_Local.moc"
