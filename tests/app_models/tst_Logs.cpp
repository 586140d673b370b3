// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/AnsiText.h"
#include "app/models/LogFilter.h"
#include "app/models/LogModel.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <thread>

using namespace app::models;

class TestLogs : public QObject {
    Q_OBJECT

private slots:
    void keepsLines();
    void dropsTheOldest();
    void takesLinesFromSeveralThreads();
    void filtersOffThread_data();
    void filtersOffThread();
    void filtersLinesThatComeLater();
    void refusesABadExpression();
    void readsColours();
};

namespace {

void append(LogModel& model, int from, int to)
{
    std::vector<std::string> texts;
    std::vector<LogInput> lines;
    texts.reserve(std::size_t(to - from));
    for (int i = from; i < to; ++i) {
        texts.push_back("step=" + std::to_string(i)
                        + (i % 10 == 3 ? " Error: bad \x1b[31mvalue\x1b[0m" : " fine"));
        lines.push_back({1'000'000LL * i, i % 2 ? "ta-odd" : "ta-even", 1, texts.back()});
    }
    model.append(lines);
}

} // namespace

void TestLogs::keepsLines()
{
    LogModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    append(model, 0, 5000);
    QTRY_COMPARE(model.rowCount(), 5000);
    QCOMPARE(model.index(4999, LogModel::Text).data().toString(), QString("step=4999 fine"));
    QCOMPARE(model.index(4999, LogModel::Source).data().toString(), QString("ta-odd"));
    QCOMPARE(model.record(13).text, std::string("step=13 Error: bad \x1b[31mvalue\x1b[0m"));
    model.clear();
    QCOMPARE(model.rowCount(), 0);
    append(model, 0, 3);
    QTRY_COMPARE(model.rowCount(), 3);
    QCOMPARE(model.record(0).text, std::string("step=0 fine"));
}

void TestLogs::dropsTheOldest()
{
    LogModel model(nullptr, 10'000);
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int i = 0; i < 30; ++i) {
        append(model, i * 1000, (i + 1) * 1000);
        model.flush();
    }
    QVERIFY(model.rowCount() <= 10'000);
    QVERIFY(model.rowCount() > 10'000 - int(LogStore::chunkLines) - 1);
    QCOMPARE(model.record(model.rowCount() - 1).text, std::string("step=29999 fine"));
    QVERIFY(model.store()->line(0).text.empty());
    QVERIFY(model.store()->memory() < 2'000'000);
}

void TestLogs::takesLinesFromSeveralThreads()
{
    LogModel model;
    {
        std::vector<std::jthread> writers;
        for (int thread = 0; thread < 4; ++thread)
            writers.emplace_back([&model] {
                for (int i = 0; i < 50; ++i)
                    append(model, i * 100, (i + 1) * 100);
            });
    }
    QTRY_COMPARE(model.rowCount(), 20'000);
}

void TestLogs::filtersOffThread_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("expression");
    QTest::addColumn<bool>("caseSensitive");
    QTest::addColumn<int>("found");
    QTest::newRow("substring") << "error:" << false << false << 10'000;
    QTest::newRow("case") << "error:" << false << true << 0;
    QTest::newRow("expression") << "step=\\d00 " << true << false << 9;
    QTest::newRow("through colours") << "bad value" << false << false << 10'000;
    QTest::newRow("nothing") << "nowhere" << false << false << 0;
}

void TestLogs::filtersOffThread()
{
    QFETCH(QString, text);
    QFETCH(bool, expression);
    QFETCH(bool, caseSensitive);
    QFETCH(int, found);
    LogModel model;
    append(model, 0, 100'000);
    LogFilter filter(model.store());
    QSignalSpy finished(&filter, &LogFilter::finished);
    QCOMPARE(filter.setPattern({text, expression, caseSensitive}), QString());
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(int(filter.matches().size()), found);
}

void TestLogs::filtersLinesThatComeLater()
{
    LogModel model;
    LogFilter filter(model.store());
    connect(&model, &LogModel::rowsInserted, &filter, &LogFilter::update);
    filter.setPattern({"Error", false, true});
    append(model, 0, 100);
    QTRY_COMPARE(int(filter.matches().size()), 10);
    append(model, 100, 200);
    QTRY_COMPARE(int(filter.matches().size()), 20);
    filter.setPattern({"step=1 ", false, true});
    QTRY_COMPARE(int(filter.matches().size()), 1);
    filter.setPattern({});
    QVERIFY(filter.matches().empty());
}

void TestLogs::refusesABadExpression()
{
    LogModel model;
    LogFilter filter(model.store());
    QVERIFY(!filter.setPattern({"(", true, false}).isEmpty());
    QVERIFY(!filter.active());
}

void TestLogs::readsColours()
{
    const auto text
        = readAnsi("a\x1b[1;31mred\x1b[0m \x1b[38;2;1;2;3mrgb\x1b[39m\tz\x1b]0;title\x07!");
    QCOMPARE(text.text, QString("ared rgb        z!"));
    QCOMPARE(text.spans.size(), 2);
    QVERIFY(text.spans[0].bold);
    QCOMPARE(text.spans[0].foreground, 1);
    QCOMPARE(text.spans[0].start, 1);
    QCOMPARE(text.spans[1].foreground, 0x1010203);
    QCOMPARE(readAnsi("\x1b[").text, QString());
    QCOMPARE(readAnsi("x\x1b").text, QString("x"));
}

QTEST_GUILESS_MAIN(TestLogs)
#include "tst_Logs.moc"
