// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/tunnel/Streams.h"

#include <QtTest>

#include <random>

using namespace emulator;
using namespace remote::tunnel;

class TestStreams : public QObject {
    Q_OBJECT

private slots:
    void creditIsUsedAndGivenBack();
    void bothClosesEndAStream();
    void framesForAnEndedStreamAreIgnored();
    void openingsAreBounded();
    void rulesAreEnforced_data();
    void rulesAreEnforced();
    void mutatedPeersStayWithinBounds();
};

namespace {

const Frame hello {0, FrameKind::Hello, "{}"};

/// An accepting end that was greeted, with stream 1 open.
Streams accepting(Streams::Limits limits = {})
{
    Streams streams(Streams::Side::Accepts, limits);
    static_cast<void>(streams.receive(hello));
    static_cast<void>(streams.receive({1, FrameKind::Open, "api"}));
    return streams;
}

} // namespace

void TestStreams::creditIsUsedAndGivenBack()
{
    Streams opens(Streams::Side::Opens, {.streams = 4, .window = 100});
    QVERIFY(opens.receive(hello));
    const auto id = opens.open();
    QCOMPARE(opens.credit(*id), 100U);
    opens.sent(*id, 100);
    QCOMPARE(opens.credit(*id), 0U);

    auto accepts = accepting({.streams = 4, .window = 100});
    QVERIFY(accepts.receive({1, FrameKind::Data, std::string(100, 'x')}));
    QVERIFY(!accepts.receive({1, FrameKind::Data, "x"})); // nothing was passed on
    QCOMPARE(accepts.passedOn(1, 10), 0U); // not worth a frame
    const auto back = accepts.passedOn(1, 40);
    QCOMPARE(back, 50U);
    QCOMPARE(*opens.receive(windowFrame(*id, back)), Streams::News::Credit);
    QCOMPARE(opens.credit(*id), 50U);
    QVERIFY(accepts.receive({1, FrameKind::Data, std::string(50, 'x')}));
}

void TestStreams::bothClosesEndAStream()
{
    auto streams = accepting();
    QCOMPARE(*streams.receive({1, FrameKind::Close, {}}), Streams::News::Closed);
    QVERIFY(!streams.finished(1));
    QVERIFY(streams.credit(1) > 0); // the other half still sends
    streams.sentClose(1);
    QVERIFY(streams.finished(1));
    QCOMPARE(streams.credit(1), 0U);
}

void TestStreams::framesForAnEndedStreamAreIgnored()
{
    auto streams = accepting();
    streams.drop(1);
    QCOMPARE(*streams.receive({1, FrameKind::Data, "late"}), Streams::News::Nothing);
    QCOMPARE(*streams.receive({1, FrameKind::Reset, {}}), Streams::News::Nothing);
}

void TestStreams::openingsAreBounded()
{
    auto streams = accepting({.streams = 2, .window = 100});
    QCOMPARE(*streams.receive({2, FrameKind::Open, "api"}), Streams::News::Opened);
    QCOMPARE(*streams.receive({3, FrameKind::Open, "api"}), Streams::News::Refused);
    QCOMPARE(streams.size(), 2U);
    streams.drop(1);
    QCOMPARE(*streams.receive({4, FrameKind::Open, "api"}), Streams::News::Opened);
    QCOMPARE(*streams.receive({5, FrameKind::Open, "../../x"}), Streams::News::Refused);

    Streams opens(Streams::Side::Opens, {.streams = 1, .window = 100});
    QVERIFY(opens.open());
    QCOMPARE(opens.open().error().code(), ErrorCode::Exhausted);
}

void TestStreams::rulesAreEnforced_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<quint32>("stream");
    QTest::addColumn<QByteArray>("payload");
    const auto row = [](const char* name, FrameKind kind, quint32 stream, QByteArray payload) {
        QTest::newRow(name) << static_cast<int>(kind) << stream << std::move(payload);
    };
    row("second greeting", FrameKind::Hello, 0, "{}");
    row("stream twice", FrameKind::Open, 1, "api");
    row("unopened stream", FrameKind::Data, 2, "x");
    row("empty data", FrameKind::Data, 1, "");
    row("credit for nothing", FrameKind::Window, 1, QByteArray("\0\0\0\1", 4));
    row("credit that overflows", FrameKind::Window, 1, QByteArray("\xff\xff\xff\xff", 4));
    row("credit of the wrong size", FrameKind::Window, 1, "\1");
    row("short heartbeat", FrameKind::Beat, 0, "x");
}

void TestStreams::rulesAreEnforced()
{
    QFETCH(int, kind);
    QFETCH(quint32, stream);
    QFETCH(QByteArray, payload);
    auto streams = accepting();
    const auto news
        = streams.receive({stream, static_cast<FrameKind>(kind), payload.toStdString()});
    QVERIFY(!news);
    QCOMPARE(news.error().code(), ErrorCode::Invalid);

    Streams early(Streams::Side::Accepts);
    QVERIFY(!early.receive({1, FrameKind::Open, "api"})); // before the greeting
    Streams opens(Streams::Side::Opens);
    QVERIFY(opens.receive(hello));
    QVERIFY(!opens.receive({1, FrameKind::Open, "api"})); // the wrong way round
}

void TestStreams::mutatedPeersStayWithinBounds()
{
    // What a good peer says, spoiled at a few places: the reader and the books either refuse it or
    // stay within their limits. Repeatable.
    constexpr std::uint32_t window = 4096;
    std::string good(greeting);
    good += encode(hello);
    for (std::uint32_t id = 1; id < 12; ++id) {
        good += encode({id, FrameKind::Open, "api"});
        good += encode({id, FrameKind::Data, std::string(900, 'x')});
        good += encode({0, FrameKind::Beat, "12345678"});
        good += encode(windowFrame(id, 100));
        good += encode({id, id % 2 == 0 ? FrameKind::Close : FrameKind::Reset, {}});
    }
    std::mt19937 random(1); // NOLINT(bugprone-random-generator-seed): repeatable on purpose
    std::size_t refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto octets = good;
        QVERIFY(round != 1 || refused == 0); // the first is as it was
        for (auto edits = round == 0 ? 0 : 1 + random() % 4; edits > 0; --edits) {
            const auto at = random() % octets.size();
            switch (random() % 3) {
            case 0:
                octets[at] = static_cast<char>(random());
                break;
            case 1:
                octets.erase(at, random() % 16);
                break;
            default:
                octets.insert(at, octets.substr(random() % octets.size(), random() % 64));
            }
        }
        FrameReader reader;
        Streams streams(Streams::Side::Accepts, {.streams = 8, .window = window});
        std::map<std::uint32_t, std::size_t> held;
        reader.feed(octets);
        for (;;) {
            auto frame = reader.next();
            if (!frame) {
                ++refused;
                break;
            }
            if (!*frame)
                break;
            QVERIFY((*frame)->payload.size() <= longestPayload);
            const auto id = (*frame)->stream;
            const auto news = streams.receive(**frame);
            if (!news) {
                ++refused;
                break;
            }
            if (*news == Streams::News::Opened)
                streams.sent(id, 100); // so that there is something to give back
            if (*news == Streams::News::Reset || streams.finished(id))
                streams.drop(id);
            if (*news == Streams::News::Data)
                held[id] += (*frame)->payload.size();
            QVERIFY(held[id] <= window);
            QVERIFY(streams.credit(id) <= window);
            QVERIFY(streams.size() <= 8);
        }
    }
    QVERIFY(refused > 5'000); // the mutations do hit
}

QTEST_GUILESS_MAIN(TestStreams)
#include "tst_Streams.moc"
