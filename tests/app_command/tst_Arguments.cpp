// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/command/Arguments.h"

#include <QtTest>

using app::command::Arguments;

class TestArguments : public QObject {
    Q_OBJECT

private slots:
    void splits_data();
    void splits();
};

void TestArguments::splits_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("own");
    QTest::addColumn<QString>("passed");
    QTest::newRow("nothing") << "" << "" << "";
    QTest::newRow("other command") << "tasks ap-1 --live" << "tasks ap-1 --live" << "";
    QTest::newRow("run") << "run app.py --width 3 --json" << "run" << "app.py --width 3 --json";
    QTest::newRow("run with options") << "--json run --run-id r --exit-file e app.py x"
                                      << "--json run --run-id r --exit-file e" << "app.py x";
    QTest::newRow("exec") << "exec -- modal app list" << "exec" << "modal app list";
    QTest::newRow("exec bare") << "exec env" << "exec" << "env";
    QTest::newRow("gpu exec") << "gpu exec --card L4 --count 2 -- ./a --card x"
                              << "gpu exec --card L4 --count 2" << "./a --card x";
    QTest::newRow("gpu cards") << "gpu cards --json" << "gpu cards --json" << "";
    QTest::newRow("help") << "run --help" << "run --help" << "";
    QTest::newRow("logs run") << "logs run" << "logs run" << "";
}

void TestArguments::splits()
{
    QFETCH(QString, line);
    std::vector<std::string> words;
    for (const auto& word : line.split(' ', Qt::SkipEmptyParts))
        words.push_back(word.toStdString());
    const auto join = [](const std::vector<std::string>& list) {
        QStringList joined;
        for (const auto& word : list)
            joined << QString::fromStdString(word);
        return joined.join(' ');
    };
    const auto arguments = Arguments::split(words);
    QTEST(join(arguments.own), "own");
    QTEST(join(arguments.passed), "passed");
}

QTEST_GUILESS_MAIN(TestArguments)
#include "tst_Arguments.moc"
