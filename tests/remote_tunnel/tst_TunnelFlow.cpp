// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/remote_tunnel/SshServer.h"
#include "tests/support/Emulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using support::Emulator;
using support::Finished;
using support::SshServer;

/// Two homes: one here, one that is reached through a real ssh. What the user types is typed.
class TestTunnelFlow : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void failedAdditionLeavesNothing();
    void addsThroughSsh();
    void addsAgainWithoutSendingAgain();
    void computesOverThere();
    void blobsGoThroughTheTunnel();
    void runSurvivesALostLine();
    void runSurvivesADeadDaemon();
    void testNamesEachStep();
    void testNamesTheStepThatFails_data();
    void testNamesTheStepThatFails();
    void unknownTargetIsExplained();
    void socketIsATargetToo();
    void removedTargetIsForgotten();

private:
    [[nodiscard]] QStringList addBox(const QStringList& way) const
    {
        return QStringList {"cluster", "add", "box"} + way
            + QStringList {"--home", m_far.path(), "--json"};
    }
    [[nodiscard]] Finished far(const QStringList& arguments) const;
    [[nodiscard]] qint64 farDaemon() const;
    void runWithTrouble(const std::function<void()>& trouble);

    std::unique_ptr<SshServer> m_server;
    std::unique_ptr<Emulator> m_near;
    QTemporaryDir m_far {QStringLiteral("/tmp/slip-far-XXXXXX")};
};

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))

namespace {

/// State and text of a step in the lines that --json printed.
QJsonObject stepOf(const Finished& finished, const QString& name)
{
    QJsonObject found;
    for (const auto& line : finished.output.split(QLatin1Char('\n')))
        if (const auto step = QJsonDocument::fromJson(line.toUtf8()).object();
            step["step"].toString() == name)
            found = step;
    return found;
}

} // namespace

void TestTunnelFlow::initTestCase()
{
    m_server = std::make_unique<SshServer>();
    if (!m_server->failure().isEmpty())
        QSKIP(qPrintable(m_server->failure()));
    m_near = std::make_unique<Emulator>(QStringLiteral("1.6.4"));
    QVERIFY2(m_near->ready(), qPrintable(m_near->failure()));
}

void TestTunnelFlow::cleanupTestCase()
{
    m_near.reset();
    static_cast<void>(far({QStringLiteral("down")}));
}

Finished TestTunnelFlow::far(const QStringList& arguments) const
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("SLIPWAY_HOME"), m_far.path());
    process.setProcessEnvironment(environment);
    process.start(m_far.filePath(QStringLiteral("programs/current/bin/slip")), arguments);
    Finished finished;
    if (process.waitForFinished(60'000))
        finished.code = process.exitCode();
    finished.output = QString::fromUtf8(process.readAllStandardOutput());
    finished.errors = QString::fromUtf8(process.readAllStandardError());
    return finished;
}

qint64 TestTunnelFlow::farDaemon() const
{
    const auto status = far({QStringLiteral("status"), QStringLiteral("--json")});
    return QJsonDocument::fromJson(status.output.toUtf8()).object()["pid"].toInteger();
}

void TestTunnelFlow::failedAdditionLeavesNothing()
{
    const auto added = m_near->slip(addBox(m_server->wayWithWrongKey()), 60);
    QCOMPARE(added.code, 3);
    QCOMPARE(stepOf(added, "host")["state"].toString(), QString("failed"));
    const auto list = m_near->slip({"cluster", "list", "--json"}, 60);
    QCOMPARE(QJsonDocument::fromJson(list.output.toUtf8()).array().size(), 1); // local
}

void TestTunnelFlow::addsThroughSsh()
{
    const auto added = m_near->slip(addBox(m_server->way()), 300);
    VERIFY_SHOWING(added.code == 0, added);
    for (const char* step :
         {"ssh", "host", "programs", "settings", "control plane", "engine", "round trip", "target"})
        VERIFY_SHOWING(stepOf(added, step)["state"].toString() == "ok", added);
    VERIFY_SHOWING(stepOf(added, "programs")["text"].toString().contains("sent"), added);
    VERIFY_SHOWING(added.output.contains("all_bytes"), added);

    const auto list = m_near->slip({"cluster", "list", "--json"}, 60);
    const auto box = QJsonDocument::fromJson(list.output.toUtf8()).array().at(1).toObject();
    QCOMPARE(box["name"].toString(), QString("box"));
    QCOMPARE(box["state"].toString(), QString("connected"));
    VERIFY_SHOWING(!list.all().contains("as-"), list); // no secret in a list
}

void TestTunnelFlow::addsAgainWithoutSendingAgain()
{
    const auto before = farDaemon();
    const auto added = m_near->slip(addBox(m_server->way()), 300);
    VERIFY_SHOWING(added.code == 0, added);
    VERIFY_SHOWING(stepOf(added, "programs")["text"].toString().contains("was there"), added);
    QCOMPARE(farDaemon(), before); // nothing has changed: it runs on
}

void TestTunnelFlow::computesOverThere()
{
    const auto run = m_near->slip(
        {"exec", "--target", "box", "--", "modal", "run", Emulator::app("hello.py")}, 600);
    VERIFY_SHOWING(run.code == 0, run);
    VERIFY_SHOWING(run.output.contains("in the container: 12"), run);
    VERIFY_SHOWING(run.output.contains("square: 144"), run);
    const auto there = m_near->slip({"apps", "--target", "box"}, 60);
    VERIFY_SHOWING(there.output.contains("hello"), there);
    const auto here = m_near->slip({"apps"}, 60);
    VERIFY_SHOWING(!here.output.contains("hello"), here);
    const auto environment = m_near->slip({"env", "--target", "box"}, 60);
    const auto own = m_near->slip({"env"}, 60);
    QVERIFY(environment.output.contains("MODAL_SERVER_URL"));
    QVERIFY(environment.output != own.output);
}

void TestTunnelFlow::blobsGoThroughTheTunnel()
{
    const auto run = m_near->slip({"run", "--target", "box", Emulator::app("blobs.py")}, 600);
    VERIFY_SHOWING(run.code == 0, run);
    VERIFY_SHOWING(run.all().contains("blobs are whole"), run);
}

/// A run that something happens to after twenty of its results.
void TestTunnelFlow::runWithTrouble(const std::function<void()>& trouble)
{
    const auto process = m_near->start({"run", "--target", "box", Emulator::app("long_map.py")});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT(
        (output += process->readAllStandardOutput(), output.contains("twenty are in")), 120000);
    trouble();
    QVERIFY(process->waitForFinished(180000));
    output += process->readAllStandardOutput();
    QVERIFY2(process->exitCode() == 0 && output.contains("each exactly once"),
             (output + process->readAllStandardError()).constData());
}

void TestTunnelFlow::runSurvivesALostLine()
{
    runWithTrouble([this] {
        const auto clients = SshServer::clientsOf(m_near->home(), m_near->daemonPid());
        QVERIFY(!clients.isEmpty());
        for (const auto pid : clients)
            ::kill(static_cast<pid_t>(pid), SIGKILL);
    });
}

void TestTunnelFlow::runSurvivesADeadDaemon()
{
    qint64 before = 0;
    runWithTrouble([&] {
        before = farDaemon();
        QVERIFY(before > 0);
        ::kill(static_cast<pid_t>(before), SIGKILL);
    });
    QVERIFY(farDaemon() > 0);
    QVERIFY(farDaemon() != before);
}

void TestTunnelFlow::testNamesEachStep()
{
    const auto test = m_near->slip({"cluster", "test", "box"}, 120);
    VERIFY_SHOWING(test.code == 0, test);
    for (const char* step :
         {"ssh", "host", "programs", "control plane", "engine", "nodes", "registry", "round trip"})
        VERIFY_SHOWING(test.output.contains(step), test);
    VERIFY_SHOWING(!test.output.contains("failed"), test);
}

void TestTunnelFlow::testNamesTheStepThatFails_data()
{
    QTest::addColumn<QString>("trouble");
    QTest::addColumn<QString>("step");
    QTest::addColumn<QString>("says");
    QTest::newRow("wrong host") << "host" << "host" << "Could not resolve";
    QTest::newRow("wrong key") << "key" << "host" << "Permission denied";
    QTest::newRow("programs missing") << "programs" << "programs" << "cluster add";
    QTest::newRow("daemon broken") << "daemon" << "control plane" << "credentials.json";
}

void TestTunnelFlow::testNamesTheStepThatFails()
{
    QFETCH(QString, trouble);
    QFETCH(QString, step);
    QFETCH(QString, says);
    const QString list = m_near->home() + "/targets.json";
    const QString credentials = m_far.filePath("credentials.json");
    const QString current = m_far.filePath("programs/current");
    QFile::copy(list, list + ".good");
    const auto change = [](const QString& path, const QByteArray& from, const QByteArray& to) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        auto text = file.readAll();
        file.close();
        QVERIFY(text.contains(from));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.replace(from, to));
    };
    if (trouble == "host")
        change(list, "\"address\": \"127.0.0.1\"", "\"address\": \"nowhere.invalid\"");
    else if (trouble == "key")
        change(list, "/user\"", "/other\"");
    else if (trouble == "programs")
        QVERIFY(QFile::rename(current, current + ".away"));
    else {
        static_cast<void>(far({"down"}));
        QVERIFY(QFile::rename(credentials, credentials + ".away"));
        QFile broken(credentials);
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("{");
    }
    const auto test = m_near->slip({"cluster", "test", "box", "--json"}, 120);
    const auto offline = trouble == "daemon" ? m_near->slip({"apps", "--target", "box"}, 120)
                                             : Finished {3, {}, {}};

    QFile::remove(list);
    QFile::rename(list + ".good", list);
    if (trouble == "programs")
        QFile::rename(current + ".away", current);
    if (trouble == "daemon") {
        QFile::remove(credentials);
        QFile::rename(credentials + ".away", credentials);
    }
    VERIFY_SHOWING(test.code == 3, test);
    const auto failed = stepOf(test, step);
    VERIFY_SHOWING(failed["state"].toString() == "failed", test);
    VERIFY_SHOWING((failed["text"].toString() + failed["fix"].toString()).contains(says), test);
    VERIFY_SHOWING(!failed["fix"].toString().isEmpty(), test);
    VERIFY_SHOWING(offline.code == 3, offline);
}

void TestTunnelFlow::unknownTargetIsExplained()
{
    const auto apps = m_near->slip({"apps", "--target", "nope"}, 60);
    QCOMPARE(apps.code, 3);
    VERIFY_SHOWING(apps.errors.contains("box"), apps);
}

void TestTunnelFlow::socketIsATargetToo()
{
    const auto back = m_near->slip({"cluster", "reconnect", "box"}, 60);
    VERIFY_SHOWING(back.code == 0, back);
    const auto added = m_near->slip(
        {"cluster", "add", "beside", "--socket", m_far.filePath("run/connect.sock")}, 60);
    VERIFY_SHOWING(added.code == 0, added);
    const auto apps = m_near->slip({"apps", "--target", "beside"}, 60);
    VERIFY_SHOWING(apps.output.contains("hello"), apps);
}

void TestTunnelFlow::removedTargetIsForgotten()
{
    QCOMPARE(m_near->slip({"cluster", "remove", "beside"}, 60).code, 0);
    const auto apps = m_near->slip({"apps", "--target", "beside"}, 60);
    QCOMPARE(apps.code, 3);
    QVERIFY(farDaemon() > 0); // it goes on over there
}

QTEST_GUILESS_MAIN(TestTunnelFlow)
#include "tst_TunnelFlow.moc"
