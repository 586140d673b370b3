// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "emulator/local/ReplicaOrders.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::local;

class TestReplicaOrders : public QObject {
    Q_OBJECT

private slots:
    void init() { m_home = std::make_unique<TempDir>(*TempDir::create()); }
    void theTokenIsOnlyInTheFile();
    void aNodesOwnGpuIsRefusedByName();
    void namesAreOfLettersThatEnginesTake();

private:
    [[nodiscard]] ReplicaOrders orders(bool emulatedGpu) const
    {
        ReplicaFile common;
        common.control = "login1:4711";
        common.emulatedGpu = emulatedGpu;
        return ReplicaOrders({m_home->path(), "/opt/slipway/bin", {}, common});
    }
    [[nodiscard]] static model::ReplicaBrief brief(const std::string& gpu = {})
    {
        model::ReplicaBrief brief;
        brief.replicaId = "re-1";
        brief.token = "rt-planted";
        brief.appName = "my app/ü";
        brief.functionName = "Model.*";
        brief.version = 3;
        brief.resources.gpu = gpu;
        return brief;
    }

    std::unique_ptr<TempDir> m_home;
};

void TestReplicaOrders::theTokenIsOnlyInTheFile()
{
    const auto order = orders(true).prepare(brief("H100"));
    QVERIFY2(static_cast<bool>(order), order ? "" : order.error().message().c_str());
    for (const auto& word : order->command)
        QVERIFY(word.find("planted") == std::string::npos);
    for (const auto& [name, value] : order->environment)
        QVERIFY(value.find("planted") == std::string::npos);
    QVERIFY((order->name + order->comment).find("planted") == std::string::npos);

    const auto path = ReplicaFile::pathOf(m_home->path(), "re-1");
    QCOMPARE(ReplicaFile::read(path)->token, "rt-planted");
    using std::filesystem::perms;
    QCOMPARE(std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all),
             perms::none);
    orders(true).discard("re-1");
    QVERIFY(!std::filesystem::exists(path));
}

void TestReplicaOrders::aNodesOwnGpuIsRefusedByName()
{
    const auto refused = orders(false).prepare(brief("H100"));
    QVERIFY(!refused);
    QCOMPARE(refused.error().code(), ErrorCode::FailedPrecondition);
    QVERIFY(refused.error().message().find("--gpu emulated") != std::string::npos);
    QVERIFY(!std::filesystem::exists(ReplicaFile::pathOf(m_home->path(), "re-1")));
    QVERIFY(orders(false).prepare(brief())); // without a GPU nothing stands in its way
}

void TestReplicaOrders::namesAreOfLettersThatEnginesTake()
{
    const auto name = replicaName(brief());
    QVERIFY(name.starts_with("slipway-my-app-"));
    QVERIFY(name.ends_with("-v3"));
    QVERIFY(
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        == std::string::npos);
}

QTEST_GUILESS_MAIN(TestReplicaOrders)
#include "tst_ReplicaOrders.moc"
