// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/cards/Cards.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::gpu::cards;

/// The catalogue of cards and the spellings of gpu="…".
class TestCards : public QObject {
    Q_OBJECT

private slots:
    void understandsSpellings_data();
    void understandsSpellings();
    void refusesByName_data();
    void refusesByName();
    void everyCardIsPlausible();
    void namesTheFieldThatIsWrong();
};

void TestCards::understandsSpellings_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("id");
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("exact");
    QTest::newRow("plain") << "H100" << "H100" << 1 << false;
    QTest::newRow("lower case") << "l40s" << "L40S" << 1 << false;
    QTest::newRow("exact") << "H100!" << "H100" << 1 << true;
    QTest::newRow("exact, count") << "h100!:8" << "H100" << 8 << true;
    QTest::newRow("alias") << "A10G:2" << "A10" << 2 << false;
    QTest::newRow("A100 is the small one") << "A100" << "A100-40GB" << 1 << false;
    QTest::newRow("big A100") << "a100-80gb:4" << "A100-80GB" << 4 << false;
    QTest::newRow("any") << "any" << "" << 1 << false;
    QTest::newRow("workstation") << "RTX-PRO-6000" << "RTX-PRO-6000" << 1 << false;
}

void TestCards::understandsSpellings()
{
    QFETCH(QString, text);
    QFETCH(QString, id);
    QFETCH(int, count);
    QFETCH(bool, exact);
    const auto catalogue = Catalogue::builtIn();
    QVERIFY(catalogue);
    const auto request = catalogue->request(text.toStdString());
    QVERIFY(request);
    QCOMPARE(QString::fromStdString(request->id), id);
    QCOMPARE(request->count, count);
    QCOMPARE(request->exact, exact);
}

void TestCards::refusesByName_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("part");
    QTest::newRow("unknown") << "H900" << "known cards: T4, L4, A10, L40S";
    QTest::newRow("no count") << "H100:" << "from 1 to 8";
    QTest::newRow("zero") << "H100:0" << "from 1 to 8";
    QTest::newRow("too many") << "T4:9" << "from 1 to 8";
    QTest::newRow("words") << "T4:two" << "from 1 to 8";
}

void TestCards::refusesByName()
{
    QFETCH(QString, text);
    QFETCH(QString, part);
    const auto catalogue = Catalogue::builtIn();
    QVERIFY(catalogue);
    const auto request = catalogue->request(text.toStdString());
    QVERIFY(!request);
    QVERIFY2(QString::fromStdString(request.error().message()).contains(part),
             request.error().message().c_str());
}

void TestCards::everyCardIsPlausible()
{
    const auto catalogue = Catalogue::builtIn();
    QVERIFY(catalogue);
    QCOMPARE(catalogue->cards().size(), std::size_t {11});
    for (const auto& card : catalogue->cards()) {
        QVERIFY2(card.source.starts_with("https://"), card.id.c_str());
        QVERIFY2(card.sharedBytesPerBlockOptin <= card.sharedBytesPerMultiprocessor,
                 card.id.c_str());
        QVERIFY2(card.threadsPerMultiprocessor % 32 == 0, card.id.c_str());
        // Lanes × clock × 2 is the FP32 rate that is published.
        const int lanes = card.computeMajor * 10 + card.computeMinor <= 80 ? 64 : 128;
        const double rate = 2e-6 * lanes * card.multiprocessors * card.boostMhz;
        QVERIFY2(rate > 0.9 * card.teraflops.at("fp32") && rate < 1.1 * card.teraflops.at("fp32"),
                 (card.id + " " + std::to_string(rate)).c_str());
    }
}

void TestCards::namesTheFieldThatIsWrong()
{
    const auto missing = Catalogue::parse(R"({"cards":[{"id":"X1","name":"x"}]})");
    QVERIFY(!missing);
    QCOMPARE(missing.error().message().c_str(), "gpus.json: card X1: \"architecture\" is missing");
    QVERIFY(!Catalogue::parse("[]"));
    QVERIFY(!Catalogue::parse("{"));
}

QTEST_APPLESS_MAIN(TestCards)
#include "tst_Cards.moc"
