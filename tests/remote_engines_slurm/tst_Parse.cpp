// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/engines/slurm/Label.h"
#include "remote/engines/slurm/OneLine.h"
#include "remote/engines/slurm/Parse.h"
#include "remote/engines/slurm/Reasons.h"
#include "remote/engines/slurm/Refusals.h"
#include "remote/engines/slurm/Text.h"

#include <QtTest>

#include <random>

using namespace remote::slurm;
using emulator::ErrorCode;
using emulator::model::JobState;

namespace {

/// A line of squeue as squeueFormat() orders it.
std::string line(const std::vector<std::string>& fields)
{
    std::string text;
    for (const auto& field : fields)
        text += (text.empty() ? "" : std::string(1, squeueSeparator)) + field;
    return text + "\n";
}

const std::string waiting
    = line({"7", "PENDING", "Resources", "", "2026-11-24T15:07:46", "2026-11-25T00:00:00", "N/A",
            "slipway:home:re-1:de:9", "slipway-a-b-v1"});
const std::string running
    = line({"8", "RUNNING", "None", "gpu-07", "2026-11-24T15:07:46", "2026-11-24T15:08:00",
            "2026-11-25T15:08:00", "slipway:home:re-2:", "ünï|code \"q\" \\ x"});
const std::string lost = line({"9", "NODE_FAIL", "NodeDown", "gpu-08", "2026-11-24T15:07:46",
                               "2026-11-24T15:08:00", "2026-11-24T16:08:00", "(null)", "x"});

const std::string nodes
    = "NodeName=n1 Arch=x86_64 CPUAlloc=3 CPUEfctv=64 CPUTot=64 CPULoad=N/A "
      "Gres=gpu:H100:4(S:0-1),gpu:a100:2 GresDrain=N/A GresUsed=gpu:H100:1(IDX:0,2),gpu:a100:0 "
      "OS=Linux 6.1.0 #1 SMP @0 RealMemory=64000 AllocMem=1500 "
      "State=MIXED+DRAIN Partitions=main,short AllocTRES=cpu=3 "
      "Reason=disk | full: State=IDLE Gres=gpu:9 [root@2026-11-24T15:07:46]\n"
      "NodeName=n2 CPUAlloc=0 CPUTot=8 Gres=(null) RealMemory=1000 AllocMem=0 State=DOWN*+DRAIN "
      "AllocTRES= Reason=(null)\n"
      "NodeName=n3 CPUTot=8 Gres=gpu:2 State=IDLE+CLOUD+POWERED_DOWN "
      "AllocTRES=cpu=1,mem=1.50G,gres/gpu=2\n";

const std::string accounting
    = "7|COMPLETED|2026-11-24T15:07:46|2026-11-24T15:08:00|2026-11-24T15:08:10|10|"
      "billing=2,cpu=2,gres/gpu:h100=2,gres/gpu=2,mem=1500M,node=1|n1\n"
      "8|CANCELLED by 1000|2026-11-24T15:07:46|Unknown|2026-11-24T15:08:10|0||None assigned\n"
      "9|RUNNING|2026-11-24T15:07:46|2026-11-24T15:08:00|Unknown|44|cpu=1,mem=62.50G|n2\n"
      "9.batch|RUNNING|2026-11-24T15:07:46|2026-11-24T15:08:00|Unknown|44|cpu=1|n2\n";

} // namespace

/// What Slurm prints, including what strangers put into it, written by hand.
class TestParse : public QObject {
    Q_OBJECT

private slots:
    void readsNumbers();
    void readsTimes();
    void readsJobs();
    void knowsJobStates_data();
    void knowsJobStates();
    void keepsExpectedTimesOut();
    void knowsWhatSbatchRefused();
    void readsLabels();
    void readsNodes();
    void knowsNodeStates_data();
    void knowsNodeStates();
    void readsGres_data();
    void readsGres();
    void readsTres();
    void readsAccounting();
    void readsPartitions();
    void explainsReasons();
    void turnsRefusalsIntoErrors_data();
    void turnsRefusalsIntoErrors();
    void survivesAnything();
};

void TestParse::readsNumbers()
{
    QCOMPARE(parseMegabytes("1500"), std::optional<std::uint64_t>(1500));
    QCOMPARE(parseMegabytes("62.50G"), std::optional<std::uint64_t>(64000));
    QCOMPARE(parseMegabytes("2048K"), std::optional<std::uint64_t>(2));
    QCOMPARE(parseMegabytes("1T"), std::optional<std::uint64_t>(1024 * 1024));
    QCOMPARE(parseMegabytes("4000Mn"), std::optional<std::uint64_t>(4000));
    for (const char* bad : {"", "x", "-1", "1Q", "1MM", "nan", "inf", "1e999", "1e30", "G"})
        QVERIFY2(!parseMegabytes(bad), bad);
    QCOMPARE(parseCount("2K"), std::optional<std::uint32_t>(2048));
    for (const char* bad : {"", "-1", "5000000000", "N/A", "h100"})
        QVERIFY2(!parseCount(bad), bad);
    QCOMPARE(parseNumber("18446744073709551615"), std::optional<std::uint64_t>(UINT64_MAX));
    for (const char* bad : {"", " 1", "1 ", "+1", "18446744073709551616", "0x1"})
        QVERIFY2(!parseNumber(bad), bad);
}

void TestParse::readsTimes()
{
    QCOMPARE(parseTime("2026-11-24T15:07:46"), 1'795'532'866'000'000);
    QCOMPARE(parseTime("1795532866"), 1'795'532'866'000'000);
    QCOMPARE(parseTime("2024-02-29T00:00:00"), 1'709'164'800'000'000);
    for (const char* none :
         {"", "N/A", "Unknown", "None", "2026-02-30T00:00:00", "2026-11-24T24:00:00",
          "2026-11-24 15:07:46", "2026-1-24T15:07:466", "4294967295", "99999999999999999999",
          "1901-01-01T00:00:00", "-026-11-24T15:07:46"})
        QCOMPARE(parseTime(none), 0);
}

void TestParse::readsJobs()
{
    const auto records
        = parseSqueue(waiting + running + "slurm_load_jobs error: hm\n"
                      + line({"12_3", "RUNNING", "None", "n1", "", "", "", "", "array"})
                      + line({"13", "RUNNING", "too", "few"}) + lost);
    QCOMPARE(records.size(), 3U);
    QCOMPARE(records[0].id, std::string("7"));
    QCOMPARE(records[0].reason, std::string("Resources"));
    QCOMPARE(records[0].nodes, std::string());
    QCOMPARE(records[0].comment, std::string("slipway:home:re-1:de:9"));
    QCOMPARE(records[1].name, std::string("ünï|code \"q\" \\ x"));
    QCOMPARE(records[1].reason, std::string());
    QCOMPARE(records[2].comment, std::string());
    QCOMPARE(parseSqueue("").size(), 0U);
}

void TestParse::knowsJobStates_data()
{
    QTest::addColumn<QString>("reason");
    QTest::addColumn<JobState>("state");
    QTest::newRow("PENDING") << "Priority" << JobState::Pending;
    QTest::newRow("PENDING held") << "JobHeldUser" << JobState::Held;
    QTest::newRow("PENDING admin") << "JobHeldAdmin" << JobState::Held;
    QTest::newRow("PENDING launch") << "launch failed requeued held" << JobState::Held;
    QTest::newRow("CONFIGURING") << "None" << JobState::Pending;
    QTest::newRow("REQUEUE_HOLD") << "" << JobState::Held;
    QTest::newRow("SPECIAL_EXIT") << "" << JobState::Held;
    QTest::newRow("RUNNING") << "" << JobState::Running;
    QTest::newRow("SUSPENDED") << "" << JobState::Running;
    QTest::newRow("COMPLETING") << "" << JobState::Completing;
    QTest::newRow("COMPLETED") << "" << JobState::Ended;
    QTest::newRow("CANCELLED by 1000") << "" << JobState::Ended;
    QTest::newRow("OUT_OF_MEMORY") << "" << JobState::Ended;
    QTest::newRow("PREEMPTED") << "" << JobState::Ended;
    QTest::newRow("NODE_FAIL") << "" << JobState::NodeFailed;
    QTest::newRow("BOOT_FAIL") << "" << JobState::NodeFailed;
    QTest::newRow("EXPEDITING") << "a later version's" << JobState::Running;
}

void TestParse::knowsJobStates()
{
    QFETCH(QString, reason);
    QFETCH(JobState, state);
    // The row's name is the word, with what tells two rows apart behind PENDING.
    std::string word = QTest::currentDataTag();
    if (word.rfind("PENDING", 0) == 0)
        word = "PENDING";
    QCOMPARE(jobState(word, reason.toStdString()), state);
}

void TestParse::keepsExpectedTimesOut()
{
    const Label label {"home", "re-1", "de"};
    const auto pending = toJob(parseSqueue(waiting).front(), label);
    QCOMPARE(pending.startedAt, 0); // Slurm expects it to start then
    QCOMPARE(pending.endedAt, 0);
    QCOMPARE(pending.reason, std::string("Resources"));
    const auto live = toJob(parseSqueue(running).front(), label);
    QCOMPARE(live.startedAt, 1'795'532'880'000'000);
    QCOMPARE(live.endedAt, 0); // its time limit
    QCOMPARE(live.reason, std::string());
    QCOMPARE(live.node, std::string("gpu-07"));
    const auto gone = toJob(parseSqueue(lost).front(), label);
    QCOMPARE(gone.endedAt, 1'795'536'480'000'000);
    QCOMPARE(gone.reason, std::string("NODE_FAIL (NodeDown)"));
}

void TestParse::knowsWhatSbatchRefused()
{
    JobRecord record {.id = "1", .state = "FAILED", .reason = "BadConstraints"};
    QVERIFY(wasRefused(record));
    record.nodes = "n1";
    QVERIFY(!wasRefused(record));
    record = {.id = "1", .state = "PENDING", .reason = "BadConstraints"};
    QVERIFY(!wasRefused(record));
}

void TestParse::readsLabels()
{
    const Label label {"home-1", "re-abc", "de-1:x y"};
    const auto read = Label::parse(label.text());
    QVERIFY(read.has_value());
    QCOMPARE(read->tag, label.tag);
    QCOMPARE(read->replicaId, label.replicaId);
    QCOMPARE(read->deployment, label.deployment);
    for (const char* other : {"", "slipway", "slipway:", "slipway:a", "slipway:a:b", "slipway::b:c",
                              "slipway:a::c", "Slipway:a:b:c", " slipway:a:b:c"})
        QVERIFY2(!Label::parse(other), other);
}

void TestParse::readsNodes()
{
    const auto read = parseNodes(nodes + "\nNode n9 not found\n");
    QCOMPARE(read.size(), 3U);
    QCOMPARE(read[0].state, std::string("draining"));
    QVERIFY(!read[0].usable);
    QCOMPARE(read[0].cpus, 64U);
    QCOMPARE(read[0].cpusAllocated, 3U);
    QCOMPARE(read[0].memoryMb, 64000U);
    QCOMPARE(read[0].memoryMbAllocated, 1500U);
    QCOMPARE(read[0].gpus, (GpuCounts {{"h100", 4}, {"a100", 2}}));
    QCOMPARE(read[0].gpusAllocated, (GpuCounts {{"h100", 1}}));
    QVERIFY(read[0].reason.rfind("disk | full:", 0) == 0);
    QCOMPARE(read[1].state, std::string("down"));
    QCOMPARE(read[1].reason, std::string());
    QVERIFY(read[1].gpus.empty());
    QVERIFY(read[2].usable); // Slurm boots it when a job wants it
    QCOMPARE(read[2].gpusAllocated, (GpuCounts {{"", 2}}));
}

void TestParse::knowsNodeStates_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<bool>("usable");
    QTest::newRow("IDLE") << "idle" << true;
    QTest::newRow("MIXED") << "mixed" << true;
    QTest::newRow("ALLOCATED") << "allocated" << true;
    QTest::newRow("IDLE*") << "idle" << false;
    QTest::newRow("IDLE~") << "idle" << true;
    QTest::newRow("IDLE+NOT_RESPONDING") << "idle" << false;
    QTest::newRow("IDLE+DRAIN") << "drained" << false;
    QTest::newRow("ALLOCATED+DRAIN") << "draining" << false;
    QTest::newRow("DOWN*+DRAIN") << "down" << false;
    QTest::newRow("IDLE+MAINT+RESERVED") << "idle" << false;
    QTest::newRow("MIXED+PLANNED") << "mixed" << true;
    QTest::newRow("DOWN+INVALID_REG") << "down" << false;
    QTest::newRow("UNKNOWN") << "unknown" << false;
    QTest::newRow("FUTURE") << "future" << false;
    QTest::newRow("") << "unknown" << false;
    QTest::newRow("+*+") << "unknown" << false;
}

void TestParse::knowsNodeStates()
{
    QFETCH(QString, word);
    QFETCH(bool, usable);
    const auto state = parseNodeState(QTest::currentDataTag());
    QCOMPARE(state.word, word.toStdString());
    QCOMPARE(state.usable, usable);
}

void TestParse::readsGres_data()
{
    QTest::addColumn<GpuCounts>("counts");
    QTest::newRow("gpu") << GpuCounts {{"", 1}};
    QTest::newRow("gpu:3") << GpuCounts {{"", 3}};
    QTest::newRow("gpu:h100") << GpuCounts {{"h100", 1}};
    QTest::newRow("gpu:H100:4(S:0-1),gpu:h100:2") << GpuCounts {{"h100", 6}};
    QTest::newRow("gpu:a:no_consume:2,shard:8,craynetwork:4") << GpuCounts {{"a", 2}};
    QTest::newRow("gpu:nvidia_a100_1g.5gb:7(IDX:0,2-3)") << GpuCounts {{"nvidia_a100_1g.5gb", 7}};
    QTest::newRow("gpux:2") << GpuCounts {};
    QTest::newRow("(null)") << GpuCounts {};
    QTest::newRow("N/A") << GpuCounts {};
    QTest::newRow(",,gpu:2,") << GpuCounts {{"", 2}};
    QTest::newRow("gpu:a:4294967295,gpu:a:9") << GpuCounts {{"a", UINT32_MAX}};
    QTest::newRow("gpu:2(((,gpu:3") << GpuCounts {{"", 2}};
}

void TestParse::readsGres()
{
    QFETCH(GpuCounts, counts);
    QCOMPARE(parseGres(QTest::currentDataTag()), counts);
}

void TestParse::readsTres()
{
    const auto typed = parseTres("cpu=2,mem=1500M,node=1,billing=9,gres/gpu=3,gres/gpu:H100=2");
    QCOMPARE(typed.cpus, 2U);
    QCOMPARE(typed.memoryMb, 1500U);
    QCOMPARE(typed.gpus, (GpuCounts {{"h100", 2}, {"", 1}}));
    QCOMPARE(parseTres("").cpus, 0U);
    QCOMPARE(parseTres("=,cpu,cpu=,mem=x,gres/gpu=-1").gpus, GpuCounts {});
}

void TestParse::readsAccounting()
{
    const auto lines = parseSacct(accounting + "sacct: error: x\n");
    QCOMPARE(lines.size(), 3U);
    QCOMPARE(lines[0].usage.state, std::string("COMPLETED"));
    QCOMPARE(lines[0].usage.elapsedSeconds, 10);
    QCOMPARE(lines[0].usage.cpus, 2U);
    QCOMPARE(lines[0].usage.memoryMb, 1500U);
    QCOMPARE(lines[0].usage.gpuType, std::string("h100"));
    QCOMPARE(lines[0].usage.gpus, 2U);
    QCOMPARE(lines[0].nodes, std::string("n1"));
    QCOMPARE(lines[1].usage.state, std::string("CANCELLED"));
    QCOMPARE(lines[1].usage.startedAt, 0);
    QCOMPARE(lines[1].nodes, std::string());
    QCOMPARE(lines[2].usage.endedAt, 0);
    QCOMPARE(lines[2].usage.memoryMb, 64000U);
}

void TestParse::readsPartitions()
{
    const auto read = parsePartitions("PartitionName=main AllowGroups=ALL Default=YES "
                                      "MaxTime=UNLIMITED Nodes=n[1-3] State=UP\n"
                                      "PartitionName=old Default=NO MaxTime=00:05:00 State=DRAIN\n"
                                      "garbage\n");
    QCOMPARE(read.size(), 2U);
    QVERIFY(read[0].standard && read[0].up);
    QVERIFY(!read[1].standard && !read[1].up);
    QCOMPARE(read[1].maxTime, std::string("00:05:00"));
}

void TestParse::explainsReasons()
{
    QCOMPARE(explain("AssocGrpGRES"),
             std::string("your account's GPU limit is reached (AssocGrpGRES)"));
    QVERIFY(explain("AssocGrpGRESMinutes").rfind("your account's GPU hours", 0) == 0);
    QVERIFY(explain("QOSMaxGRESPerUser").find("one user") != std::string::npos);
    QVERIFY(explain("ReqNodeNotAvail, UnavailableNodes:n[1-2]").find("n[1-2]")
            != std::string::npos);
    QCOMPARE(explain("SomethingNew"), std::string("Slurm says: SomethingNew"));
    QCOMPARE(explain("a\x1b[31m"), std::string("Slurm says: a?[31m"));
    QCOMPARE(explain(""), std::string());
    QCOMPARE(explain("None"), std::string());
}

void TestParse::turnsRefusalsIntoErrors_data()
{
    QTest::addColumn<int>("code");
    const auto row
        = [](const char* words, ErrorCode code) { QTest::newRow(words) << static_cast<int>(code); };
    row("sbatch: error: invalid partition specified: x\nsbatch: error: Batch job submission "
        "failed: Invalid partition name specified",
        ErrorCode::Invalid);
    row("sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job "
        "violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
        ErrorCode::Exhausted);
    row("sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect "
        "failure)",
        ErrorCode::Unavailable);
    row("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
        ErrorCode::Unavailable);
    row("sbatch: error: our own plugin: GPUs only after lunch", ErrorCode::Invalid);
    row("sbatch: error: Batch job submission failed: Access/permission denied", ErrorCode::Denied);
}

void TestParse::turnsRefusalsIntoErrors()
{
    QFETCH(int, code);
    const auto error = refusal("sbatch", QTest::currentDataTag());
    QCOMPARE(static_cast<int>(error.code()), code);
    QVERIFY2(error.message().rfind("sbatch: ", 0) == 0, error.message().c_str());
    QVERIFY2(error.message().find("error:") == std::string::npos, error.message().c_str());
    QVERIFY2(error.message().find('\n') == std::string::npos, error.message().c_str());
}

void TestParse::survivesAnything()
{
    // Mutations of what Slurm prints: no reader may crash, hang, or give a name from nowhere.
    std::mt19937 random(4711); // NOLINT(bugprone-random-generator-seed): the same every time
    const std::vector<std::string> seeds {waiting + running + lost,
                                          nodes,
                                          accounting,
                                          "gpu:h100:4(S:0-1),gpu:2",
                                          "cpu=2,mem=1500M,gres/gpu=2",
                                          "DOWN*+DRAIN",
                                          "slipway:home:re-1:de"};
    const std::string pieces = std::string("=:|,()[]*+- \n\t\x1f%0", 19) + "9AzKMG\xc3\xff";
    for (int round = 0; round < 20'000; ++round) {
        auto text = seeds[random() % seeds.size()];
        for (auto edits = 1 + random() % 8; edits > 0 && !text.empty(); --edits) {
            const auto at = random() % text.size();
            const char piece = pieces[random() % pieces.size()];
            switch (random() % 4) {
            case 0:
                text[at] = piece;
                break;
            case 1:
                text.insert(at, 1 + random() % 30, piece);
                break;
            case 2:
                text.erase(at, 1 + random() % 20);
                break;
            default:
                text += text.substr(at, random() % 200);
            }
        }
        for (const auto& record : parseSqueue(text)) {
            QVERIFY(parseNumber(record.id) || record.id.size() > 19);
            const auto job = toJob(record, {"t", "r", ""});
            QVERIFY(job.startedAt >= 0 && job.endedAt >= 0);
            QVERIFY(text.find(record.comment) != std::string::npos);
        }
        for (const auto& node : parseNodes(text))
            QVERIFY(!node.name.empty() && text.find(node.name) != std::string::npos);
        for (const auto& entry : parseSacct(text))
            QVERIFY(entry.usage.elapsedSeconds >= 0);
        static_cast<void>(parsePartitions(text));
        static_cast<void>(parseGres(text));
        static_cast<void>(parseTres(text));
        static_cast<void>(parseNodeState(text));
        static_cast<void>(parseTime(text));
        static_cast<void>(Label::parse(text));
        QVERIFY(!hasControlCharacter(explain(text)));
        QVERIFY(!hasControlCharacter(refusal("sbatch", text).message()));
    }
}

QTEST_GUILESS_MAIN(TestParse)
#include "tst_Parse.moc"
