// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/gpu/protocol/Connection.h"
#include "emulator/gpu/server/DeviceMonitor.h"
#include "emulator/gpu/server/Server.h"

#include <QtTest>

#include <thread>

using namespace emulator;
using namespace emulator::gpu;
using namespace emulator::gpu::server;

/// A server on a real socket, with clients of this process.
class TestServer : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void answersSeveralThreads();
    void freesWhatADeadClientHeld();
    void monitorSeesMemory();
    void limitsEachCardToItsSize();
    void saysWhyItCannotListen();

private:
    std::unique_ptr<protocol::Connection> connect()
    {
        std::string problem;
        return protocol::Connection::open(m_path.c_str(), "test", protocol::Role::Program, problem);
    }

    std::optional<TempDir> m_folder;
    std::string m_path;
    std::unique_ptr<Server> m_server;
    std::jthread m_thread;
};

void TestServer::init()
{
    auto folder = TempDir::create();
    QVERIFY(folder);
    m_folder.emplace(*std::move(folder));
    m_path = (m_folder->path() / "gpu.sock").string();
    const auto catalogue = cards::Catalogue::builtIn();
    QVERIFY(catalogue);
    auto server = Server::create({m_path, *catalogue->card("T4"), 2, 1});
    QVERIFY2(server, server ? "" : server.error().message().c_str());
    m_server = *std::move(server);
    m_thread = std::jthread([this](std::stop_token stop) { m_server->run(std::move(stop)); });
}

void TestServer::cleanup()
{
    m_thread = {};
    m_server.reset();
}

void TestServer::answersSeveralThreads()
{
    const auto connection = connect();
    QVERIFY(connection);
    QCOMPARE(connection->welcome().deviceCount, 2U);
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                protocol::DeviceFigures figures;
                if (connection->ask(protocol::Kind::QueryDevice, 0, protocol::Ordinal {1}, figures)
                        == 0
                    && figures.pciBus == 2)
                    ++right;
            }
        });
    threads.clear();
    QCOMPARE(right.load(), 1600);
}

void TestServer::freesWhatADeadClientHeld()
{
    const auto before = m_server->devices().memory().used();
    {
        const auto connection = connect();
        QVERIFY(connection);
        protocol::Handle context;
        QCOMPARE(connection->ask(protocol::Kind::CreateContext, 0, protocol::Ordinal {0}, context),
                 0);
        protocol::Handle address;
        QCOMPARE(connection->ask(protocol::Kind::Allocate, context.value,
                                 protocol::Allocate {4096, protocol::AllocationKind::Device, 0},
                                 address),
                 0);
        QVERIFY(m_server->devices().memory().used() > before);
    }
    QTRY_COMPARE(m_server->devices().memory().used(), before);
}

void TestServer::monitorSeesMemory()
{
    auto monitor = DeviceMonitor::connect(m_path);
    QVERIFY(monitor);
    const auto connection = connect();
    protocol::Handle context;
    protocol::Handle address;
    QCOMPARE(connection->ask(protocol::Kind::CreateContext, 0, protocol::Ordinal {1}, context), 0);
    QCOMPARE(connection->ask(protocol::Kind::Allocate, context.value,
                             protocol::Allocate {1 << 20, protocol::AllocationKind::Device, 0},
                             address),
             0);
    auto held = *std::move(monitor);
    const auto samples = held.sample();
    QVERIFY(samples);
    QCOMPARE(samples->size(), std::size_t {2});
    QCOMPARE((*samples)[0].memoryUsed, std::uint64_t {0});
    QCOMPARE((*samples)[1].memoryUsed, std::uint64_t {1 << 20});
    QCOMPARE((*samples)[1].processes, 1U); // the monitor is none
    m_thread = {};
    QVERIFY(!held.sample());
    QVERIFY(!DeviceMonitor::connect(m_path + "x"));
}

void TestServer::limitsEachCardToItsSize()
{
    const auto connection = connect();
    protocol::Handle context;
    QCOMPARE(connection->ask(protocol::Kind::CreateContext, 0, protocol::Ordinal {0}, context), 0);
    const auto total = m_server->devices().usage(0).memoryTotal;
    protocol::Handle address;
    const auto allocate = [&](std::uint64_t size) {
        return connection->ask(protocol::Kind::Allocate, context.value,
                               protocol::Allocate {size, protocol::AllocationKind::Device, 0},
                               address);
    };
    QCOMPARE(allocate(total - 4096), 0);
    QCOMPARE(allocate(8192),
             std::int32_t {protocol::OutOfMemory}); // though the other card is empty
}

void TestServer::saysWhyItCannotListen()
{
    const auto catalogue = cards::Catalogue::builtIn();
    const auto server = Server::create({"/nowhere/at/all.sock", *catalogue->card("T4"), 1, 1});
    QVERIFY(!server);
    QCOMPARE(server.error().message().c_str(),
             "listen on /nowhere/at/all.sock: No such file or directory");
}

QTEST_GUILESS_MAIN(TestServer)
#include "tst_Server.moc"
