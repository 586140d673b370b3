// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/tunnel/FirstBytes.h"
#include "remote/tunnel/Frames.h"

#include <QtTest>

using namespace emulator;
using namespace remote::tunnel;

class TestFrames : public QObject {
    Q_OBJECT

private slots:
    void framesSurviveAnyCut();
    void noiseBeforeTheGreetingIsKept();
    void otherProgramIsQuoted();
    void otherVersionIsNamed();
    void garbageIsRefused_data();
    void garbageIsRefused();
    void firstBytesTellTheService_data();
    void firstBytesTellTheService();
};

namespace {

std::vector<Frame> readAll(FrameReader& reader)
{
    std::vector<Frame> frames;
    for (;;) {
        auto frame = reader.next();
        if (!frame || !*frame)
            return frames;
        frames.push_back(**std::move(frame));
    }
}

} // namespace

void TestFrames::framesSurviveAnyCut()
{
    const std::vector<Frame> sent {{0, FrameKind::Hello, "{}"},
                                   {1, FrameKind::Open, "api"},
                                   {0xfffffffe, FrameKind::Data, std::string(longestPayload, 'x')},
                                   windowFrame(1, 0x01020304),
                                   {1, FrameKind::Close, {}}};
    std::string octets(greeting);
    for (const auto& frame : sent)
        octets += encode(frame);
    for (const std::size_t step : {1U, 7U, 8U, 9U, 4096U, 1U << 20U}) {
        FrameReader reader;
        std::vector<Frame> got;
        for (std::size_t at = 0; at < octets.size(); at += step) {
            reader.feed(std::string_view(octets).substr(at, step));
            for (auto& frame : readAll(reader))
                got.push_back(std::move(frame));
        }
        QCOMPARE(got.size(), sent.size());
        for (std::size_t i = 0; i < sent.size(); ++i) {
            QCOMPARE(got[i].stream, sent[i].stream);
            QCOMPARE(got[i].kind, sent[i].kind);
            QVERIFY(got[i].payload == sent[i].payload);
        }
        QCOMPARE(creditIn(got[3]), 0x01020304U);
    }
}

void TestFrames::noiseBeforeTheGreetingIsKept()
{
    FrameReader reader;
    reader.feed("Welcome to the cluster!\nquota: 3 %\n" + std::string(greeting)
                + encode({0, FrameKind::Hello, "{}"}));
    QCOMPARE(readAll(reader).size(), 1U);
    QCOMPARE(reader.noise(), std::string("Welcome to the cluster!\nquota: 3 %\n"));
}

void TestFrames::otherProgramIsQuoted()
{
    FrameReader reader;
    reader.feed(std::string(20'000, '.') + "no such account");
    const auto frame = reader.next();
    QVERIFY(!frame);
    QVERIFY(frame.error().message().find("no such account") != std::string::npos);
}

void TestFrames::otherVersionIsNamed()
{
    FrameReader reader;
    reader.feed("slipway-tunnel/7\n");
    const auto frame = reader.next();
    QVERIFY(!frame);
    QCOMPARE(frame.error().code(), ErrorCode::FailedPrecondition);
    QVERIFY(frame.error().message().find("slipway-tunnel/7") != std::string::npos);
}

void TestFrames::garbageIsRefused_data()
{
    using namespace std::string_literals;
    QTest::addColumn<QByteArray>("header");
    QTest::newRow("unknown kind") << QByteArray("\0\0\0\1\x09\0\0\0", 8);
    QTest::newRow("kind 0") << QByteArray("\0\0\0\1\0\0\0\0", 8);
    QTest::newRow("too long") << QByteArray("\0\0\0\1\3\1\0\1", 8);
    QTest::newRow("data for the line") << QByteArray("\0\0\0\0\3\0\0\1x", 9);
    QTest::newRow("heartbeat on a stream") << QByteArray("\0\0\0\1\7\0\0\0", 8);
}

void TestFrames::garbageIsRefused()
{
    QFETCH(QByteArray, header);
    FrameReader reader;
    reader.feed(greeting);
    reader.feed(header.toStdString());
    QVERIFY(!reader.next());
}

void TestFrames::firstBytesTellTheService_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("service"); // "?": not enough yet
    const auto row = [](const char* bytes, const char* service) {
        QTest::newRow(bytes) << QByteArray(bytes) << QByteArray(service);
    };
    row("", "?");
    row("P", "?");
    row("PRI * HTTP/2.0\r", "?");
    row("PRI * HTTP/2.0\r\n\r\nSM", "api");
    row("PUT", "?");
    row("PUT ", "?");
    row("PUT /", "?");
    row("PUT /v2", "?");
    row("PUT /v2/app/blobs/uploads/ HTTP/1.1", "registry");
    row("GET /v2 HTTP/1.1", "registry");
    row("GET /v2?n=1 HTTP/1.1", "registry");
    row("GET /v2x HTTP/1.1", "http");
    row("GET /b", "http");
    row("PUT /blobs/bl-1?signature=0 HTTP/1.1", "http");
    row("HEAD /v2/", "registry");
    row("\x16\x03\x01 not ours at all", "http");
    row("NOSPACEFOROVERSIXTEENOCTETS", "http");
}

void TestFrames::firstBytesTellTheService()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, service);
    const auto found = serviceOf(bytes.toStdString());
    QCOMPARE(QByteArray::fromStdString(found.value_or("?")), service);
}

QTEST_GUILESS_MAIN(TestFrames)
#include "tst_Frames.moc"
