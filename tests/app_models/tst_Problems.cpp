// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/ProblemParser.h"
#include "app/models/ProblemsModel.h"

#include <QAbstractItemModelTester>
#include <QtTest>

using namespace app::models;

class TestProblems : public QObject {
    Q_OBJECT

private slots:
    void finds_data();
    void finds();
    void saysTheSameOnce();
    void givesAList();
};

void TestProblems::finds_data()
{
    QTest::addColumn<QString>("output");
    QTest::addColumn<QString>("expected"); // file:line message
    QTest::newRow("traceback")
        << "Traceback (most recent call last):\n  File \"/root/app.py\", line 7, in f\n    g()\n"
           "  File \"/usr/lib/python3/json.py\", line 2, in g\n    raise\nValueError: bad"
        << "/p/app.py:7 ValueError: bad";
    QTest::newRow("syntax") << "  File \"/p/lib/a.py\", line 3\n    def f(\n         "
                               "^\nSyntaxError: '(' was never closed"
                            << "/p/lib/a.py:3 SyntaxError: '(' was never closed";
    QTest::newRow("boxed") << "╭─────── Traceback (most recent call last) ───────╮\n│ "
                              "/root/app.py:12 in f            │\n│                  │\n"
                              "│ ❱ 12 │   x = 1 / 0             "
                              "│\n╰──────────────────╯\nZeroDivisionError: division by zero"
                           << "/p/app.py:12 ZeroDivisionError: division by zero";
    QTest::newRow("card") << "╭─ Error ──────────────╮\n│ Unknown GPU type 'H1000'                 "
                             " │\n╰──────────────────╯"
                          << ":0 Unknown GPU type 'H1000'";
    QTest::newRow("nvcc") << "kernels/k.cu(10): error: expected a \";\""
                          << "/p/kernels/k.cu:10 expected a \";\"";
    QTest::newRow("image") << "Image build for im-123 failed with the exception:"
                           << "/p/app.py:2 Image build for im-123 failed with the exception:";
    QTest::newRow("step") << "=> RUN echo fine\nfine\n=> RUN false\nError: Image build for im-1 "
                             "failed with the exception:\nDockerfile line 2: \"RUN false\" "
                             "ended\nwith exit code 1\ncost $0.000000 for 0.0 s of task time"
                          << "/p/app.py:5 Image build failed: Dockerfile line 2: \"RUN false\" "
                             "ended with exit code 1";
    QTest::newRow("step in a box")
        << "=> RUN pip install nope\n╭─ Error ──╮\n│ Image build for im-1 failed with the "
           "exception: │\n│ Dockerfile line 2: RUN: No space left on device │\n╰──╯\nValueError: x"
        << "/p/app.py:4 Image build failed: Dockerfile line 2: RUN: No space left on "
           "device:0 ValueError: x";
    QTest::newRow("card of the run")
        << "Error: gpu=\"H900\": there is no such card. Known cards: T4"
        << "/p/app.py:7 gpu=\"H900\": there is no such card. Known cards: T4";
    QTest::newRow("dotted") << "modal.exception.InvalidError: no such card"
                            << ":0 InvalidError: no such card";
    QTest::newRow("none") << "all is well\nstep 1: done\nFile saved" << "";
    QTest::newRow("interrupt") << "Traceback (most recent call last):\nKeyboardInterrupt" << "";
}

void TestProblems::finds()
{
    QFETCH(QString, output);
    QFETCH(QString, expected);
    const auto outline = outlineOfPython(
        "import modal\nimage = (\n    modal.Image.debian_slim()\n    .pip_install('nope')\n"
        "    .run_commands('false'))\napp = modal.App()\n@app.function(gpu='H900')\ndef f(): "
        "...\n");
    ProblemParser parser("/p", {"app.py", "lib/a.py", "kernels/k.cu"},
                         {{{"/p/app.py", outline}}, "/p/app.py", "f"});
    for (const auto& line : output.split('\n'))
        parser.feed(line);
    parser.finish();
    QString found;
    for (const auto& problem : parser.problems())
        found
            += QStringLiteral("%1:%2 %3").arg(problem.file).arg(problem.line).arg(problem.message);
    QCOMPARE(found, expected);
}

void TestProblems::saysTheSameOnce()
{
    ProblemParser parser("/p", {"app.py"});
    for (int i = 0; i < 3; ++i)
        for (const auto* line : {"Traceback (most recent call last):",
                                 "  File \"/root/app.py\", line 7, in f", "ValueError: bad"})
            parser.feed(line);
    QCOMPARE(parser.problems().size(), 1);
}

void TestProblems::givesAList()
{
    ProblemsModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setProblems({{Problem::Severity::Error, "bad", "/p/app.py", 7, "Python"},
                       {Problem::Severity::Warning, "odd", {}, 0, "CUDA"}});
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.index(0, ProblemsModel::Place).data().toString(), QString("app.py:7"));
    model.setProblems({});
    QCOMPARE(model.rowCount(), 0);
}

QTEST_GUILESS_MAIN(TestProblems)
#include "tst_Problems.moc"
