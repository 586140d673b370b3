// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/models/CardCheck.h"
#include "app/models/ImageSteps.h"
#include "app/models/SourcePlaces.h"

#include <QtTest>

using namespace app::models;

class TestSourcePlaces : public QObject {
    Q_OBJECT

private slots:
    void readsChains();
    void findsTheStep_data();
    void findsTheStep();
    void fallsBackOnTheImage();
    void looksFirstAtWhatRuns();
    void refusesUnknownCards();
    void saysOneThingOfALine();
};

namespace {

const char* const source = R"(import modal

PACKAGES = ["numpy", "six==1.16.0"]
base = modal.Image.debian_slim(python_version="3.11")
image = (
    base.apt_install("tree", "git")
    .pip_install(*PACKAGES)
    .pip_install("torch>=2")
    .env({"COLOUR": "teal"})
    .run_commands(
        "echo fine",
        "make -C /src && \
         make install",
    )
    .run_commands("false")
    .workdir("/srv/data")
    .add_local_file("words.txt", "/srv/words.txt", copy=True)
    .dockerfile_commands("RUN ./configure", "ONBUILD RUN x")
)
fast = base.uv_pip_install("httpx").pip_install_from_requirements("requirements.txt")
app = modal.App("a", image=image)
other = modal.App("b", image=modal.Image.from_registry("nosuch:1").pip_install(name()))

@app.function()
def f(): ...

@app.function(image=fast)
def g(): ...
)";

SourcePlaces placesOf(const QString& function)
{
    return {{{"/p/app.py", outlineOfPython(source)}}, "/p/app.py", function};
}

} // namespace

void TestSourcePlaces::readsChains()
{
    const auto outline = outlineOfPython(source);
    QStringList steps;
    for (const auto& step : outline.imageSteps)
        steps << QStringLiteral("%1:%2").arg(step.method).arg(step.line);
    QCOMPARE(
        steps,
        QStringList({"debian_slim:4", "apt_install:6", "pip_install:7", "pip_install:8", "env:9",
                     "run_commands:10", "run_commands:15", "workdir:16", "add_local_file:17",
                     "dockerfile_commands:18", "uv_pip_install:20",
                     "pip_install_from_requirements:20", "from_registry:22", "pip_install:22"}));
    QCOMPARE(outline.imageSteps[2].words, QStringList({"numpy", "six==1.16.0"}));
    QVERIFY(outline.imageSteps[2].literal);
    QVERIFY(!outline.imageSteps.back().literal);
    QStringList images;
    for (const auto& entry : outline.entries)
        if (entry.kind == OutlineEntry::Kind::Image)
            images << entry.name;
    QCOMPARE(images, QStringList({"base", "image", "fast"}));
}

void TestSourcePlaces::findsTheStep_data()
{
    QTest::addColumn<QString>("instruction");
    QTest::addColumn<int>("line");
    const std::pair<const char*, int> rows[] {
        {"RUN false", 15},
        {"RUN echo fine", 10},
        {"RUN make -C /src && make install", 10},
        {"RUN python -m pip install numpy six==1.16.0", 7},
        {"RUN python -m pip install 'torch>=2'", 8},
        {"RUN python -m pip install unheard-of", 22},
        {"RUN python -m pip install -r /.requirements.txt", 20},
        {"RUN /.uv/uv pip install --python $(command -v python) --compile-bytecode httpx", 20},
        {"COPY --from=ghcr.io/astral-sh/uv:0.4 /uv /.uv/uv", 20},
        {"RUN apt-get install -y git tree", 6},
        {"RUN apt-get update", 6},
        {"ENV COLOUR=teal", 9},
        {"WORKDIR /srv/data", 16},
        {"COPY . /srv/words.txt", 17},
        {"RUN ./configure", 18},
        {"ONBUILD", 18},
        {"FROM nosuch:1", 22},
        {"FROM python:3.11.12-slim-bookworm", 4},
        {"RUN echo 'debconf debconf/frontend select Noninteractive' | debconf-set-selections", 4},
    };
    for (const auto& [instruction, line] : rows)
        QTest::newRow(instruction) << instruction << line;
}

void TestSourcePlaces::findsTheStep()
{
    QFETCH(QString, instruction);
    QFETCH(int, line);
    const auto place = placesOf("f").imageStep(instruction);
    QCOMPARE(place.line, line);
    QCOMPARE(place.file, QString("/p/app.py"));
}

void TestSourcePlaces::fallsBackOnTheImage()
{
    QCOMPARE(placesOf("f").imageStep({}).line, 5);
    QCOMPARE(placesOf("g").imageStep({}).line, 20);
    QCOMPARE(placesOf("nobody").imageStep({}).line, 4);
    QCOMPARE(SourcePlaces().imageStep("RUN false").line, 0);
}

void TestSourcePlaces::looksFirstAtWhatRuns()
{
    const auto of = [](const char* text) { return outlineOfPython(QString::fromLatin1(text)); };
    const QMap<QString, Outline> outlines {
        {"/p/a.py", of("import modal\n\ni = modal.Image.debian_slim().run_commands('false')\n")},
        {"/p/b.py", of("import modal\ni = modal.Image.debian_slim().run_commands('false')\n")}};
    QCOMPARE(SourcePlaces(outlines, "/p/b.py", "f").imageStep("RUN false").file,
             QString("/p/b.py"));
    QCOMPARE(SourcePlaces(outlines, "/p/c.py", "f").imageStep("RUN false").line, 3);
}

void TestSourcePlaces::refusesUnknownCards()
{
    const auto outline = outlineOfPython("import modal\nCARD = 'H900:2'\napp = modal.App()\n"
                                         "@app.function(gpu=CARD)\ndef f(): ...\n"
                                         "@app.function(gpu=[\"H100!\", 'a10g',\n 'L40', 'any'])\n"
                                         "def g(): ...\n"
                                         "@app.function(gpu=environ['GPU'] or f'X{n}')\ndef h(): "
                                         "...\n@app.cls(gpu='T4:0')\nclass C: ...\n"
                                         "@app.function(gpu=CARD)\ndef again(): ...\n");
    const CardCheck check(*emulator::gpu::cards::Catalogue::builtIn());
    const auto problems = check.problems("/p/app.py", outline);
    QCOMPARE(problems.size(), 3);
    QCOMPARE(problems[0].line, 2);
    QCOMPARE(problems[0].written, QString("H900:2"));
    QVERIFY(problems[0].replacements.contains("H100:2"));
    QVERIFY2(problems[0].message.startsWith("gpu=\"H900:2\": no such card; known cards:"),
             qPrintable(problems[0].message));
    QCOMPARE(problems[1].line, 7);
    QCOMPARE(problems[1].replacements.front(), QString("L4"));
    QCOMPARE(problems[2].line, 11);
    QVERIFY(problems[2].replacements.isEmpty()); // the count is wrong, not the card
    const SourcePlaces places({{"/p/app.py", outline}}, "/p/app.py", "f");
    QCOMPARE(places.card("L40").line, 7);
    QCOMPARE(places.card("H900:2").line, 2);
    QCOMPARE(places.card("H1").line, 0);
}

void TestSourcePlaces::saysOneThingOfALine()
{
    const Problem read {Problem::Severity::Error, "no such card", "/p/app.py", 4, "GPU"};
    const Problem said {Problem::Severity::Error, "there is no such card", "/p/app.py", 4, "GPU"};
    const Problem other {Problem::Severity::Error, "elsewhere", "/p/app.py", 5, "GPU"};
    QCOMPARE(joined({read}, {said, other}), QVector<Problem>({read, other}));
}

QTEST_GUILESS_MAIN(TestSourcePlaces)
#include "tst_SourcePlaces.moc"
