// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/image/Bootstrap.h"
#include "emulator/image/CopyPlan.h"
#include "emulator/image/Dockerfile.h"
#include "emulator/image/LayerStore.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Reading recipes and deciding what a COPY copies: no container needed.
class TestDockerfile : public QObject {
    Q_OBJECT

private slots:
    void readsWhatTheClientSends();
    void joinsContinuedLines();
    void readsHeredocs();
    void readsFlags();
    void refuses_data();
    void refuses();
    void expands_data();
    void expands();
    void splits_data();
    void splits();
    void copiesAsDockerDoes_data();
    void copiesAsDockerDoes();
    void copyNeverLeavesTheContext();
    void copyFollowsLinksOfTheImageInsideTheImage();
    void newFolderKeepsTheModeOfTheImage();
    void mountFilesStayInTheContainer();
    void bootstrapKnowsWhatDebianHas_data();
    void bootstrapKnowsWhatDebianHas();
    void survivesAnything();
};

void TestDockerfile::readsWhatTheClientSends()
{
    const auto read = parseDockerfile("FROM base\nRUN python -m pip install six==1.16.0 \nENV A=1\n"
                                      "CMD [\"sleep\", \"172800\"]\nWORKDIR '/srv/my data'\n");
    QVERIFY(read);
    QCOMPARE(read->size(), std::size_t {5});
    QCOMPARE((*read)[1].arguments, std::string("python -m pip install six==1.16.0"));
    QVERIFY((*read)[3].isList);
    QCOMPARE((*read)[3].list, (std::vector<std::string> {"sleep", "172800"}));
    QCOMPARE((*read)[4].line, 5);
}

void TestDockerfile::joinsContinuedLines()
{
    const auto read = parseDockerfile("RUN a && \\\n    # a word between\n    b\n\nUSER x");
    QVERIFY(read);
    QCOMPARE(read->size(), std::size_t {2});
    QCOMPARE((*read)[0].arguments, std::string("a && b"));
    QCOMPARE((*read)[1].line, 5);
}

void TestDockerfile::readsHeredocs()
{
    const auto read = parseDockerfile("RUN <<EOF\necho one\n  echo two\nEOF\nUSER x\n");
    QVERIFY(read);
    QCOMPARE((*read)[0].heredoc, std::string("echo one\n  echo two\n"));
    QCOMPARE(read->size(), std::size_t {2});
}

void TestDockerfile::readsFlags()
{
    const auto read = parseDockerfile("COPY --from=builder --chmod=755 /a /b");
    QVERIFY(read);
    QCOMPARE((*read)[0].flags.size(), std::size_t {2});
    QCOMPARE((*read)[0].flags[0].second, std::string("builder"));
    QCOMPARE((*read)[0].arguments, std::string("/a /b"));
}

void TestDockerfile::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("unknown") << "FROM x\nFETCH y" << "line 2: unknown instruction FETCH";
    QTest::newRow("bare") << "RUN" << "line 1: RUN wants arguments";
    QTest::newRow("heredoc") << "RUN <<EOF\necho" << "line 1: the heredoc has no closing EOF";
}

void TestDockerfile::refuses()
{
    QFETCH(QString, text);
    const auto read = parseDockerfile(text.toStdString());
    QVERIFY(!read);
    QTEST(QString::fromStdString(read.error().message()), "message");
}

void TestDockerfile::expands_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expanded");
    QTest::newRow("plain") << "$A b" << "1 b";
    QTest::newRow("braces") << "x${A}y" << "x1y";
    QTest::newRow("fallback") << "${NO:-d}" << "d";
    QTest::newRow("alternative") << "${A:+set}${NO:+unset}" << "set";
    QTest::newRow("escaped") << "\\$A" << "$A";
    QTest::newRow("unknown") << "[$NO]" << "[]";
    QTest::newRow("lone") << "5$ $" << "5$ $";
}

void TestDockerfile::expands()
{
    QFETCH(QString, text);
    QTEST(QString::fromStdString(expand(text.toStdString(), {{"A", "1"}})), "expanded");
}

void TestDockerfile::splits_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QStringList>("words");
    QTest::newRow("plain") << " a  b " << QStringList {"a", "b"};
    QTest::newRow("double") << "A=\"b c\" d" << QStringList {"A=b c", "d"};
    QTest::newRow("single") << "'a\\ b'" << QStringList {"a\\ b"};
    QTest::newRow("empty word") << "\"\"" << QStringList {""};
    QTest::newRow("escape") << "a\\ b" << QStringList {"a b"};
}

void TestDockerfile::splits()
{
    QFETCH(QString, text);
    QStringList words;
    for (const auto& word : splitWords(text.toStdString()))
        words << QString::fromStdString(word);
    QTEST(words, "words");
}

void TestDockerfile::copiesAsDockerDoes_data()
{
    QTest::addColumn<QStringList>("sources");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QStringList>("made");
    QTest::newRow("file to file") << QStringList {"a.txt"} << "/x" << QStringList {"/x"};
    QTest::newRow("file to folder") << QStringList {"a.txt"} << "/x/" << QStringList {"/x/a.txt"};
    QTest::newRow("file to a folder of the image")
        << QStringList {"a.txt"} << "/have" << QStringList {"/have/a.txt"};
    QTest::newRow("relative") << QStringList {"a.txt"} << "b" << QStringList {"/srv/b"};
    QTest::newRow("here") << QStringList {"a.txt"} << "." << QStringList {"/srv/a.txt"};
    QTest::newRow("folder's content")
        << QStringList {"d"} << "/x" << QStringList {"/x/e/g", "/x/f"};
    QTest::newRow("everything") << QStringList {"."} << "/"
                                << QStringList {"/a.txt", "/d/e/g", "/d/f"};
    QTest::newRow("pattern") << QStringList {"*.txt"} << "/x/" << QStringList {"/x/a.txt"};
    QTest::newRow("several") << QStringList {"a.txt", "d/f"} << "/x"
                             << QStringList {"/x/a.txt", "/x/f"};
    QTest::newRow("leading slash") << QStringList {"/a.txt"} << "/x" << QStringList {"/x"};
}

void TestDockerfile::copiesAsDockerDoes()
{
    QFETCH(QStringList, sources);
    QFETCH(QString, target);
    const auto image = TempDir::create();
    fs::create_directories(image->path() / "have");
    const std::vector<CopyEntry> entries {
        {"a.txt", "/1", 0644, "1"}, {"d/e/g", "/2", 0644, "2"}, {"d/f", "/3", 0644, "3"}};
    std::vector<std::string> names;
    for (const auto& source : sources)
        names.push_back(source.toStdString());
    const auto plan = planCopy(entries, names, target.toStdString(), "/srv", {image->path()});
    QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
    QStringList made;
    for (const auto& item : plan->items)
        made << QString::fromStdString(item.target.string());
    QTEST(made, "made");
}

void TestDockerfile::copyNeverLeavesTheContext()
{
    const std::vector<CopyEntry> entries {{"a", "/1", 0644, "1"}};
    for (const char* source : {"../etc/passwd", "..", "x/../../y", "missing"}) {
        const auto plan = planCopy(entries, {source}, "/x", "/", {});
        QVERIFY2(!plan, source);
        QVERIFY(plan.error().message().find("build context") != std::string::npos);
    }
}

void TestDockerfile::copyFollowsLinksOfTheImageInsideTheImage()
{
    const auto image = TempDir::create();
    const auto layer = TempDir::create();
    const auto file = TempDir::create();
    fs::create_directories(image->path() / "run");
    fs::create_directories(image->path() / "var");
    fs::create_symlink("/run", image->path() / "var/run");
    fs::create_symlink("../../../../tmp", image->path() / "up");
    QVERIFY(writeFileAtomically(file->path() / "f", "content"));
    const std::vector<CopyEntry> entries {{"f", file->path() / "f", 0644, "f"}};
    for (const char* target : {"/var/run/f", "/up/slipway-escaped"}) {
        const auto plan = planCopy(entries, {"f"}, target, "/", {image->path()});
        QVERIFY(plan);
        QVERIFY(carryOut(*plan, layer->path(), {image->path()}));
    }
    QVERIFY(fs::exists(layer->path() / "run/f"));
    QVERIFY(!fs::exists(layer->path() / "var/run"));
    QVERIFY(fs::exists(layer->path() / "tmp/slipway-escaped"));
    QVERIFY(!fs::exists("/tmp/slipway-escaped"));
}

void TestDockerfile::newFolderKeepsTheModeOfTheImage()
{
    const auto image = TempDir::create();
    const auto layer = TempDir::create();
    fs::create_directories(image->path() / "tmp");
    fs::permissions(image->path() / "tmp", fs::perms::all | fs::perms::sticky_bit);
    QVERIFY(makeFolders(layer->path(), {image->path()}, "/tmp/new"));
    QCOMPARE(fs::status(layer->path() / "tmp").permissions(),
             fs::perms::all | fs::perms::sticky_bit);
}

void TestDockerfile::mountFilesStayInTheContainer()
{
    const auto home = TempDir::create();
    const Store store {home->path()};
    fs::create_directories(store.blobs());
    QVERIFY(writeFileAtomically(store.blobs() / "aa", "print(1)"));
    const auto layer
        = mountLayer(store, {{"/root/app.py", "aa", 8, 0644}, {"/root/run.sh", "aa", 8, 0755}});
    QVERIFY2(layer, layer ? "" : layer.error().message().c_str());
    QCOMPARE(*readFile(*layer / "root/app.py"), std::string("print(1)"));
    QCOMPARE(fs::hard_link_count(*layer / "root/app.py"), 2U);
    QVERIFY((fs::status(*layer / "root/run.sh").permissions() & fs::perms::owner_exec)
            != fs::perms::none);
    QCOMPARE(*mountLayer(store, {{"/root/app.py", "aa", 8, 0644}, {"/root/run.sh", "aa", 8, 0755}}),
             *layer);
    const auto escape = mountLayer(store, {{"/../../etc/evil", "aa", 8, 0644}});
    if (escape)
        QVERIFY(fs::exists(*escape / "etc/evil")); // stays below the layer
    QVERIFY(!fs::exists("/etc/evil"));
    QVERIFY(!mountLayer(store, {{"/root/x", "missing", 8, 0644}}));
}

void TestDockerfile::bootstrapKnowsWhatDebianHas_data()
{
    QTest::addColumn<QString>("reference");
    QTest::addColumn<QString>("suite");
    QTest::newRow("client 1.5") << "python:3.11.12-slim-bookworm" << "bookworm";
    QTest::newRow("series") << "python:3.13-slim-trixie" << "trixie";
    QTest::newRow("debian") << "debian:12-slim" << "bookworm";
    QTest::newRow("registry") << "docker.io/library/debian:trixie" << "trixie";
    QTest::newRow("other python") << "python:3.12.10-slim-bookworm" << "";
    QTest::newRow("mismatch") << "python:3.11-slim-trixie" << "";
    QTest::newRow("other") << "nvidia/cuda:12.4.0-devel-ubuntu22.04" << "";
}

void TestDockerfile::bootstrapKnowsWhatDebianHas()
{
    QFETCH(QString, reference);
    QFETCH(QString, suite);
    const auto plan = planBootstrap(reference.toStdString());
    QCOMPARE(static_cast<bool>(plan), !suite.isEmpty());
    if (plan)
        QCOMPARE(QString::fromStdString(plan->suite), suite);
    else
        QVERIFY(plan.error().message().find("these can: python:3.11") != std::string::npos);
}

void TestDockerfile::survivesAnything()
{
    QRandomGenerator random(1);
    const QByteArray alphabet("FROM RUN COPY ENV [\"a\",] \\\n\t$ {}:-<<EOF #'\0\xff=", 48);
    for (int i = 0; i < 20000; ++i) {
        std::string text;
        for (int length = random.bounded(60); length > 0; --length)
            text += alphabet[random.bounded(int(alphabet.size()))];
        if (const auto read = parseDockerfile(text))
            for (const auto& instruction : *read)
                static_cast<void>(splitWords(expand(instruction.arguments, {})));
    }
}

QTEST_GUILESS_MAIN(TestDockerfile)
#include "tst_Dockerfile.moc"
