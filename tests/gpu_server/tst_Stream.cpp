// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Context.h"
#include "emulator/gpu/server/Stream.h"

#include <QtTest>

#include <atomic>
#include <latch>
#include <vector>

using namespace emulator::gpu::server;

/// Order of work within a stream, between streams, and at the end.
class TestStream : public QObject {
    Q_OBJECT

private slots:
    void runsInOrder();
    void waitsForPointsOfOthers();
    void stopDropsWhatHasNotBegun();
    void legacyAndBlockingStreamsWaitForEachOther();
};

void TestStream::runsInOrder()
{
    Stream stream;
    std::vector<int> seen;
    for (int i = 0; i < 100; ++i)
        stream.push([&seen, i](const std::stop_token&) { seen.push_back(i); });
    stream.waitFor(stream.pushed(), {});
    QVERIFY(stream.idle());
    QCOMPARE(seen.size(), std::size_t {100});
    QVERIFY(std::ranges::is_sorted(seen));
}

void TestStream::waitsForPointsOfOthers()
{
    const auto first = std::make_shared<Stream>();
    Stream second;
    std::latch go(1);
    std::atomic<int> order = 0;
    int firstAt = 0;
    int secondAt = 0;
    const auto point = first->push([&](const std::stop_token&) {
        go.wait();
        firstAt = ++order;
    });
    second.push([&](const std::stop_token&) { secondAt = ++order; }, {{first, point}});
    QVERIFY(!second.idle());
    go.count_down();
    second.waitFor(1, {});
    QCOMPARE(firstAt, 1);
    QCOMPARE(secondAt, 2);
}

void TestStream::stopDropsWhatHasNotBegun()
{
    Stream stream;
    std::latch begun(1);
    bool ran = false;
    stream.push([&](std::stop_token stop) {
        begun.count_down();
        while (!stop.stop_requested())
            std::this_thread::yield();
    });
    stream.push([&](const std::stop_token&) { ran = true; });
    begun.wait();
    stream.stop();
    QVERIFY(!ran);
    QVERIFY(stream.idle());
    QCOMPARE(stream.push([&](const std::stop_token&) { ran = true; }), stream.done());
    QVERIFY(!ran);
}

void TestStream::legacyAndBlockingStreamsWaitForEachOther()
{
    Context context(0);
    context.addStream(7, emulator::gpu::protocol::StreamOrder::Blocking);
    context.addStream(8, emulator::gpu::protocol::StreamOrder::NonBlocking);
    std::latch go(1);
    context.stream(7)->push([&](const std::stop_token&) { go.wait(); });
    QCOMPARE(context.orderBefore(0).size(), std::size_t {1});
    QCOMPARE(context.orderBefore(8).size(), std::size_t {0});
    context.stream(0)->push([](const std::stop_token&) { }, context.orderBefore(0));
    QCOMPARE(context.orderBefore(7).size(), std::size_t {1});
    QCOMPARE(context.orderBefore(8).size(), std::size_t {0});
    go.count_down();
}

QTEST_APPLESS_MAIN(TestStream)
#include "tst_Stream.moc"
