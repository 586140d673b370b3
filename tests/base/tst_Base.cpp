// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/base/Id.h"
#include "emulator/base/Json.h"
#include "emulator/base/Subprocess.h"

#include <QtTest>

using namespace emulator;

class TestBase : public QObject {
    Q_OBJECT

private slots:
    void errorTellsWhatWasAttempted();
    void digestsAgreeWithTheirStandards();
    void base64GoesThereAndBack_data();
    void base64GoesThereAndBack();
    void idsHaveTheShapeThatTheClientWants();
    void idOfContentIsStable();
    void fileIsReplacedAtomically();
    void missingFileIsNamed();
    void jsonErrorNamesThePlace();
    void runGivesOutputAndExitCode();
    void runFeedsStandardInput();
    void missingProgramIsNamed();
    void stopEndsAProgram();
    void childInheritsNoDescriptor();
};

void TestBase::errorTellsWhatWasAttempted()
{
    const auto attempt = []() -> Result<int> {
        Result<int> inner = Error(ErrorCode::Unavailable, "connection refused");
        if (!inner)
            return std::move(inner).error().within("push image");
        return 1;
    };
    QCOMPARE(attempt().error().message(), std::string("push image: connection refused"));
    QCOMPARE(attempt().error().code(), ErrorCode::Unavailable);
}

void TestBase::digestsAgreeWithTheirStandards()
{
    // FIPS 180-4, RFC 1321 and RFC 4231 test vectors.
    QCOMPARE(sha256Hex("abc"),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(toHex(md5("abc")), std::string("900150983cd24fb0d6963f7d28e17f72"));
    QCOMPARE(toHex(hmacSha256("Jefe", "what do ya want for nothing?")),
             std::string("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

void TestBase::base64GoesThereAndBack_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("one") << QByteArray("f");
    QTest::newRow("two") << QByteArray("fo");
    QTest::newRow("three") << QByteArray("foo");
    QTest::newRow("zeros") << QByteArray(5, '\0');
}

void TestBase::base64GoesThereAndBack()
{
    QFETCH(QByteArray, bytes);
    QCOMPARE(QByteArray::fromStdString(toBase64(bytes.toStdString())), bytes.toBase64());
    QCOMPARE(QByteArray::fromStdString(fromBase64(toBase64(bytes.toStdString()))), bytes);
}

void TestBase::idsHaveTheShapeThatTheClientWants()
{
    const auto ids = randomIds();
    const QRegularExpression shape(QStringLiteral("^ap-[a-zA-Z0-9]{21}[a-zA-UW-Z0-9]$"));
    for (int i = 0; i < 1000; ++i)
        QVERIFY(shape.match(QString::fromStdString(ids->next("ap"))).hasMatch());
    QCOMPARE(std::string(idPrefix("fu-123")), std::string("fu"));
}

void TestBase::idOfContentIsStable()
{
    QCOMPARE(idFromContent("im", "a"), idFromContent("im", "a"));
    QVERIFY(idFromContent("im", "a") != idFromContent("im", "b"));
}

void TestBase::fileIsReplacedAtomically()
{
    const auto folder = TempDir::create();
    QVERIFY(folder);
    const auto path = folder->path() / "state";
    QVERIFY(writeFileAtomically(path, "one"));
    QVERIFY(writeFileAtomically(path, "two", 0600));
    QCOMPARE(*readFile(path), std::string("two"));
    QCOMPARE(std::distance(std::filesystem::directory_iterator(folder->path()), {}), 1);
}

void TestBase::missingFileIsNamed()
{
    const auto result = readFile("/nonexistent/file");
    QVERIFY(!result);
    QCOMPARE(result.error().code(), ErrorCode::NotFound);
    QVERIFY(result.error().message().find("/nonexistent/file") != std::string::npos);
}

void TestBase::jsonErrorNamesThePlace()
{
    const auto result = parseJson("{\"a\": }");
    QVERIFY(!result);
    QVERIFY(result.error().message().find("line 1, column 7") != std::string::npos);
}

void TestBase::runGivesOutputAndExitCode()
{
    std::vector<std::string> lines;
    const auto output = run({.argv = {"sh", "-c", "echo one; echo two >&2; exit 3"}}, {},
                            [&](std::string_view line) { lines.emplace_back(line); });
    QVERIFY(output);
    QCOMPARE(output->status.code, 3);
    QCOMPARE(output->standardOutput, std::string("one\n"));
    QCOMPARE(output->standardError, std::string("two\n"));
    QCOMPARE(lines.size(), std::size_t {2});
}

void TestBase::runFeedsStandardInput()
{
    const std::string big(1U << 20U, 'x');
    const auto output = run({.argv = {"cat"}, .standardInput = big});
    QVERIFY(output);
    QCOMPARE(output->standardOutput.size(), big.size());
}

void TestBase::missingProgramIsNamed()
{
    const auto output = run({.argv = {"no-such-program-here"}});
    QVERIFY(!output);
    QCOMPARE(output.error().code(), ErrorCode::NotFound);
}

void TestBase::stopEndsAProgram()
{
    std::stop_source stop;
    const auto output = run({.argv = {"sh", "-c", "echo ready; exec sleep 1000"}}, stop.get_token(),
                            [&](std::string_view) { stop.request_stop(); });
    QVERIFY(!output);
    QCOMPARE(output.error().code(), ErrorCode::Cancelled);
}

void TestBase::childInheritsNoDescriptor()
{
    const UniqueFd open(::dup(0)); // without CLOEXEC, as some libraries leave them
    const auto output = run({.argv = {"sh", "-c", "ls /proc/self/fd | wc -l"}});
    QVERIFY(output);
    QCOMPARE(output->standardOutput, std::string("4\n")); // 0, 1, 2 and the folder itself
}

QTEST_GUILESS_MAIN(TestBase)
#include "tst_Base.moc"
