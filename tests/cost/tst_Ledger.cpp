// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/cost/Ledger.h"
#include "emulator/cost/PriceBook.h"

#include <QtTest>

#include <random>

using namespace emulator;
using cost::PriceBook;

class TestLedger : public QObject {
    Q_OBJECT

private slots:
    void pricesTheCardTheCoresAndTheMemory();
    void sumsExactlyHoweverItIsCut();
    void cutsAtMidnight();
    void doesNotOverflowForLongDearTasks();
    void namesTheWrongEntry_data();
    void namesTheWrongEntry();
};

void TestLedger::pricesTheCardTheCoresAndTheMemory()
{
    const auto book = PriceBook::builtIn();
    QVERIFY(book.hasCard("H100"));
    QVERIFY(!book.hasCard("H900"));
    model::Resources resources;
    resources.milliCpu = 2000;
    resources.memoryMb = 1024;
    resources.gpu = "H100";
    resources.gpuCount = 2;
    QCOMPARE(book.rateOf(resources), cost::Rate {2 * 1'097'000'000LL + 2 * 13'100'000 + 2'220'000});
    // The least that is billed.
    QCOMPARE(book.rateOf({}), cost::Rate {125 * 13'100'000LL / 1000 + 128 * 2'220'000LL / 1024});
}

void TestLedger::sumsExactlyHoweverItIsCut()
{
    std::mt19937_64 random(7);
    const cost::Rate rate = 1'097'000'003;
    const Micros start = 1'700'000'000'123'457;
    const Micros end = start + 3LL * 24 * 3600 * 1'000'000 + 77;
    std::int64_t sum = 0;
    for (Micros from = start; from < end;) {
        const auto step = static_cast<Micros>(random() % 900'000'000) + 1;
        const auto until = std::min(end, from + step);
        for (const auto& slice : cost::slicesFor(rate, start, from, until, 60'000'000))
            sum += slice.costMicros;
        from = until;
    }
    QCOMPARE(sum, cost::costOf(rate, end - start));
}

void TestLedger::cutsAtMidnight()
{
    const Micros day = 24LL * 3600 * 1'000'000;
    const Micros midnight = 20'000 * day;
    const auto slices = cost::slicesFor(1'000'000'000, midnight - 1'000'000, midnight - 1'000'000,
                                        midnight + 2'000'000, 60'000'000);
    QCOMPARE(slices.size(), std::size_t {2});
    QCOMPARE(slices[0].micros, 1'000'000);
    QCOMPARE(slices[1].micros, 2'000'000);
    QVERIFY(cost::dayOf(slices[0].from) < cost::dayOf(slices[1].from));
    QCOMPARE(slices[0].costMicros + slices[1].costMicros, 3000);
}

void TestLedger::doesNotOverflowForLongDearTasks()
{
    // Eight B200 for a year.
    QCOMPARE(cost::costOf(8 * 1'736'000'000LL, 365LL * 24 * 3600 * 1'000'000),
             13'888LL * 365 * 24 * 3600);
}

void TestLedger::namesTheWrongEntry_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("named");
    const QByteArray head = R"({"name":"n","asOf":"d","source":"s","memoryGibSecond":"1",)";
    QTest::newRow("number") << head + R"("cpuCoreSecond":0.1})" << QByteArray("cpuCoreSecond");
    QTest::newRow("letters") << head + R"("cpuCoreSecond":"1x"})" << QByteArray("a core");
    QTest::newRow("card") << head + R"("cpuCoreSecond":"1","gpuSecond":{"H1":"-2"}})"
                          << QByteArray("H1");
    QTest::newRow("not JSON") << QByteArray("{") << QByteArray("");
}

void TestLedger::namesTheWrongEntry()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, named);
    const auto book = PriceBook::parse(json.toStdString());
    QVERIFY(!book);
    QVERIFY(book.error().message().find(named.toStdString()) != std::string::npos);
}

QTEST_GUILESS_MAIN(TestLedger)
#include "tst_Ledger.moc"
