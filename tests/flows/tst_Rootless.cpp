// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/support/Emulator.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStandardPaths>
#include <QtTest>

#include <sys/stat.h>
#include <unistd.h>

using support::Emulator;

/// The way of an ordinary user: no root, a home and programs of their own. Started by root, the
/// test becomes such a user; started by one, it is that one.
class TestRootless : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void doctorNamesTheWay();
    void appRuns_data();
    void appRuns();
    void hidesOtherTasks();

private:
    void borrow();
    [[nodiscard]] QString place(const QString& name) const { return m_folder.filePath(name); }
    [[nodiscard]] support::Finished asUser(const QStringList& command) const;

    QTemporaryDir m_folder {QStringLiteral("/tmp/slip-rootless-XXXXXX")};
    support::Setup m_setup;
    std::unique_ptr<Emulator> m_emulator;
};

#define VERIFY_SHOWING(condition, finished) QVERIFY2(condition, qPrintable((finished).all()))

namespace {

constexpr uid_t nobody = 65534;

bool copyTree(const QString& from, const QString& to)
{
    // Links where the file system allows it: the programs are a hundred megabytes.
    return QProcess::execute("cp", {"--archive", "--link", from, to}) == 0
        || QProcess::execute("cp", {"--archive", from, to}) == 0;
}

/// Where root keeps base images; another user cannot look into /root.
QString baseCache()
{
    const auto given = qEnvironmentVariable("SLIPWAY_BASE_CACHE");
    return given.isEmpty()
        ? QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation) + "/slipway/bases"
        : given;
}

} // namespace

support::Finished TestRootless::asUser(const QStringList& command) const
{
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    for (auto it = m_setup.environment.begin(); it != m_setup.environment.end(); ++it)
        environment.insert(it.key(), *it);
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(m_folder.path());
    auto all = m_setup.wrapper + command;
    process.start(all.takeFirst(), all);
    support::Finished finished;
    if (process.waitForFinished(300000))
        finished.code = process.exitCode();
    finished.output = QString::fromUtf8(process.readAllStandardOutput());
    finished.errors = QString::fromUtf8(process.readAllStandardError());
    return finished;
}

/// Programs, base images and the apps of the test, where another user can read them.
void TestRootless::borrow()
{
    QVERIFY(QDir().mkpath(place("build")));
    for (const auto* part : {"bin", "lib"})
        QVERIFY(copyTree(QStringLiteral(SLIPWAY_BINARY_DIR "/") + part, place("build")));
    QVERIFY(copyTree(QStringLiteral(SLIPWAY_SOURCE_DIR "/tests/flows/apps"), place("apps")));
    QVERIFY(QDir().mkpath(place("bases")));
    const QDir cache(baseCache());
    for (const auto& name : cache.entryList({"*.tar"}, QDir::Files))
        QVERIFY(copyTree(cache.filePath(name), place("bases")));
    for (const auto& folder : {m_folder.path(), place("build"), place("bases")})
        QCOMPARE(::chmod(folder.toUtf8().constData(), 0755), 0);
    QCOMPARE(
        QProcess::execute("chmod", {"-R", "a+rX", place("build"), place("bases"), place("apps")}),
        0);
    QVERIFY(QDir().mkpath(place("user")));
    QCOMPARE(::chown(place("user").toUtf8().constData(), nobody, nobody), 0);
    QCOMPARE(::chown(place("bases").toUtf8().constData(), nobody, nobody), 0);
    m_setup.wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    m_setup.programs = place("build/bin");
    m_setup.environment["SLIPWAY_BASE_CACHE"] = place("bases");
}

void TestRootless::initTestCase()
{
    if (::geteuid() == 0) {
        if (QStandardPaths::findExecutable("setpriv").isEmpty())
            QSKIP("setpriv (util-linux) is needed to become an ordinary user");
        borrow();
        if (QTest::currentTestFailed())
            return;
    } else
        QVERIFY(QDir().mkpath(place("user")));
    m_setup.home = place("user/home");
    m_setup.environment["HOME"] = place("user");
    m_setup.environment["XDG_CACHE_HOME"] = place("user/cache");
    // Root's own Python may lie where nobody else can read it.
    m_setup.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    m_setup.modal = place("user/venv/bin/modal");
    const auto allowed = asUser({"unshare", "--user", "--map-root-user", "--mount", "true"});
    if (allowed.code != 0)
        QSKIP(qPrintable("this kernel lets an ordinary user make no user namespace: "
                         + allowed.errors.trimmed()));
    const auto venv = asUser({"python3", "-m", "venv", place("user/venv")});
    VERIFY_SHOWING(venv.code == 0, venv);
    const auto pip = asUser({place("user/venv/bin/pip"), "install", "--quiet", "modal==1.6.4"});
    VERIFY_SHOWING(pip.code == 0, pip);
    m_emulator = std::make_unique<Emulator>("1.6.4", m_setup);
    QVERIFY2(m_emulator->ready(), qPrintable(m_emulator->failure()));
}

void TestRootless::cleanupTestCase()
{
    m_emulator.reset();
}

void TestRootless::doctorNamesTheWay()
{
    const auto doctor = m_emulator->slip({"doctor"}, 60);
    VERIFY_SHOWING(doctor.code == 0, doctor);
    VERIFY_SHOWING(doctor.output.contains("without root, in a user namespace"), doctor);
}

void TestRootless::appRuns_data()
{
    QTest::addColumn<QString>("app");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("hello") << "hello.py" << QStringList()
                           << QStringList {"in the container: 12", "square: 144"};
    QTest::newRow("image steps") << "images.py" << QStringList()
                                 << QStringList {"images are right"};
    QTest::newRow("isolation") << "escape.py"
                               << QStringList {"--host-file", place("apps/words.txt")}
                               << QStringList {"nothing of the host is here"};
    QTest::newRow("exception") << "exception.py" << QStringList()
                               << QStringList {"caught ValueError"};
}

void TestRootless::appRuns()
{
    QFETCH(QString, app);
    QFETCH(QStringList, arguments);
    QFETCH(QStringList, expected);
    const auto finished = m_emulator->slip(QStringList {"run", place("apps/" + app)} + arguments);
    VERIFY_SHOWING(finished.code == 0, finished);
    for (const auto& text : expected)
        VERIFY_SHOWING(finished.all().contains(text), finished);
}

/// Two tasks at the same time: neither sees the other's socket, processes or files.
void TestRootless::hidesOtherTasks()
{
    const auto finished = m_emulator->slip({"run", place("apps/neighbours.py")});
    VERIFY_SHOWING(finished.code == 0, finished);
    VERIFY_SHOWING(finished.all().contains("the neighbours do not see each other"), finished);
}

QTEST_GUILESS_MAIN(TestRootless)
#include "tst_Rootless.moc"
