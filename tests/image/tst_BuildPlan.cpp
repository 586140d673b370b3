// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/image/BuildPlan.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;

/// Recipes as the client sends them, and Dockerfiles, decided: nothing is run.
class TestBuildPlan : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { m_home.emplace(*TempDir::create()); }
    void golden_data();
    void golden();
    void configOfEveryInstruction();
    void keysChangeOnlyWithWhatCounts_data();
    void keysChangeOnlyWithWhatCounts();
    void refuses_data();
    void refuses();
    void ignoredFilesAreNotCopied();

private:
    Result<BuildPlan> plan(const model::ImageRecipe& recipe) const
    {
        auto context = BuildContext::create({m_home->path()}, recipe);
        if (!context)
            return context.error();
        return planBuild({recipe, *context, [](const Base& base) -> Result<BaseFacts> {
                              if (base.name == "alpine")
                                  return Error(ErrorCode::Unavailable, "alpine cannot be made");
                              BaseFacts facts {base.name, {}};
                              facts.config.environment["PATH"] = "/bin";
                              return facts;
                          }});
    }
    static model::ImageRecipe recipe(const QStringList& commands)
    {
        model::ImageRecipe recipe;
        for (const auto& command : commands)
            recipe.commands.push_back(command.toStdString());
        recipe.baseImages = {{"base", "im-base"}};
        recipe.contextFiles = {{"/.requirements.txt", "six\n"}};
        recipe.contextMount = {{"/app/main.py", std::string(64, 'a'), 1, 0644},
                               {"/app/data/x.bin", std::string(64, 'b'), 1, 0644},
                               {"/notes.md", std::string(64, 'c'), 1, 0644}};
        recipe.buildArguments = {{"VERSION", "7"}};
        return recipe;
    }
    static QString describe(const BuildPlan& plan);

    std::optional<TempDir> m_home;
};

/// One line per needed stage and operation.
QString TestBuildPlan::describe(const BuildPlan& plan)
{
    QStringList lines;
    for (const auto& stage : plan.stages) {
        if (!stage.needed)
            continue;
        lines << "from "
                + QString::fromStdString(stage.base.name.empty() ? "scratch" : stage.base.name);
        for (const auto& operation : stage.operations) {
            if (const auto* step = std::get_if<RunOperation>(&operation.what)) {
                QStringList argv;
                for (const auto& word : step->argv)
                    argv << QString::fromStdString(word);
                auto line = "run " + argv.join("|");
                if (step->workingDirectory != "/")
                    line += " in " + QString::fromStdString(step->workingDirectory);
                if (!step->user.empty())
                    line += " as " + QString::fromStdString(step->user);
                lines << line;
            } else if (const auto* copy = std::get_if<CopyOperation>(&operation.what)) {
                QString line = "copy";
                for (const auto& source : copy->sources)
                    line += " " + QString::fromStdString(source);
                for (const auto& document : copy->documents)
                    line += " <<" + QString::fromStdString(document.name);
                line += " > " + QString::fromStdString(copy->target);
                if (copy->stage >= 0)
                    line += " from "
                        + QString::fromStdString(
                                plan.stages[static_cast<std::size_t>(copy->stage)].name);
                if (!copy->owner.empty())
                    line += " own " + QString::fromStdString(copy->owner);
                if (copy->mode)
                    line += " mode " + QString::number(*copy->mode, 8);
                lines << line;
            } else {
                lines << "folder "
                        + QString::fromStdString(std::get<FolderOperation>(operation.what).path);
            }
        }
    }
    return lines.join("\n");
}

void TestBuildPlan::golden_data()
{
    QTest::addColumn<QStringList>("commands");
    QTest::addColumn<QString>("decided");
    QTest::newRow("debian_slim")
        << QStringList {"FROM python:3.11.12-slim-bookworm",
                        "RUN apt-get update",
                        "RUN apt-get install -y gcc gfortran build-essential",
                        "RUN pip install --upgrade pip wheel uv",
                        "RUN echo 'debconf debconf/frontend select Noninteractive' | "
                        "debconf-set-selections",
                        "CMD [\"sleep\", \"172800\"]"}
        << "from python:3.11.12-slim-bookworm\n"
           "run /bin/sh|-c|apt-get update\n"
           "run /bin/sh|-c|apt-get install -y gcc gfortran build-essential\n"
           "run /bin/sh|-c|pip install --upgrade pip wheel uv\n"
           "run /bin/sh|-c|echo 'debconf debconf/frontend select Noninteractive' | "
           "debconf-set-selections";
    QTest::newRow("pip_install")
        << QStringList {"FROM base", "RUN python -m pip install six==1.16.0 "}
        << "from im-base\nrun /bin/sh|-c|python -m pip install six==1.16.0";
    QTest::newRow("pip_install_from_requirements")
        << QStringList {"FROM base", "COPY /.requirements.txt /.requirements.txt",
                        "RUN python -m pip install -r /.requirements.txt "}
        << "from im-base\ncopy /.requirements.txt > /.requirements.txt\n"
           "run /bin/sh|-c|python -m pip install -r /.requirements.txt";
    QTest::newRow("apt_install")
        << QStringList {"FROM base", "RUN apt-get update", "RUN apt-get install -y git"}
        << "from im-base\nrun /bin/sh|-c|apt-get update\nrun /bin/sh|-c|apt-get install -y git";
    QTest::newRow("uv_pip_install")
        << QStringList {"FROM base", "COPY --from=ghcr.io/astral-sh/uv:latest /uv /.uv/uv",
                        "RUN /.uv/uv pip install --python $(command -v python) six"}
        << "from ghcr.io/astral-sh/uv:latest\nfrom im-base\n"
           "copy /uv > /.uv/uv from ghcr.io/astral-sh/uv:latest\n"
           "run /bin/sh|-c|/.uv/uv pip install --python $(command -v python) six";
    QTest::newRow("poetry") << QStringList {"FROM base", "RUN cd /tmp/poetry && \\ ",
                                            "  poetry install"}
                            << "from im-base\nrun /bin/sh|-c|cd /tmp/poetry &&   poetry install";
    QTest::newRow("add_local_dir, copied")
        << QStringList {"FROM base", "COPY . /"} << "from im-base\ncopy . > /";
    QTest::newRow("workdir, quoted")
        << QStringList {"FROM base", "WORKDIR '/srv/my data'", "RUN x"}
        << "from im-base\nfolder /srv/my data\nrun /bin/sh|-c|x in /srv/my data";
    QTest::newRow("relative workdir") << QStringList {"FROM base", "WORKDIR /a", "WORKDIR b/../c/"}
                                      << "from im-base\nfolder /a\nfolder /a/c";
    QTest::newRow("multi-stage, only what is needed")
        << QStringList {"FROM base AS Maker",
                        "RUN make",
                        "FROM base AS unused",
                        "RUN never",
                        "FROM scratch",
                        "COPY --from=maker --chown=1:2 --chmod=755 /out /in/"}
        << "from im-base\nrun /bin/sh|-c|make\nfrom scratch\n"
           "copy /out > /in/ from maker own 1:2 mode 755";
    QTest::newRow("stage by number")
        << QStringList {"FROM base", "RUN a", "FROM scratch", "COPY --from=0 /x /x"}
        << "from im-base\nrun /bin/sh|-c|a\nfrom scratch\n"
           "copy /x > /x from ";
    QTest::newRow("arguments") << QStringList {"ARG SERIES=3.11",
                                               "ARG VERSION=1",
                                               "FROM python:${SERIES}-slim-bookworm",
                                               "ARG VERSION",
                                               "ARG NAME=n-${VERSION}",
                                               "USER ${NAME:-x}",
                                               "RUN y"}
                               << "from python:3.11-slim-bookworm\nrun /bin/sh|-c|y as n-7";
    QTest::newRow("shell") << QStringList {"FROM base", "SHELL [\"/bin/bash\", \"-lc\"]", "RUN a",
                                           "RUN [\"b\", \"c\"]"}
                           << "from im-base\nrun /bin/bash|-lc|a\nrun b|c";
    QTest::newRow("here-documents")
        << QStringList {"FROM base", "RUN <<EOF\na\nb\nEOF", "RUN cat <<X > /f\nc\nX",
                        "RUN <<P\n#!/usr/bin/env python3\nprint(1)\nP",
                        "COPY <<f.txt /d/\n$VERSION\nf.txt"}
        << "from im-base\nrun /bin/sh|-c|a\nb\n\nrun /bin/sh|-c|cat <<X > /f\nc\nX\n\n"
           "run /usr/bin/env|python3|-c|#!/usr/bin/env python3\nprint(1)\n\ncopy <<f.txt > /d/";
}

void TestBuildPlan::golden()
{
    QFETCH(QStringList, commands);
    const auto decided = plan(recipe(commands));
    QVERIFY2(decided, decided ? "" : decided.error().message().c_str());
    QTEST(describe(*decided), "decided");
}

void TestBuildPlan::configOfEveryInstruction()
{
    const auto decided = plan(
        recipe({"FROM base", "ENV A=1 B='x y' C=$A", "ENV PATH=/opt/bin:$PATH",
                "ENV OLD  two words", "LABEL a=\"b c\"", "EXPOSE 80", "HEALTHCHECK NONE", "CMD old",
                "ENTRYPOINT [\"/e\"]", "CMD [\"c\"]", "USER u", "STOPSIGNAL 9", "VOLUME /v"}));
    QVERIFY2(decided, decided ? "" : decided.error().message().c_str());
    const auto& config = decided->stages.back().config;
    QCOMPARE(config.environment.at("A"), std::string("1"));
    QCOMPARE(config.environment.at("B"), std::string("x y"));
    QCOMPARE(config.environment.at("C"), std::string()); // its own instruction does not count
    QCOMPARE(config.environment.at("PATH"), std::string("/opt/bin:/bin"));
    QCOMPARE(config.environment.at("OLD"), std::string("two words"));
    QCOMPARE(config.labels.at("a"), std::string("b c"));
    QCOMPARE(config.entrypoint, std::vector<std::string> {"/e"});
    QCOMPARE(config.command, std::vector<std::string> {"c"});
    QCOMPARE(config.user, std::string("u"));
    QVERIFY(decided->stages.back().operations.empty());
    QCOMPARE(decided->notes.size(), std::size_t {4});
}

void TestBuildPlan::keysChangeOnlyWithWhatCounts_data()
{
    QTest::addColumn<QStringList>("commands");
    QTest::addColumn<bool>("same"); // the last key, against that of the plain recipe
    QTest::newRow("nothing") << QStringList {"FROM base", "COPY app /app", "RUN x"} << true;
    QTest::newRow("label") << QStringList {"FROM base", "LABEL a=b", "COPY app /app", "RUN x"}
                           << true;
    QTest::newRow("command") << QStringList {"FROM base", "COPY app /app", "RUN x", "CMD y"}
                             << true;
    QTest::newRow("environment") << QStringList {"FROM base", "ENV A=1", "COPY app /app", "RUN x"}
                                 << false;
    QTest::newRow("user") << QStringList {"FROM base", "COPY app /app", "USER u", "RUN x"} << false;
    QTest::newRow("parent") << QStringList {"FROM other", "COPY app /app", "RUN x"} << false;
    QTest::newRow("source") << QStringList {"FROM base", "COPY app/data /app", "RUN x"} << false;
    QTest::newRow("target") << QStringList {"FROM base", "COPY app /ap", "RUN x"} << false;
    QTest::newRow("owner") << QStringList {"FROM base", "COPY --chown=1 app /app", "RUN x"}
                           << false;
}

void TestBuildPlan::keysChangeOnlyWithWhatCounts()
{
    QFETCH(QStringList, commands);
    const auto key = [&](const model::ImageRecipe& recipe) {
        return plan(recipe)->stages.back().operations.back().key;
    };
    auto plain = recipe({"FROM base", "COPY app /app", "RUN x"});
    const auto before = key(plain);
    QTEST(key(recipe(commands)) == before, "same");
    plain.contextMount[2].sha256 = std::string(64, 'd'); // notes.md is not copied
    QCOMPARE(key(plain), before);
    plain.secretEnvironment = {{"TOKEN", "x"}};
    QCOMPARE(key(plain), before);
    plain.contextMount[0].mode = 0755;
    QVERIFY(key(plain) != before);
}

void TestBuildPlan::refuses_data()
{
    QTest::addColumn<QStringList>("commands");
    QTest::addColumn<QString>("message");
    const auto row = [](const char* name, const QStringList& commands, const char* message) {
        QTest::newRow(name) << commands << message;
    };
    row("no FROM", {"ARG A=1"}, "the Dockerfile has no FROM");
    row("before FROM", {"RUN x", "FROM base"},
        "Dockerfile line 1: RUN: stands before the first FROM");
    row("base", {"FROM alpine"}, "Dockerfile line 1: FROM: alpine cannot be made");
    row("platform", {"FROM --platform=linux/s390x base"},
        "Dockerfile line 1: FROM: --platform=linux/s390x: only");
    row("mount", {"FROM base", "RUN --mount=type=cache,target=/x y"},
        "Dockerfile line 2: RUN: the flag --mount=type=cache,target=/x is not supported");
    row("outside", {"FROM base", "COPY ../x /x"},
        "Dockerfile line 2: COPY: \"../x\" points outside the build context");
    row("missing", {"FROM base", "COPY nothing /x"},
        "Dockerfile line 2: COPY: \"nothing\" is not among the files");
    row("several", {"FROM base", "COPY app notes.md /x"},
        "Dockerfile line 2: COPY: with more than one source the target must be a folder");
    row("mode", {"FROM base", "COPY --chmod=u+x app /x"},
        "Dockerfile line 2: COPY: --chmod=u+x is not an octal mode");
    row("copy flag", {"FROM base", "COPY --parents app /x"},
        "Dockerfile line 2: COPY: the flag --parents is not supported");
    row("stage", {"FROM base", "COPY --from=3 a b"},
        "Dockerfile line 2: COPY: there is no earlier stage number 3");
    row("address", {"FROM base", "ADD https://example.org/x /x"},
        "Dockerfile line 2: ADD: fetching https://example.org/x is not supported");
    row("trigger", {"FROM base", "ONBUILD RUN x"}, "Dockerfile line 2: ONBUILD: triggers");
    row("variable", {"FROM base", "WORKDIR ${A"}, "Dockerfile line 2: WORKDIR: a ${ is not closed");
    row("pair", {"FROM base", "ENV A=1 B"}, "Dockerfile line 2: ENV: \"B\" is not NAME=value");
    row("shell", {"FROM base", "SHELL bash"}, "Dockerfile line 2: SHELL: needs a list");
}

void TestBuildPlan::refuses()
{
    QFETCH(QStringList, commands);
    QFETCH(QString, message);
    const auto decided = plan(recipe(commands));
    QVERIFY(!decided);
    QVERIFY2(QString::fromStdString(decided.error().message()).startsWith(message),
             decided.error().message().c_str());
}

void TestBuildPlan::ignoredFilesAreNotCopied()
{
    auto wanted = recipe({"FROM base", "COPY . /"});
    wanted.contextFiles.push_back({".dockerignore", "# words\n**/*.bin\n*.md\n!notes.md\n"});
    const auto context = BuildContext::create({m_home->path()}, wanted);
    QVERIFY(context);
    QVERIFY(!context->matching("app/data/x.bin"));
    QVERIFY(context->matching("notes.md"));
    QCOMPARE(context->matching("app")->size(), std::size_t {1});

    wanted.contextMount.push_back({"/../../etc/passwd", std::string(64, 'a'), 1, 0644});
    QVERIFY(!BuildContext::create({m_home->path()}, wanted));
}

QTEST_GUILESS_MAIN(TestBuildPlan)
#include "tst_BuildPlan.moc"
