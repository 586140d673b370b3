// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include <QtTest>

#include <dlfcn.h>

#include <set>

/// What the client libraries need and what they show: they are loaded into foreign images.
class TestLibraries : public QObject {
    Q_OBJECT

private slots:
    void needNoNewGlibc_data() { addLibraries(); }
    void needNoNewGlibc();
    void exportOnlyTheirInterface_data() { addLibraries(); }
    void exportOnlyTheirInterface();
    void runtimeSymbolsHaveItsVersion();
    void exportEveryListedName_data();
    void exportEveryListedName();
    void sayNoDeviceWithoutAServer();
    void refuseByName();

private:
    static void addLibraries();
    static QStringList symbols(const QString& library);
};

namespace {
const QString folder = GPU_LIBRARIES "/";
}

void TestLibraries::addLibraries()
{
    QTest::addColumn<QString>("library");
    QTest::addColumn<QString>("prefix");
    QTest::newRow("libcuda.so.1") << folder + "libcuda.so.1" << "cu";
    QTest::newRow("libcudart.so.12") << folder + "libcudart.so.12" << "cuda";
    QTest::newRow("libcudart.so.13") << folder + "libcudart.so.13" << "cuda";
    QTest::newRow("libnvidia-ml.so.1") << folder + "libnvidia-ml.so.1" << "nvml";
}

QStringList TestLibraries::symbols(const QString& library)
{
    QProcess objdump;
    objdump.start("objdump", {"-T", library});
    if (!objdump.waitForFinished() || objdump.exitCode() != 0)
        return {};
    return QString::fromLocal8Bit(objdump.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
}

void TestLibraries::needNoNewGlibc()
{
    QFETCH(QString, library);
    const auto lines = symbols(library);
    QVERIFY2(lines.size() > 20, "objdump -T");
    static const QRegularExpression version("GLIBC_2\\.(\\d+)");
    for (const auto& line : lines)
        if (line.contains("*UND*"))
            if (const auto match = version.match(line); match.hasMatch())
                QVERIFY2(match.captured(1).toInt() <= 31, qPrintable(line));
}

void TestLibraries::exportOnlyTheirInterface()
{
    QFETCH(QString, library);
    QFETCH(QString, prefix);
    int exported = 0;
    for (const auto& line : symbols(library)) {
        if (line.contains("*UND*") || !line.contains(" DF .text"))
            continue;
        const auto name = line.section(' ', -1);
        QVERIFY2(name.startsWith(prefix) || name.startsWith("__" + prefix), qPrintable(line));
        ++exported;
    }
    QVERIFY(exported > 50);
}

void TestLibraries::runtimeSymbolsHaveItsVersion()
{
    for (const auto* major : {"12", "13"}) {
        const auto node = QString("libcudart.so.") + major;
        int seen = 0;
        for (const auto& line : symbols(folder + node))
            if (line.endsWith(" cudaMalloc") || line.endsWith(" __cudaRegisterFatBinary")) {
                QVERIFY2(line.contains(node), qPrintable(line));
                ++seen;
            }
        QCOMPARE(seen, 2);
    }
}

void TestLibraries::exportEveryListedName_data()
{
    QTest::addColumn<QString>("library");
    QTest::addColumn<QString>("list");
    QTest::newRow("driver") << "libcuda.so.1" << "driver.txt";
    QTest::newRow("runtime 12") << "libcudart.so.12" << "runtime.txt";
    QTest::newRow("runtime 13") << "libcudart.so.13" << "runtime.txt";
}

void TestLibraries::exportEveryListedName()
{
    QFETCH(QString, library);
    QFETCH(QString, list);
    QFile file(QString(SLIPWAY_SOURCE_DIR "/emulator/gpu/client/exports/") + list);
    QVERIFY(file.open(QIODevice::ReadOnly));
    std::set<QString> exported;
    for (const auto& line : symbols(folder + library))
        exported.insert(line.section(' ', -1));
    for (const auto& line : QString(file.readAll()).split('\n', Qt::SkipEmptyParts))
        if (!line.startsWith('#'))
            QVERIFY2(exported.contains(line.section(' ', 0, 0)), qPrintable(line));
}

void TestLibraries::sayNoDeviceWithoutAServer()
{
    qputenv("SLIPWAY_GPU_SOCKET", "/nowhere/gpu.sock");
    void* library = ::dlopen(qPrintable(folder + "libcuda.so.1"), RTLD_NOW | RTLD_LOCAL);
    QVERIFY2(library, ::dlerror());
    using Init = int (*)(unsigned);
    const auto init = reinterpret_cast<Init>(::dlsym(library, "cuInit"));
    QCOMPARE(init(0), 100); // CUDA_ERROR_NO_DEVICE
    using Count = int (*)(int*);
    int count = 5;
    QCOMPARE(reinterpret_cast<Count>(::dlsym(library, "cuDeviceGetCount"))(&count), 3);
}

void TestLibraries::refuseByName()
{
    void* library = ::dlopen(qPrintable(folder + "libcuda.so.1"), RTLD_NOW | RTLD_LOCAL);
    using GetProcAddress = int (*)(const char*, void**, int, std::uint64_t, int*);
    const auto find = reinterpret_cast<GetProcAddress>(::dlsym(library, "cuGetProcAddress_v2"));
    void* function = nullptr;
    int status = -1;
    QCOMPARE(find("cuGraphCreate", &function, 13000, 0, &status), 0);
    QCOMPARE(status, 0);
    QCOMPARE(reinterpret_cast<int (*)()>(function)(), 801); // CUDA_ERROR_NOT_SUPPORTED
    // One name, several versions.
    for (const auto& [version, symbol] : {std::pair {3020, "cuCtxCreate_v2"},
                                          {12000, "cuCtxCreate_v3"},
                                          {13000, "cuCtxCreate_v4"}}) {
        QCOMPARE(find("cuCtxCreate", &function, version, 0, &status), 0);
        QCOMPARE(function, ::dlsym(library, symbol));
    }
    QCOMPARE(find("cuMemAllocAsync", &function, 11000, 0, &status), 0);
    QCOMPARE(status, 2); // not in that version
    QCOMPARE(find("cuNothing", &function, 13000, 0, &status), 0);
    QCOMPARE(status, 1);
}

QTEST_GUILESS_MAIN(TestLibraries)
#include "tst_Libraries.moc"
