// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/container/Bench.h"
#include "tests/container/ContainerTest.h"

#include <QtTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>

using namespace emulator;
using namespace emulator::container;
namespace fs = std::filesystem;

/// Tries to get out of a container.
class TestIsolation : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void hostFilesAreNotThere();
    void hostProcessesAreNotThere();
    void initIsOutOfReach();
    void helperIsOutOfReach();
    void noCapabilityIsLeft();
    void forbiddenCallsFail_data();
    void forbiddenCallsFail();
    void kernelSettingsAreReadOnly();
    void noDescriptorIsInherited();
    void abstractSocketsOfTheNetworkNone();
    void networkNoneHasLoopbackOnly();
    void networkHostReachesTheHost();
    void buildKeepsWhatInstallersNeed();
    void buildCannotMount();

private:
    std::unique_ptr<Bench> m_bench;
};

void TestIsolation::initTestCase()
{
    std::string why;
    m_bench = Bench::create(why);
    if (!m_bench)
        QSKIP(why.c_str());
}

void TestIsolation::hostFilesAreNotThere()
{
    std::ofstream(m_bench->folder() / "host-secret") << "secret";
    auto plan = m_bench->python(R"(
import os, sys
secret = sys.argv[1]
for prefix in ['', '/proc/1/root', '/proc/self/root', '/proc/1/cwd', '/../../..']:
    for path in [secret, '/etc/shadow', '/usr/bin/gdb', '/work']:
        if os.path.exists(prefix + path):
            print(prefix + path)
for fd in range(3, 64):
    try: print(os.readlink('/proc/self/fd/%d' % fd))
    except OSError: pass
text = open('/proc/self/mountinfo').read()
print([line for line in text.splitlines() if line.split()[4].startswith(os.path.dirname(secret))])
)");
    plan.argv.push_back((m_bench->folder() / "host-secret").string());
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("[]\n"));
}

void TestIsolation::hostProcessesAreNotThere()
{
    const auto ended
        = m_bench->run(m_bench->python("import os; print(sorted(int(n) for n in "
                                       "os.listdir('/proc') if n.isdigit()), os.getpid())"));
    QCOMPARE(ended.output, std::string("[1, 2] 2\n"));
}

void TestIsolation::initIsOutOfReach()
{
    const auto ended = m_bench->run(m_bench->python(R"(
import os, ctypes, signal
libc = ctypes.CDLL(None, use_errno=True)
def tries(name, what):
    try: what(); print(name, 'worked')
    except OSError: pass
tries('environ', lambda: open('/proc/1/environ').read(1))
tries('mem', lambda: open('/proc/1/mem', 'rb').read(1))
tries('maps', lambda: open('/proc/1/maps').read(1))
tries('fd', lambda: [os.readlink('/proc/1/fd/' + n) for n in os.listdir('/proc/1/fd')])
tries('exe', lambda: os.readlink('/proc/1/exe'))
tries('root', lambda: os.listdir('/proc/1/root'))
if libc.ptrace(16, 1, 0, 0) == 0: print('ptrace worked')
os.kill(1, signal.SIGTERM)
try: os.kill(1, signal.SIGKILL)
except OSError: pass
print('alive')
)"));
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("alive\n"));
}

void TestIsolation::helperIsOutOfReach()
{
    // No process of the host has a number in the container's pid namespace.
    const auto ended = m_bench->run(m_bench->python(R"(
import os
seen = 0
for pid in range(3, 3000):
    try: os.kill(pid, 0); seen += 1
    except OSError: pass
print(seen, os.getppid())
)"));
    QCOMPARE(ended.output, std::string("0 1\n"));
}

void TestIsolation::noCapabilityIsLeft()
{
    const auto ended
        = m_bench->run(m_bench->shell("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"));
    QCOMPARE(ended.output,
             std::string("CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
                         "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
                         "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n"));
}

void TestIsolation::forbiddenCallsFail_data()
{
    QTest::addColumn<QString>("call");
    QTest::newRow("mount") << "libc.mount(b'x', b'/tmp', b'tmpfs', 0, None)";
    QTest::newRow("umount") << "libc.umount2(b'/proc', 2)";
    QTest::newRow("user namespace") << "libc.unshare(0x10000000)";
    QTest::newRow("mount namespace") << "libc.unshare(0x20000)";
    QTest::newRow("setns") << "libc.setns(os.open('/proc/self/ns/mnt', 0), 0)";
    QTest::newRow("clone into namespace") << "libc.syscall(56, 0x10000011, 0, 0, 0, 0)";
    QTest::newRow("bpf") << "libc.syscall(321, 0, 0, 0)";
    QTest::newRow("kexec") << "libc.syscall(246, 0, 0, 0, 0)";
    QTest::newRow("keyctl") << "libc.syscall(250, 0, 0, 0)";
    QTest::newRow("module") << "libc.syscall(175, 0, 0, b'')";
    QTest::newRow("open by handle") << "libc.syscall(304, -100, 0, 0)";
    QTest::newRow("userfaultfd") << "libc.syscall(323, 0)";
    QTest::newRow("io_uring") << "libc.syscall(425, 1, ctypes.create_string_buffer(120))";
    QTest::newRow("hostname") << "libc.sethostname(b'x', 1)";
    QTest::newRow("device") << "libc.mknod(b'/tmp/d', 0o20666, 0x103)";
    QTest::newRow("chroot") << "libc.chroot(b'/tmp')";
    QTest::newRow("reboot") << "libc.reboot(0x1234567)";
    QTest::newRow("raw socket") << "libc.socket(2, 3, 1)";
    QTest::newRow("packet socket") << "libc.socket(17, 3, 0)";
    QTest::newRow("vsock") << "libc.socket(40, 1, 0)";
}

void TestIsolation::forbiddenCallsFail()
{
#ifndef __x86_64__
    QSKIP("the numbers of the calls are x86-64's");
#endif
    QFETCH(QString, call);
    const auto ended = m_bench->run(
        m_bench->python("import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
                        "print("
                        + call.toStdString() + ")\n"));
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("-1\n"));
}

void TestIsolation::kernelSettingsAreReadOnly()
{
    const auto ended = m_bench->run(m_bench->python(R"(
for path in ['/proc/sys/kernel/core_pattern', '/proc/sys/kernel/hostname', '/proc/sysrq-trigger',
             '/proc/kcore', '/proc/1/oom_score_adj', '/sys/kernel/profiling', '/sys/power/state']:
    try:
        with open(path, 'r+b', buffering=0) as file: file.write(b'x')
        print(path)
    except OSError: pass
)"));
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string());
}

void TestIsolation::noDescriptorIsInherited()
{
    const auto ended = m_bench->run(m_bench->shell("ls /proc/self/fd; readlink /proc/self/fd/0"));
    QCOMPARE(ended.output, std::string("0\n1\n2\n3\n/dev/null\n")); // 3 is the folder that ls reads
}

void TestIsolation::abstractSocketsOfTheNetworkNone()
{
    const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    const std::string name = "slipway-test-" + std::to_string(::getpid());
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const auto size = static_cast<socklen_t>(sizeof(sa_family_t) + 1 + name.size());
    QCOMPARE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    QCOMPARE(::listen(listener.get(), 1), 0);
    auto plan = m_bench->python("import socket, sys\ns = socket.socket(socket.AF_UNIX)\n"
                                "print(s.connect_ex(chr(0) + sys.argv[1]) != 0)");
    plan.argv.push_back(name);
    plan.network = Network::None;
    QCOMPARE(m_bench->run(plan).output, std::string("True\n"));
}

void TestIsolation::networkNoneHasLoopbackOnly()
{
    auto plan = m_bench->python(R"(
import socket
print([name for _, name in socket.if_nameindex()])
server = socket.create_server(('127.0.0.1', 8000))
socket.create_connection(('127.0.0.1', 8000), 1)
try: socket.create_connection(('192.0.2.1', 80), 1); print('out')
except OSError as error: print(error.strerror)
)");
    plan.network = Network::None;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    QVERIFY(ended.output.find("'lo'") != std::string::npos);
    QVERIFY(ended.output.find("eth") == std::string::npos);
    QVERIFY(ended.output.find("Network is unreachable") != std::string::npos);
}

void TestIsolation::networkHostReachesTheHost()
{
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    QCOMPARE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    QCOMPARE(::listen(listener.get(), 1), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    auto plan
        = m_bench->python("import socket, sys\n"
                          "print(socket.socket().connect_ex(('127.0.0.1', int(sys.argv[1]))))");
    plan.argv.push_back(std::to_string(ntohs(address.sin_port)));
    QCOMPARE(m_bench->run(plan).output, std::string("0\n"));
}

void TestIsolation::buildKeepsWhatInstallersNeed()
{
    auto plan = m_bench->python(R"(
import os
open('/root/f', 'w').close()
os.chown('/root/f', 1000, 1000)
os.mkfifo('/root/pipe')
os.mknod('/root/null', 0o20666, os.makedev(1, 3))
if os.fork() == 0:
    os.setgroups([])
    os.setresgid(1000, 1000, 1000)
    os.setresuid(1000, 1000, 1000)
    os._exit(0)
print(os.wait()[1])
)");
    plan.privilege = Privilege::Build;
    const auto ended = m_bench->run(plan);
    QCOMPARE(ended.error, std::string());
    QCOMPARE(ended.output, std::string("0\n"));
}

void TestIsolation::buildCannotMount()
{
    auto plan = m_bench->python("import ctypes\nlibc = ctypes.CDLL(None)\n"
                                "print(libc.mount(b'x', b'/tmp', b'tmpfs', 0, None), "
                                "libc.unshare(0x20000))");
    plan.privilege = Privilege::Build;
    QCOMPARE(m_bench->run(plan).output, std::string("-1 -1\n"));
}

int main(int argc, char** argv)
{
    return containerTestMain<TestIsolation>(argc, argv);
}
#include "tst_Isolation.moc"
