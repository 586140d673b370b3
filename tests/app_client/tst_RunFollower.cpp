// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/client/RunFollower.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <memory>
#include <mutex>

using namespace app::client;

class TestRunFollower : public QObject {
    Q_OBJECT

private slots:
    void init();
    void followsARunToItsEnd();
    void takesUpWhatGoesOn();
    void takesUpWhatHasEnded();
    void knowsAKilledClient();
    void sendsSignals();
    void leavesForeignProcessesAlone();
    void saysThatAProgramIsMissing();
    void dropsOldRuns();

private:
    /// A run of a `slip` that is a shell script; $record is where it writes its exit code.
    RunRecord begin(const QString& script, const QString& id = QStringLiteral("r1"));

    /// What a follower has told so far. Thread-safe.
    struct Seen {
        std::mutex mutex;
        QByteArray text[2];
        bool ended = false;
        std::optional<int> code;
    };
    struct Watch {
        std::shared_ptr<Seen> seen = std::make_shared<Seen>();
        std::unique_ptr<RunFollower> follower;
        bool ended()
        {
            const std::scoped_lock lock(seen->mutex);
            return seen->ended;
        }
        QByteArray text(int descriptor)
        {
            const std::scoped_lock lock(seen->mutex);
            return seen->text[descriptor - 1];
        }
    };
    static Watch watch(const RunRecord& record);

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestRunFollower::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
}

RunRecord TestRunFollower::begin(const QString& script, const QString& id)
{
    QFile program(m_folder->filePath("slip"));
    if (program.open(QIODevice::WriteOnly)) {
        program.write("#!/bin/sh\nrecord=$5\n" + script.toUtf8());
        program.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        program.close();
    }
    RunRequest request;
    request.slip = program.fileName();
    request.runs = m_folder->filePath("runs");
    request.runId = id;
    request.folder = m_folder->path();
    request.file = m_folder->filePath("app.py");
    request.function = "f";
    request.arguments = QStringList {"--x", "1"};
    const auto record = startDetached(request);
    if (!record)
        qFatal("%s", record.error().message().c_str());
    return *record;
}

TestRunFollower::Watch TestRunFollower::watch(const RunRecord& record)
{
    Watch made;
    made.follower = std::make_unique<RunFollower>(
        record,
        RunFollower::Listener {[seen = made.seen](int descriptor, const QByteArray& piece) {
                                   const std::scoped_lock lock(seen->mutex);
                                   seen->text[descriptor - 1] += piece;
                               },
                               [seen = made.seen](std::optional<int> code) {
                                   const std::scoped_lock lock(seen->mutex);
                                   seen->code = code;
                                   seen->ended = true;
                               }});
    return made;
}

void TestRunFollower::followsARunToItsEnd()
{
    auto run = watch(begin("echo \"$@\"; echo wrong >&2; printf 3 >\"$record\"; exit 3\n"));
    QTRY_VERIFY(run.ended());
    QCOMPARE(run.seen->code, std::optional(3));
    const auto said = run.text(1);
    QVERIFY2(said.startsWith("run --run-id r1 --exit-file ") && said.endsWith("app.py::f --x 1\n"),
             said.constData());
    QCOMPARE(run.text(2), QByteArray("wrong\n"));
}

void TestRunFollower::takesUpWhatGoesOn()
{
    QCOMPARE(QProcess::execute("mkfifo", {m_folder->filePath("go")}), 0);
    const auto record = begin("echo one; read word <go; echo two; printf 0 >\"$record\"\n");
    {
        auto first = watch(record);
        QTRY_COMPARE(first.text(1), QByteArray("one\n"));
    } // the window goes; the run does not
    const auto read = RunRecord::read(record.folder);
    QVERIFY(read);
    QCOMPARE(read->request.function, QString("f"));
    QCOMPARE(read->request.arguments, record.request.arguments);
    QCOMPARE(read->pid, record.pid);
    auto second = watch(*read);
    QTRY_COMPARE(second.text(1), QByteArray("one\n"));
    QVERIFY(!second.ended());
    QFile go(m_folder->filePath("go"));
    QVERIFY(go.open(QIODevice::WriteOnly));
    go.write("go\n");
    go.close();
    QTRY_VERIFY(second.ended());
    QCOMPARE(second.text(1), QByteArray("one\ntwo\n"));
    QCOMPARE(second.seen->code, std::optional(0));
}

void TestRunFollower::takesUpWhatHasEnded()
{
    const auto record = begin("echo all; printf 0 >\"$record\"\n");
    {
        auto first = watch(record);
        QTRY_VERIFY(first.ended());
    }
    auto second = watch(record);
    QTRY_VERIFY(second.ended());
    QCOMPARE(second.text(1), QByteArray("all\n"));
    QCOMPARE(second.seen->code, std::optional(0));
}

void TestRunFollower::knowsAKilledClient()
{
    auto run = watch(begin("echo one; kill -9 $$\n"));
    QTRY_VERIFY(run.ended());
    QCOMPARE(run.seen->code, std::optional<int>());
    QCOMPARE(run.text(1), QByteArray("one\n"));
}

void TestRunFollower::sendsSignals()
{
    auto run = watch(begin("trap 'printf 130 >\"$record\"; exit 130' INT; echo ready; while :; do "
                           ":; done\n"));
    QTRY_COMPARE(run.text(1), QByteArray("ready\n"));
    run.follower->signal(SIGINT);
    QTRY_VERIFY(run.ended());
    QCOMPARE(run.seen->code, std::optional(130));
}

void TestRunFollower::leavesForeignProcessesAlone()
{
    auto record = begin("printf 0 >\"$record\"\n");
    {
        auto first = watch(record);
        QTRY_VERIFY(first.ended());
    }
    // The number of the client belongs to this test by now.
    record.pid = QCoreApplication::applicationPid();
    auto second = watch(record);
    second.follower->signal(SIGKILL);
    QTRY_VERIFY(second.ended());
}

void TestRunFollower::saysThatAProgramIsMissing()
{
    RunRequest request;
    request.slip = m_folder->filePath("nowhere");
    request.runs = m_folder->filePath("runs");
    request.runId = "r1";
    const auto started = startDetached(request);
    QVERIFY(!started);
    QCOMPARE(started.error().code(), emulator::ErrorCode::NotFound);
    QVERIFY(started.error().message().find("nowhere could not be started") != std::string::npos);
    QVERIFY(!RunRecord::read(m_folder->filePath("runs/r2")));
}

void TestRunFollower::dropsOldRuns()
{
    for (int i = 0; i < 4; ++i) {
        auto run = watch(begin("printf 0 >\"$record\"\n", QString::number(i)));
        QTRY_VERIFY(run.ended());
    }
    auto live = begin("while :; do :; done\n", "live");
    for (int i = 4; i < 6; ++i) {
        auto run = watch(begin("printf 0 >\"$record\"\n", QString::number(i)));
        QTRY_VERIFY(run.ended());
    }
    dropOldRuns(m_folder->filePath("runs"), 2);
    QVERIFY(QDir(live.folder).exists()); // old, but it goes on
    QVERIFY(QDir(m_folder->filePath("runs")).count() - 2 <= 3);
    auto watched = watch(live);
    watched.follower->signal(SIGKILL);
    QTRY_VERIFY(watched.ended());
}

QTEST_GUILESS_MAIN(TestRunFollower)
#include "tst_RunFollower.moc"
