// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"
#include "tests/support/SlurmCluster.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <csignal>

using support::Emulator;

/// An app on its way to a control plane in front of a real Slurm cluster: planned, pushed, tried
/// out there, called through the tunnel.
class TestClusterDeploy : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void planComparesWithTheCluster();
    void anInterruptedPushGoesOn();
    void theNextVersionPushesNothing();
    void aFailingProbeLeavesTheLiveVersion();
    void aCardThatIsNotThereBlocks();
    void rollbackAndBudgetReachTheCluster();
    void anUnknownImageIsRefused();

private:
    /// The app with one line replaced.
    [[nodiscard]] QString write(const QString& from = {}, const QString& to = {});
    [[nodiscard]] support::Finished slip(const QStringList& arguments)
    {
        return m_desktop->slip(QStringList {"--target", "hpc"} + arguments, 300);
    }
    [[nodiscard]] support::Finished call(const QStringList& arguments)
    {
        return slip(QStringList {"exec", "--", m_desktop->python(), Emulator::app("deploy/call.py")}
                    + arguments);
    }
    [[nodiscard]] QJsonObject plan(const QString& file)
    {
        const auto finished = slip({"deploy", file, "--plan", "--json"});
        return QJsonDocument::fromJson(finished.output.toUtf8()).object();
    }

    std::unique_ptr<support::SlurmCluster> m_slurm;
    QTemporaryDir m_clusterHome {QStringLiteral("/tmp/slip-XXXXXX")};
    QTemporaryDir m_nodeCache {QStringLiteral("/tmp/slip-XXXXXX")};
    QTemporaryDir m_project;
    std::unique_ptr<Emulator> m_cluster;
    std::unique_ptr<Emulator> m_desktop;
};

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))

namespace {

QJsonObject resultOf(const QString& output)
{
    const auto lines = output.trimmed().split('\n');
    return QJsonDocument::fromJson(lines.last().toUtf8()).object();
}

} // namespace

void TestClusterDeploy::initTestCase()
{
    m_slurm = std::make_unique<support::SlurmCluster>();
    if (!m_slurm->ready() && m_slurm->skip())
        QSKIP(m_slurm->failure().c_str());
    QVERIFY2(m_slurm->ready(), m_slurm->failure().c_str());
    const auto problem = m_slurm->reset();
    QVERIFY2(problem.empty(), problem.c_str());

    QFile settings(m_clusterHome.filePath("cluster.json"));
    QVERIFY(settings.open(QIODevice::WriteOnly));
    settings.write(
        QJsonDocument(
            QJsonObject {
                {"engine", "slurm"},
                {"partition", "main"},
                {"environment",
                 QJsonObject {{"SLURM_CONF", QString::fromStdString(m_slurm->configuration())}}},
                {"listen", "127.0.0.1"},
                {"advertise", "127.0.0.1"},
                {"gpu", "emulated"},
                {"nodeCache", m_nodeCache.path()}})
            .toJson());
    settings.close();
    m_cluster = std::make_unique<Emulator>("1.6.4", support::Setup {m_clusterHome.path()});
    QVERIFY2(m_cluster->ready(), qPrintable(m_cluster->failure()));
    m_desktop = std::make_unique<Emulator>("1.6.4");
    QVERIFY2(m_desktop->ready(), qPrintable(m_desktop->failure()));
    const auto added = m_desktop->slip(
        {"cluster", "add", "hpc", "--socket", m_clusterHome.filePath("run/connect.sock")}, 60);
    VERIFY_SHOWING(added.code == 0, added);
}

void TestClusterDeploy::cleanupTestCase()
{
    m_desktop.reset();
    m_cluster.reset();
}

QString TestClusterDeploy::write(const QString& from, const QString& to)
{
    QFile source(Emulator::app("deploy/shop.py"));
    [[maybe_unused]] const bool opened = source.open(QIODevice::ReadOnly);
    auto text = QString::fromUtf8(source.readAll());
    if (!from.isEmpty())
        text.replace(from, to);
    QFile file(m_project.filePath("shop.py"));
    [[maybe_unused]] const bool made = file.open(QIODevice::WriteOnly);
    file.write(text.toUtf8());
    return file.fileName();
}

void TestClusterDeploy::planComparesWithTheCluster()
{
    const auto json = plan(write());
    QCOMPARE(json["target"]["name"].toString(), QString("hpc"));
    QVERIFY(json["target"]["engine"].toString().startsWith("Slurm"));
    QCOMPARE(json["images"].toArray().size(), 2); // the app's, and the client's
    QVERIFY(json["bytes_to_push"].toInteger() > 0);
    QCOMPARE(json["bytes_to_push"].toInteger(), json["bytes_total"].toInteger());
    QVERIFY(json["blockers"].toArray().isEmpty());
    QVERIFY(json["images"][0]["manifest"].toString().startsWith("sha256:"));
}

void TestClusterDeploy::anInterruptedPushGoesOn()
{
    const auto process
        = m_desktop->start({"--target", "hpc", "deploy", write(), "--yes", "--json"});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT((output += process->readAllStandardOutput(),
                              output.contains("\"stage\":\"push\",\"done\"")),
                             120000);
    QCOMPARE(::kill(static_cast<pid_t>(process->processId()), SIGINT), 0);
    QVERIFY(process->waitForFinished(60000));
    output += process->readAllStandardOutput();
    QVERIFY2(process->exitCode() == 130, output.constData());
    const auto interrupted = resultOf(QString::fromUtf8(output));
    QCOMPARE(interrupted["stage"].toString(), QString("push"));
    QCOMPARE(interrupted["resumable"].toBool(), true);

    const auto deploy = slip({"deploy", write(), "--yes", "--json"});
    VERIFY_SHOWING(deploy.code == 0, deploy);
    QCOMPARE(resultOf(deploy.output)["version"].toInt(), 1);
    auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 42"), called);
    called = call({"Model.infer", "5"});
    VERIFY_SHOWING(called.output.contains("infer 15"), called);
    // The same image on both sides, by its manifest.
    const auto versions = slip({"deployments", "shop", "--json"});
    const auto list = QJsonDocument::fromJson(versions.output.toUtf8()).array();
    QCOMPARE(list.first()["functions"][0]["manifest"].toString(),
             plan(write())["images"][0]["manifest"].toString());
}

void TestClusterDeploy::theNextVersionPushesNothing()
{
    const auto file = write("x * 2", "x * 2 + 1");
    const auto json = plan(file);
    QCOMPARE(json["bytes_to_push"].toInteger(), 0);
    QCOMPARE(json["live_version"].toInt(), 1);
    for (const QJsonValue function : json["functions"].toArray())
        QCOMPARE(function["what"].toArray(), (QJsonArray {"code"}));
    const auto deploy = slip({"deploy", file, "--yes"});
    VERIFY_SHOWING(deploy.code == 0, deploy);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 43"), called);
}

void TestClusterDeploy::aFailingProbeLeavesTheLiveVersion()
{
    const auto file = write("self.factor = 3", "raise RuntimeError(\"weights are missing\")");
    const auto deploy = slip({"deploy", file, "--yes"});
    VERIFY_SHOWING(deploy.code == 1, deploy);
    VERIFY_SHOWING(deploy.errors.contains("weights are missing"), deploy);
    VERIFY_SHOWING(deploy.errors.contains("version 2 is live as before"), deploy);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 43"), called);
}

void TestClusterDeploy::aCardThatIsNotThereBlocks()
{
    const auto file = write("@app.function()", "@app.function(gpu=\"T4\")");
    const auto blockers = plan(file)["blockers"].toArray();
    QCOMPARE(blockers.size(), 1);
    QVERIFY(blockers[0]["why"].toString().contains("0 usable T4"));
    const auto deploy = slip({"deploy", file, "--yes"});
    VERIFY_SHOWING(deploy.code == 3, deploy);
}

void TestClusterDeploy::rollbackAndBudgetReachTheCluster()
{
    const auto back = slip({"rollback", "shop", "1"});
    VERIFY_SHOWING(back.code == 0, back);
    const auto called = call({"price", "21"});
    VERIFY_SHOWING(called.output.contains("price 42"), called);
    auto budget = slip({"budget", "shop", "0.000001", "--json"});
    VERIFY_SHOWING(budget.output.contains("is used up"), budget);
    const auto jobs = [this] {
        return m_slurm->slurm({"squeue", "-h"}).standardOutput.find("slipway") == std::string::npos;
    };
    QTRY_VERIFY2_WITH_TIMEOUT(jobs(), "what is held back holds no resources", 90000);
    budget = slip({"budget", "shop", "none"});
    VERIFY_SHOWING(budget.code == 0, budget);
}

void TestClusterDeploy::anUnknownImageIsRefused()
{
    const auto file = write("modal.App(\"shop\")",
                            "modal.App(\"other\", image=modal.Image.debian_slim()"
                            ".env({\"NEVER\": \"BUILT\"}))");
    const auto deploy = slip({"exec", "--", m_desktop->python(), "-m", "modal", "deploy", file});
    VERIFY_SHOWING(deploy.code != 0, deploy);
    VERIFY_SHOWING(deploy.all().contains("is not on this cluster"), deploy);
}

QTEST_GUILESS_MAIN(TestClusterDeploy)
#include "tst_ClusterDeploy.moc"
