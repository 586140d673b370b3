// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Words.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;

/// Quotes and variables of Dockerfiles.
class TestWords : public QObject {
    Q_OBJECT

private slots:
    void expands_data();
    void expands();
    void refuses_data();
    void refuses();
    void splits_data();
    void splits();
    void documentsKeepTheirQuotes();
    void deepNestingEnds();
};

void TestWords::expands_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expanded");
    QTest::newRow("plain") << "$A b" << "1 b";
    QTest::newRow("braces") << "x${A}y" << "x1y";
    QTest::newRow("unset") << "[$NO]" << "[]";
    QTest::newRow("fallback") << "${NO:-d}" << "d";
    QTest::newRow("fallback not needed") << "${A:-d}" << "1";
    QTest::newRow("empty counts as unset with a colon") << "${E:-d}${E-d}" << "d";
    QTest::newRow("alternative") << "${A:+set}${NO:+unset}" << "set";
    QTest::newRow("nested") << "${NO:-${A}${NO:-x}}" << "1x";
    QTest::newRow("required") << "${A:?needed}" << "1";
    QTest::newRow("escaped") << "\\$A" << "$A";
    QTest::newRow("single quotes") << "'$A b'" << "$A b";
    QTest::newRow("double quotes") << "\"$A b\"" << "1 b";
    QTest::newRow("escape in double quotes") << "\"a\\\"\\n\"" << "a\"\\n";
    QTest::newRow("lone") << "5$ $" << "5$ $";
}

void TestWords::expands()
{
    QFETCH(QString, text);
    const auto word = expandWord(text.toStdString(), {{"A", "1"}, {"E", ""}});
    QVERIFY2(word, word ? "" : word.error().message().c_str());
    QTEST(QString::fromStdString(*word), "expanded");
}

void TestWords::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("brace") << "${A" << "a ${ is not closed";
    QTest::newRow("quote") << "'a" << "a ' is not closed";
    QTest::newRow("double quote") << "\"a" << "a \" is not closed";
    QTest::newRow("nameless") << "${}" << "${} names no variable";
    QTest::newRow("required") << "${NO:?say NO}" << "NO: say NO";
    QTest::newRow("unknown form") << "${A%x}"
                                  << "the form ${A%x} is not supported; use :-, :+ or :?";
}

void TestWords::refuses()
{
    QFETCH(QString, text);
    const auto word = expandWord(text.toStdString(), {{"A", "1"}});
    QVERIFY(!word);
    QTEST(QString::fromStdString(word.error().message()), "message");
}

void TestWords::splits_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("words");
    QTest::newRow("plain") << " a  b\t" << QStringList {"a", "b"};
    QTest::newRow("quotes stay") << "A=\"b c\" d" << QStringList {"A=\"b c\"", "d"};
    QTest::newRow("empty word") << "\"\"" << QStringList {"\"\""};
    QTest::newRow("escaped blank") << "a\\ b c" << QStringList {"a\\ b", "c"};
    QTest::newRow("backslash in single quotes") << "'a\\' b" << QStringList {"'a\\'", "b"};
}

void TestWords::splits()
{
    QFETCH(QString, text);
    QStringList words;
    for (const auto& word : splitWords(text.toStdString()))
        words << QString::fromStdString(word);
    QTEST(words, "words");
}

void TestWords::documentsKeepTheirQuotes()
{
    QCOMPARE(*expandText("a \"$A\" 'b' \\$A", {{"A", "1"}}), std::string("a \"1\" 'b' $A"));
}

void TestWords::deepNestingEnds()
{
    std::string text;
    for (int depth = 0; depth < 5000; ++depth)
        text += "${a:-";
    text.append(5000, '}');
    QVERIFY(!expandWord(text, {}));
}

QTEST_GUILESS_MAIN(TestWords)
#include "tst_Words.moc"
