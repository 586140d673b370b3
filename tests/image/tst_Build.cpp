// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Builder.h"
#include "emulator/worker/ContainerSteps.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Real builds in real containers, on a base made of Debian's packages (cached for the machine).
class TestBuild : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void pythonOfTheBaseWorks();
    void stepsMakeLayersAndAreCached();
    void failingRunNamesLineAndCode();
    void cancelledBuildLeavesNothing();
    void nothingOfTheNetworkStaysInALayer();
    void secretsReachRunAndNotTheLayers();
    void multiStageCopies();
    void virtualEnvironmentSurvivesCopy();
    void debianSlimOfTheClientBuilds();
    void uvOfTheClientInstalls();
    void clientIsFoundBehindTheImagesPackages();
    void trixieBringsPython313();

private:
    model::ImageRecipe recipe(std::vector<std::string> commands)
    {
        model::ImageRecipe recipe;
        recipe.commands = std::move(commands);
        recipe.baseImages = {{"base", m_base.id}};
        recipe.builderVersion = "2025.06";
        return recipe;
    }
    Result<model::Image> build(const model::ImageRecipe& recipe, std::stop_token stop = {})
    {
        m_log.clear();
        return m_builder->build(
            recipe, [this](std::string_view line) { m_log.append(line).append("\n"); }, stop);
    }
    bool logHas(const char* text) const { return m_log.find(text) != std::string::npos; }
    int scratchLeft() const
    {
        return static_cast<int>(
            std::distance(fs::directory_iterator(m_store.layers() / ".scratch"), {}));
    }

    std::optional<TempDir> m_home;
    Store m_store;
    std::unique_ptr<container::Launcher> m_launcher;
    std::unique_ptr<worker::ContainerSteps> m_steps;
    std::unique_ptr<Builder> m_builder;
    model::Image m_base;
    std::string m_log;
};

void TestBuild::initTestCase()
{
    m_home.emplace(*TempDir::create());
    m_store.home = m_home->path();
    fs::create_directories(m_store.blobs());
    auto launcher = container::Launcher::create(m_home->path() / "run");
    if (!launcher)
        QSKIP(launcher.error().message().c_str());
    m_launcher = *std::move(launcher);
    m_steps = std::make_unique<worker::ContainerSteps>(*m_launcher);
    m_builder = Builder::create(m_store, *m_steps);
    model::ImageRecipe base;
    base.commands = {"FROM python:3.11-slim-bookworm"};
    base.builderVersion = "2025.06";
    auto image = build(base);
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    m_base = *image;
}

void TestBuild::cleanupTestCase()
{
    m_builder.reset();
    m_steps.reset();
    m_launcher.reset();
    m_home.reset();
}

void TestBuild::pythonOfTheBaseWorks()
{
    QVERIFY2(QByteArray(m_base.pythonVersion.c_str()).startsWith("Python 3.11"),
             m_base.pythonVersion.c_str());
    QCOMPARE(m_base.substitutions.size(), std::size_t {1});
    const auto image = build(recipe({"FROM base", "RUN pip --version && python -c 'import ssl'"}));
    QVERIFY2(image, m_log.c_str());
}

void TestBuild::stepsMakeLayersAndAreCached()
{
    auto wanted = recipe({"FROM base", "ENV A=1", "RUN echo $A > /a && rm /etc/issue",
                          "COPY f /srv/", "WORKDIR /srv/work"});
    wanted.contextFiles = {{"f", "content"}};
    const auto image = build(wanted);
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    QCOMPARE(image->layers.size(), m_base.layers.size() + 3);
    QCOMPARE(image->config.environment.at("A"), std::string("1"));
    QCOMPARE(image->config.workingDirectory, std::string("/srv/work"));
    const auto ran = layerFolder(m_store, image->layers[m_base.layers.size()]);
    QCOMPARE(*readFile(ran / "a"), std::string("1\n"));

    wanted.commands.push_back("RUN test ! -e /etc/issue && cat /a /srv/f");
    const auto more = build(wanted);
    QVERIFY2(more, (m_log + (more ? "" : more.error().message())).c_str());
    QVERIFY(logHas("CACHED"));
    QVERIFY(logHas("content"));
    QVERIFY(more->id != image->id);
    QVERIFY(m_builder->find(more->id));
}

void TestBuild::failingRunNamesLineAndCode()
{
    const auto image = build(recipe({"FROM base", "RUN echo before; exit 7"}));
    QVERIFY(!image);
    QVERIFY2(QByteArray(image.error().message().c_str()).startsWith("Dockerfile line 2: \"RUN"),
             image.error().message().c_str());
    QVERIFY(image.error().message().find("exit code 7") != std::string::npos);
    QVERIFY(logHas("before"));
    QCOMPARE(scratchLeft(), 0);
}

void TestBuild::cancelledBuildLeavesNothing()
{
    std::stop_source stop;
    const auto wanted = recipe({"FROM base", "RUN echo started; sleep 1000"});
    const auto image = m_builder->build(
        wanted,
        [&](std::string_view line) {
            if (line == "started")
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY(!image);
    QCOMPARE(image.error().code(), ErrorCode::Cancelled);
    QCOMPARE(scratchLeft(), 0);
    QVERIFY(!m_builder->find(m_builder->idOf(wanted)));
}

void TestBuild::nothingOfTheNetworkStaysInALayer()
{
    const auto image = build(recipe({"FROM base", "RUN touch /made"}));
    QVERIFY2(image, m_log.c_str());
    const auto layer = layerFolder(m_store, image->layers.back());
    QStringList names;
    for (const auto& entry : fs::recursive_directory_iterator(layer))
        names << QString::fromStdString(entry.path().lexically_relative(layer).string());
    QCOMPARE(names, QStringList {"made"});
}

void TestBuild::secretsReachRunAndNotTheLayers()
{
    auto wanted = recipe({"FROM base", "RUN test ${#TOKEN} = 9 && echo $TOKEN > /dev/null"});
    wanted.secretEnvironment = {{"TOKEN", "swordfish"}};
    const auto image = build(wanted);
    QVERIFY2(image, m_log.c_str());
    QVERIFY(!image->config.environment.contains("TOKEN"));
    QVERIFY(readFile(m_store.home / "images" / (image->id + ".json"))->find("swordfish")
            == std::string::npos);
    QVERIFY(!logHas("swordfish"));
}

void TestBuild::multiStageCopies()
{
    const auto image = build(recipe({"FROM base AS maker", "RUN mkdir /out && echo made > /out/x",
                                     "FROM base", "COPY --from=maker /out /in", "RUN cat /in/x"}));
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    QVERIFY(logHas("made"));
}

void TestBuild::virtualEnvironmentSurvivesCopy()
{
    const auto image = build(recipe(
        {"FROM base AS maker",
         "RUN python -m venv /opt/venv && useradd -u 1234 app "
         "&& touch /opt/venv/own && chown app /opt/venv/own",
         "FROM base", "COPY --from=maker /opt/venv /opt/venv",
         "RUN /opt/venv/bin/python -c 'import sys; print(sys.prefix)' && stat -c %u /opt/venv/own",
         "RUN apt-config dump APT::Install-Recommends"}));
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    QVERIFY2(logHas("\n/opt/venv\n1234\n"), m_log.c_str());
    QVERIFY2(logHas("APT::Install-Recommends \"1\""), m_log.c_str());
}

void TestBuild::debianSlimOfTheClientBuilds()
{
    auto wanted = recipe(
        {"FROM python:3.11.12-slim-bookworm", "RUN apt-get update",
         "RUN apt-get install -y gcc gfortran build-essential",
         "RUN pip install --upgrade pip wheel uv",
         "RUN echo 'debconf debconf/frontend select Noninteractive' | debconf-set-selections",
         "CMD [\"sleep\", \"172800\"]"});
    const auto image = build(wanted);
    if (!image && (logHas("Could not resolve") || logHas("Failed to fetch")))
        QSKIP("Debian's mirror cannot be reached");
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    m_base = *image;
    const auto more = build(recipe(
        {"FROM base", "RUN python -m pip install six==1.16.0 ", "RUN gcc --version && uv --version",
         "RUN python -c 'import six, sys; print(six.__version__, sys.version_info[:2])'"}));
    QVERIFY2(more, (m_log + (more ? "" : more.error().message())).c_str());
    QVERIFY(logHas("1.16.0 (3, 11)"));
}

void TestBuild::uvOfTheClientInstalls()
{
    const auto image = build(recipe(
        {"FROM base", "COPY --from=ghcr.io/astral-sh/uv:latest /uv /.uv/uv",
         "RUN /.uv/uv pip install --python $(command -v python) --compile-bytecode six==1.17.0",
         "RUN python -c 'import six; print(six.__version__)'"}));
    if (!image && image.error().code() == ErrorCode::Unavailable)
        QSKIP(image.error().message().c_str());
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    QVERIFY(logHas("1.17.0"));
}

void TestBuild::clientIsFoundBehindTheImagesPackages()
{
    const auto client
        = clientLayer(m_store, "1.6.4", "3.11", [](std::string_view) { }, std::stop_token());
    if (!client)
        QSKIP(client.error().message().c_str());
    const auto image
        = build(recipe({"FROM base",
                        "RUN pip install --no-deps click==8.0.4 && mkdir -p /etc/own && "
                        "echo 'print(\"own sitecustomize\")' > /etc/own/sitecustomize.py"}));
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    const auto scratch = TempDir::create(m_home->path());
    Step step;
    for (const auto& digest : image->layers)
        step.layers.push_back(layerFolder(m_store, digest));
    step.layers.push_back(*client);
    step.writes = scratch->path() / "writes";
    step.environment = image->config.environment;
    step.environment["PYTHONPATH"] = "/pkg:/etc/own";
    step.argv = {"python", "-c",
                 "import modal, click, importlib.metadata as m; "
                 "print(modal.__version__, m.version('click'))"};
    std::string said;
    const auto code
        = m_steps->run(step, [&](std::string_view line) { said += std::string(line) + "|"; }, {});
    QVERIFY(code);
    QCOMPARE(said, std::string("own sitecustomize|1.6.4 8.0.4|"));
    QCOMPARE(*code, 0);
}

void TestBuild::trixieBringsPython313()
{
    const auto image = build(recipe(
        {"FROM python:3.13-slim-trixie", "RUN pip install six==1.17.0 && python -c 'import six'",
         "RUN test -d /usr/local/lib/python3.13/site-packages/six-1.17.0.dist-info"}));
    if (!image && image.error().code() == ErrorCode::Unavailable)
        QSKIP(image.error().message().c_str());
    QVERIFY2(image, (m_log + (image ? "" : image.error().message())).c_str());
    QVERIFY(QByteArray(image->pythonVersion.c_str()).startsWith("Python 3.13."));
    QVERIFY2(image->pythonVersion.find(image->config.environment.at("PYTHON_VERSION"))
                 != std::string::npos,
             image->pythonVersion.c_str());
}

int main(int argc, char** argv)
{
    if (argc > 1 && std::string_view(argv[1]) == "--launcher")
        return container::launcherMain(argc, argv);
    QCoreApplication application(argc, argv);
    TestBuild test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_Build.moc"
