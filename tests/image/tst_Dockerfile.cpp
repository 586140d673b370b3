// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Dockerfile.h"
#include "emulator/image/Words.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;

/// Reading Dockerfiles into instructions.
class TestDockerfile : public QObject {
    Q_OBJECT

private slots:
    void readsInstructions_data();
    void readsInstructions();
    void readsHereDocuments_data();
    void readsHereDocuments();
    void readsFlags();
    void refuses_data();
    void refuses();
    void survivesAnything();
};

void TestDockerfile::readsInstructions_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("read"); // "line keyword|text" or "line keyword[list]"
    QTest::newRow("plain") << QByteArray("FROM base\nRUN pip install x \n")
                           << QStringList {"1 FROM|base", "2 RUN|pip install x"};
    QTest::newRow("lower case") << QByteArray("from base") << QStringList {"1 FROM|base"};
    QTest::newRow("comments") << QByteArray("# one\n\n  # two\nFROM base # not a comment")
                              << QStringList {"4 FROM|base # not a comment"};
    QTest::newRow("continued") << QByteArray("RUN a && \\\n    # between\n\n    b\nUSER x")
                               << QStringList {"1 RUN|a &&     b", "5 USER|x"};
    QTest::newRow("blank after the backslash") << QByteArray("RUN cd /x && \\ \n  poetry install")
                                               << QStringList {"1 RUN|cd /x &&   poetry install"};
    QTest::newRow("escape directive")
        << QByteArray("# escape=`\nRUN a `\n b\\") << QStringList {"2 RUN|a  b\\"};
    QTest::newRow("carriage returns")
        << QByteArray("FROM a\r\nRUN b\r\n") << QStringList {"1 FROM|a", "2 RUN|b"};
    QTest::newRow("list") << QByteArray("CMD [\"sleep\", \"48h\"]")
                          << QStringList {"1 CMD[sleep,48h]"};
    QTest::newRow("test is no list")
        << QByteArray("RUN [ -e /x ] && y") << QStringList {"1 RUN|[ -e /x ] && y"};
    QTest::newRow("empty CMD") << QByteArray("CMD") << QStringList {"1 CMD|"};
}

void TestDockerfile::readsInstructions()
{
    QFETCH(QByteArray, text);
    const auto instructions = parseDockerfile(text.toStdString());
    QVERIFY2(instructions, instructions ? "" : instructions.error().message().c_str());
    QStringList read;
    for (const auto& instruction : *instructions) {
        auto line
            = QString::number(instruction.line) + " " + QString::fromStdString(instruction.keyword);
        if (instruction.list) {
            QStringList items;
            for (const auto& item : *instruction.list)
                items << QString::fromStdString(item);
            line += "[" + items.join(",") + "]";
        } else {
            line += "|" + QString::fromStdString(instruction.text);
        }
        read << line;
    }
    QTEST(read, "read");
}

void TestDockerfile::readsHereDocuments_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QStringList>("documents"); // "name expand|text"
    QTest::newRow("one") << QByteArray("RUN <<EOF\necho 1\n  echo 2\nEOF\nUSER x")
                         << QStringList {"EOF 1|echo 1\n  echo 2\n"};
    QTest::newRow("quoted") << QByteArray("RUN cat <<'E' > /x\n$A\nE") << QStringList {"E 0|$A\n"};
    QTest::newRow("tabs") << QByteArray("RUN <<-EOF\n\ta\n\tEOF") << QStringList {"EOF 1|a\n"};
    QTest::newRow("two") << QByteArray("COPY <<a.txt <<b.txt /d/\n1\na.txt\n2\nb.txt")
                         << QStringList {"a.txt 1|1\n", "b.txt 1|2\n"};
    QTest::newRow("here-string") << QByteArray("RUN cat <<<word") << QStringList {};
    QTest::newRow("in quotes") << QByteArray("RUN echo '<<EOF'") << QStringList {};
    QTest::newRow("shift") << QByteArray("RUN echo $((1<<3))") << QStringList {};
}

void TestDockerfile::readsHereDocuments()
{
    QFETCH(QByteArray, text);
    const auto instructions = parseDockerfile(text.toStdString());
    QVERIFY2(instructions, instructions ? "" : instructions.error().message().c_str());
    QStringList documents;
    for (const auto& document : instructions->front().documents)
        documents << QString::fromStdString(document.name + (document.expand ? " 1|" : " 0|")
                                            + document.text);
    QTEST(documents, "documents");
}

void TestDockerfile::readsFlags()
{
    const auto read = parseDockerfile("COPY --from=builder --link --chmod=755 /a /b");
    QVERIFY(read);
    const std::vector<std::pair<std::string, std::string>> wanted {
        {"from", "builder"}, {"link", ""}, {"chmod", "755"}};
    QVERIFY(read->front().flags == wanted);
    QCOMPARE(read->front().text, std::string("/a /b"));
}

void TestDockerfile::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("unknown") << QByteArray("FROM x\nFETCH y")
                             << "Dockerfile line 2: unknown instruction \"FETCH\"";
    QTest::newRow("bare") << QByteArray("RUN")
                          << "Dockerfile line 1: RUN needs at least one argument";
    QTest::newRow("open document") << QByteArray("\nRUN <<EOF\necho")
                                   << "Dockerfile line 2: the here-document <<EOF has no end";
}

void TestDockerfile::refuses()
{
    QFETCH(QByteArray, text);
    const auto read = parseDockerfile(text.toStdString());
    QVERIFY(!read);
    QTEST(QString::fromStdString(read.error().message()), "message");
}

void TestDockerfile::survivesAnything()
{
    QRandomGenerator random(1);
    const QList<QByteArray> pieces {"FROM ", "RUN ",  "COPY ", "ENV ",     "[\"",   "\",",
                                    "]",     "\\\n",  "\n",    "\t",       "${a:-", "}",
                                    "$",     "<<EOF", "EOF",   "\n<<-'E'", "#",     "'",
                                    "\"",    "\\",    "=",     "--x=",     "\xff",  " "};
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        for (int length = random.bounded(24); length > 0; --length)
            text += pieces[random.bounded(pieces.size())].toStdString();
        const auto read = parseDockerfile(text);
        if (!read)
            continue;
        for (const auto& instruction : *read)
            for (const auto& word : splitWords(instruction.text))
                static_cast<void>(expandWord(word, {{"a", "b"}}));
    }
}

QTEST_GUILESS_MAIN(TestDockerfile)
#include "tst_Dockerfile.moc"
