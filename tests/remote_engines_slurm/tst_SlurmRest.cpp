// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "tests/support/SlurmCluster.h"

#include <QtTest>

#include <algorithm>

using emulator::ErrorCode;
using emulator::Result;
using emulator::model::Job;
using emulator::model::JobState;
using emulator::model::ReplicaOrder;
using remote::slurm::DriverChoice;
using remote::slurm::Options;
using remote::slurm::SlurmEngine;
using support::SlurmCluster;

namespace {

template<typename T>
const char* messageOf(const Result<T>& result)
{
    static std::string text;
    text = result ? "no error" : result.error().message();
    return text.c_str();
}

/// Time that the test moves on from the machine's.
class ShiftedClock final : public emulator::Clock {
public:
    [[nodiscard]] emulator::Micros now() const override { return m_real.now() + m_shift; }
    void pass(emulator::Micros time) { m_shift += time; }

private:
    emulator::SystemClock m_real;
    emulator::Micros m_shift = 0;
};

} // namespace

/// The engine against a real slurmrestd, over TCP and over its socket.
class TestSlurmRest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void describesItself();
    void runsAWorker_data();
    void runsAWorker();
    void cancels();
    void listsNodesAsTheProgramsDo();
    void excludesNodesThroughThePrograms();
    void refusesTheImpossible();
    void refusesASecondStart();
    void reportsABadToken();
    void renewsItsToken();
    void givesUpOnASilentController();
    void reportsAStoppedServer();

private:
    [[nodiscard]] Options options() const;
    [[nodiscard]] static std::unique_ptr<SlurmEngine> engine(const Options& options);
    [[nodiscard]] ReplicaOrder order(const std::string& script);
    [[nodiscard]] static std::optional<Job> jobOf(SlurmEngine& engine, const std::string& id);
    [[nodiscard]] static bool reaches(SlurmEngine& engine, const std::string& id, JobState state);

    std::unique_ptr<SlurmCluster> m_cluster;
    std::unique_ptr<SlurmEngine> m_engine;
    int m_count = 0;
};

void TestSlurmRest::initTestCase()
{
    m_cluster = std::make_unique<SlurmCluster>();
    if (m_cluster->skip())
        QSKIP(m_cluster->failure().c_str());
    QVERIFY2(m_cluster->ready(), m_cluster->failure().c_str());
    m_engine = engine(options());
}

void TestSlurmRest::init()
{
    const auto failure = m_cluster->reset();
    QVERIFY2(failure.empty(), failure.c_str());
}

Options TestSlurmRest::options() const
{
    Options options;
    options.tag = "slipway-rest";
    options.driver = DriverChoice::Rest;
    options.rest.url = m_cluster->restUrl();
    options.environment = {{"SLURM_CONF", m_cluster->configuration()}};
    options.submitTimeout = options.queryTimeout = std::chrono::seconds(30);
    return options;
}

std::unique_ptr<SlurmEngine> TestSlurmRest::engine(const Options& options)
{
    auto made = SlurmEngine::create(options);
    if (!made)
        qFatal("%s", made.error().message().c_str());
    return *std::move(made);
}

ReplicaOrder TestSlurmRest::order(const std::string& script)
{
    ReplicaOrder order;
    order.replicaId = "re-rest-" + std::to_string(++m_count);
    order.name = "slipway-app-function-v1";
    order.command = {"/bin/sh", "-c", script};
    order.outputFile = m_cluster->jobsFolder() + "/rest 100%j " + std::to_string(m_count);
    return order;
}

std::optional<Job> TestSlurmRest::jobOf(SlurmEngine& engine, const std::string& id)
{
    const auto jobs = engine.list();
    if (!jobs) {
        qWarning("%s", jobs.error().message().c_str());
        return std::nullopt;
    }
    for (const auto& job : *jobs)
        if (job.id == id)
            return job;
    return std::nullopt;
}

bool TestSlurmRest::reaches(SlurmEngine& engine, const std::string& id, JobState state)
{
    return SlurmCluster::until([&] {
        const auto job = jobOf(engine, id);
        return job && job->state == state;
    });
}

void TestSlurmRest::describesItself()
{
    const auto text = m_engine->describe();
    QVERIFY2(text, messageOf(text));
    QVERIFY2(text->find("Slurm 2") == 0 && text->find("(REST v0.0.") != std::string::npos,
             text->c_str());
}

void TestSlurmRest::runsAWorker_data()
{
    QTest::addColumn<bool>("socket");
    QTest::newRow("TCP") << false;
    QTest::newRow("unix socket") << true;
}

void TestSlurmRest::runsAWorker()
{
    QFETCH(bool, socket);
    auto changed = options();
    if (socket) {
        changed.rest.url.clear();
        changed.rest.socket = m_cluster->restSocket();
    }
    const auto rest = engine(changed);
    auto wanted = order("echo $A $HOME $CUDA_VISIBLE_DEVICES; sleep 1");
    wanted.environment = {{"A", "it's"}};
    wanted.resources.gpu = "A100";
    wanted.resources.gpuCount = 2;
    wanted.resources.memoryMb = 1000;
    const auto id = rest->submit(wanted);
    QVERIFY2(id, messageOf(id));
    const auto found = rest->find(wanted.replicaId);
    QVERIFY2(found, messageOf(found));
    QCOMPARE(*found, std::optional(*id));
    QVERIFY(reaches(*rest, *id, JobState::Running));
    const auto shown = m_cluster->slurm({"scontrol", "show", "job", *id}).standardOutput;
    QVERIFY2(shown.find("Requeue=0") != std::string::npos, shown.c_str());
    QVERIFY2(shown.find("mem=1000M") != std::string::npos, shown.c_str());
    QVERIFY(reaches(*rest, *id, JobState::Ended));
    const auto job = jobOf(*rest, *id);
    QCOMPARE(job->node, std::string("n3"));
    QCOMPARE(job->reason, std::string("COMPLETED"));
    const auto output = emulator::readFile(wanted.outputFile);
    QVERIFY2(output, messageOf(output));
    QCOMPARE(*output, std::string("it's /root 0,1\n"));
    std::vector<emulator::model::JobUsage> usage;
    QVERIFY(SlurmCluster::until([&] {
        const auto known = rest->usage({*id});
        if (known)
            usage = *known;
        return !usage.empty();
    }));
    QCOMPARE(usage.front().gpuType, std::string("a100"));
}

void TestSlurmRest::cancels()
{
    const auto id = m_engine->submit(order("sleep 300"));
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    for (const auto& target : {*id, *id, std::string("99999999")}) {
        const auto cancelled = m_engine->cancel(target);
        QVERIFY2(cancelled, messageOf(cancelled));
    }
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    QVERIFY(jobOf(*m_engine, *id)->reason.rfind("CANCELLED", 0) == 0);
    QVERIFY(SlurmCluster::until([&] { return SlurmCluster::processesOf(*id).empty(); }));
}

void TestSlurmRest::listsNodesAsTheProgramsDo()
{
    auto programs = options();
    programs.driver = DriverChoice::Cli;
    const auto rest = m_engine->nodes();
    const auto cli = engine(programs)->nodes();
    QVERIFY2(rest, messageOf(rest));
    QVERIFY2(cli, messageOf(cli));
    QCOMPARE(rest->size(), cli->size());
    for (std::size_t i = 0; i < cli->size(); ++i) {
        QCOMPARE((*rest)[i].name, (*cli)[i].name);
        QCOMPARE((*rest)[i].state, (*cli)[i].state);
        QCOMPARE((*rest)[i].usable, (*cli)[i].usable);
        QCOMPARE((*rest)[i].cpus, (*cli)[i].cpus);
        QCOMPARE((*rest)[i].memoryMb, (*cli)[i].memoryMb);
        QCOMPARE((*rest)[i].gpus, (*cli)[i].gpus);
    }
}

void TestSlurmRest::excludesNodesThroughThePrograms()
{
    auto wanted = order("echo $SLURMD_NODENAME");
    wanted.excludedNodes = {"n1", "n2"};
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    QCOMPARE(*emulator::readFile(wanted.outputFile), std::string("n3\n"));
}

void TestSlurmRest::refusesTheImpossible()
{
    auto wanted = order("true");
    wanted.resources.gpu = "B200";
    auto id = m_engine->submit(wanted);
    QVERIFY(!id);
    QVERIFY2(id.error().code() == ErrorCode::Invalid, id.error().message().c_str());
    auto nowhere = options();
    nowhere.partition = "nowhere";
    id = engine(nowhere)->submit(order("true"));
    QVERIFY(!id);
    QVERIFY2(id.error().code() == ErrorCode::Invalid, id.error().message().c_str());
    auto small = options();
    small.account = "small";
    const auto limited = engine(small);
    for (int i = 0; i < 2; ++i) {
        id = limited->submit(order("sleep 60"));
        QVERIFY2(id, messageOf(id));
    }
    id = limited->submit(order("sleep 60"));
    QVERIFY(!id);
    QVERIFY2(id.error().code() == ErrorCode::Exhausted, id.error().message().c_str());
}

void TestSlurmRest::refusesASecondStart()
{
    const auto wanted = order("echo started; sleep 300");
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(SlurmCluster::until([&] {
        const auto output = emulator::readFile(wanted.outputFile);
        return output && *output == "started\n";
    }));
    // An administrator may requeue what we said Slurm must not.
    QVERIFY(m_cluster->slurm({"scontrol", "update", "jobid=" + *id, "requeue=1"}).status.success());
    const auto requeued = m_cluster->slurm({"scontrol", "requeue", *id});
    QVERIFY2(requeued.status.success(), requeued.standardError.c_str());
    QVERIFY(SlurmCluster::until(
        [&] {
            const auto job = jobOf(*m_engine, *id);
            return job && job->state == JobState::Ended;
        },
        std::chrono::seconds(120)));
    const auto output = emulator::readFile(wanted.outputFile);
    QVERIFY2(output, messageOf(output));
    QCOMPARE(QString::fromStdString(*output).count(QStringLiteral("started\n")), 1);
    QVERIFY(output->find("not wanted any more") != std::string::npos);
}

void TestSlurmRest::reportsABadToken()
{
    const auto folder = emulator::TempDir::create();
    QVERIFY(folder);
    auto changed = options();
    changed.rest.tokenFile = (folder->path() / "token").string();
    QVERIFY(
        emulator::writeFileAtomically(changed.rest.tokenFile, "SLURM_JWT=never.given.out", 0600));
    const auto rest = engine(changed);
    const auto jobs = rest->list();
    QVERIFY(!jobs);
    QVERIFY2(jobs.error().message().find("token") != std::string::npos,
             jobs.error().message().c_str());
    QVERIFY(jobs.error().message().find("never.given") == std::string::npos);
    const auto id = rest->submit(order("true"));
    QVERIFY(!id);
}

void TestSlurmRest::renewsItsToken()
{
    ShiftedClock clock;
    auto changed = options();
    changed.clock = &clock;
    const auto rest = engine(changed);
    QVERIFY(rest->list());
    clock.pass(3600 * 1'000'000LL); // its token is held to be old: another one is made
    const auto jobs = rest->list();
    QVERIFY2(jobs, messageOf(jobs));
}

void TestSlurmRest::givesUpOnASilentController()
{
    auto hasty = options();
    hasty.submitTimeout = hasty.queryTimeout = std::chrono::milliseconds(1500);
    const auto impatient = engine(hasty);
    QVERIFY(impatient->list());
    const auto paused = m_cluster->pause("slurmctld");
    QVERIFY2(paused.empty(), paused.c_str());
    const auto listed = impatient->list();
    const auto submitted = impatient->submit(order("true"));
    const auto resumed = m_cluster->resume("slurmctld");
    QVERIFY2(resumed.empty(), resumed.c_str());
    QVERIFY(!listed && !submitted);
    QVERIFY2(listed.error().code() == ErrorCode::Unavailable, listed.error().message().c_str());
    QVERIFY2(submitted.error().code() == ErrorCode::Unavailable,
             submitted.error().message().c_str());
    QVERIFY(SlurmCluster::until([&] { return bool(impatient->list()); }));
}

void TestSlurmRest::reportsAStoppedServer()
{
    const auto stopped = m_cluster->stop("slurmrestd");
    QVERIFY2(stopped.empty(), stopped.c_str());
    const auto listed = m_engine->list();
    const auto started = m_cluster->start("slurmrestd");
    QVERIFY2(started.empty(), started.c_str());
    QVERIFY(!listed);
    QVERIFY2(listed.error().code() == ErrorCode::Unavailable, listed.error().message().c_str());
    const auto again = m_engine->list();
    QVERIFY2(again, messageOf(again));
}

QTEST_GUILESS_MAIN(TestSlurmRest)
#include "tst_SlurmRest.moc"
