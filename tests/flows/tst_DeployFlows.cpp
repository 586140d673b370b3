// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using support::Emulator;

/// Versions of an app on this machine with the stock client: planned, tried out, made live, called
/// from other processes, rolled back, held back.
class TestDeployFlows : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanupTestCase() { m_emulator.reset(); }
    void planChangesNothing();
    void deployNeedsAYesOrATerminal();
    void deployMakesTheFirstVersion();
    void oneChangedLineMakesTheNext();
    void aFailingImportLeavesTheLiveVersion();
    void aFailingEnterHookLeavesTheLiveVersion();
    void interruptEndsTheProbe();
    void rollbackRepeatsTheFirst();
    void stockClientKnowsTheVersions_data();
    void stockClientKnowsTheVersions();
    void stockDeployIsLiveAtOnce();
    void aStagingSurvivesTheDaemonsDeath();
    void budgetHoldsBackAndResumes();
    void stopEndsTheApp();

private:
    /// The app with one line replaced, in a project folder of its own.
    [[nodiscard]] QString write(const QString& from = {}, const QString& to = {});
    [[nodiscard]] support::Finished call(const QStringList& arguments, int seconds = 120);
    [[nodiscard]] support::Finished modal(const QStringList& arguments)
    {
        return m_emulator->slip(QStringList {"exec", "--", "modal"} + arguments);
    }
    [[nodiscard]] QJsonArray deployments();
    [[nodiscard]] QJsonObject newest() { return deployments().first().toObject(); }

    std::unique_ptr<Emulator> m_emulator;
    QTemporaryDir m_project;
};

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))

namespace {

const QStringList clients {"1.6.4", "1.5.5"};

QList<QJsonObject> eventsOf(const QString& output)
{
    QList<QJsonObject> events;
    for (const auto& line : output.split('\n', Qt::SkipEmptyParts))
        events.append(QJsonDocument::fromJson(line.toUtf8()).object());
    return events;
}

} // namespace

void TestDeployFlows::initTestCase()
{
    m_emulator = std::make_unique<Emulator>(clients.first());
    QVERIFY2(m_emulator->ready(), qPrintable(m_emulator->failure()));
}

void TestDeployFlows::init()
{
    m_emulator->useClient(clients.first());
}

QString TestDeployFlows::write(const QString& from, const QString& to)
{
    QFile source(Emulator::app("deploy/shop.py"));
    [[maybe_unused]] const bool opened = source.open(QIODevice::ReadOnly);
    auto text = QString::fromUtf8(source.readAll());
    if (!from.isEmpty() && !text.contains(from))
        return {};
    text.replace(from.isEmpty() ? QStringLiteral("\r") : from, to);
    QFile file(m_project.filePath("shop.py"));
    [[maybe_unused]] const bool made = file.open(QIODevice::WriteOnly);
    file.write(text.toUtf8());
    return file.fileName();
}

support::Finished TestDeployFlows::call(const QStringList& arguments, int seconds)
{
    return m_emulator->slip(
        QStringList {"exec", "--", m_emulator->python(), Emulator::app("deploy/call.py")}
            + arguments,
        seconds);
}

QJsonArray TestDeployFlows::deployments()
{
    const auto list = m_emulator->slip({"deployments", "shop", "--json"});
    return QJsonDocument::fromJson(list.output.toUtf8()).array();
}

void TestDeployFlows::planChangesNothing()
{
    const auto plan = m_emulator->slip({"deploy", write(), "--plan", "--json"});
    VERIFY_SHOWING(plan.code == 0, plan);
    const auto json = QJsonDocument::fromJson(plan.output.toUtf8()).object();
    QCOMPARE(json["app"].toString(), QString("shop"));
    QCOMPARE(json["live_version"].toInt(), 0);
    QCOMPARE(json["next_version"].toInt(), 1);
    QCOMPARE(json["functions"].toArray().size(), 3);
    for (const QJsonValue function : json["functions"].toArray())
        QCOMPARE(function["change"].toString(), QString("new"));
    QVERIFY(json["price_micros_per_hour"].toInteger() > 0);
    QVERIFY(json["blockers"].toArray().isEmpty());
    QVERIFY(deployments().isEmpty());
    const auto apps = m_emulator->slip({"apps", "--json"});
    QCOMPARE(apps.output.trimmed(), QString("[]"));
}

void TestDeployFlows::deployNeedsAYesOrATerminal()
{
    const auto asked = m_emulator->slip({"deploy", write()});
    VERIFY_SHOWING(asked.code == 2, asked);
    VERIFY_SHOWING(asked.errors.contains("--yes"), asked);
}

void TestDeployFlows::deployMakesTheFirstVersion()
{
    const auto deploy = m_emulator->slip({"deploy", write(), "--yes", "--json", "--tag", "one"});
    VERIFY_SHOWING(deploy.code == 0, deploy);
    const auto events = eventsOf(deploy.output);
    VERIFY_SHOWING(events.last()["event"].toString() == "result", deploy);
    VERIFY_SHOWING(events.last()["ok"].toBool(), deploy);
    QCOMPARE(events.last()["version"].toInt(), 1);
    QStringList done;
    bool planned = false;
    for (const auto& event : events) {
        planned = planned || event["event"].toString() == "plan";
        if (event["state"].toString() == "done" || event["state"].toString() == "skipped")
            done.append(event["stage"].toString());
    }
    QVERIFY(planned);
    QCOMPARE(done, (QStringList {"build", "push", "register", "submit", "probe", "live"}));
    // The container of the probe is there for the first call.
    const auto tasks = m_emulator->slip({"tasks", "--live", "--json"});
    QCOMPARE(QJsonDocument::fromJson(tasks.output.toUtf8()).array().size(), 1);
    auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 42"), called);
    called = call({"Model.infer", "5"});
    VERIFY_SHOWING(called.output.contains("infer 15"), called);
}

void TestDeployFlows::oneChangedLineMakesTheNext()
{
    const auto file = write("x * 2", "x * 2 + 1");
    const auto plan = m_emulator->slip({"deploy", file, "--plan", "--json"});
    const auto json = QJsonDocument::fromJson(plan.output.toUtf8()).object();
    for (const QJsonValue function : json["functions"].toArray()) {
        QCOMPARE(function["change"].toString(), QString("changed"));
        QCOMPARE(function["what"].toArray(), (QJsonArray {"code"}));
    }
    const auto deploy
        = m_emulator->slip({"deploy", file, "--yes", "--strategy", "recreate", "--tag", "two"});
    VERIFY_SHOWING(deploy.code == 0, deploy);
    VERIFY_SHOWING(deploy.output.contains("version 2 is live"), deploy);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 43"), called);
    const auto versions = deployments();
    QCOMPARE(versions.size(), 2);
    QCOMPARE(versions[0]["state"].toString(), QString("live"));
    QCOMPARE(versions[0]["strategy"].toString(), QString("recreate"));
    QCOMPARE(versions[1]["state"].toString(), QString("superseded"));
    QCOMPARE(versions[1]["replicas"].toInt(), 0);
    const auto difference = m_emulator->slip({"deployments", "shop", "--diff", "1", "2"});
    VERIFY_SHOWING(difference.output.contains("code"), difference);
}

void TestDeployFlows::aFailingImportLeavesTheLiveVersion()
{
    // Here the module can be imported, in the container it cannot.
    const auto file = write("app = modal.App(\"shop\")",
                            "app = modal.App(\"shop\")\nif not modal.is_local():\n"
                            "    import no_such_module");
    const auto deploy = m_emulator->slip({"deploy", file, "--yes", "--json"});
    VERIFY_SHOWING(deploy.code == 1, deploy);
    const auto result = eventsOf(deploy.output).last();
    QCOMPARE(result["ok"].toBool(), false);
    QCOMPARE(result["stage"].toString(), QString("probe"));
    VERIFY_SHOWING(result["why"].toString().contains("no_such_module"), deploy);
    QCOMPARE(result["live_version"].toInt(), 2);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 43"), called);
    QCOMPARE(deployments().size(), 2);
}

void TestDeployFlows::aFailingEnterHookLeavesTheLiveVersion()
{
    const auto file = write("self.factor = 3", "raise RuntimeError(\"weights are missing\")");
    const auto deploy = m_emulator->slip({"deploy", file, "--yes"});
    VERIFY_SHOWING(deploy.code == 1, deploy);
    VERIFY_SHOWING(deploy.errors.contains("weights are missing"), deploy);
    VERIFY_SHOWING(deploy.errors.contains("version 2 is live as before"), deploy);
    const auto called = call({"Model.infer", "5"});
    VERIFY_SHOWING(called.output.contains("infer 15"), called);
}

void TestDeployFlows::interruptEndsTheProbe()
{
    const auto file
        = write("self.factor = 3", "import time; print(\"loading\", flush=True); time.sleep(60)");
    const auto process = m_emulator->start({"deploy", file, "--yes", "--json"});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT(
        (output += process->readAllStandardOutput(), output.contains(" starts")), 120000);
    process->terminate();
    QVERIFY(process->waitForFinished(30000));
    output += process->readAllStandardOutput();
    QVERIFY2(process->exitCode() == 130, output.constData());
    QCOMPARE(deployments().size(), 2);
    const auto settled = [this] {
        const auto tasks = m_emulator->slip({"tasks", "--live", "--json"});
        for (const QJsonValue task : QJsonDocument::fromJson(tasks.output.toUtf8()).array())
            if (task["state"].toString() == "starting")
                return false;
        return true;
    };
    QTRY_VERIFY_WITH_TIMEOUT(settled(), 60000);
}

void TestDeployFlows::rollbackRepeatsTheFirst()
{
    const auto back = m_emulator->slip({"rollback", "shop", "1", "--json"});
    VERIFY_SHOWING(back.code == 0, back);
    const auto record = QJsonDocument::fromJson(back.output.toUtf8()).object();
    QCOMPARE(record["version"].toInt(), 3);
    QCOMPARE(record["repeats"].toInt(), 1);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 42"), called);
    QCOMPARE(newest()["rolled_back_to"].toInt(), 1);
    const auto none = m_emulator->slip({"rollback", "shop", "9"});
    VERIFY_SHOWING(none.code == 2, none);
    VERIFY_SHOWING(none.errors.contains("no version 9"), none);
}

void TestDeployFlows::stockClientKnowsTheVersions_data()
{
    QTest::addColumn<QString>("client");
    for (const auto& client : clients)
        QTest::addRow("%s", qPrintable(client)) << client;
}

void TestDeployFlows::stockClientKnowsTheVersions()
{
    QFETCH(QString, client);
    m_emulator->useClient(client);
    auto done = modal({"app", "list"});
    VERIFY_SHOWING(done.code == 0 && done.output.contains("deployed"), done);
    const auto before = deployments().size();
    done = modal({"app", "history", "shop", "--json"});
    VERIFY_SHOWING(done.code == 0, done);
    const auto history = QJsonDocument::fromJson(done.output.toUtf8()).array();
    VERIFY_SHOWING(history.size() == before, done);
    done = modal({"app", "logs", "shop"});
    VERIFY_SHOWING(done.code == 0 && done.output.contains("pricing 21"), done);
    done = modal({"app", "logs", "shop", "--since", "1h", "--search", "pricing"});
    VERIFY_SHOWING(done.code == 0 && done.output.contains("pricing 21"), done);
    done = modal({"app", "rollback", "shop"});
    VERIFY_SHOWING(done.code == 0, done);
    QCOMPARE(deployments().size(), before + 1);
    QVERIFY(newest()["rolled_back_to"].toInt() == before - 1);
    done = modal({"app", "rollback", "shop", "v1", "--strategy", "recreate"});
    VERIFY_SHOWING(done.code == 0, done);
    done = modal({"app", "rollover", "shop"});
    VERIFY_SHOWING(done.code == 0, done);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 42"), called);
}

void TestDeployFlows::stockDeployIsLiveAtOnce()
{
    const auto before = deployments().size();
    const auto deploy = modal({"deploy", write("x * 2", "x * 2 + 7")});
    VERIFY_SHOWING(deploy.code == 0 && deploy.output.contains("App deployed"), deploy);
    QCOMPARE(deployments().size(), before + 1);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 49"), called);
}

void TestDeployFlows::aStagingSurvivesTheDaemonsDeath()
{
    const auto file = write("x * 2", "x * 2 + 9");
    const auto asks = m_emulator->start({"deploy", file, "--yes", "--json"});
    // The plan is out, so it is staged; a dead daemon fails this attempt, not the live version.
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT((output += asks->readAllStandardOutput(), output.contains("\"plan\"")),
                             120000);
    QCOMPARE(::kill(static_cast<pid_t>(m_emulator->daemonPid()), SIGKILL), 0);
    QVERIFY(asks->waitForFinished(60000));
    const auto up = m_emulator->slip({"up"}, 60);
    VERIFY_SHOWING(up.code == 0, up);
    auto called = call({"price", "21"});
    const bool wasLive = called.output.contains("price 51");
    VERIFY_SHOWING(wasLive || called.output.contains("price 49"), called);
    const auto again = m_emulator->slip({"deploy", file, "--yes"});
    VERIFY_SHOWING(again.code == 0, again);
    called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 51"), called);
}

void TestDeployFlows::budgetHoldsBackAndResumes()
{
    auto budget = m_emulator->slip({"budget", "shop", "0.000001", "--json"});
    VERIFY_SHOWING(budget.code == 0, budget);
    VERIFY_SHOWING(budget.output.contains("is used up"), budget);
    const auto spawned = call({"spawn", "21"});
    VERIFY_SHOWING(spawned.code == 0, spawned);
    const auto idle = [this] {
        const auto tasks = m_emulator->slip({"tasks", "--live", "--json"});
        return QJsonDocument::fromJson(tasks.output.toUtf8()).array().isEmpty();
    };
    QTRY_VERIFY_WITH_TIMEOUT(idle(), 60000);
    QVERIFY(!newest()["held_back"].toString().isEmpty());
    const auto logs = m_emulator->slip({"logs", newest()["app_id"].toString()});
    QCOMPARE(logs.output.count("is used up"), 1);
    budget = m_emulator->slip({"budget", "shop", "none"});
    VERIFY_SHOWING(budget.code == 0, budget);
    const auto got = call({"get", spawned.output.trimmed()});
    VERIFY_SHOWING(got.output.contains("got 51"), got);
    const auto wrong = m_emulator->slip({"budget", "shop", "plenty"});
    VERIFY_SHOWING(wrong.code == 2, wrong);
}

void TestDeployFlows::stopEndsTheApp()
{
    const auto stop = modal({"app", "stop", "shop", "--yes"});
    VERIFY_SHOWING(stop.code == 0, stop);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.code != 0, called);
    QTRY_COMPARE_WITH_TIMEOUT(newest()["state"].toString(), QString("stopped"), 60000);
    const auto history = modal({"app", "history", "shop", "--json"});
    VERIFY_SHOWING(history.code == 0, history);
    const auto back = m_emulator->slip({"rollback", "shop"});
    VERIFY_SHOWING(back.code == 2, back);
    // Its name is free for another app.
    const auto deploy = m_emulator->slip({"deploy", write(), "--yes"});
    VERIFY_SHOWING(deploy.code == 0 && deploy.output.contains("version 1 is live"), deploy);
}

QTEST_GUILESS_MAIN(TestDeployFlows)
#include "tst_DeployFlows.moc"
