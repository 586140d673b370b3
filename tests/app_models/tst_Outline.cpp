// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/AppOutlineModel.h"
#include "app/models/Arguments.h"
#include "app/models/Fuzzy.h"

#include <QAbstractItemModelTester>
#include <QtTest>

using namespace app::models;
using Kind = OutlineEntry::Kind;

class TestOutline : public QObject {
    Q_OBJECT

private slots:
    void findsAllThatAnAppDeclares();
    void followsAliasesAndConstants();
    void toleratesBrokenSource();
    void ignoresStringsAndComments();
    void findsKernels();
    void givesATree();
    void checksArguments_data();
    void checksArguments();
    void matchesWordsFirst();
};

namespace {

const char* const source = R"(
import modal
app = modal.App("demo")
image = (
    modal.Image.debian_slim()
    .pip_install("numpy")
)
vol = modal.Volume.from_name("weights")

@app.function(
    gpu="H100:2",
    image=image,
)
def train(batch: int = 32, *, lr: float = 3e-4, tags: dict[str, int] | None = None) -> dict:
    return {}

@app.cls(gpu="A100")
class Model:
    size: int = modal.parameter(default=3)
    @modal.enter()
    def load(self): ...
    @modal.method()
    def infer(self, text: str) -> str:
        return text
    def helper(self): ...

@app.function()
async def export(): ...

def plain(): ...

@app.local_entrypoint()
def main(*names): ...
)";

} // namespace

void TestOutline::findsAllThatAnAppDeclares()
{
    const auto outline = outlineOfPython(source);
    QCOMPARE(outline.entries.size(), 3);
    const auto& app = outline.entries[0];
    QCOMPARE(app.name, QString("demo"));
    QCOMPARE(app.children.size(), 4);
    const auto& train = app.children[0];
    QCOMPARE(train.gpu, QString("H100:2"));
    QCOMPARE(train.line, 14);
    QCOMPARE(train.decoratorLine, 10);
    QCOMPARE(train.gpuLine, 11);
    QCOMPARE(train.parameters.size(), 3);
    QCOMPARE(train.parameters[2].annotation, QString("dict[str, int]|None"));
    QCOMPARE(train.parameters[1].defaultValue, QString("3e-4"));
    const auto& model = app.children[1];
    QCOMPARE(model.kind, Kind::Class);
    QCOMPARE(model.children.size(), 2);
    QCOMPARE(model.children[0].detail, QString("@enter"));
    QCOMPARE(model.children[1].parameters.size(), 1);
    QCOMPARE(app.children[2].name, QString("export"));
    QCOMPARE(outline.entries[1].kind, Kind::Image);
    QCOMPARE(outline.entries[1].detail, QString("debian_slim"));
    QCOMPARE(outline.entries[2].detail, QString("weights"));
    QStringList names;
    for (const auto& entry : outline.runnable())
        names << entry.name;
    QCOMPARE(names, QStringList({"train", "Model.infer", "export", "main"}));
}

void TestOutline::followsAliasesAndConstants()
{
    const auto outline
        = outlineOfPython("from modal import App as A, Image\nCARD = \"L4\"\n"
                          "a = A(name='x')\n@a.function(gpu=CARD, name='renamed')\ndef f(): pass\n"
                          "i = Image.debian_slim()\n");
    QCOMPARE(outline.entries[0].name, QString("x"));
    QCOMPARE(outline.entries[0].children[0].gpu, QString("L4"));
    QCOMPARE(outline.entries[0].children[0].name, QString("renamed"));
    QCOMPARE(outline.entries[1].kind, Kind::Image);
}

void TestOutline::toleratesBrokenSource()
{
    const auto outline
        = outlineOfPython("import modal\napp = modal.App('x')\nfoo = bar(1, (2\n\n@app.function()\n"
                          "def f(a, b=\n\n@app.function()\ndef g(c): 'open\n    return "
                          "1\n@app.function()\ndef h(): ...\n");
    QStringList names;
    for (const auto& entry : outline.runnable())
        names << entry.name;
    QCOMPARE(names, QStringList({"f", "g", "h"}));
    for (const auto* broken :
         {"", "@", "def", "@app.function(", "class", "\"\"\"", "a = ", "\\", "async", "async def"})
        (void)outlineOfPython(QString::fromLatin1(broken));
}

void TestOutline::ignoresStringsAndComments()
{
    const auto outline = outlineOfPython(
        "import modal\napp = modal.App('x')\n\"\"\"\n@app.function()\ndef no(): ...\n\"\"\"\n"
        "# @app.function()\n@app.function()  # yes\ndef yes(a=\"),(\"): ...\n");
    QCOMPARE(outline.runnable().size(), 1);
    QCOMPARE(outline.runnable()[0].parameters[0].defaultValue, QString("\"),(\""));
}

void TestOutline::findsKernels()
{
    const auto outline = outlineOfKernels(
        "// __global__ void no();\n\nextern \"C\" __global__ void\n"
        "__launch_bounds__(256) scale(float* __restrict__ out, const int n)\n{\n}\n"
        "template<typename T> __global__ void fill(T* p) {}\n");
    QCOMPARE(outline.entries.size(), 2);
    QCOMPARE(outline.entries[0].name, QString("scale"));
    QCOMPARE(outline.entries[0].line, 3);
    QCOMPARE(outline.entries[0].parameters[1].name, QString("n"));
    QCOMPARE(outline.entries[1].name, QString("fill"));
}

void TestOutline::givesATree()
{
    AppOutlineModel model;
    const QAbstractItemModelTester tester(&model,
                                          QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setOutline("/p/app.py", outlineOfPython(source));
    model.setOutline("/p/k.cu", outlineOfKernels("__global__ void k() {}"));
    QCOMPARE(model.rowCount(), 4);
    const auto app = model.index(0, 0);
    QCOMPARE(app.data().toString(), QString("App demo"));
    QCOMPARE(model.index(0, 1).data().toString(), QString("3 fn"));
    const auto method = model.index(1, 0, model.index(1, 0, app));
    QCOMPARE(method.data(AppOutlineModel::NameRole).toString(), QString("Model.infer"));
    QVERIFY(method.data(AppOutlineModel::RunnableRole).toBool());
    model.setOutline("/p/app.py", {});
    QCOMPARE(model.rowCount(), 1);
}

void TestOutline::checksArguments_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("expected");
    QTest::newRow("all") << "width=8 name='a b' max_depth=2 fast=true"
                         << "--width|8|--name|a b|--max-depth|2|--fast";
    QTest::newRow("default") << "width=8 fast=false" << "--width|8|--no-fast";
    QTest::newRow("missing") << "" << "f needs width=…";
    QTest::newRow("unknown") << "width=1 w=2" << "f has no parameter w";
    QTest::newRow("no number") << "width=x" << "width must be a whole number, not \"x\"";
    QTest::newRow("twice") << "width=1 width=2" << "width is given twice";
    QTest::newRow("no name") << "8" << "\"8\" is not NAME=VALUE";
    QTest::newRow("open quote") << "width=1 name='a" << "a quote is not closed";
}

void TestOutline::checksArguments()
{
    QFETCH(QString, line);
    QFETCH(QString, expected);
    const auto outline = outlineOfPython("import modal\napp = modal.App()\n@app.function()\n"
                                         "def f(width: int, name: str = 'x', max_depth: int | None "
                                         "= None, fast: bool = False): ...\n");
    const auto arguments = runArguments(line, outline.runnable().front());
    QCOMPARE(arguments ? arguments->join('|') : QString::fromStdString(arguments.error().message()),
             expected);
}

void TestOutline::matchesWordsFirst()
{
    QVERIFY(fuzzyMatch("xyz", "Run").score < 0);
    QVERIFY(fuzzyMatch("op fo", "File: Open folder…").score
            > fuzzyMatch("op fo", "stop the folk").score);
    QVERIFY(fuzzyMatch("gp", "GraphPanel.cpp").score > fuzzyMatch("gp", "bagpipe").score);
    QCOMPARE(fuzzyMatch("run", "Run").positions, QVector<int>({0, 1, 2}));
}

QTEST_GUILESS_MAIN(TestOutline)
#include "tst_Outline.moc"
