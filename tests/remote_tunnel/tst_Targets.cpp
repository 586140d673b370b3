// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "remote/tunnel/Hello.h"
#include "remote/tunnel/Line.h"
#include "remote/tunnel/Targets.h"

#include <QtTest>

using namespace emulator;
using namespace remote::tunnel;
namespace fs = std::filesystem;

class TestTargets : public QObject {
    Q_OBJECT

private slots:
    void init();
    void whatIsAddedIsFoundAgain();
    void removingWhatIsNotThereNamesTheOthers();
    void namesAreChecked_data();
    void namesAreChecked();
    void damagedFileIsNamed();
    void addressIsNoOption();
    void helloSurvivesTheWire();
    void sshIsExplained_data();
    void sshIsExplained();
    void textIsQuotedForAnyShell();

private:
    std::optional<TempDir> m_home;
};

void TestTargets::init()
{
    m_home.emplace(*TempDir::create());
    fs::create_directories(m_home->path() / "run");
}

void TestTargets::whatIsAddedIsFoundAgain()
{
    const auto& home = m_home->path();
    QVERIFY(Targets::load(home)->empty());
    const Target target {
        "hpc", Target::Kind::Ssh, "me@login1", {"Port=2222", "User=it's me"}, "/home/me/.slipway",
        40'001};
    QVERIFY(Targets::add(home, target));
    QVERIFY(Targets::add(home, {"box", Target::Kind::Socket, "/run/x.sock"}));
    const auto found = Targets::find(home, "hpc");
    QVERIFY(found);
    QCOMPARE(found->address, target.address);
    QVERIFY(found->sshOptions == target.sshOptions);
    QCOMPARE(found->home, target.home);
    QCOMPARE(found->port, target.port);
    QVERIFY(Targets::find(home, "box")->kind == Target::Kind::Socket);
    using fs::perms;
    QCOMPARE(fs::status(home / "targets.json").permissions()
                 & (perms::group_all | perms::others_all),
             perms::none);
    auto moved = target;
    moved.address = "login2";
    QVERIFY(Targets::add(home, moved));
    QCOMPARE(Targets::load(home)->size(), 2U);
    QCOMPARE(Targets::find(home, "hpc")->address, std::string("login2"));
}

void TestTargets::removingWhatIsNotThereNamesTheOthers()
{
    const auto& home = m_home->path();
    QVERIFY(Targets::add(home, {"hpc", Target::Kind::Ssh, "login1"}));
    const auto removed = Targets::remove(home, "hcp");
    QVERIFY(!removed);
    QVERIFY(removed.error().message().find("hpc") != std::string::npos);
    QVERIFY(Targets::remove(home, "hpc"));
    QVERIFY(Targets::load(home)->empty());
}

void TestTargets::namesAreChecked_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<bool>("good");
    QTest::newRow("plain") << QByteArray("hpc-2") << true;
    QTest::newRow("local") << QByteArray("local") << false;
    QTest::newRow("empty") << QByteArray() << false;
    QTest::newRow("path") << QByteArray("../x") << false;
    QTest::newRow("capitals") << QByteArray("HPC") << false;
    QTest::newRow("option") << QByteArray("-x") << false;
    QTest::newRow("long") << QByteArray(25, 'x') << false;
}

void TestTargets::namesAreChecked()
{
    QFETCH(QByteArray, name);
    QFETCH(bool, good);
    QCOMPARE(static_cast<bool>(Targets::checkName(name.toStdString())), good);
}

void TestTargets::damagedFileIsNamed()
{
    for (const char* text : {"{", "[]", R"({"targets": [{"name": 7}]})",
                             R"({"targets": [{"name": "../x", "address": "y"}]})"}) {
        QVERIFY(writeFileAtomically(m_home->path() / "targets.json", text));
        const auto targets = Targets::load(m_home->path());
        QVERIFY(!targets);
        QVERIFY(targets.error().message().find("targets.json is damaged") != std::string::npos);
    }
}

void TestTargets::addressIsNoOption()
{
    QVERIFY(!Targets::add(m_home->path(), {"hpc", Target::Kind::Ssh, "-oProxyCommand=id"}));
}

void TestTargets::helloSurvivesTheWire()
{
    Hello hello {"0.1.0",           "/h",  "http://127.0.0.1:1",      "ak-1", "as-2", "slurm",
                 {"api", "studio"}, "url", "https://registry.example"};
    const auto back = Hello::parse(hello.toJson());
    QVERIFY(back);
    QCOMPARE(back->tokenSecret, hello.tokenSecret);
    QVERIFY(back->services == hello.services);
    QCOMPARE(back->registryUrl, hello.registryUrl);
    for (const char* text : {"", "[]", "{}", R"({"version": 1, "token_id": []})"})
        QVERIFY(!Hello::parse(text));
}

void TestTargets::sshIsExplained_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<int>("obstacle");
    QTest::addColumn<QByteArray>("says");
    const auto row
        = [](const char* name, int code, const char* words, Obstacle obstacle, const char* says) {
              QTest::newRow(name) << code << QByteArray(words) << static_cast<int>(obstacle)
                                  << QByteArray(says);
          };
    row("no ssh", -1, "", Obstacle::Ssh, "install an ssh client");
    row("name", 255, "ssh: Could not resolve hostname hpc: Name or service not known\r\n",
        Obstacle::Host, "check the name");
    row("key", 255, "Welcome\nme@hpc: Permission denied (publickey).\r\n", Obstacle::Host,
        "`ssh hpc` must work");
    row("port", 255, "ssh: connect to host hpc port 22: Connection refused\r\n", Obstacle::Host,
        "Connection refused");
    row("host key", 255, "Host key verification failed.\r\n", Obstacle::Host, "`ssh hpc` once");
    row("programs", 127, "bash: slipwayd: No such file or directory", Obstacle::Programs,
        "cluster add");
    row("daemon", 3, "slipwayd: the daemon did not start: no space", Obstacle::ControlPlane,
        "no space");
}

void TestTargets::sshIsExplained()
{
    QFETCH(int, code);
    QFETCH(QByteArray, words);
    QFETCH(int, obstacle);
    QFETCH(QByteArray, says);
    const Ssh ssh({"hpc", Target::Kind::Ssh, "hpc"}, m_home->path());
    const auto fault = ssh.explain(code, words.toStdString());
    QCOMPARE(static_cast<int>(fault.obstacle), obstacle);
    const auto all = fault.toError().message();
    QVERIFY2(all.find(says.toStdString()) != std::string::npos, all.c_str());
}

void TestTargets::textIsQuotedForAnyShell()
{
    QCOMPARE(quoted("it's $HOME"), std::string("'it'\\''s $HOME'"));
    QCOMPARE(connectCommand({"x", Target::Kind::Ssh, "h", {}, "/a"}),
             std::string(R"(exec sh -lc 'exec '\''/a/programs/current/bin/slipwayd'\'')"
                         R"( connect --stdio --home '\''/a'\''')"));
}

QTEST_GUILESS_MAIN(TestTargets)
#include "tst_Targets.moc"
