// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using support::Emulator;

/// The stock client, unmodified, in two versions, against the programs of this build. All flows of
/// a version share one emulator; each app asserts for itself, and prints what the row expects.
class TestFlows : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void appRuns_data();
    void appRuns();
    void appFails_data();
    void appFails();
    void traceOfTheUserIsShown();
    void mapSurvivesKillOfTheDaemon_data();
    void mapSurvivesKillOfTheDaemon();
    void mapSurvivesKillOfTheWorker();
    void costAndLogsAreKept();
    void apiTableNamesWhatIsRefused();
    void sampleComputesAPicture();
    void twoHomesSideBySide();
    void secondDaemonIsRefused();
    void portInUseIsExplained();
    void doctorSaysHowContainersRun();
    void damagedDatabaseIsExplainedAndKept();

private:
    [[nodiscard]] support::Finished run(const QString& app, const QStringList& arguments = {})
    {
        return m_emulator->slip(QStringList {"run", Emulator::app(app)} + arguments);
    }

    std::unique_ptr<Emulator> m_emulator;
};

namespace {

const QStringList clients {"1.6.4", "1.5.5"};

void addRows(const QList<QList<QString>>& rows)
{
    QTest::addColumn<QString>("client");
    QTest::addColumn<QString>("app");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QStringList>("expected");
    for (const auto& client : clients)
        for (const auto& row : rows)
            QTest::addRow("%s %s %s", qPrintable(client), qPrintable(row[0]), qPrintable(row[1]))
                << client << row[0] << row[1].split(' ', Qt::SkipEmptyParts) << row.mid(2);
}

void show(const support::Finished& finished)
{
    if (QTest::currentTestFailed())
        qInfo().noquote() << finished.all();
}

} // namespace

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))

void TestFlows::initTestCase()
{
    m_emulator = std::make_unique<Emulator>(clients.first());
    QVERIFY2(m_emulator->ready(), qPrintable(m_emulator->failure()));
}

void TestFlows::cleanupTestCase()
{
    m_emulator.reset();
}

void TestFlows::appRuns_data()
{
    addRows({
        {"hello.py", "", "in the container: 12", "square: 144"},
        {"map.py", "", "mapped 200"},
        {"generator.py", "", "generated 20"},
        {"exception.py", "", "caught ValueError", "map kept the others"},
        {"lifecycle.py", "", "entered", "class done", "leaving with 110"},
        {"spawn.py", "", "spawned"},
        {"blobs.py", "", "blobs are whole"},
        {"secret.py", "", "secrets kept"},
        {"retries.py", "", "retried"},
        {"images.py", "", "images are right"},
        {"escape.py", "--host-file " SLIPWAY_SOURCE_DIR "/README.md",
         "nothing of the host is here"},
        {"faults.py", "--what timeout", "timeout: FunctionTimeoutError", "the app goes on"},
        {"faults.py", "--what oom", "memory", "the app goes on"},
        {"faults.py", "--what crash", "3", "the app goes on"},
    });
}

void TestFlows::appRuns()
{
    QFETCH(QString, client);
    QFETCH(QString, app);
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, expected);
    m_emulator->useClient(client);
    const auto finished = run(app, arguments);
    VERIFY_SHOWING(finished.code == 0, finished);
    for (const auto& text : expected)
        VERIFY_SHOWING(finished.all().contains(text), finished);
    show(finished);
}

void TestFlows::appFails_data()
{
    addRows({
        {"bad_gpu.py", "", "H900", "H100", "L40S", "T4"},
        {"exception.py", "--no-catch", "ValueError", "no good: uncaught"},
    });
}

void TestFlows::appFails()
{
    QFETCH(QString, client);
    QFETCH(QString, app);
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, expected);
    m_emulator->useClient(client);
    const auto finished = run(app, arguments);
    VERIFY_SHOWING(finished.code == 1, finished);
    for (const auto& text : expected)
        VERIFY_SHOWING(finished.all().contains(text), finished);
}

void TestFlows::traceOfTheUserIsShown()
{
    m_emulator->useClient(clients.first());
    const auto finished = run("exception.py", {"--no-catch"});
    VERIFY_SHOWING(finished.all().contains("exception.py"), finished);
    VERIFY_SHOWING(finished.all().contains("inner"), finished);
}

void TestFlows::mapSurvivesKillOfTheDaemon_data()
{
    QTest::addColumn<QString>("client");
    for (const auto& client : clients)
        QTest::addRow("%s", qPrintable(client)) << client;
}

void TestFlows::mapSurvivesKillOfTheDaemon()
{
    QFETCH(QString, client);
    m_emulator->useClient(client);
    const auto process = m_emulator->start({"run", Emulator::app("long_map.py")});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT(
        (output += process->readAllStandardOutput(), output.contains("twenty are in")), 120000);
    const auto before = m_emulator->daemonPid();
    QVERIFY(before > 0);
    QCOMPARE(::kill(static_cast<pid_t>(before), SIGKILL), 0);
    const auto up = m_emulator->slip({"up"}, 60);
    VERIFY_SHOWING(up.code == 0, up);
    QVERIFY(m_emulator->daemonPid() != before);
    QVERIFY(process->waitForFinished(180000));
    output += process->readAllStandardOutput();
    QVERIFY2(process->exitCode() == 0 && output.contains("each exactly once"),
             (output + process->readAllStandardError()).constData());
}

void TestFlows::mapSurvivesKillOfTheWorker()
{
    m_emulator->useClient(clients.first());
    const auto process = m_emulator->start({"run", Emulator::app("long_map.py")});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT(
        (output += process->readAllStandardOutput(), output.contains("twenty are in")), 120000);
    const auto worker = m_emulator->workerPid();
    QVERIFY(worker > 0);
    QCOMPARE(::kill(static_cast<pid_t>(worker), SIGKILL), 0);
    QVERIFY(process->waitForFinished(180000));
    output += process->readAllStandardOutput();
    QVERIFY2(process->exitCode() == 0 && output.contains("each exactly once"),
             (output + process->readAllStandardError()).constData());
    QVERIFY(m_emulator->workerPid() != worker);
}

void TestFlows::costAndLogsAreKept()
{
    const auto run = m_emulator->slip({"run", "--json", Emulator::app("hello.py")});
    VERIFY_SHOWING(run.code == 0, run);
    const auto lines = run.output.trimmed().split('\n');
    const auto record = QJsonDocument::fromJson(lines.last().toUtf8()).object();
    const auto app = record["app_id"].toString();
    VERIFY_SHOWING(app.startsWith("ap-"), run);
    VERIFY_SHOWING(record["task_seconds"].toDouble() > 0, run);
    const auto logs = m_emulator->slip({"logs", app});
    VERIFY_SHOWING(logs.output.contains("in the container: 12"), logs);
    const auto cost = m_emulator->slip({"cost", app});
    VERIFY_SHOWING(cost.output.contains("square"), cost);
    const auto tasks = m_emulator->slip({"tasks", app});
    VERIFY_SHOWING(tasks.output.contains("finished"), tasks);
}

void TestFlows::apiTableNamesWhatIsRefused()
{
    const auto table = m_emulator->slip({"api"});
    VERIFY_SHOWING(table.output.contains("FunctionMap"), table);
    const auto missing = m_emulator->slip({"api", "--missing"});
    VERIFY_SHOWING(missing.output.contains("VolumePutFiles2"), missing);
    VERIFY_SHOWING(!missing.output.contains("FunctionMap "), missing);
    const auto refused = m_emulator->slip({"exec", "--", "modal", "volume", "create", "v"});
    VERIFY_SHOWING(refused.code != 0, refused);
    VERIFY_SHOWING(refused.all().contains("VolumeGetOrCreate"), refused);
}

void TestFlows::sampleComputesAPicture()
{
    m_emulator->useClient(clients.first());
    const QTemporaryDir folder;
    const auto picture = folder.filePath("fractal.png");
    const auto finished
        = m_emulator->slip({"run", SLIPWAY_SOURCE_DIR "/resources/samples/fractal/app.py",
                            "--output", picture, "--width", "160", "--height", "100"});
    VERIFY_SHOWING(finished.code == 0, finished);
    VERIFY_SHOWING(finished.all().contains("H100"), finished);
    // A second of an H100 is more than a thousandth of a dollar: the ledger cannot miss it.
    const auto cost = m_emulator->slip({"cost", "--by", "gpu", "--json"});
    VERIFY_SHOWING(cost.output.contains("H100"), cost);
    for (const QJsonValue line : QJsonDocument::fromJson(cost.output.toUtf8()).array())
        if (line["gpu"].toString() == "H100")
            VERIFY_SHOWING(line["cost_micros"].toInteger() > 0, cost);
    QFile file(picture);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto bytes = file.readAll();
    QVERIFY(bytes.startsWith("\x89PNG"));
    QVERIFY(bytes.size() > 2000); // more than one colour
}

void TestFlows::twoHomesSideBySide()
{
    const Emulator other(clients.first());
    QVERIFY2(other.ready(), qPrintable(other.failure()));
    QVERIFY(other.daemonPid() != m_emulator->daemonPid());
    const auto here = m_emulator->slip({"env"});
    const auto there = other.slip({"env"});
    QVERIFY(here.output != there.output);
    const auto apps = other.slip({"apps", "--json"});
    QCOMPARE(apps.output.trimmed(), QString("[]"));
}

void TestFlows::secondDaemonIsRefused()
{
    QProcess second;
    second.start(SLIPWAY_BINARY_DIR "/bin/slipwayd", {"--home", m_emulator->home()});
    QVERIFY(second.waitForFinished(20000));
    QCOMPARE(second.exitCode(), 3);
    QVERIFY(second.readAllStandardError().contains("already serves"));
}

void TestFlows::portInUseIsExplained()
{
    const auto status = m_emulator->slip({"status", "--json"});
    const auto url = QUrl(QJsonDocument::fromJson(status.output.toUtf8())["server_url"].toString());
    const QTemporaryDir home(QStringLiteral("/tmp/slip-XXXXXX"));
    QProcess second;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SLIPWAY_PORT", QString::number(url.port()));
    second.setProcessEnvironment(environment);
    second.start(SLIPWAY_BINARY_DIR "/bin/slipwayd", {"--home", home.path()});
    QVERIFY(second.waitForFinished(20000));
    QCOMPARE(second.exitCode(), 3);
    QVERIFY(second.readAllStandardError().contains("in use"));
}

void TestFlows::doctorSaysHowContainersRun()
{
    const auto doctor = m_emulator->slip({"doctor"});
    VERIFY_SHOWING(doctor.code == 0, doctor);
    VERIFY_SHOWING(doctor.output.contains("containers"), doctor);
    VERIFY_SHOWING(doctor.output.contains("limited by"), doctor);
}

void TestFlows::damagedDatabaseIsExplainedAndKept()
{
    const Emulator other(clients.first());
    QVERIFY2(other.ready(), qPrintable(other.failure()));
    const auto down = other.slip({"down"}, 60);
    VERIFY_SHOWING(down.code == 0, down);
    QFile database(other.home() + "/slipway.db");
    QVERIFY(database.open(QIODevice::ReadWrite));
    const QByteArray damage(8192, '!');
    database.write(damage);
    database.close();

    const auto up = other.slip({"up"}, 60);
    VERIFY_SHOWING(up.code == 3, up);
    VERIFY_SHOWING(up.errors.contains("slipway.db"), up);
    QVERIFY(database.open(QIODevice::ReadOnly));
    QVERIFY(database.readAll().startsWith(damage)); // never overwritten
}

QTEST_GUILESS_MAIN(TestFlows)
#include "tst_Flows.moc"
