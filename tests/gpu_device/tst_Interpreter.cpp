// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/gpu_device/Bench.h"

#include <QTest>

using namespace emulator::gpu::device;
using tests::Bench;
using tests::kernelText;

class tst_Interpreter : public QObject {
    Q_OBJECT

private slots:
    void addsVectors();
    void reportsIllegalAddress();
    void reportsMisalignedAddress();
    void refusesUnknownInstruction();
    void passesLockBetweenLanes();
    void shufflesUnderPartialMask();
    void sumsThroughSharedMemory();
    void countsAcrossBlocks();
    void recursesOnTheStack();
    void reportsBarrierThatNeverOpens();
    void stopsWhenAsked();
};

namespace {

void checkClean(const LaunchOutcome& outcome)
{
    if (outcome.fault)
        QFAIL(outcome.fault->message.c_str());
}

/// A module of one kernel `k` with a pointer parameter `out` in %rd1, tid in %r1.
std::string kernelOf(const std::string& body, const std::string& before = {})
{
    return ".version 8.0\n.target sm_80\n.address_size 64\n" + before
        + "\n.visible .entry k(.param .u64 out)\n{\n"
          ".reg .pred %p<8>; .reg .b32 %r<32>; .reg .b64 %rd<16>; .reg .f32 %f<8>;\n"
          "ld.param.u64 %rd1, [out];\nmov.u32 %r1, %tid.x;\nmul.wide.u32 %rd2, %r1, 4;\n"
          "add.s64 %rd2, %rd1, %rd2;\n"
        + body + "\n}\n";
}

} // namespace

void tst_Interpreter::addsVectors()
{
    Bench bench(kernelText("vecadd.ptx"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const int n = 1'000'003;
    std::vector<float> a(n);
    std::vector<float> b(n);
    for (int i = 0; i < n; ++i) {
        a[static_cast<std::size_t>(i)] = static_cast<float>(i);
        b[static_cast<std::size_t>(i)] = 0.5F;
    }
    const auto pa = bench.put(a);
    const auto pb = bench.put(b);
    const auto pc = bench.allocate(n * sizeof(float));
    checkClean(bench.run("vecadd", {(n + 255) / 256}, {256}, pa, pb, pc, n));
    const auto c = bench.get<float>(pc, n);
    for (std::size_t i = 0; i < c.size(); ++i)
        QCOMPARE(c[i], a[i] + b[i]);
}

void tst_Interpreter::reportsIllegalAddress()
{
    Bench bench(kernelText("vecadd.ptx"));
    const auto small = bench.allocate(40);
    const auto outcome = bench.run("vecadd", {1}, {32}, small, small, small, 32);
    QVERIFY(outcome.fault.has_value());
    QCOMPARE(outcome.fault->kind, FaultKind::IllegalAddress);
    QCOMPARE(outcome.fault->thread.x, 10U);
    QCOMPARE(outcome.fault->address, small + 40);
    QCOMPARE(outcome.fault->location, std::string("PTX line 29"));
    QVERIFY(outcome.fault->message.find("ld.global.f32 %f1, [%rd6]") != std::string::npos);
}

void tst_Interpreter::reportsMisalignedAddress()
{
    Bench bench(kernelText("vecadd.ptx"));
    const auto some = bench.allocate(400) + 2;
    const auto outcome = bench.run("vecadd", {1}, {32}, some, some, some, 32);
    QVERIFY(outcome.fault.has_value());
    QCOMPARE(outcome.fault->kind, FaultKind::MisalignedAddress);
}

void tst_Interpreter::refusesUnknownInstruction()
{
    Bench bench(kernelOf("tcgen05.alloc.b32 [%rd1], 3;\nret;"));
    QCOMPARE(QString::fromStdString(bench.error),
             QString::fromStdString(std::string("test.ptx:12: unsupported instruction 'tcgen05': "
                                                "tcgen05.alloc.b32 [%rd1], 3")));
}

void tst_Interpreter::passesLockBetweenLanes()
{
    // Every lane of a warp takes one lock: the loop must let its holder go on.
    Bench bench(kernelOf("mov.u32 %r5, 0;\n"
                         "AGAIN:\natom.global.cas.b32 %r2, [%rd1], 0, 1;\n"
                         "setp.ne.s32 %p1, %r2, 0;\n@%p1 bra AGAIN;\n"
                         "ld.volatile.global.u32 %r3, [%rd1+4];\nadd.s32 %r3, %r3, 1;\n"
                         "st.volatile.global.u32 [%rd1+4], %r3;\nmembar.gl;\n"
                         "atom.global.exch.b32 %r4, [%rd1], 0;\nret;"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto out = bench.put(std::vector<std::uint32_t> {0, 0});
    checkClean(bench.run("k", {4}, {96}, out));
    QCOMPARE(bench.get<std::uint32_t>(out, 2)[1], 4U * 96U);
}

void tst_Interpreter::shufflesUnderPartialMask()
{
    Bench bench(kernelOf("setp.ge.u32 %p1, %r1, 16;\n@%p1 bra HIGH;\n"
                         "shfl.sync.down.b32 %r2|%p2, %r1, 1, 31, 0xFFFF;\nbra OUT;\n"
                         "HIGH:\nshfl.sync.bfly.b32 %r2, %r1, 1, 31, 0xFFFF0000;\n"
                         "OUT:\nst.global.u32 [%rd2], %r2;\nret;"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto out = bench.allocate(128);
    checkClean(bench.run("k", {1}, {32}, out));
    const auto got = bench.get<std::uint32_t>(out, 32);
    for (std::uint32_t i = 0; i < 32; ++i) {
        if (i != 15) // reads a lane outside the mask
            QCOMPARE(got[i], i < 16 ? i + 1 : i ^ 1U);
    }
}

void tst_Interpreter::sumsThroughSharedMemory()
{
    Bench bench(kernelOf("shl.b32 %r2, %r1, 2;\nmov.u32 %r3, tile;\nadd.u32 %r3, %r3, %r2;\n"
                         "st.shared.u32 [%r3], %r1;\nmov.u32 %r4, 64;\n"
                         "LOOP:\nbar.sync 0;\nsetp.ge.u32 %p1, %r1, %r4;\n@%p1 bra SKIP;\n"
                         "shl.b32 %r5, %r4, 2;\nadd.u32 %r6, %r3, %r5;\n"
                         "ld.shared.u32 %r7, [%r6];\nld.shared.u32 %r8, [%r3];\n"
                         "add.u32 %r8, %r8, %r7;\nst.shared.u32 [%r3], %r8;\n"
                         "SKIP:\nshr.u32 %r4, %r4, 1;\nsetp.ne.u32 %p2, %r4, 0;\n@%p2 bra LOOP;\n"
                         "setp.ne.u32 %p3, %r1, 0;\n@%p3 exit;\nld.shared.u32 %r9, [tile];\n"
                         "st.global.u32 [%rd1], %r9;\nret;",
                         ".shared .align 4 .b8 tile[512];"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto out = bench.allocate(4);
    checkClean(bench.run("k", {1}, {128}, out));
    QCOMPARE(bench.get<std::uint32_t>(out, 1)[0], 128U * 127U / 2);
}

void tst_Interpreter::countsAcrossBlocks()
{
    Bench bench(kernelOf("red.global.add.u32 [%rd1], 1;\n"
                         "atom.global.max.s32 %r2, [%rd1+4], %r1;\n"
                         "mov.f32 %f1, 0f3F000000;\nred.global.add.f32 [%rd1+8], %f1;\nret;"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto out = bench.allocate(16);
    checkClean(bench.run("k", {100}, {64}, out));
    QCOMPARE(bench.get<std::uint32_t>(out, 2)[0], 6400U);
    QCOMPARE(bench.get<std::uint32_t>(out, 2)[1], 63U);
    QCOMPARE(bench.get<float>(out, 3)[2], 3200.0F);
}

void tst_Interpreter::recursesOnTheStack()
{
    const std::string fib
        = ".func (.param .b32 result) fib(.param .b32 n)\n{\n.reg .pred %p<2>; .reg .b32 %r<8>;\n"
          "ld.param.u32 %r1, [n];\nsetp.lt.s32 %p1, %r1, 2;\nmov.u32 %r2, %r1;\n@%p1 bra END;\n"
          "add.s32 %r3, %r1, -1;\n{ .param .b32 a; st.param.b32 [a], %r3; .param .b32 r;\n"
          "call.uni (r), fib, (a);\nld.param.b32 %r4, [r]; }\nadd.s32 %r3, %r1, -2;\n"
          "{ .param .b32 a; st.param.b32 [a], %r3; .param .b32 r;\ncall.uni (r), fib, (a);\n"
          "ld.param.b32 %r5, [r]; }\nadd.s32 %r2, %r4, %r5;\nEND:\n"
          "st.param.b32 [result], %r2;\nret;\n}";
    Bench bench(kernelOf("{ .param .b32 a; and.b32 %r3, %r1, 15; st.param.b32 [a], %r3;\n"
                         ".param .b32 r; call.uni (r), fib, (a); ld.param.b32 %r2, [r]; }\n"
                         "st.global.u32 [%rd2], %r2;\nret;",
                         fib));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto out = bench.allocate(128);
    checkClean(bench.run("k", {1}, {32}, out));
    const auto got = bench.get<std::uint32_t>(out, 32);
    const std::uint32_t want[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610};
    for (std::size_t i = 0; i < 32; ++i)
        QCOMPARE(got[i], want[i % 16]);
}

void tst_Interpreter::reportsBarrierThatNeverOpens()
{
    Bench bench(kernelOf("bar.sync 1, 128;\nret;"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    const auto outcome = bench.run("k", {1}, {64}, bench.allocate(4));
    QVERIFY(outcome.fault.has_value());
    QCOMPARE(outcome.fault->kind, FaultKind::Deadlock);
    QVERIFY(outcome.fault->message.find("barrier 1") != std::string::npos);
}

void tst_Interpreter::stopsWhenAsked()
{
    Bench bench(kernelOf("FOREVER:\nbra FOREVER;"));
    QVERIFY2(bench.error.empty(), bench.error.c_str());
    bench.stop.request_stop();
    const auto outcome = bench.run("k", {1}, {32}, bench.allocate(4));
    QVERIFY(outcome.fault.has_value());
    QCOMPARE(outcome.fault->kind, FaultKind::Cancelled);
}

QTEST_GUILESS_MAIN(tst_Interpreter)
#include "tst_Interpreter.moc"
