// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Subprocess.h"
#include "remote/registry/Tar.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

using namespace remote::registry;

namespace {

/// Remembers what a reader finds.
class Recorder final : public TarHandler {
public:
    struct Member {
        TarEntry entry;
        std::string data;
    };
    std::vector<Member> members;

    Result<> begin(const TarEntry& entry) override
    {
        members.push_back({entry, {}});
        return {};
    }
    Result<> data(std::string_view bytes) override
    {
        members.back().data += bytes;
        return {};
    }
    Result<> end() override { return {}; }
};

Result<> read(std::string_view bytes, std::size_t piece, Recorder& recorder)
{
    TarReader reader(recorder);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
        TRY(reader.feed(bytes.substr(at, piece)));
    return reader.finish();
}

TarEntry file(std::string path, std::uint64_t size = 0)
{
    TarEntry entry;
    entry.path = std::move(path);
    entry.mode = 0644;
    entry.size = size;
    return entry;
}

} // namespace

/// What is written can be read, by us and by tar; what is damaged is said to be.
class TestTar : public QObject {
    Q_OBJECT

private slots:
    void keepsEveryField_data();
    void keepsEveryField();
    void readsWhatTarWrites_data();
    void readsWhatTarWrites();
    void tarReadsWhatWeWrite();
    void refusesDamage_data();
    void refusesDamage();
};

void TestTar::keepsEveryField_data()
{
    QTest::addColumn<int>("piece");
    QTest::newRow("byte by byte") << 1;
    QTest::newRow("odd pieces") << 700;
    QTest::newRow("at once") << (1 << 20);
}

void TestTar::keepsEveryField()
{
    QFETCH(const int, piece);
    auto odd = file(std::string(300, 'p') + "/" + std::string(300, 'q'), 1000);
    odd.user = 4'000'000'000ULL;
    odd.group = 3'000'000;
    odd.seconds = -2;
    odd.nanoseconds = 500'000'000;
    odd.attributes = {{"user.a", std::string("x\0=\n", 4)}, {"security.capability", "cap"}};
    TarEntry link;
    link.path = "link";
    link.kind = TarKind::SymbolicLink;
    link.target = std::string(150, 't');
    link.seconds = 1'700'000'000;
    link.nanoseconds = 90;
    auto folder = file("folder/");
    folder.kind = TarKind::Folder;
    folder.mode = 01777;
    const std::vector entries {folder, odd, link, file("plain", 512)};

    Recorder recorder;
    const auto done = read(samples::archive(entries), static_cast<std::size_t>(piece), recorder);
    QVERIFY2(done, done ? "" : done.error().message().c_str());
    QCOMPARE(recorder.members.size(), entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& got = recorder.members[i].entry;
        QCOMPARE(got.path, entries[i].path);
        QCOMPARE(int(got.kind), int(entries[i].kind));
        QCOMPARE(got.mode, entries[i].mode);
        QCOMPARE(got.user, entries[i].user);
        QCOMPARE(got.group, entries[i].group);
        QCOMPARE(got.seconds, entries[i].seconds);
        QCOMPARE(got.nanoseconds, entries[i].nanoseconds);
        QCOMPARE(got.target, entries[i].target);
        QVERIFY(got.attributes == entries[i].attributes);
        QCOMPARE(recorder.members[i].data, std::string(entries[i].size, 'x'));
    }
}

void TestTar::readsWhatTarWrites_data()
{
    QTest::addColumn<QString>("format");
    QTest::newRow("gnu") << "gnu";
    QTest::newRow("pax") << "pax";
    QTest::newRow("ustar") << "ustar";
}

void TestTar::readsWhatTarWrites()
{
    QFETCH(const QString, format);
    const auto folder = *emulator::TempDir::create();
    const auto name = format == "ustar" ? std::string(90, 'a') : std::string(200, 'a');
    std::filesystem::create_directories(folder.path() / "in" / std::string(60, 'd'));
    samples::write(folder.path() / "in" / std::string(60, 'd') / name, "content");
    const auto tar = (folder.path() / "out.tar").string();
    const auto made = emulator::run({.argv = {"tar", "--format=" + format.toStdString(), "-C",
                                              (folder.path() / "in").string(), "-cf", tar, "."}});
    QVERIFY(made && made->status.success());
    Recorder recorder;
    const auto done = read(*emulator::readFile(tar), 4096, recorder);
    QVERIFY2(done, done ? "" : done.error().message().c_str());
    QCOMPARE(recorder.members.size(), std::size_t(3));
    QCOMPARE(recorder.members[2].entry.path, "./" + std::string(60, 'd') + "/" + name);
    QCOMPARE(recorder.members[2].data, std::string("content"));
}

void TestTar::tarReadsWhatWeWrite()
{
    const auto folder = *emulator::TempDir::create();
    samples::write(folder.path() / "our.tar",
                   samples::archive({file(std::string(200, 'n'), 3), file("b", 513)}));
    const auto listed
        = emulator::run({.argv = {"tar", "-tf", (folder.path() / "our.tar").string()}});
    QVERIFY(listed && listed->status.success());
    QCOMPARE(listed->standardOutput, std::string(200, 'n') + "\nb\n");
    QCOMPARE(listed->standardError, std::string());
}

void TestTar::refusesDamage_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
        QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()));
    };
    const auto good = samples::archive({file("a", 600)});
    row("nothing", "");
    row("no end", good.substr(0, good.size() - 1024));
    row("cut in a header", good.substr(0, 100));
    row("cut in the data", good.substr(0, 700));
    row("something after the end", good + "x");
    auto changed = good;
    changed[3] = 'z';
    row("checksum", changed);
    // A pax header whose record claims more than there is.
    auto pax = file(std::string(101, 'p'));
    auto bytes = samples::archive({pax});
    bytes.replace(512, 3, "999");
    row("pax length", bytes);
    auto huge = file("h");
    huge.size = std::uint64_t {1} << 61U;
    row("size", tarHeader(huge) + std::string(1024, '\0'));
}

void TestTar::refusesDamage()
{
    QFETCH(const QByteArray, bytes);
    Recorder recorder;
    const auto done = read({bytes.data(), static_cast<std::size_t>(bytes.size())}, 333, recorder);
    QVERIFY(!done);
    QCOMPARE(int(done.error().code()), int(ErrorCode::Invalid));
}

QTEST_GUILESS_MAIN(TestTar)
#include "tst_Tar.moc"
