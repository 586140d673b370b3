// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/worker/TaskPlan.h"

#include <QtTest>

#include <algorithm>

using namespace emulator;
using namespace emulator::worker;

/// What a task's container gets, decided without a container.
class TestTaskPlan : public QObject {
    Q_OBJECT

private slots:
    void pythonSeriesIsRead_data();
    void pythonSeriesIsRead();
    void layersLieInTheirOrder();
    void environmentHasTheContract();
    void secretsAreNotInTheZygote();
    void imageEnvironmentWinsOverTheNetworks();
    void gpuBringsSocketAndDriver();
    void ownCommandIsNotForked();
    void limitsAndNetworkFollowTheFunction();

private:
    static model::TaskSpec spec()
    {
        model::TaskSpec spec;
        spec.id = "ta-1";
        spec.image.id = "im-1";
        spec.image.pythonVersion = "Python 3.11.2";
        return spec;
    }
    static TaskFiles files()
    {
        return {.imageLayers = {"/l/base", "/l/pip"},
                .clientLayer = "/l/client",
                .mountLayers = {"/l/user"},
                .writes = "/w",
                .socket = "/s/modal.sock",
                .arguments = "/s/arguments"};
    }
};

void TestTaskPlan::pythonSeriesIsRead_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("series");
    QTest::newRow("plain") << "Python 3.11.2" << "3.11";
    QTest::newRow("long") << "Python 3.13.5 (main, Jun 25 2025, 18:55:22) [GCC 14.2.0]" << "3.13";
    QTest::newRow("candidate") << "Python 3.14.0rc1" << "3.14";
    QTest::newRow("none") << "sh: python: not found" << "";
    QTest::newRow("empty") << "" << "";
}

void TestTaskPlan::pythonSeriesIsRead()
{
    QFETCH(QString, text);
    QTEST(QString::fromStdString(model::pythonSeries(text.toStdString())), "series");
}

void TestTaskPlan::layersLieInTheirOrder()
{
    auto with = files();
    with.driverLayer = "/l/driver";
    const auto plan = planTask(spec(), with, {});
    const std::vector<std::filesystem::path> expected {"/l/base", "/l/pip", "/l/driver",
                                                       "/l/client", "/l/user"};
    QCOMPARE(plan.container.layers, expected);
    // The user's files change with every edit; the zygote must not.
    QCOMPARE(plan.zygote.layers,
             std::vector<std::filesystem::path>(expected.begin(), expected.end() - 1));
}

void TestTaskPlan::environmentHasTheContract()
{
    const auto plan = planTask(spec(), files(), {});
    const auto& environment = plan.container.environment;
    QCOMPARE(environment.at("MODAL_SERVER_URL"), std::string("unix:///run/slipway/modal.sock"));
    QCOMPARE(environment.at("MODAL_IS_REMOTE"), std::string("1"));
    QCOMPARE(environment.at("MODAL_TASK_ID"), std::string("ta-1"));
    QCOMPARE(environment.at("MODAL_CONTAINER_ARGUMENTS_PATH"),
             std::string("/run/slipway/arguments"));
    QCOMPARE(environment.at("PYTHONPATH"), std::string("/root:/pkg"));
    QVERIFY(!environment.contains("MODAL_TOKEN_SECRET"));
    QCOMPARE(plan.container.workingDirectory, std::string("/root"));
    QVERIFY(plan.forked);
}

void TestTaskPlan::secretsAreNotInTheZygote()
{
    auto with = spec();
    with.environment = {{"API_KEY", "swordfish"}};
    const auto plan = planTask(with, files(), {});
    QCOMPARE(plan.container.environment.at("API_KEY"), std::string("swordfish"));
    QVERIFY(!plan.zygote.environment.contains("API_KEY"));
    QVERIFY(!plan.zygote.environment.contains("MODAL_TASK_ID"));
}

void TestTaskPlan::imageEnvironmentWinsOverTheNetworks()
{
    auto with = spec();
    with.image.config.environment = {{"HTTPS_PROXY", "of the image"}, {"PYTHONPATH", "/own"}};
    const auto plan = planTask(with, files(),
                               {.environment = {{"HTTPS_PROXY", "of the host"}},
                                .mounts = {{"/etc/ssl/ca.pem", "/host/ca.pem"}}});
    QCOMPARE(plan.container.environment.at("HTTPS_PROXY"), std::string("of the image"));
    QCOMPARE(plan.container.environment.at("PYTHONPATH"), std::string("/root:/pkg:/own"));
    QVERIFY(std::ranges::any_of(plan.container.mounts, [](const container::Mount& mount) {
        return mount.target == "/etc/ssl/ca.pem"
            && mount.kind == container::Mount::Kind::BindReadOnly;
    }));
}

void TestTaskPlan::gpuBringsSocketAndDriver()
{
    const auto without = planTask(spec(), files(), {});
    QVERIFY(!without.container.environment.contains("SLIPWAY_GPU_SOCKET"));

    auto with = files();
    with.gpuSocket = "/s/gpu.sock";
    const auto plan = planTask(spec(), with, {});
    QCOMPARE(plan.container.environment.at("SLIPWAY_GPU_SOCKET"),
             std::string("/run/slipway/gpu.sock"));
    QCOMPARE(plan.container.environment.at("LD_LIBRARY_PATH"),
             std::string("/usr/local/slipway/lib"));
}

void TestTaskPlan::ownCommandIsNotForked()
{
    auto with = spec();
    with.command = {"sleep", "1"};
    const auto plan = planTask(with, files(), {});
    QVERIFY(!plan.forked);
    QCOMPARE(plan.container.argv, with.command);
}

void TestTaskPlan::limitsAndNetworkFollowTheFunction()
{
    auto with = spec();
    with.resources.milliCpuMax = 1500;
    with.resources.memoryMbMax = 192;
    with.blockNetwork = true;
    const auto plan = planTask(with, files(), {});
    QCOMPARE(plan.container.limits.cpus, 1.5);
    QCOMPARE(plan.container.limits.memoryBytes, std::uint64_t {192} << 20U);
    QCOMPARE(plan.container.network, container::Network::None);
}

QTEST_GUILESS_MAIN(TestTaskPlan)
#include "tst_TaskPlan.moc"
