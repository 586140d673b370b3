// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/deploy/Plan.h"

#include <QtTest>

using namespace remote::deploy;
using emulator::cost::PriceBook;

namespace {

model::StagedFunction function(const std::string& name, const std::string& gpu = {},
                               std::uint32_t count = 1)
{
    model::StagedFunction staged;
    staged.function.name = name;
    staged.function.gpu = gpu;
    staged.function.resources.gpu = gpu;
    staged.function.resources.gpuCount = gpu.empty() ? 0 : count;
    staged.function.imageId = "im-1";
    staged.function.code = "code";
    staged.function.settings = "settings";
    staged.function.microsPerHour = 1000;
    return staged;
}

Facts factsOf(std::vector<model::StagedFunction> functions)
{
    Facts facts;
    facts.name = "hpc";
    facts.engine = "Slurm";
    facts.staged.appName = "shop";
    facts.staged.functions = std::move(functions);
    facts.transfers.push_back({.imageId = "im-1", .manifest = "sha256:1", .bytes = 100});
    return facts;
}

model::NodeSummary node(const std::string& type, std::uint32_t count, std::uint32_t busy = 0)
{
    model::NodeSummary node;
    node.gpus[type] = count;
    node.gpusAllocated[type] = busy;
    return node;
}

DeployPlan plan(const Facts& facts)
{
    return makePlan(facts, PriceBook::builtIn());
}

} // namespace

class TestPlan : public QObject {
    Q_OBJECT

private slots:
    void aFirstVersionIsAllNew();
    void differencesAreAgainstTheTarget();
    void pricesAddUp();
    void gpusOfTheCluster_data();
    void gpusOfTheCluster();
    void untypedGpusAreNoBlocker();
    void greenRuns();
    void warnsOfWhatIsNotInGit();
    void jsonKeepsItsContract();
    void textNamesWhatMatters();
};

void TestPlan::aFirstVersionIsAllNew()
{
    const auto made = plan(factsOf({function("f")}));
    QCOMPARE(made.liveVersion, 0U);
    QCOMPARE(made.nextVersion, 1U);
    QCOMPARE(made.functions.at(0).change.change, std::string("new"));
    QVERIFY(made.blockers.empty());
}

void TestPlan::differencesAreAgainstTheTarget()
{
    auto facts = factsOf({function("same"), function("coded"), function("moved"), function("new")});
    model::DeploymentSummary live;
    live.version = 4;
    for (const char* name : {"same", "coded", "moved", "gone"})
        live.functions.push_back(function(name).function);
    live.functions[1].code = "older";
    live.functions[2].imageId = "im-0";
    live.functions[2].gpu = "T4";
    facts.live = live;
    // What this machine's own version lacks says nothing about the target.
    auto removedHere = function("elsewhere");
    removedHere.change.change = "removed";
    facts.staged.functions.push_back(removedHere);

    const auto made = plan(facts);
    QCOMPARE(made.nextVersion, 5U);
    QStringList changes;
    for (const auto& planned : made.functions) {
        QString text = QString::fromStdString(planned.function.name + " " + planned.change.change);
        for (const auto& what : planned.change.what)
            text += " " + QString::fromStdString(what);
        changes.append(text);
    }
    QCOMPARE(changes,
             (QStringList {"same unchanged", "coded changed code", "moved changed image gpu",
                           "new new", "gone removed"}));
}

void TestPlan::pricesAddUp()
{
    auto warm = function("warm");
    warm.function.minContainers = 3;
    auto facts = factsOf({warm, function("cold")});
    model::DeploymentSummary live;
    live.functions.push_back(function("gone").function);
    facts.live = live;
    const auto made = plan(facts);
    QCOMPARE(made.microsPerHour, 2000); // what is removed costs nothing
    QCOMPARE(made.idleMicrosPerHour, 3000);
}

void TestPlan::gpusOfTheCluster_data()
{
    QTest::addColumn<quint32>("count");
    QTest::addColumn<quint32>("warm");
    QTest::addColumn<quint32>("wanted");
    QTest::addColumn<bool>("ok");
    QTest::newRow("one") << 1U << 0U << 1U << true;
    QTest::newRow("a pair") << 2U << 0U << 2U << true;
    QTest::newRow("kept warm") << 1U << 4U << 4U << true;
    QTest::newRow("too many") << 2U << 3U << 6U << false;
}

void TestPlan::gpusOfTheCluster()
{
    QFETCH(quint32, count);
    QFETCH(quint32, warm);
    QFETCH(quint32, wanted);
    QFETCH(bool, ok);
    auto train = function("train", "H100", count);
    train.function.minContainers = warm;
    auto facts = factsOf({train, function("cpu")});
    auto down = node("h100", 8);
    down.usable = false;
    facts.nodes = {node("h100", 2), node("h100", 2, 2), node("a100", 8), down};
    const auto made = plan(facts);
    QCOMPARE(made.gpus.size(), std::size_t {1});
    QCOMPARE(made.gpus[0].wanted, wanted);
    QCOMPARE(made.gpus[0].available, 4U);
    QCOMPARE(made.gpus[0].ok, ok);
    QCOMPARE(made.blockers.empty(), ok);
    if (!ok)
        QVERIFY(made.blockers[0].why.find("4 usable H100") != std::string::npos);
}

void TestPlan::untypedGpusAreNoBlocker()
{
    auto facts = factsOf({function("train", "H100")});
    facts.nodes = {node("", 4)};
    const auto made = plan(facts);
    QVERIFY(made.blockers.empty());
    QVERIFY(made.gpus[0].text.find("does not say the type") != std::string::npos);
}

void TestPlan::greenRuns()
{
    auto facts = factsOf({function("f")});
    QVERIFY(!plan(facts).sameImageAsLastGreenRun);
    facts.lastGreen = GreenRun {{"im-1", "im-2"}};
    facts.transfers.push_back({.imageId = "client-1.6.4-3.11"}); // no image of the user's
    QVERIFY(*plan(facts).sameImageAsLastGreenRun);
    QVERIFY(plan(facts).images[0].sameAsLastRun);
    facts.lastGreen = GreenRun {{"im-2"}};
    QVERIFY(!*plan(facts).sameImageAsLastGreenRun);
    QVERIFY(!plan(facts).warnings.empty());
}

void TestPlan::warnsOfWhatIsNotInGit()
{
    auto facts = factsOf({function("f")});
    facts.git = GitState {"abc", "main", false, {}};
    QVERIFY(plan(facts).warnings.empty());
    facts.git = GitState {"abc", "main", true, {"a.py", "b.py"}};
    QVERIFY(plan(facts).warnings.at(0).find("2 files") != std::string::npos);
}

void TestPlan::jsonKeepsItsContract()
{
    auto facts = factsOf({function("train", "H100")});
    facts.git = GitState {"abc", "main", true, {"a.py"}};
    facts.nodes = std::vector<model::NodeSummary> {};
    const auto json = toJson(plan(facts));
    QStringList keys;
    for (const auto& [key, value] : json.items())
        keys.append(QString::fromStdString(key));
    QCOMPARE(keys,
             (QStringList {"app", "file", "target", "live_version", "next_version", "functions",
                           "images", "bytes_to_push", "bytes_total", "gpus",
                           "price_micros_per_hour", "price_idle_micros_per_hour", "git",
                           "same_image_as_last_green_run", "warnings", "blockers"}));
    QVERIFY(json["same_image_as_last_green_run"].is_null());
    QVERIFY(json["git"]["changed_files"].is_array());
    QCOMPARE(json["functions"][0]["change"].get<std::string>(), std::string("new"));
    QCOMPARE(json["blockers"][0].size(), std::size_t {3});
    facts.git.reset();
    QVERIFY(toJson(plan(facts))["git"].is_null());
}

void TestPlan::textNamesWhatMatters()
{
    auto facts = factsOf({function("train", "H100")});
    facts.transfers[0].missingBytes = 50;
    facts.transfers[0].layers = 3;
    facts.transfers[0].missingLayers = 1;
    facts.nodes = std::vector<model::NodeSummary> {};
    const auto text = QString::fromStdString(toText(plan(facts)));
    for (const char* part : {"shop → hpc", "none is live, this will be 1", "train", "H100",
                             "50 B of 100 B to push (1 of 3 layers)", "BLOCKED"})
        QVERIFY2(text.contains(part), qPrintable(text));
}

QTEST_GUILESS_MAIN(TestPlan)
#include "tst_Plan.moc"
