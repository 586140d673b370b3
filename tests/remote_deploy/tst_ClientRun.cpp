// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "remote/deploy/ClientRun.h"

#include <QtTest>

#include <filesystem>

using namespace remote::deploy;
using emulator::TempDir;

/// How the stock client is run, with a program in its place.
class TestClientRun : public QObject {
    Q_OBJECT

private slots:
    void init();
    void headersCarryNonceAndCommit();
    void gitStatusIsRead();
    void verdictsAreHeldBack();
    void argumentsAndEnvironmentArrive();
    void aFailureGivesItsLastWords();
    void stopEndsIt();

private:
    void write(const std::string& script);

    std::unique_ptr<TempDir> m_folder;
    ClientRun m_run;
};

void TestClientRun::init()
{
    m_folder = std::make_unique<TempDir>(*TempDir::create());
    m_run = {};
    m_run.modal = (m_folder->path() / "modal").string();
    m_run.app = "app.py";
    m_run.nonce = "n1";
}

void TestClientRun::write(const std::string& script)
{
    QVERIFY(static_cast<bool>(
        emulator::writeFileAtomically(m_run.modal, "#!/bin/sh\n" + script, 0755)));
}

void TestClientRun::headersCarryNonceAndCommit()
{
    QCOMPARE(headersFor(m_run), std::string("x-slipway-stage:n1"));
    m_run.git = GitState {"abc", "fix,é x", true, {}};
    // No comma, no blank and nothing beyond ASCII in what the branch adds.
    QCOMPARE(headersFor(m_run), std::string("x-slipway-stage:n1,x-slipway-git:abc dirty fix____x"));
    m_run.git = GitState {}; // a repository without a commit
    QCOMPARE(headersFor(m_run), std::string("x-slipway-stage:n1"));
}

void TestClientRun::gitStatusIsRead()
{
    using namespace std::string_literals;
    const auto state = parseGitStatus("# branch.oid 0123456789abcdef\0"
                                      "# branch.head main\0"
                                      "1 .M N... 100644 100644 100644 aaa bbb with blank.py\0"
                                      "2 R. N... 100644 100644 100644 aaa bbb R100 new.py\0old.py\0"
                                      "? untracked.py\0"s);
    QCOMPARE(state.commit, std::string("0123456789abcdef"));
    QCOMPARE(state.branch, std::string("main"));
    QVERIFY(state.dirty);
    QCOMPARE(state.changedFiles,
             (std::vector<std::string> {"with blank.py", "new.py", "untracked.py"}));
    const auto fresh = parseGitStatus("# branch.oid (initial)\0# branch.head (detached)\0"s);
    QVERIFY(fresh.commit.empty() && fresh.branch.empty() && !fresh.dirty);
    QVERIFY(parseGitStatus("").commit.empty());
}

void TestClientRun::verdictsAreHeldBack()
{
    write("echo building; echo '✓ App deployed in 0.5s!'; echo; echo 'View Deployment: x'; "
          "echo slipway://app/ap-1");
    QStringList lines;
    const auto done = runClient(
        m_run, [&](std::string_view line) { lines.append(QString::fromUtf8(line)); }, {});
    QVERIFY(static_cast<bool>(done));
    QCOMPARE(lines, (QStringList {"building", ""}));
}

void TestClientRun::argumentsAndEnvironmentArrive()
{
    write("echo \"$@\"; echo $MODAL_SERVER_URL $MODAL_OVERRIDE_HEADERS");
    m_run.name = "shop";
    m_run.tag = "v2";
    m_run.environment["MODAL_SERVER_URL"] = "http://here";
    QStringList lines;
    QVERIFY(static_cast<bool>(runClient(
        m_run, [&](std::string_view line) { lines.append(QString::fromUtf8(line)); }, {})));
    QCOMPARE(
        lines,
        (QStringList {"deploy --name shop --tag v2 app.py", "http://here x-slipway-stage:n1"}));
}

void TestClientRun::aFailureGivesItsLastWords()
{
    write("echo Traceback; echo '│ ImportError: no torch │'; echo '╰───╯'; exit 1");
    const auto failed = runClient(m_run, [](std::string_view) { }, {});
    QVERIFY(!failed);
    QCOMPARE(failed.error().message(), std::string("ImportError: no torch"));
    QCOMPARE(failed.error().code(), ErrorCode::FailedPrecondition);
    m_run.modal = "/nowhere/modal";
    QVERIFY(!runClient(m_run, [](std::string_view) { }, {}));
}

void TestClientRun::stopEndsIt()
{
    write("echo waiting; exec tail -f /dev/null");
    std::stop_source stop;
    const auto failed
        = runClient(m_run, [&](std::string_view) { stop.request_stop(); }, stop.get_token());
    QVERIFY(!failed);
    QCOMPARE(failed.error().code(), ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(TestClientRun)
#include "tst_ClientRun.moc"
