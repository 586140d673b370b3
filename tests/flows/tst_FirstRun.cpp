// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStorageInfo>
#include <QtTest>

#include <unistd.h>

using support::Emulator;

/// What goes wrong on real machines in the first hour: no network, a full disk. The home is a small
/// file system of its own where the test may mount one.
class TestFirstRun : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void builtImagesNeedNoNetwork();
    void buildSaysThatTheNetworkIsGone_data();
    void buildSaysThatTheNetworkIsGone();
    void doctorSaysThatTheNetworkIsGone();
    void fullDiskRefusesACall();
    void fullDiskKeepsAnAcceptedCall();
    void fullDiskStopsABuild();

private:
    void restart(bool online);
    void fill(qint64 left);
    void empty() { QVERIFY(QFile::remove(filler())); }
    [[nodiscard]] QString filler() const { return m_emulator->home() + "/filler"; }
    [[nodiscard]] QJsonArray calls() const;

    QTemporaryDir m_folder {QStringLiteral("/tmp/slip-XXXXXX")};
    bool m_mounted = false;
    bool m_online = true;
    std::unique_ptr<Emulator> m_emulator;
};

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))
#define SKIP_WITHOUT_MOUNT()                                                                       \
    if (!m_mounted)                                                                                \
    QSKIP("a disk of known size needs root and mount(8)")

void TestFirstRun::initTestCase()
{
    m_mounted = ::geteuid() == 0
        && QProcess::execute("mount",
                             {"-t", "tmpfs", "-o", "size=1400m", "slipway-test", m_folder.path()})
            == 0;
    m_emulator = std::make_unique<Emulator>("1.6.4", support::Setup {.home = m_folder.path()});
    QVERIFY2(m_emulator->ready(), qPrintable(m_emulator->failure()));
    const auto first = m_emulator->slip({"run", Emulator::app("hello.py")});
    VERIFY_SHOWING(first.code == 0, first);
}

void TestFirstRun::cleanupTestCase()
{
    m_emulator.reset();
    if (m_mounted)
        QCOMPARE(QProcess::execute("umount", {m_folder.path()}), 0);
}

/// The network settings are those of the daemon's environment, and reach containers from there.
void TestFirstRun::restart(bool online)
{
    if (m_online == online)
        return;
    const auto closed = online ? QString() : QStringLiteral("http://127.0.0.1:9");
    for (const auto* name : {"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"})
        if (online && qEnvironmentVariableIsSet(name))
            m_emulator->setVariable(name, qEnvironmentVariable(name));
        else
            m_emulator->setVariable(name, closed);
    m_emulator->setVariable("PIP_INDEX_URL",
                            online ? qEnvironmentVariable("PIP_INDEX_URL") : closed + "/simple");
    m_emulator->setVariable("no_proxy",
                            online ? qEnvironmentVariable("no_proxy")
                                   : QStringLiteral("127.0.0.1,localhost"));
    const auto down = m_emulator->slip({"down"}, 60);
    VERIFY_SHOWING(down.code == 0, down);
    const auto up = m_emulator->slip({"up"}, 60);
    VERIFY_SHOWING(up.code == 0, up);
    m_online = online;
}

void TestFirstRun::builtImagesNeedNoNetwork()
{
    restart(false);
    const auto finished = m_emulator->slip({"run", Emulator::app("hello.py")});
    VERIFY_SHOWING(finished.code == 0, finished);
    VERIFY_SHOWING(finished.all().contains("square: 144"), finished);
}

void TestFirstRun::buildSaysThatTheNetworkIsGone_data()
{
    QTest::addColumn<QString>("step");
    QTest::newRow("pip") << "pip";
    QTest::newRow("apt") << "apt";
}

void TestFirstRun::buildSaysThatTheNetworkIsGone()
{
    QFETCH(QString, step);
    restart(false);
    m_emulator->setVariable("STEP", step);
    const auto finished = m_emulator->slip({"run", Emulator::app("offline.py")});
    const auto said = finished.all().simplified(); // the client wraps its messages
    VERIFY_SHOWING(finished.code == 1, finished);
    VERIFY_SHOWING(said.contains("cannot be reached"), finished);
    VERIFY_SHOWING(said.contains("check the connection and the proxy and index"), finished);
    VERIFY_SHOWING(said.contains("Images that are built already need no network"), finished);
}

void TestFirstRun::doctorSaysThatTheNetworkIsGone()
{
    restart(false);
    const auto offline = m_emulator->slip({"doctor"}, 60);
    VERIFY_SHOWING(offline.code == 0, offline); // what is built still runs
    VERIFY_SHOWING(offline.all().contains("package index 127.0.0.1 cannot be reached"), offline);
    VERIFY_SHOWING(offline.all().contains("through the proxy 127.0.0.1:9"), offline);
    VERIFY_SHOWING(offline.all().contains("check the connection"), offline);
}

/// Leaves at most `left` octets of room.
void TestFirstRun::fill(qint64 left)
{
    QFile file(filler());
    QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    const QByteArray block(1 << 16, 'x');
    while (QStorageInfo(m_emulator->home()).bytesAvailable() > left)
        if (file.write(block) <= 0)
            break;
    if (left == 0) // what is smaller than a block, too
        while (file.write("x", 1) == 1) { }
}

QJsonArray TestFirstRun::calls() const
{
    const auto listed = m_emulator->slip({"calls", "--json"}, 60);
    return QJsonDocument::fromJson(listed.output.toUtf8()).array();
}

void TestFirstRun::fullDiskRefusesACall()
{
    SKIP_WITHOUT_MOUNT();
    restart(true);
    const auto daemon = m_emulator->daemonPid();
    const auto before = calls().size();
    fill(0);
    const auto refused = m_emulator->slip({"run", Emulator::app("hello.py")}, 120);
    VERIFY_SHOWING(refused.code != 0, refused);
    VERIFY_SHOWING(refused.all().simplified().contains("the disk is full; free some space"),
                   refused);
    QCOMPARE(m_emulator->daemonPid(), daemon);
    empty();
    QCOMPARE(calls().size(), before); // never acknowledged, so never there
    const auto again = m_emulator->slip({"run", Emulator::app("hello.py")}, 120);
    VERIFY_SHOWING(again.code == 0, again);
    QCOMPARE(calls().size(), before + 1);
    QCOMPARE(m_emulator->daemonPid(), daemon);
}

void TestFirstRun::fullDiskKeepsAnAcceptedCall()
{
    SKIP_WITHOUT_MOUNT();
    restart(true);
    const auto daemon = m_emulator->daemonPid();
    const auto process = m_emulator->start({"run", Emulator::app("slow.py"), "--seconds", "4"});
    QByteArray output;
    QTRY_VERIFY_WITH_TIMEOUT(
        (output += process->readAllStandardOutput(), output.contains("second 1")), 60000);
    fill(0);
    QTest::qWait(6000); // the function returns in this time, and its result cannot be stored
    empty();
    const auto result = [this] {
        for (const QJsonValue call : calls())
            if (call["function"].toString() == "square" && call["succeeded"].toInt() == 1
                && !call["finished"].toString().isEmpty())
                return true;
        return false;
    };
    QTRY_VERIFY_WITH_TIMEOUT(result(), 60000);
    QCOMPARE(m_emulator->daemonPid(), daemon);
    process->waitForFinished(30000); // the client may have given up; its call has not
}

void TestFirstRun::fullDiskStopsABuild()
{
    SKIP_WITHOUT_MOUNT();
    restart(true);
    fill(100 << 20);
    const auto refused = m_emulator->slip({"run", Emulator::app("big_layer.py")}, 120);
    const auto said = refused.all().simplified();
    VERIFY_SHOWING(refused.code != 0, refused);
    VERIFY_SHOWING(said.contains("The disk of " + m_emulator->home() + " is full"), refused);
    VERIFY_SHOWING(said.contains("free some space or move SLIPWAY_HOME"), refused);
    QVERIFY(QDir(m_emulator->home() + "/layers/.scratch").isEmpty()); // nothing half-made stays
    empty();
    const auto again = m_emulator->slip({"run", Emulator::app("big_layer.py")}, 120);
    VERIFY_SHOWING(again.code == 0, again);
    VERIFY_SHOWING(again.all().contains("the layer is there: 200"), again);
}

QTEST_GUILESS_MAIN(TestFirstRun)
#include "tst_FirstRun.moc"
