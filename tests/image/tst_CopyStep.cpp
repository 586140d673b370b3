// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/image/CopyStep.h"

#include <QtTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// COPY as Docker does it, and never outside its trees.
class TestCopyStep : public QObject {
    Q_OBJECT

private slots:
    void init();
    void copies_data();
    void copies();
    void refuses_data();
    void refuses();
    void foldersKeepTheImagesMode();
    void linksInsideAFolderStayLinks();
    void modeAndOwner();
    void linksOfTheImageAreFollowedInsideIt();
    void linksOfTheSourceStayInTheSource();
    void stagesKeepOwners();

private:
    void write(const fs::path& path) const
    {
        fs::create_directories(path.parent_path());
        QVERIFY(writeFileAtomically(path, path.filename().string()));
    }
    Result<> copy(std::vector<std::string> sources, const std::string& target,
                  const std::function<void(CopyOperation&)>& change = {}) const
    {
        CopyOperation operation;
        operation.sources = std::move(sources);
        operation.target = target;
        if (change)
            change(operation);
        return copyFiles(operation, {{m_from}, m_keepOwners, {m_onto}, m_writes});
    }
    struct stat status(const char* path) const
    {
        struct stat found {};
        ::lstat((m_writes / path).c_str(), &found);
        return found;
    }
    QStringList made() const
    {
        QStringList names;
        for (const auto& entry : fs::recursive_directory_iterator(m_writes))
            if (!entry.is_directory() || entry.is_symlink())
                names << QString::fromStdString(
                    "/" + entry.path().lexically_relative(m_writes).string());
        names.sort();
        return names;
    }

    std::optional<TempDir> m_folder;
    fs::path m_from;
    fs::path m_onto;
    fs::path m_writes;
    bool m_keepOwners = false;
};

void TestCopyStep::init()
{
    m_folder.emplace(*TempDir::create());
    m_from = m_folder->path() / "from";
    m_onto = m_folder->path() / "onto";
    m_writes = m_folder->path() / "writes";
    m_keepOwners = false;
    for (const char* name : {"a.txt", "b.txt", "d/e/g", "d/f"})
        write(m_from / name);
    write(m_onto / "have/file");
    write(m_onto / "etc/passwd");
    fs::create_directories(m_writes);
}

void TestCopyStep::copies_data()
{
    QTest::addColumn<QStringList>("sources");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QStringList>("made");
    QTest::newRow("file to file") << QStringList {"a.txt"} << "/x" << QStringList {"/x"};
    QTest::newRow("file over file")
        << QStringList {"a.txt"} << "/have/file" << QStringList {"/have/file"};
    QTest::newRow("file into new folder")
        << QStringList {"a.txt"} << "/x/" << QStringList {"/x/a.txt"};
    QTest::newRow("file into folder of the image")
        << QStringList {"a.txt"} << "/have" << QStringList {"/have/a.txt"};
    QTest::newRow("content of a folder")
        << QStringList {"d"} << "/x" << QStringList {"/x/e/g", "/x/f"};
    QTest::newRow("everything") << QStringList {"."} << "/"
                                << QStringList {"/a.txt", "/b.txt", "/d/e/g", "/d/f"};
    QTest::newRow("pattern") << QStringList {"*.txt"} << "/x/"
                             << QStringList {"/x/a.txt", "/x/b.txt"};
    QTest::newRow("pattern of folders")
        << QStringList {"d/?"} << "/x/" << QStringList {"/x/f", "/x/g"};
    QTest::newRow("several") << QStringList {"a.txt", "d/f"} << "/x/"
                             << QStringList {"/x/a.txt", "/x/f"};
}

void TestCopyStep::copies()
{
    QFETCH(QStringList, sources);
    QFETCH(QString, target);
    std::vector<std::string> names;
    for (const auto& source : sources)
        names.push_back(source.toStdString());
    const auto done = copy(names, target.toStdString());
    QVERIFY2(done, done ? "" : done.error().message().c_str());
    QTEST(made(), "made");
}

void TestCopyStep::refuses_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("message");
    QTest::newRow("missing") << "nothing" << "/x" << "there is no nothing to copy";
    QTest::newRow("through a file") << "a.txt" << "/etc/passwd/x" << "/etc/passwd is not a folder";
    QTest::newRow("folder over file") << "d" << "/etc/passwd" << "/etc/passwd is not a folder";
    QTest::newRow("pattern to one") << "*.txt" << "/x" << "*.txt matches several files";
}

void TestCopyStep::refuses()
{
    QFETCH(QString, source);
    QFETCH(QString, target);
    QFETCH(QString, message);
    const auto done = copy({source.toStdString()}, target.toStdString());
    QVERIFY(!done);
    QVERIFY2(QString::fromStdString(done.error().message()).startsWith(message),
             done.error().message().c_str());
}

void TestCopyStep::foldersKeepTheImagesMode()
{
    QCOMPARE(::chmod((m_onto / "have").c_str(), 01777), 0);
    QVERIFY(copy({"a.txt"}, "/have/"));
    QCOMPARE(status("have").st_mode & 07777, 01777U);
}

void TestCopyStep::linksInsideAFolderStayLinks()
{
    fs::create_symlink("/nowhere", m_from / "d/link");
    QVERIFY(copy({"d"}, "/x"));
    QCOMPARE(fs::read_symlink(m_writes / "x/link"), fs::path("/nowhere"));
}

void TestCopyStep::modeAndOwner()
{
    QVERIFY(writeFileAtomically(m_onto / "etc/passwd", "root:x:0:0\napp:x:77:88::/:/bin/sh\n"));
    QVERIFY(writeFileAtomically(m_onto / "etc/group", "root:x:0:\nweb:x:99:\n"));
    QVERIFY(copy({"a.txt"}, "/x", [](CopyOperation& operation) {
        operation.owner = "app:web";
        operation.mode = 0700;
    }));
    QCOMPARE(status("x").st_mode & 07777, 0700U);
    if (::geteuid() == 0) {
        QCOMPARE(status("x").st_uid, 77U);
        QCOMPARE(status("x").st_gid, 99U);
    }
    const auto unknown
        = copy({"a.txt"}, "/y", [](CopyOperation& operation) { operation.owner = "nobody"; });
    QVERIFY(!unknown);
}

void TestCopyStep::linksOfTheImageAreFollowedInsideIt()
{
    fs::create_directories(m_onto / "run");
    fs::create_symlink("/run", m_onto / "var");
    fs::create_symlink("../../../.." + m_folder->path().string() + "/from", m_onto / "up");
    QVERIFY(copy({"a.txt"}, "/var/"));
    QCOMPARE(made(), QStringList {"/run/a.txt"});
    const auto escaped = copy({"b.txt"}, "/up/evil");
    QVERIFY(!escaped);
    QVERIFY(!fs::exists(m_from / "evil"));
}

void TestCopyStep::linksOfTheSourceStayInTheSource()
{
    write(m_folder->path() / "secret");
    fs::create_symlink(m_folder->path() / "secret", m_from / "stolen");
    fs::create_symlink(m_folder->path(), m_from / "folder");
    QVERIFY(!copy({"stolen"}, "/x"));
    QVERIFY(!copy({"folder/secret"}, "/x"));
    QVERIFY(!copy({"folder/../../secret"}, "/x"));
    QVERIFY(made().isEmpty());
}

void TestCopyStep::stagesKeepOwners()
{
    if (::geteuid() != 0)
        QSKIP("needs root to give a file away");
    QCOMPARE(::chown((m_from / "a.txt").c_str(), 5, 6), 0);
    QVERIFY(copy({"a.txt"}, "/context"));
    QCOMPARE(status("context").st_uid, 0U);
    m_keepOwners = true;
    QVERIFY(copy({"a.txt"}, "/stage"));
    QCOMPARE(status("stage").st_uid, 5U);
}

QTEST_GUILESS_MAIN(TestCopyStep)
#include "tst_CopyStep.moc"
