// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/FailureAdvice.h"

#include <QtTest>

using namespace emulator;
using image::FailureAdvice;

class TestFailureAdvice : public QObject {
    Q_OBJECT

private slots:
    void namesTheCause_data();
    void namesTheCause();
    void keepsTheLastComplaint();
    void leavesOthersAlone();
};

namespace {

Error advised(const FailureAdvice& advice)
{
    return advice.advise({ErrorCode::FailedPrecondition, "step failed"}, "/dev/shm");
}

} // namespace

void TestFailureAdvice::namesTheCause_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<int>("code");
    const int full = static_cast<int>(ErrorCode::Exhausted);
    const int network = static_cast<int>(ErrorCode::Unavailable);
    const std::pair<const char*, int> rows[] {
        {"dd: error writing '/big': No space left on device", full},
        {"ERROR: Could not install packages due to an OSError: [Errno 28] No space left", full},
        {"E: You don't have enough free space in /var/cache/apt/archives/.", full},
        {"W: Failed to fetch http://deb.debian.org/x  Could not connect to 127.0.0.1:9", network},
        {"curl: (6) Could not resolve host: example.org", network},
        {"WARNING: Retrying after connection broken by 'NewConnectionError(Failed to establish a "
         "new connection: [Errno 111] Connection refused')",
         network},
        {"  Caused by: error sending request for url (https://pypi.org/simple/six/)", network},
        {"ERROR: No matching distribution found for nope",
         static_cast<int>(ErrorCode::FailedPrecondition)},
    };
    for (const auto& [line, code] : rows)
        QTest::newRow(line) << line << code;
}

void TestFailureAdvice::namesTheCause()
{
    QFETCH(QString, line);
    QFETCH(int, code);
    FailureAdvice advice;
    advice.read("all is well");
    advice.read(line.toStdString());
    const auto error = advised(advice);
    QCOMPARE(static_cast<int>(error.code()), code);
    QVERIFY(error.message().starts_with("step failed"));
    const auto message = QString::fromStdString(error.message());
    QCOMPARE(message.contains("free some space"), error.code() == ErrorCode::Exhausted);
    QCOMPARE(message.contains("slip doctor"), error.code() == ErrorCode::Unavailable);
}

void TestFailureAdvice::keepsTheLastComplaint()
{
    FailureAdvice advice;
    advice.read("  first: Connection refused");
    advice.read("  second: Connection refused");
    advice.read("giving up");
    const auto message = advised(advice).message();
    QVERIFY2(message.find("(\"second: Connection refused\")") != std::string::npos,
             message.c_str());
}

void TestFailureAdvice::leavesOthersAlone()
{
    FailureAdvice advice;
    advice.read("No space left on device");
    QCOMPARE(advice.advise({ErrorCode::Cancelled, "cancelled"}, "/dev/shm").message(),
             std::string("cancelled"));
    const Error clear(ErrorCode::Io, "write x: No space left; free some space and try again");
    QCOMPARE(advice.advise(clear, "/dev/shm").message(), clear.message());
}

QTEST_GUILESS_MAIN(TestFailureAdvice)
#include "tst_FailureAdvice.moc"
