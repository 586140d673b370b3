// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "tests/support/SlurmCluster.h"

#include <QtTest>

#include <algorithm>
#include <cstdlib>
#include <regex>

using emulator::Error;
using emulator::ErrorCode;
using emulator::Result;
using emulator::model::Job;
using emulator::model::JobState;
using emulator::model::ReplicaOrder;
using remote::slurm::Options;
using remote::slurm::SlurmEngine;
using support::SlurmCluster;

namespace {

constexpr const char* secret = "do-not-tell-4711";

template<typename T>
const char* messageOf(const Result<T>& result)
{
    static std::string text;
    text = result ? "no error" : result.error().message();
    return text.c_str();
}

std::vector<std::string> shell(const std::string& script)
{
    return {"/bin/sh", "-c", script};
}

} // namespace

/// The engine against a real cluster, which has faults put into it.
class TestSlurmEngine : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();

    void describesItself();
    void runsAWorkerAndReportsItsLife();
    void findsByReplica();
    void leavesJobsOfOthersAlone();
    void passesArgumentsAndEnvironmentExactly();
    void leaksNothingOfTheCaller();
    void asksForGpusByType();
    void cancelsAPendingJob();
    void cancelsARunningJob();
    void keepsOffExcludedNodes();
    void saysWhyAJobWaits();
    void refusesTheImpossible_data();
    void refusesTheImpossible();
    void reportsALimitAsExhausted();
    void reportsAHeldJob();
    void reportsALostNode();
    void listsNodes();
    void reportsUsageAsAccountedFor();
    void givesUpOnASilentController();
    void recoversWhenTheControllerComesBack();
    void worksWithoutAccounting();
    void checksATarget();
    void checksATargetWithFaults();

private:
    [[nodiscard]] Options options() const;
    [[nodiscard]] std::unique_ptr<SlurmEngine> engine(const Options& options) const;
    [[nodiscard]] ReplicaOrder order(const std::vector<std::string>& command);
    [[nodiscard]] static std::optional<Job> jobOf(SlurmEngine& engine, const std::string& id);
    [[nodiscard]] static bool reaches(SlurmEngine& engine, const std::string& id, JobState state);
    [[nodiscard]] std::string outputOf(const ReplicaOrder& order) const;

    std::unique_ptr<SlurmCluster> m_cluster;
    std::unique_ptr<SlurmEngine> m_engine;
    int m_count = 0;
};

void TestSlurmEngine::initTestCase()
{
    m_cluster = std::make_unique<SlurmCluster>();
    if (m_cluster->skip())
        QSKIP(m_cluster->failure().c_str());
    QVERIFY2(m_cluster->ready(), m_cluster->failure().c_str());
    QVERIFY(::setenv("FOO_SECRET", secret, 1) == 0);
    QVERIFY(::setenv("SBATCH_EXPORT", "ALL", 1) == 0); // what a user's shell may hold
    m_engine = engine(options());
}

void TestSlurmEngine::init()
{
    const auto failure = m_cluster->reset();
    QVERIFY2(failure.empty(), failure.c_str());
}

Options TestSlurmEngine::options() const
{
    Options options;
    options.tag = "slipway-test";
    options.account = "research";
    options.gpuTypes = {{"H100", "h100"}, {"A100-80GB", "a100"}};
    options.environment = {{"SLURM_CONF", m_cluster->configuration()}};
    // A loaded machine is not what is tested here.
    options.submitTimeout = options.queryTimeout = std::chrono::seconds(30);
    return options;
}

std::unique_ptr<SlurmEngine> TestSlurmEngine::engine(const Options& options) const
{
    auto made = SlurmEngine::create(options);
    if (!made)
        qFatal("%s", made.error().message().c_str());
    return *std::move(made);
}

ReplicaOrder TestSlurmEngine::order(const std::vector<std::string>& command)
{
    const auto number = std::to_string(++m_count);
    ReplicaOrder order;
    order.replicaId = "re-" + number;
    order.name = "slipway-app-function-v1";
    order.comment = "de-42";
    order.command = command;
    order.environment = {{"PATH", "/usr/bin:/bin"}};
    order.outputFile = m_cluster->jobsFolder() + "/50%j " + number;
    return order;
}

std::optional<Job> TestSlurmEngine::jobOf(SlurmEngine& engine, const std::string& id)
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

bool TestSlurmEngine::reaches(SlurmEngine& engine, const std::string& id, JobState state)
{
    return SlurmCluster::until([&] {
        const auto job = jobOf(engine, id);
        return job && job->state == state;
    });
}

std::string TestSlurmEngine::outputOf(const ReplicaOrder& order) const
{
    const auto text = emulator::readFile(order.outputFile);
    return text ? *text : text.error().message();
}

void TestSlurmEngine::describesItself()
{
    const auto text = m_engine->describe();
    QVERIFY2(text, messageOf(text));
    QVERIFY2(std::regex_match(*text, std::regex(R"(Slurm \d+\.\d+\.\d+.* \(CLI\))")),
             text->c_str());
}

void TestSlurmEngine::runsAWorkerAndReportsItsLife()
{
    const auto now = emulator::SystemClock().now();
    auto wanted = order(shell("echo hello; echo trouble >&2; sleep 1"));
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    const auto running = jobOf(*m_engine, *id);
    QCOMPARE(running->replicaId, wanted.replicaId);
    QVERIFY2(running->node.size() == 2 && running->node.front() == 'n', running->node.c_str());
    QVERIFY(std::abs(running->submittedAt - now) < 60'000'000);
    QVERIFY(running->startedAt >= running->submittedAt);
    QCOMPARE(running->endedAt, 0);

    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    const auto ended = jobOf(*m_engine, *id);
    QCOMPARE(ended->reason, std::string("COMPLETED"));
    QCOMPARE(ended->node, running->node);
    QVERIFY(ended->endedAt >= ended->startedAt);
    QCOMPARE(outputOf(wanted), std::string("hello\ntrouble\n"));
}

void TestSlurmEngine::findsByReplica()
{
    const auto wanted = order(shell("sleep 60"));
    const auto before = m_engine->find(wanted.replicaId);
    QVERIFY2(before, messageOf(before));
    QVERIFY(!before->has_value());
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    const auto after = m_engine->find(wanted.replicaId);
    QVERIFY2(after, messageOf(after));
    QCOMPARE(*after, std::optional(*id));
}

void TestSlurmEngine::leavesJobsOfOthersAlone()
{
    auto others = options();
    others.tag = "slipway-other";
    const auto second = engine(others);
    const auto wanted = order(shell("sleep 60"));
    const auto id = second->submit(wanted);
    QVERIFY2(id, messageOf(id));
    // Not Slipway's at all, with a name and a comment that are hard to read.
    const auto strange
        = m_cluster->slurm({"sbatch", "--parsable", "--output=/dev/null",
                            "--comment=a|b\tslipway:x", "--job-name=ünï \"| x", "--wrap=sleep 60"});
    QVERIFY2(strange.status.success(), strange.standardError.c_str());

    QVERIFY(jobOf(*second, *id).has_value());
    QVERIFY(!jobOf(*m_engine, *id).has_value());
    const auto found = m_engine->find(wanted.replicaId);
    QVERIFY2(found, messageOf(found));
    QVERIFY(!found->has_value());
}

void TestSlurmEngine::passesArgumentsAndEnvironmentExactly()
{
    const std::string odd = "a 'b' \"c\" $HOME `id` \\ \n é *;#";
    auto wanted = order({"/usr/bin/printf", "<%s>\n", odd, "", "-n"});
    auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    QCOMPARE(outputOf(wanted), "<" + odd + ">\n<>\n<-n>\n");

    wanted = order({"/usr/bin/env"});
    wanted.environment["ODD"] = odd;
    wanted.environment["HOME"] = "/chosen";
    id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    const auto text = outputOf(wanted);
    QVERIFY2(text.find("ODD=" + odd + "\n") != std::string::npos, text.c_str());
    QVERIFY2(text.find("HOME=/chosen\n") != std::string::npos, text.c_str());
    QVERIFY2(text.find("SLURM_JOB_ID=" + *id + "\n") != std::string::npos, text.c_str());
    QVERIFY2(text.find("USER=root\n") != std::string::npos, text.c_str());
}

void TestSlurmEngine::leaksNothingOfTheCaller()
{
    const auto wanted = order(shell("env; cat /proc/$PPID/environ | tr '\\0' '\\n'; sleep 60"));
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(SlurmCluster::until(
        [&] { return outputOf(wanted).find("SLURM_JOB_ID=" + *id) != std::string::npos; }));
    const std::vector<std::pair<const char*, std::string>> places {
        {"the job", outputOf(wanted)},
        {"scontrol show job",
         m_cluster->slurm({"scontrol", "--details", "show", "job", *id}).standardOutput},
        {"the batch script",
         m_cluster->slurm({"scontrol", "write", "batch_script", *id, "-"}).standardOutput},
        {"sacct", m_cluster->slurm({"sacct", "-P", "-j", *id, "--format=ALL"}).standardOutput}};
    for (const auto& [place, text] : places) {
        QVERIFY2(text.size() > 40, place);
        QVERIFY2(text.find(secret) == std::string::npos, place);
        QVERIFY2(text.find("FOO_SECRET") == std::string::npos, place);
        QVERIFY2(text.find("SBATCH_EXPORT") == std::string::npos, place);
    }
    // Nor does the environment that slurmctld keeps for the job have it.
    const auto kept = emulator::readFile(m_cluster->folder() + "/state/hash."
                                         + std::to_string(std::stoi(*id) % 10) + "/job." + *id
                                         + "/environment");
    QVERIFY2(kept, messageOf(kept));
    QVERIFY(kept->find(secret) == std::string::npos);
}

void TestSlurmEngine::asksForGpusByType()
{
    auto wanted = order(shell("echo $CUDA_VISIBLE_DEVICES on $SLURMD_NODENAME; sleep 60"));
    wanted.resources.gpu = "a100-80gb";
    wanted.resources.gpuCount = 2;
    wanted.resources.milliCpu = 2500;
    wanted.resources.memoryMb = 3000;
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(SlurmCluster::until([&] { return outputOf(wanted) == "0,1 on n3\n"; }));

    const auto nodes = m_engine->nodes();
    QVERIFY2(nodes, messageOf(nodes));
    const auto n3 = std::find_if(nodes->begin(), nodes->end(),
                                 [](const auto& node) { return node.name == "n3"; });
    QVERIFY(n3 != nodes->end());
    QCOMPARE(n3->state, std::string("mixed"));
    QCOMPARE(n3->cpusAllocated, 3U);
    QCOMPARE(n3->memoryMbAllocated, 3000U);
    QCOMPARE(n3->gpusAllocated.at("a100"), 2U);

    auto next = order(shell("true"));
    next.resources.gpu = "A100-80GB";
    const auto waiting = m_engine->submit(next);
    QVERIFY2(waiting, messageOf(waiting));
    QVERIFY(SlurmCluster::until([&] {
        const auto job = jobOf(*m_engine, *waiting);
        return job && job->state == JobState::Pending && job->reason == "Resources";
    }));
    QCOMPARE(jobOf(*m_engine, *waiting)->startedAt, 0);
}

void TestSlurmEngine::cancelsAPendingJob()
{
    auto wanted = order(shell("true"));
    auto closed = options();
    closed.partition = "closed";
    const auto other = engine(closed);
    const auto id = other->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(SlurmCluster::until([&] {
        const auto job = jobOf(*other, *id);
        return job && job->reason == "PartitionDown";
    }));
    QVERIFY2(other->cancel(*id), "cancel");
    QVERIFY(reaches(*other, *id, JobState::Ended));
    const auto job = jobOf(*other, *id);
    QVERIFY2(job->reason.rfind("CANCELLED", 0) == 0, job->reason.c_str());
    QCOMPARE(job->startedAt, 0);
    const auto again = other->cancel(*id);
    QVERIFY2(again, messageOf(again));
    const auto unknown = other->cancel("99999999");
    QVERIFY2(unknown, messageOf(unknown));
    QVERIFY(other->cancel("-u root").error().code() == ErrorCode::Invalid);
}

void TestSlurmEngine::cancelsARunningJob()
{
    const auto wanted = order(shell("trap 'echo asked; exit 0' TERM; sleep 300 & wait"));
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    QVERIFY(SlurmCluster::until([&] { return SlurmCluster::processesOf(*id).size() >= 2; }));
    const auto cancelled = m_engine->cancel(*id);
    QVERIFY2(cancelled, messageOf(cancelled));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    QVERIFY(SlurmCluster::until([&] { return SlurmCluster::processesOf(*id).empty(); }));
}

void TestSlurmEngine::keepsOffExcludedNodes()
{
    for (const auto& [excluded, expected] :
         std::vector<std::pair<std::vector<std::string>, std::string>> {{{"n1"}, "n2"},
                                                                        {{"n2"}, "n1"}}) {
        auto wanted = order(shell("echo $SLURMD_NODENAME"));
        wanted.resources.gpu = "H100";
        wanted.excludedNodes = excluded;
        const auto id = m_engine->submit(wanted);
        QVERIFY2(id, messageOf(id));
        QVERIFY(reaches(*m_engine, *id, JobState::Ended));
        QCOMPARE(outputOf(wanted), expected + "\n");
    }
}

void TestSlurmEngine::saysWhyAJobWaits()
{
    auto small = options();
    small.account = "small"; // has one GPU
    const auto limited = engine(small);
    auto first = order(shell("sleep 60"));
    first.resources.gpu = "H100";
    auto id = limited->submit(first);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*limited, *id, JobState::Running));
    auto second = order(shell("sleep 60"));
    second.resources.gpu = "H100";
    id = limited->submit(second);
    QVERIFY2(id, messageOf(id));
    QVERIFY(SlurmCluster::until([&] {
        const auto job = jobOf(*limited, *id);
        return job && job->reason == "AssocGrpGRES";
    }));
    QCOMPARE(jobOf(*limited, *id)->state, JobState::Pending);
}

void TestSlurmEngine::refusesTheImpossible_data()
{
    QTest::addColumn<QString>("partition");
    QTest::addColumn<QString>("account");
    QTest::addColumn<QString>("gpu");
    QTest::addColumn<QString>("excluded");
    QTest::addColumn<int>("memory");
    QTest::addColumn<QString>("words");
    QTest::newRow("partition") << "nowhere" << "" << "" << "" << 0 << "Invalid partition name";
    QTest::newRow("account") << "" << "nobodys" << "" << "" << 0 << "Invalid account";
    QTest::newRow("card") << "" << "" << "B200" << "" << 0 << "not available";
    QTest::newRow("memory") << "" << "" << "" << "" << 900'000 << "Memory specification";
    QTest::newRow("excluded") << "" << "" << "A100-80GB" << "n3" << 0 << "not available";
    QTest::newRow("no such node") << "" << "" << "" << "n77" << 0 << "Invalid node name";
}

void TestSlurmEngine::refusesTheImpossible()
{
    QFETCH(QString, partition);
    QFETCH(QString, account);
    QFETCH(QString, gpu);
    QFETCH(QString, excluded);
    QFETCH(int, memory);
    QFETCH(QString, words);
    auto changed = options();
    changed.partition = partition.toStdString();
    if (!account.isEmpty())
        changed.account = account.toStdString();
    const auto other = engine(changed);
    auto wanted = order(shell("true"));
    wanted.resources.gpu = gpu.toStdString();
    wanted.resources.memoryMb = static_cast<std::uint32_t>(memory);
    if (!excluded.isEmpty())
        wanted.excludedNodes = {excluded.toStdString()};
    const auto id = other->submit(wanted);
    QVERIFY(!id);
    QVERIFY2(id.error().code() == ErrorCode::Invalid, id.error().message().c_str());
    QVERIFY2(id.error().message().find(words.toStdString()) != std::string::npos,
             id.error().message().c_str());
    // Slurm keeps what it refused as a failed job for a while; it is not one of ours.
    const auto found = other->find(wanted.replicaId);
    QVERIFY2(found, messageOf(found));
    QVERIFY(!found->has_value());
}

void TestSlurmEngine::reportsALimitAsExhausted()
{
    auto small = options();
    small.account = "small"; // takes two jobs
    const auto limited = engine(small);
    for (int i = 0; i < 2; ++i) {
        const auto id = limited->submit(order(shell("sleep 60")));
        QVERIFY2(id, messageOf(id));
    }
    const auto third = limited->submit(order(shell("sleep 60")));
    QVERIFY(!third);
    QVERIFY2(third.error().code() == ErrorCode::Exhausted, third.error().message().c_str());
    QVERIFY2(third.error().message().find("AssocMaxSubmitJobLimit") != std::string::npos,
             third.error().message().c_str());
}

void TestSlurmEngine::reportsAHeldJob()
{
    auto closed = options();
    closed.partition = "closed";
    const auto other = engine(closed);
    const auto id = other->submit(order(shell("true")));
    QVERIFY2(id, messageOf(id));
    const auto held = m_cluster->slurm({"scontrol", "uhold", *id});
    QVERIFY2(held.status.success(), held.standardError.c_str());
    QVERIFY(reaches(*other, *id, JobState::Held));
    QCOMPARE(jobOf(*other, *id)->reason, std::string("JobHeldUser"));
}

void TestSlurmEngine::reportsALostNode()
{
    auto wanted = order(shell("sleep 300"));
    wanted.resources.gpu = "A100-80GB"; // on n3
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    QVERIFY(SlurmCluster::until([&] { return !SlurmCluster::processesOf(*id).empty(); }));
    const auto failure = m_cluster->killNode("n3");
    QVERIFY2(failure.empty(), failure.c_str());
    QVERIFY(SlurmCluster::until([&] { return SlurmCluster::processesOf(*id).empty(); }));
    // Slurm finds out for itself after SlurmdTimeout; an administrator is quicker.
    const auto down = m_cluster->slurm(
        {"scontrol", "update", "node=n3", "state=down", "reason=it burns = | x"});
    QVERIFY2(down.status.success(), down.standardError.c_str());
    QVERIFY(reaches(*m_engine, *id, JobState::NodeFailed));
    QCOMPARE(jobOf(*m_engine, *id)->node, std::string("n3"));
    const auto nodes = m_engine->nodes();
    QVERIFY2(nodes, messageOf(nodes));
    for (const auto& node : *nodes) {
        QCOMPARE(node.usable, node.name != "n3");
        if (node.name == "n3") {
            QCOMPARE(node.state, std::string("down"));
            QVERIFY2(node.reason.find("it burns = | x") == 0, node.reason.c_str());
        }
    }
}

void TestSlurmEngine::listsNodes()
{
    const auto nodes = m_engine->nodes();
    QVERIFY2(nodes, messageOf(nodes));
    QCOMPARE(nodes->size(), 3U);
    const auto& n1 = nodes->front();
    QCOMPARE(n1.name, std::string("n1"));
    QCOMPARE(n1.state, std::string("idle"));
    QVERIFY(n1.usable);
    QCOMPARE(n1.cpus, 64U);
    QCOMPARE(n1.memoryMb, 64000U);
    QCOMPARE(n1.gpus.at("h100"), 4U);
    QVERIFY(n1.gpusAllocated.empty());
}

void TestSlurmEngine::reportsUsageAsAccountedFor()
{
    auto wanted = order(shell("sleep 2"));
    wanted.resources.gpu = "H100";
    wanted.resources.gpuCount = 3;
    wanted.resources.milliCpu = 2000;
    wanted.resources.memoryMb = 2048;
    const auto id = m_engine->submit(wanted);
    const auto running = m_engine->submit(order(shell("sleep 300")));
    QVERIFY2(id, messageOf(id));
    QVERIFY2(running, messageOf(running));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    QVERIFY(reaches(*m_engine, *running, JobState::Running));
    std::vector<emulator::model::JobUsage> all;
    QVERIFY(SlurmCluster::until([&] {
        const auto usage = m_engine->usage({*id, *running, "99999999"});
        if (usage)
            all = *usage;
        return !all.empty();
    }));
    QCOMPARE(all.size(), 1U);
    const auto& usage = all.front();
    QCOMPARE(usage.jobId, *id);
    QCOMPARE(usage.state, std::string("COMPLETED"));
    QVERIFY(usage.elapsedSeconds >= 2 && usage.elapsedSeconds < 60);
    QCOMPARE(usage.endedAt - usage.startedAt, usage.elapsedSeconds * 1'000'000);
    QCOMPARE(usage.cpus, 2U);
    QCOMPARE(usage.memoryMb, 2048U);
    QCOMPARE(usage.gpuType, std::string("h100"));
    QCOMPARE(usage.gpus, 3U);
}

void TestSlurmEngine::givesUpOnASilentController()
{
    auto hasty = options();
    hasty.submitTimeout = std::chrono::seconds(2);
    hasty.queryTimeout = std::chrono::milliseconds(1500);
    const auto impatient = engine(hasty);
    const auto id = m_engine->submit(order(shell("sleep 300")));
    QVERIFY2(id, messageOf(id));
    const auto paused = m_cluster->pause("slurmctld");
    QVERIFY2(paused.empty(), paused.c_str());
    const auto begin = std::chrono::steady_clock::now();
    const auto submitted = impatient->submit(order(shell("true")));
    const auto listed = impatient->list();
    const auto nodes = impatient->nodes();
    const auto cancelled = impatient->cancel(*id);
    const auto found = impatient->find("re-1");
    const auto took = std::chrono::steady_clock::now() - begin;
    const auto resumed = m_cluster->resume("slurmctld");
    QVERIFY2(resumed.empty(), resumed.c_str());

    QVERIFY2(took < std::chrono::seconds(16), "five calls, 8 s of time-outs");
    QVERIFY(!submitted && !listed && !nodes && !cancelled && !found);
    for (const auto& error :
         {submitted.error(), listed.error(), nodes.error(), cancelled.error(), found.error()})
        QVERIFY2(error.code() == ErrorCode::Unavailable, error.message().c_str());
    QVERIFY2(submitted.error().message().find("slurmctld did not answer within 2 s (sbatch")
                 != std::string::npos,
             submitted.error().message().c_str());
    QVERIFY2(listed.error().message().find("slurmctld did not answer within 1.5 s (squeue")
                 != std::string::npos,
             listed.error().message().c_str());
    QVERIFY(SlurmCluster::until([&] { return jobOf(*m_engine, *id).has_value(); }));
}

void TestSlurmEngine::recoversWhenTheControllerComesBack()
{
    auto hasty = options();
    hasty.submitTimeout = hasty.queryTimeout = std::chrono::seconds(2);
    const auto impatient = engine(hasty);
    const auto wanted = order(shell("sleep 300"));
    const auto id = m_engine->submit(wanted);
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    const auto stopped = m_cluster->stop("slurmctld");
    QVERIFY2(stopped.empty(), stopped.c_str());
    const auto listed = impatient->list();
    QVERIFY(!listed);
    QVERIFY2(listed.error().code() == ErrorCode::Unavailable, listed.error().message().c_str());
    const auto submitted = impatient->submit(order(shell("true")));
    QVERIFY(!submitted);
    QVERIFY2(submitted.error().code() == ErrorCode::Unavailable,
             submitted.error().message().c_str());
    const auto started = m_cluster->start("slurmctld");
    QVERIFY2(started.empty(), started.c_str());
    QVERIFY(reaches(*m_engine, *id, JobState::Running));
    QVERIFY(!SlurmCluster::processesOf(*id).empty());
}

void TestSlurmEngine::worksWithoutAccounting()
{
    auto hasty = options();
    hasty.queryTimeout = std::chrono::seconds(3);
    const auto impatient = engine(hasty);
    const auto stopped = m_cluster->stop("slurmdbd");
    QVERIFY2(stopped.empty(), stopped.c_str());
    const auto id = m_engine->submit(order(shell("true")));
    QVERIFY2(id, messageOf(id));
    QVERIFY(reaches(*m_engine, *id, JobState::Ended));
    const auto usage = impatient->usage({*id});
    QVERIFY(!usage);
    QVERIFY2(usage.error().code() == ErrorCode::Unavailable, usage.error().message().c_str());
    const auto started = m_cluster->start("slurmdbd");
    QVERIFY2(started.empty(), started.c_str());
    QVERIFY(SlurmCluster::until([&] {
        const auto later = m_engine->usage({*id});
        return later && later->size() == 1;
    }));
}

namespace {

std::string inLines(const std::vector<remote::slurm::Check>& checks)
{
    std::string text;
    for (const auto& check : checks)
        text += (check.ok ? "ok   " : "FAIL ") + check.step + ": " + check.text
            + (check.fix.empty() ? "" : " -> " + check.fix) + "\n";
    return text;
}

} // namespace

void TestSlurmEngine::checksATarget()
{
    const auto checks = m_engine->preflight();
    const auto text = inLines(checks);
    QCOMPARE(checks.size(), 6U);
    for (const auto& check : checks)
        QVERIFY2(check.ok, text.c_str());
    QVERIFY2(text.find("3 of 3 nodes take jobs; GPUs: 2 x a100 8 x h100") != std::string::npos,
             text.c_str());
}

void TestSlurmEngine::checksATargetWithFaults()
{
    auto wrong = options();
    wrong.partition = "closed";
    wrong.account = "nobodys";
    wrong.gpuTypes["B200"] = "b200";
    const auto checks = engine(wrong)->preflight();
    const auto text = inLines(checks);
    for (const auto& check : checks) {
        const bool expected
            = check.step != "partition" && check.step != "account" && check.step != "GPUs";
        QVERIFY2(check.ok == expected, text.c_str());
        QVERIFY2(check.ok || !check.fix.empty(), text.c_str());
    }
    wrong.environment["SLURM_CONF"] = "/nonexistent/slurm.conf";
    const auto none = engine(wrong)->preflight();
    QVERIFY2(none.size() == 2 && !none.back().ok, inLines(none).c_str());
}

QTEST_GUILESS_MAIN(TestSlurmEngine)
#include "tst_SlurmEngine.moc"
