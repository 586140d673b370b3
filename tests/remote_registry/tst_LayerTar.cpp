// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/registry/LayerTar.h"
#include "remote/registry/LayerUnpacker.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

using namespace remote::registry;
namespace fs = std::filesystem;

namespace {

const bool isRoot = ::geteuid() == 0;

Result<std::string> pack(const fs::path& folder,
                         Owners owners = isRoot ? Owners::AsTheyAre : Owners::AllRoot)
{
    TRY_ASSIGN(const auto listing, listLayer(folder, owners, {}));
    std::string bytes;
    TRY(writeLayerTar(listing,
                      [&](std::string_view piece) {
                          bytes += piece;
                          return Result<>();
                      },
                      {}));
    if (bytes.size() != listing.tarBytes)
        return Error(ErrorCode::Internal, "tarBytes is wrong");
    return bytes;
}

Result<> unpack(std::string_view bytes, const fs::path& folder,
                LayerUnpacker::Options options = {.keepOwners = isRoot})
{
    TRY_ASSIGN(const auto unpacker, LayerUnpacker::create(folder, options));
    TarReader reader(*unpacker);
    for (std::size_t at = 0; at < bytes.size(); at += 5000)
        TRY(reader.feed(bytes.substr(at, 5000)));
    TRY(reader.finish());
    return unpacker->finish();
}

TarEntry entry(TarKind kind, std::string path, std::string target = {})
{
    TarEntry made;
    made.kind = kind;
    made.path = std::move(path);
    made.target = std::move(target);
    made.mode = kind == TarKind::Folder ? 0755 : 0644;
    return made;
}

std::string messageOf(const Result<>& result)
{
    return result ? "" : result.error().message();
}

} // namespace

/// A layer survives its journey as a tar, and a hostile tar does no harm.
class TestLayerTar : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder.emplace(*emulator::TempDir::create()); }
    void layerSurvives();
    void isTheSameEachTime();
    void ordinaryUserUnpacks();
    void leavesOutSocketsAndHostAttributes();
    void refusesWhatNoLayerHolds_data();
    void refusesWhatNoLayerHolds();
    void refusesHostileTars_data();
    void refusesHostileTars();
    void foldersMayBeImplied();
    void limitsBytes();
    void largeFile();
    void stops();

private:
    fs::path make(const char* name)
    {
        const auto path = m_folder->path() / name;
        fs::create_directory(path);
        ::chmod(path.c_str(), 0755);
        return path;
    }

    std::optional<emulator::TempDir> m_folder;
};

void TestLayerTar::layerSurvives()
{
    const auto in = make("in");
    const auto out = make("out");
    samples::fillLayer(in);
    const auto bytes = pack(in);
    QVERIFY2(bytes, bytes ? "" : bytes.error().message().c_str());
    const auto unpacked = unpack(*bytes, out);
    QVERIFY2(unpacked, messageOf(unpacked).c_str());
    const auto before = samples::describe(in);
    const auto after = samples::describe(out);
    QVERIFY(before.size() > 15);
    for (const auto& [path, text] : before) {
        QVERIFY2(after.contains(path), path.c_str());
        QCOMPARE(after.at(path), text);
    }
    QCOMPARE(after.size(), before.size());
    // What was unpacked gives the same tar: another home, the same digest.
    QVERIFY(*pack(out) == *bytes);
}

void TestLayerTar::isTheSameEachTime()
{
    const auto in = make("in");
    samples::fillLayer(in);
    const auto first = *pack(in, Owners::AllRoot);
    ::chmod(in.c_str(), 0755);
    fs::last_write_time(in, fs::file_time_type::clock::now()); // the root's time does not count
    for (int i = 0; i < 20; ++i)
        QVERIFY(*pack(in, Owners::AllRoot) == first);
    QVERIFY(first.find("root") == std::string::npos); // names of owners
}

void TestLayerTar::ordinaryUserUnpacks()
{
    if (!isRoot)
        QSKIP("layerSurvives runs without root already");
    const auto in = make("in");
    const auto out = make("out");
    samples::fillLayer(in);
    const auto bytes = *pack(in);
    ::chmod(m_folder->path().c_str(), 0755);
    QCOMPARE(::chown(out.c_str(), 65534, 65534), 0);
    const auto child = ::fork();
    if (child == 0) {
        if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)
            ::_exit(2);
        ::_exit(unpack(bytes, out, {.keepOwners = false}) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 0);
    struct stat file {};
    QCOMPARE(::lstat((out / "usr" / "setuid").c_str(), &file), 0);
    QCOMPARE(file.st_uid, 65534U);
    QCOMPARE(file.st_mode & 07777U, 04755U);
    QCOMPARE(::lstat((out / "usr" / "gone").c_str(), &file), 0);
    QVERIFY(S_ISCHR(file.st_mode));
    char value = 0;
    QCOMPARE(::lgetxattr((out / "opaque").c_str(), "user.overlay.opaque", &value, 1), 1);
    QCOMPARE(::lstat((out / "usr" / "lib" / "empty").c_str(), &file), 0);
    QCOMPARE(file.st_mode & 07777U, 0500U);
    QCOMPARE(file.st_mtim.tv_nsec, 123'456'789L);
}

void TestLayerTar::leavesOutSocketsAndHostAttributes()
{
    const auto in = make("in");
    sockaddr_un address {.sun_family = AF_UNIX, .sun_path = {}};
    const auto path = (in / "socket").string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const emulator::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    QCOMPARE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    samples::write(in / "file", "x");
    if (isRoot)
        ::setxattr((in / "file").c_str(), "trusted.host", "x", 1, 0);
    const auto listing = *listLayer(in, Owners::AllRoot, {});
    QCOMPARE(listing.items.size(), std::size_t(2));
    QCOMPARE(listing.items[1].entry.path, std::string("file"));
    QVERIFY(listing.items[1].entry.attributes.empty());
}

void TestLayerTar::refusesWhatNoLayerHolds_data()
{
    QTest::addColumn<QString>("kind");
    QTest::newRow("name of a whiteout") << "whiteout";
    QTest::newRow("redirect") << "redirect";
    QTest::newRow("device") << "device";
}

void TestLayerTar::refusesWhatNoLayerHolds()
{
    QFETCH(const QString, kind);
    const auto in = make("in");
    if (kind == "whiteout") {
        samples::write(in / ".wh.x", "");
    } else if (kind == "redirect") {
        fs::create_directory(in / "d");
        QCOMPARE(::setxattr((in / "d").c_str(), "user.overlay.redirect", "/x", 2, 0), 0);
    } else if (::mknod((in / "null").c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0) {
        QSKIP("device nodes need root");
    }
    const auto listing = listLayer(in, Owners::AllRoot, {});
    QVERIFY(!listing);
    QCOMPARE(int(listing.error().code()), int(ErrorCode::FailedPrecondition));
}

void TestLayerTar::refusesHostileTars_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::vector<TarEntry>& entries) {
        const auto bytes = samples::archive(entries);
        QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()));
    };
    using enum TarKind;
    row("absolute", {entry(File, "/victim")});
    row("parent", {entry(File, "../victim")});
    row("parent within", {entry(Folder, "a/"), entry(File, "a/../../victim")});
    row("through a link", {entry(SymbolicLink, "l", ".."), entry(File, "l/victim")});
    row("through an absolute link",
        {entry(SymbolicLink, "l", "/tmp"), entry(File, "l/slipway-victim")});
    row("through a link, a folder", {entry(SymbolicLink, "l", ".."), entry(Folder, "l/victim/")});
    row("through a link, a whiteout",
        {entry(SymbolicLink, "l", ".."), entry(File, "l/.wh.victim")});
    row("over a link", {entry(SymbolicLink, "l", "../victim"), entry(File, "l")});
    row("folder over a link", {entry(SymbolicLink, "l", ".."), entry(Folder, "l/")});
    row("hard link out", {entry(HardLink, "h", "../secret")});
    row("hard link absolute", {entry(HardLink, "h", "/etc/passwd")});
    row("hard link through a link",
        {entry(SymbolicLink, "l", ".."), entry(HardLink, "h", "l/secret")});
    row("hard link to a link", {entry(SymbolicLink, "l", "../secret"), entry(HardLink, "h", "l")});
    row("hard link to nothing", {entry(HardLink, "h", "none")});
    row("device", {entry(Device, "dev")});
    row("twice", {entry(File, "a"), entry(File, "a")});
    row("twice, differently spelled", {entry(File, "a"), entry(File, "./a")});
    row("folder twice", {entry(Folder, "a/"), entry(Folder, "a")});
    row("whiteout and file", {entry(File, ".wh.a"), entry(File, "a")});
    row("file as folder", {entry(File, "a"), entry(File, "a/b")});
    row("whiteout of a parent", {entry(File, ".wh...")});
    row("whiteout of nothing", {entry(File, ".wh.")});
    row("below a whiteout", {entry(File, ".wh.a/b")});
    row("unknown mark", {entry(File, ".wh..wh.plnk")});
    row("link as whiteout", {entry(SymbolicLink, ".wh.a", "x")});
    row("root as file", {entry(File, ".")});
    row("long part", {entry(File, std::string(300, 'x'))});
    auto attribute = entry(Folder, "d/");
    attribute.attributes["trusted.overlay.redirect"] = "/etc";
    row("overlayfs' attribute", {attribute});
    auto owner = entry(File, "o");
    owner.user = 0xffffffffULL;
    row("owner", {owner});
}

void TestLayerTar::refusesHostileTars()
{
    QFETCH(const QByteArray, bytes);
    samples::write(m_folder->path() / "secret", "secret");
    const auto out = make("out");
    const auto done = unpack({bytes.data(), static_cast<std::size_t>(bytes.size())}, out);
    QVERIFY(!done);
    QVERIFY2(done.error().code() == ErrorCode::Invalid, done.error().message().c_str());
    // Nothing outside: only what the test made is beside the layer.
    for (const auto& beside : fs::directory_iterator(m_folder->path()))
        QVERIFY(beside.path().filename() == "out" || beside.path().filename() == "secret");
    QCOMPARE(fs::hard_link_count(m_folder->path() / "secret"), std::uintmax_t(1));
    QVERIFY(!fs::exists("/tmp/slipway-victim"));
}

void TestLayerTar::foldersMayBeImplied()
{
    const auto out = make("out");
    const auto done
        = unpack(samples::archive({entry(TarKind::File, "a/b/c"), entry(TarKind::Folder, "a/b/"),
                                   entry(TarKind::File, "a/.wh..wh..opq")}),
                 out);
    QVERIFY2(done, messageOf(done).c_str());
    struct stat status {};
    QCOMPARE(::lstat((out / "a").c_str(), &status), 0);
    QCOMPARE(status.st_mode & 07777U, 0755U);
    QVERIFY(fs::is_regular_file(out / "a" / "b" / "c"));
}

void TestLayerTar::limitsBytes()
{
    auto large = entry(TarKind::File, "a");
    large.size = 2000;
    const auto done
        = unpack(samples::archive({large}), make("out"), {.keepOwners = isRoot, .mostBytes = 1999});
    QVERIFY(!done);
    QVERIFY(
        unpack(samples::archive({large}), make("out2"), {.keepOwners = isRoot, .mostBytes = 2000}));
}

void TestLayerTar::largeFile()
{
    const auto in = make("in");
    samples::write(in / "big", samples::noise(9'000'001, 3));
    const auto out = make("out");
    QVERIFY(unpack(*pack(in), out));
    QVERIFY(samples::describe(in) == samples::describe(out));
}

void TestLayerTar::stops()
{
    const auto in = make("in");
    samples::fillLayer(in);
    std::stop_source source;
    source.request_stop();
    const auto listing = listLayer(in, Owners::AllRoot, source.get_token());
    QVERIFY(!listing);
    QCOMPARE(int(listing.error().code()), int(ErrorCode::Cancelled));
}

QTEST_GUILESS_MAIN(TestLayerTar)
#include "tst_LayerTar.moc"
