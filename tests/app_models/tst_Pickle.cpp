// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/Pickle.h"
#include "app/models/ValueModels.h"

#include <QAbstractItemModelTester>
#include <QRandomGenerator>
#include <QtTest>

using namespace app::models;

/// The reader of results: what Python pickles, what is malformed, what must not be executed.
class TestPickle : public QObject {
    Q_OBJECT

private slots:
    void printsAsPython_data();
    void printsAsPython();
    void executesNothing();
    void saysWhereItIsMalformed_data();
    void saysWhereItIsMalformed();
    void survivesDamage();
    void printsAValueThatContainsItself();
    void choosesTheForm();
    void showsRecordsAsATable();
};

namespace {

Pickle read(const QByteArray& bytes)
{
    auto result = readPickle({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    return result ? *std::move(result) : Pickle {{PickleNode {}}, 0};
}

// pickle.dumps({"n": [1, -5, 300, 70000, 2**40], "f": 0.5, "t": (True, None), "s": {"a"},
//               "b": b"\x00x", "u": "grün", "big": 2**70}, 4)
const char* const mixed
    = "80049568000000000000007d94288c016e945d94284b014afbffffff4d2c014a701101008a06000000000001658c"
      "0166"
      "94473fe00000000000008c01749488"
      "4e86948c017394"
      "8f94288c016194908c01629443020078"
      "948c0175948c056772c3bc6e948c03626967948a09000000000000000040752e";

} // namespace

void TestPickle::printsAsPython_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* name, const char* hex, const char* text) {
        QTest::newRow(name) << QByteArray::fromHex(hex) << QString::fromUtf8(text);
    };
    row("none", "80044e2e", "None");
    row("protocol 0 list", "286c70300a49310a61492d330a612e", "[1, -3]");
    row("long", "80048a02ff002e", "255");
    row("negative long", "80048a01ff2e", "-1");
    row("big", "80048a090000000000000000012e", "18446744073709551616");
    row("negative big", "80048a090000000000000000ff2e", "-18446744073709551616");
    row("zero", "80048a002e", "0");
    row("float", "8004473ff00000000000002e", "1.0");
    row("tuple of one", "80044b0185942e", "(1,)");
    row("bytearray", "80059602000000000000006162942e", "b'ab'");
    row("memo", "80045d948c0161946801865d2e2e", "[]");
    row("mixed", mixed,
        "{'n': [1, -5, 300, 70000, 1099511627776], 'f': 0.5, 't': (True, None), 's': {'a'}, "
        "'b': b'\\x00x', 'u': 'grün', 'big': 1180591620717411303424}");
}

void TestPickle::printsAsPython()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, text);
    const auto pickle = readPickle({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    QVERIFY2(bool(pickle), pickle ? "" : pickle.error().message().c_str());
    QCOMPARE(QString::fromStdString(describe(*pickle, pickle->root, 1000)), text);
}

void TestPickle::executesNothing()
{
    // cos\nsystem\n(S'true'\ntR.
    const auto pickle = read("cos\nsystem\n(S'true'\ntR.");
    QCOMPARE(pickle.value().kind, PickleNode::Kind::Opaque);
    QCOMPARE(describe(pickle, pickle.root), std::string("os.system(…)"));
}

void TestPickle::saysWhereItIsMalformed_data()
{
    QTest::addColumn<QByteArray>("bytes");
    for (const char* hex : {"", "80", "8004", "80042e", "8004585aff", "8004ff2e", "8007",
                            "800468052e", "8004612e", "80044b01752e", "80048b ffffffff"})
        QTest::newRow(*hex ? hex : "empty") << QByteArray::fromHex(hex);
}

void TestPickle::saysWhereItIsMalformed()
{
    QFETCH(QByteArray, bytes);
    const auto pickle = readPickle({bytes.constData(), static_cast<std::size_t>(bytes.size())});
    QVERIFY(!pickle);
    QVERIFY(pickle.error().message().find("offset") != std::string::npos);
}

void TestPickle::survivesDamage()
{
    const auto good = QByteArray::fromHex(mixed);
    QRandomGenerator random(7);
    int readable = 0;
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good.left(random.bounded(1, int(good.size()) + 1));
        for (int i = random.bounded(4); i > 0; --i)
            bytes[random.bounded(int(bytes.size()))] = char(random.bounded(256));
        const auto pickle = readPickle({bytes.constData(), static_cast<std::size_t>(bytes.size())});
        if (!pickle)
            continue;
        ++readable;
        (void)describe(*pickle, pickle->root, 500);
        (void)formOf(*pickle);
    }
    QVERIFY(readable > 0);
}

void TestPickle::printsAValueThatContainsItself()
{
    const auto pickle = read(QByteArray::fromHex("80045d946800612e")); // a = []; a.append(a)
    QCOMPARE(pickle.value().items.size(), std::size_t(1));
    QVERIFY(describe(pickle, pickle.root, 50).size() < 200);
}

void TestPickle::choosesTheForm()
{
    QCOMPARE(formOf(read(QByteArray::fromHex("80044e2e"))), ValueForm::Nothing);
    QCOMPARE(formOf(read(QByteArray::fromHex("80048c0161942e"))), ValueForm::Text);
    QCOMPARE(formOf(read(QByteArray::fromHex("80044308") + "\x89PNG\r\n\x1a\n" + ".")),
             ValueForm::Picture);
    QCOMPARE(formOf(read(QByteArray::fromHex("80045d285d284b014b02655d284b034b0465652e"))),
             ValueForm::Table);
    QCOMPARE(formOf(read(QByteArray::fromHex("80045d284b014b02652e"))), ValueForm::Tree);
}

void TestPickle::showsRecordsAsATable()
{
    ValueTableModel table;
    ValueTreeModel tree;
    const QAbstractItemModelTester first(&table,
                                         QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester second(&tree,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    // [{"a": 1}, {"b": 2}]
    const auto pickle = std::make_shared<const Pickle>(
        read(QByteArray::fromHex("80045d287d8c01614b01737d8c01624b0273652e")));
    table.set(pickle);
    tree.set(pickle);
    QCOMPARE(table.columnCount(), 2);
    QCOMPARE(table.index(0, 0).data().toString(), QString("1"));
    QVERIFY(!table.index(0, 1).data().isValid());
    QCOMPARE(table.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), QString("b"));
    const auto root = tree.index(0, 0);
    QCOMPARE(tree.rowCount(root), 2);
    QCOMPARE(tree.index(0, ValueTreeModel::Value, tree.index(1, 0, root)).data().toString(),
             QString("2"));
    tree.set(std::make_shared<const Pickle>(read(QByteArray::fromHex(mixed))));
}

QTEST_GUILESS_MAIN(TestPickle)
#include "tst_Pickle.moc"
