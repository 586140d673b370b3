// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/protocol/Image.h"
#include "emulator/gpu/server/Elf.h"
#include "emulator/gpu/server/FatBinary.h"
#include "emulator/gpu/server/Lz4.h"

#include <QtTest>

#include <zstd.h>

#include <cstring>
#include <random>

using namespace emulator;
using namespace emulator::gpu;
using namespace emulator::gpu::server;

/// Containers of kernels: fat binaries, bundles, ELF files; damaged ones above all.
class TestFatBinary : public QObject {
    Q_OBJECT

private slots:
    void takesPlainText();
    void takesTheHighestPtx();
    void decompresses_data();
    void decompresses();
    void linksBundles();
    void refusesMachineCodeByName();
    void survivesDamage_data();
    void survivesDamage();
    void readsOwnProgram();
};

namespace {

const std::string ptx = ".version 8.0\n.target sm_80\n.address_size 64\n" + std::string(200, '/');

std::string octets(const auto& value)
{
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::string entry(std::uint16_t kind, std::uint32_t architecture, std::string data,
                  std::uint64_t flags = protocol::fatPlain, std::uint64_t plainSize = 0)
{
    protocol::FatEntry header;
    header.kind = kind;
    header.architecture = architecture;
    header.flags = flags;
    header.packedSize = static_cast<std::uint32_t>(data.size());
    header.plainSize = plainSize;
    data.append((8 - data.size() % 8) % 8, '\0');
    header.size = data.size();
    return octets(header) + data;
}

std::string fat(const std::string& entries)
{
    protocol::FatHeader header;
    header.size = entries.size();
    return octets(header) + entries;
}

/// LZ4 with literals only: one sequence.
std::string storedLz4(const std::string& text)
{
    std::string out(1, static_cast<char>(0xf0));
    std::size_t rest = text.size() - 15;
    for (; rest >= 255; rest -= 255)
        out += static_cast<char>(0xff);
    return out + static_cast<char>(rest) + text;
}

std::string zstd(const std::string& text)
{
    std::string out(ZSTD_compressBound(text.size()), '\0');
    out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
    return out;
}

} // namespace

void TestFatBinary::takesPlainText()
{
    const auto image = readImage(ptx + '\0', "m");
    QVERIFY(image);
    QCOMPARE(image->texts.size(), std::size_t {1});
    QCOMPARE(image->texts[0].ptx.c_str(), ptx.c_str());
}

void TestFatBinary::takesTheHighestPtx()
{
    const auto image
        = readImage(fat(entry(protocol::fatPtx, 75, "old") + entry(protocol::fatElf, 90, "sass")
                        + entry(protocol::fatPtx, 90, ptx) + entry(protocol::fatPtx, 80, "mid")),
                    "m");
    QVERIFY(image);
    QCOMPARE(image->texts.size(), std::size_t {1});
    QCOMPARE(image->texts[0].architecture, 90);
    QCOMPARE(image->texts[0].ptx.c_str(), ptx.c_str());
}

void TestFatBinary::decompresses_data()
{
    QTest::addColumn<QByteArray>("packed");
    QTest::addColumn<quint64>("flags");
    const auto add = [](const char* name, const std::string& packed, std::uint64_t flags) {
        QTest::newRow(name) << QByteArray(packed.data(), static_cast<qsizetype>(packed.size()))
                            << static_cast<quint64>(flags);
    };
    add("zstd", zstd(ptx), 0x8011);
    add("LZ4", storedLz4(ptx), 0x2011);
    // 65 characters, one '/', then a match that overlaps itself.
    const std::string head = ptx.substr(0, ptx.size() - 199);
    std::string matched(1, static_cast<char>(0xff));
    matched += static_cast<char>(head.size() - 15);
    matched += head + '\x01' + '\0' + static_cast<char>(199 - 19);
    add("LZ4 with a match", matched, 0x2011);
}

void TestFatBinary::decompresses()
{
    QFETCH(QByteArray, packed);
    QFETCH(quint64, flags);
    const auto image
        = readImage(fat(entry(protocol::fatPtx, 80, packed.toStdString(), flags, ptx.size())), "m");
    QVERIFY2(image, image ? "" : image.error().message().c_str());
    QCOMPARE(image->texts[0].ptx.c_str(), ptx.c_str());
}

void TestFatBinary::linksBundles()
{
    const std::string first = makeFatBinary(ptx, 80);
    const auto image = readImage(makeBundle({first, ptx}), "m");
    QVERIFY(image);
    QCOMPARE(image->texts.size(), std::size_t {2});
    QVERIFY(!readImage(makeBundle({makeBundle({ptx})}), "m"));
}

void TestFatBinary::refusesMachineCodeByName()
{
    const auto image = readImage(
        fat(entry(protocol::fatElf, 86, "x") + entry(protocol::fatElf, 90, "y")), "saxpy");
    QVERIFY(!image);
    QCOMPARE(image.error().code(), ErrorCode::Unsupported);
    QCOMPARE(
        image.error().message().c_str(),
        "saxpy: holds only machine code for sm_86, sm_90 and no PTX, which the emulated device "
        "needs. Rebuild with NVCC_APPEND_FLAGS=\"-gencode arch=compute_75,code=compute_75\"");
}

void TestFatBinary::survivesDamage_data()
{
    QTest::addColumn<QByteArray>("seed");
    const auto add = [](const char* name, const std::string& seed) {
        QTest::newRow(name) << QByteArray(seed.data(), static_cast<qsizetype>(seed.size()));
    };
    add("fat binary",
        fat(entry(protocol::fatPtx, 80, zstd(ptx), 0x8011, ptx.size())
            + entry(protocol::fatPtx, 75, storedLz4(ptx), 0x2011, ptx.size())));
    add("LZ4", fat(entry(protocol::fatPtx, 80, storedLz4(ptx), 0x2011, ptx.size())));
    add("bundle", makeBundle({makeFatBinary(ptx, 80), ptx}));
    QFile self(QCoreApplication::applicationFilePath());
    QFile library("/proc/self/exe");
    if (library.open(QIODevice::ReadOnly))
        QTest::newRow("ELF") << library.read(1 << 16);
}

/// Fuzzing with fixed seeds: nothing may be read out of bounds (AddressSanitizer watches in its
/// build), and each outcome is a value or an error.
void TestFatBinary::survivesDamage()
{
    QFETCH(QByteArray, seed);
    std::mt19937 random(12345);
    int errors = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string damaged = seed.toStdString();
        const unsigned changes = 1 + random() % 8;
        for (unsigned i = 0; i < changes; ++i)
            damaged[random()
                    % std::min<std::size_t>(damaged.size(), round % 2 == 0 ? 128 : damaged.size())]
                = static_cast<char>(random() % 3 == 0 ? 0xff : random());
        if (random() % 4 == 0)
            damaged.resize(random() % damaged.size());
        errors += readImage(damaged, "fuzz") ? 0 : 1;
    }
    QVERIFY(errors > 0);
}

void TestFatBinary::readsOwnProgram()
{
    QFile file("/proc/self/exe");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string content = file.readAll().toStdString();
    const auto elf = readElf(content);
    QVERIFY(elf);
    QVERIFY(elf->dynamic);
    QVERIFY(elf->section(".text") != nullptr);
    QVERIFY(std::ranges::any_of(elf->needed,
                                [](const auto& name) { return name.starts_with("libc.so"); }));
    QVERIFY(checkProgram("/bin/sh"));
    QVERIFY(!checkProgram("/nowhere"));
}

QTEST_GUILESS_MAIN(TestFatBinary)
#include "tst_FatBinary.moc"
