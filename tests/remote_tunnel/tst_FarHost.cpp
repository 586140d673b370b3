// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"
#include "remote/tunnel/FarHost.h"

#include <QtTest>

using namespace emulator;
using namespace remote::tunnel;
namespace fs = std::filesystem;

class TestFarHost : public QObject {
    Q_OBJECT

private slots:
    void readsWhatTheProbePrints();
    void cutAnswersAreNoAnswers();
    void probeRunsInAnyShell_data();
    void probeRunsInAnyShell();
    void comparesVersionsByNumber();
};

void TestFarHost::readsWhatTheProbePrints()
{
    const auto host
        = FarHost::parse("Last login: never\nsystem=noise\nslipway-probe\nsystem=Linux\n"
                         "machine=x86_64\nglibc=2.36\nhome=/home/me\nmissing=gzip\n"
                         "current=0.1.0-aa\nversion=0.1.0\ninstalled=0.1.0-aa\n"
                         "installed=0.0.9-bb\nrunning=/x/slipwayd\nslipway-settings\n"
                         "{\n  \"engine\": \"slurm\"\n}\nslipway-end\n");
    QVERIFY(host);
    QCOMPARE(host->system, std::string("Linux"));
    QCOMPARE(host->glibc, std::string("2.36"));
    QCOMPARE(host->missingTools.size(), 1U);
    QCOMPARE(host->installed.size(), 2U);
    QCOMPARE(host->running, std::string("/x/slipwayd"));
    QCOMPARE(host->settings, std::string("{\n  \"engine\": \"slurm\"\n}\n"));
}

void TestFarHost::cutAnswersAreNoAnswers()
{
    for (const char* text :
         {"", "slipway-probe\n", "slipway-probe\nsystem=Linux\nslipway-settings\n",
          "slipway-end\nslipway-settings\nslipway-probe\n"})
        QVERIFY(!FarHost::parse(text));
}

void TestFarHost::probeRunsInAnyShell_data()
{
    QTest::addColumn<QByteArray>("home");
    QTest::addColumn<QByteArray>("found");
    QTest::newRow("usual") << QByteArray() << QByteArray("/.local/share/slipway-cluster");
    QTest::newRow("tilde") << QByteArray("~/far") << QByteArray("/far");
    QTest::newRow("relative") << QByteArray("far it's") << QByteArray("/far it's");
}

void TestFarHost::probeRunsInAnyShell()
{
    QFETCH(QByteArray, home);
    QFETCH(QByteArray, found);
    const auto folder = TempDir::create();
    const auto printed = run({.argv = {"sh", "-s"},
                              .extraEnvironment = {{"HOME", folder->path().string()}},
                              .standardInput = probeScript(home.toStdString())});
    QVERIFY(printed);
    const auto host = FarHost::parse(printed->standardOutput);
    QVERIFY2(host, printed->standardError.c_str());
    QCOMPARE(host->home, folder->path().string() + found.toStdString());
    QVERIFY(host->current.empty() && host->installed.empty() && host->settings.empty());
    QVERIFY(!host->system.empty() && !host->machine.empty());
}

void TestFarHost::comparesVersionsByNumber()
{
    QVERIFY(atLeast("2.36", "2.36"));
    QVERIFY(atLeast("2.36", "2.9"));
    QVERIFY(!atLeast("2.9", "2.36"));
    QVERIFY(atLeast("2.36.1", "2.36"));
    QVERIFY(!atLeast("2.36", "3"));
}

QTEST_GUILESS_MAIN(TestFarHost)
#include "tst_FarHost.moc"
