// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QtTest>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>

using namespace emulator;
using namespace emulator::container;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}

} // namespace

/// What a container sees as its root and what stays of its writes.
class TestRoot : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void upperLayerWins();
    void sixtyLayersWithLongPaths();
    void writesGoWithTheContainer();
    void keptWritesAreTheDifference();
    void mountPointsStayOutOfTheWrites();
    void bindsAreAsPlanned();
    void bindsOfFilesAndSockets();
    void mountsDoNotFollowLinksOut();
    void devicesWork();
    void missingLayerIsNamed();

private:
    std::unique_ptr<Bench> m_bench;
};

void TestRoot::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
}

void TestRoot::upperLayerWins()
{
    const auto over = m_bench->folder() / "over";
    write(over / "etc/from-image", "upper\n");
    auto plan = m_bench->shell("cat /etc/from-image");
    plan.layers.push_back(over);
    QCOMPARE(m_bench->run(plan).output, std::string("upper\n"));
}

void TestRoot::sixtyLayersWithLongPaths()
{
    auto plan = m_bench->shell("cat /layers/0 /layers/59 /layers/top");
    for (int i = 0; i < 60; ++i) {
        auto layer = m_bench->folder() / "long";
        for (int depth = 0; depth < 4; ++depth)
            layer /= std::string(200, static_cast<char>('a' + depth));
        layer /= "a,b:c=" + std::to_string(i);
        const auto text = std::to_string(i);
        write(layer / "layers" / text, text + "\n");
        write(layer / "layers/top", "top " + text + "\n");
        plan.layers.push_back(layer);
    }
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.failure, std::string());
    QCOMPARE(ended.output, std::string("0\n59\ntop 59\n"));
}

void TestRoot::writesGoWithTheContainer()
{
    auto plan = m_bench->shell("echo new > /root/file && cat /root/file");
    QCOMPARE(m_bench->run(plan).output, std::string("new\n"));
    QTRY_VERIFY(!fs::exists(plan.writes));
    QTRY_VERIFY(!fs::exists(plan.writes.string() + ".work"));
    QVERIFY(!fs::exists(m_bench->image() / "root/file"));
    QCOMPARE(m_bench->run(m_bench->shell("ls /root")).output, std::string());
}

void TestRoot::keptWritesAreTheDifference()
{
    auto plan = m_bench->shell("mkdir /made; echo 1 > /made/file; rm /etc/from-image; "
                               "rm -r /home/user; mkdir /home/user; ln -s file /made/link");
    plan.keepWrites = true;
    plan.privilege = Privilege::Build;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.exit.code, 0);
    QVERIFY(fs::exists(plan.writes / "made/file"));
    QCOMPARE(fs::read_symlink(plan.writes / "made/link"), fs::path("file"));
    struct stat whiteout {};
    QCOMPARE(::lstat((plan.writes / "etc/from-image").c_str(), &whiteout), 0);
    QVERIFY(S_ISCHR(whiteout.st_mode));
    QCOMPARE(whiteout.st_rdev, makedev(0, 0));
    QTRY_VERIFY(!fs::exists(plan.writes.string() + ".work"));

    auto next = m_bench->shell("cat /made/file; ls /home/user /etc/from-image");
    next.layers.push_back(plan.writes);
    const auto seen = m_bench->run(next);
    QCOMPARE(seen.output.substr(0, 2), std::string("1\n"));
    QVERIFY(seen.error.find("/etc/from-image") != std::string::npos);
    fs::remove_all(plan.writes);
}

void TestRoot::mountPointsStayOutOfTheWrites()
{
    auto plan = m_bench->shell("echo only > /root/this; cat /mnt/deep/below /run/secret");
    write(m_bench->folder() / "given/below", "below\n");
    write(m_bench->folder() / "secret", "secret\n");
    plan.mounts = {{Mount::Kind::BindReadOnly, m_bench->folder() / "given", "/mnt/deep"},
                   {Mount::Kind::BindReadOnly, m_bench->folder() / "secret", "/run/secret"}};
    plan.keepWrites = true;
    QCOMPARE(m_bench->run(plan).output, std::string("below\nsecret\n"));
    std::vector<std::string> left;
    for (const auto& entry : fs::recursive_directory_iterator(plan.writes))
        left.push_back(entry.path().lexically_relative(plan.writes).string());
    std::sort(left.begin(), left.end());
    QCOMPARE(left, (std::vector<std::string> {"root", "root/this"}));
    fs::remove_all(plan.writes);
}

void TestRoot::bindsAreAsPlanned()
{
    const auto given = m_bench->folder() / "binds";
    write(given / "file", "host\n");
    auto plan = m_bench->shell("cat /ro/file; echo x > /ro/file; echo x > /rw/made; "
                               "echo y > /scratch/z && cat /scratch/z");
    plan.mounts = {{Mount::Kind::BindReadOnly, given, "/ro"},
                   {Mount::Kind::Bind, given, "/rw"},
                   {Mount::Kind::Tmpfs, {}, "/scratch"}};
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.output, std::string("host\ny\n"));
    QVERIFY(ended.error.find("Read-only file system") != std::string::npos);
    QVERIFY(fs::exists(given / "made"));
}

void TestRoot::bindsOfFilesAndSockets()
{
    const auto path = m_bench->folder() / "socket";
    QCOMPARE(::mknod(path.c_str(), S_IFSOCK | 0666, 0), 0);
    auto plan = m_bench->shell("stat -c %F /run/task.sock /etc/from-image; cat /etc/from-image");
    write(m_bench->folder() / "replaced", "replaced\n");
    plan.mounts = {{Mount::Kind::Bind, path, "/run/task.sock"},
                   {Mount::Kind::BindReadOnly, m_bench->folder() / "replaced", "/etc/from-image"}};
    QCOMPARE(m_bench->run(plan).output, std::string("socket\nregular file\nreplaced\n"));
}

void TestRoot::mountsDoNotFollowLinksOut()
{
    // A link in a layer leads into the container, where there is no such folder, and not to the
    // host's folder of that name.
    const auto evil = m_bench->folder() / "evil";
    const auto outside = m_bench->folder() / "outside";
    fs::create_directories(evil);
    fs::create_directories(outside);
    fs::create_symlink("../../../../.." + outside.string(), evil / "link");
    write(m_bench->folder() / "payload/file", "payload\n");
    auto plan = m_bench->shell("cat /link/inner/file");
    plan.layers.push_back(evil);
    plan.mounts = {{Mount::Kind::BindReadOnly, m_bench->folder() / "payload", "/link/inner"}};
    const auto ended = m_bench->run(plan);
    QVERIFY(!fs::exists(outside / "inner"));
    QVERIFY(ended.failure.find("/link: not in the container") != std::string::npos);
}

void TestRoot::devicesWork()
{
    const auto ended = m_bench->run(m_bench->python(R"(
import os, multiprocessing
open('/dev/null', 'w').write('x')
assert len(open('/dev/urandom', 'rb').read(8)) == 8
assert open('/dev/zero', 'rb').read(2) == b'\0\0'
open('/dev/shm/x', 'w').write('y')
main, other = os.openpty()
assert os.ttyname(other).startswith('/dev/pts/')
lock = multiprocessing.Lock()
print(sorted(os.listdir('/dev')))
)"));
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output,
             std::string("['core', 'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', "
                         "'stdin', 'stdout', 'tty', 'urandom', 'zero']\n"));
}

void TestRoot::missingLayerIsNamed()
{
    auto plan = m_bench->shell("true");
    plan.layers.push_back("/no/such/layer");
    const auto ended = m_bench->run(plan);
    QVERIFY(ended.failure.find("layer /no/such/layer: No such file") != std::string::npos);
}

int main(int argc, char** argv)
{
    return containerTestMain<TestRoot>(argc, argv);
}
#include "tst_Root.moc"
