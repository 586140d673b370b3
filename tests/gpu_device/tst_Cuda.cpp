// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// CUDA programs through nvcc's PTX; skipped by name where there is no nvcc.

#include "tests/gpu_device/Bench.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <bit>
#include <cmath>

using namespace emulator::gpu::device;
using tests::Bench;
using tests::compileCuda;

class tst_Cuda : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void drawsMandelbrot();
    void printsAndAsserts();
    void callsThroughTables();
    void synchronisesTheGrid();
    void reducesWithinTiles();
    void matchesMathOnTheHost();
    void convertsHalves();
    void allocatesOnTheHeap();

private:
    std::string m_text;
};

namespace {

const char* const source = R"(
#include <cstdio>
#include <cassert>
#include <cuda_fp16.h>
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;

extern "C" __global__ void mandelbrot(int* out, int width, int height, int limit)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    float cr = -2.0f + 3.0f * x / width, ci = -1.0f + 2.0f * y / height, zr = 0, zi = 0;
    int n = 0;
    while (n < limit && zr * zr + zi * zi < 4.0f) {
        float t = zr * zr - zi * zi + cr;
        zi = 2 * zr * zi + ci;
        zr = t;
        ++n;
    }
    out[y * width + x] = n;
}

extern "C" __global__ void print(int fail)
{
    if (threadIdx.x < 2)
        printf("thread %d: %.2f %s %lld|%5x|\n", threadIdx.x, 1.5 * threadIdx.x, "text", -7LL, 255);
    assert(threadIdx.x != fail);
}

struct Pair { int a; double b; };
__device__ __noinline__ int plus(int x) { return x + 1; }
__device__ __noinline__ int times(int x) { return x * 2; }
__device__ __noinline__ Pair swap(Pair p) { p.a += 1; p.b *= 2; return p; }
__device__ int (*table[])(int) = { plus, times };
extern "C" __global__ void calls(int* out, Pair given)
{
    int i = threadIdx.x;
    Pair p = swap(given);
    int local[8];
    for (int k = 0; k < 8; ++k) local[(k * 3 + i) & 7] = k;
    out[i] = table[i & 1](i) + p.a + (int)p.b + local[i & 7];
}

extern "C" __global__ void grid(int* data, int* out)
{
    auto all = cg::this_grid();
    data[all.thread_rank()] = (int)all.thread_rank();
    all.sync();
    out[all.thread_rank()] = data[all.size() - 1 - all.thread_rank()];
}

extern "C" __global__ void tiles(int* out)
{
    auto tile = cg::tiled_partition<16>(cg::this_thread_block());
    int v = threadIdx.x;
    int sum = cg::reduce(tile, v, cg::plus<int>());
    unsigned odd = __ballot_sync(0xffffffff, v & 1);
    unsigned same = __match_any_sync(0xffffffff, v / 4);
    out[v] = sum + __popc(odd) + __popc(same) + (int)__reduce_add_sync(0xffffffff, 1u);
}

extern "C" __global__ void math(float* out, const float* in, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float x = in[i];
    out[i * 8] = sinf(x); out[i * 8 + 1] = expf(x); out[i * 8 + 2] = logf(fabsf(x));
    out[i * 8 + 3] = powf(fabsf(x), 1.5f); out[i * 8 + 4] = x / 3.0f; out[i * 8 + 5] = sqrtf(fabsf(x));
    out[i * 8 + 6] = (float)tanh((double)x); out[i * 8 + 7] = fmodf(x, 0.7f);
}

extern "C" __global__ void halves(float* out, const float* in, unsigned long long* divisions)
{
    int i = threadIdx.x;
    __half h = __float2half(in[i]);
    __half2 two = __halves2half2(h, __hadd(h, h));
    two = __hfma2(two, two, two);
    out[i] = __low2float(two) + __high2float(two);
    divisions[i] = (0xFFFFFFFFFFFFFFFFull / (i + 3)) % (i + 7) + __umul64hi(~0ull, i) + __brev(i) + __clz(i);
}

extern "C" __global__ void heap(int* out)
{
    int* mine = (int*)malloc(64);
    for (int k = 0; k < 16; ++k) mine[k] = threadIdx.x + k;
    int sum = 0;
    for (int k = 0; k < 16; ++k) sum += mine[k];
    free(mine);
    out[threadIdx.x] = sum;
}
)";

void checkClean(const LaunchOutcome& outcome)
{
    if (outcome.fault)
        QFAIL(outcome.fault->message.c_str());
}

} // namespace

void tst_Cuda::initTestCase()
{
    m_text = compileCuda(source);
    if (m_text.empty())
        QSKIP("nvcc is not on PATH: kernels compiled from CUDA are not tested");
    const Bench bench(m_text);
    QVERIFY2(bench.error.empty(), bench.error.c_str());
}

void tst_Cuda::drawsMandelbrot()
{
    Bench bench(m_text);
    const int width = 1024;
    const int height = 768;
    const int limit = 256;
    const auto out = bench.allocate(width * height * 4);
    QElapsedTimer timer;
    timer.start();
    checkClean(
        bench.run("mandelbrot", {width / 16, height / 16}, {16, 16}, out, width, height, limit));
    qInfo("mandelbrot: %lld ms", timer.elapsed());
    const auto got = bench.get<int>(out, width * height);
    QCOMPARE(got[height / 2 * width + width / 2 + 100], limit);
    QCOMPARE(got[0], 1);
    QVERIFY(std::count(got.begin(), got.end(), limit) > width * height / 6);
}

void tst_Cuda::printsAndAsserts()
{
    Bench bench(m_text);
    checkClean(bench.run("print", {1}, {32}, -1));
    QCOMPARE(bench.printed,
             std::string("thread 0: 0.00 text -7|   ff|\nthread 1: 1.50 text -7|   ff|\n"));
    const auto outcome = bench.run("print", {1}, {32}, 5);
    QVERIFY(outcome.fault.has_value());
    QCOMPARE(outcome.fault->kind, FaultKind::Assert);
    QCOMPARE(outcome.fault->thread.x, 5U);
    QVERIFY(outcome.fault->location.starts_with("test.cu:"));
    QVERIFY(outcome.fault->message.find("threadIdx.x != fail") != std::string::npos);
}

void tst_Cuda::callsThroughTables()
{
    Bench bench(m_text);
    struct Pair {
        int a;
        double b;
    };
    const Pair given {10, 2.5};
    const auto out = bench.allocate(128);
    std::string parameters(reinterpret_cast<const char*>(&out), 8);
    parameters.append(reinterpret_cast<const char*>(&given), sizeof given);
    checkClean(bench.launch("calls", {1}, {32}, parameters));
    const auto got = bench.get<int>(out, 32);
    for (int i = 0; i < 32; ++i) {
        int local[8] = {};
        for (int k = 0; k < 8; ++k)
            local[(k * 3 + i) & 7] = k;
        const int called = (i & 1) != 0 ? i * 2 : i + 1;
        QCOMPARE(got[static_cast<std::size_t>(i)], called + 11 + 5 + local[i & 7]);
    }
}

void tst_Cuda::synchronisesTheGrid()
{
    Bench bench(m_text);
    bench.cooperative = true;
    const auto data = bench.allocate(20 * 64 * 4);
    const auto out = bench.allocate(20 * 64 * 4);
    checkClean(bench.run("grid", {20}, {64}, data, out));
    const auto got = bench.get<int>(out, 20 * 64);
    for (int i = 0; i < 20 * 64; ++i)
        QCOMPARE(got[static_cast<std::size_t>(i)], 20 * 64 - 1 - i);
}

void tst_Cuda::reducesWithinTiles()
{
    Bench bench(m_text);
    const auto out = bench.allocate(64 * 4);
    checkClean(bench.run("tiles", {1}, {64}, out));
    const auto got = bench.get<int>(out, 64);
    for (int i = 0; i < 64; ++i) {
        const int base = i / 16 * 16;
        QCOMPARE(got[static_cast<std::size_t>(i)], 16 * base + 120 + 16 + 4 + 32);
    }
}

void tst_Cuda::matchesMathOnTheHost()
{
    Bench bench(m_text);
    std::vector<float> in;
    for (int i = 0; i < 500; ++i)
        in.push_back(static_cast<float>(i - 250) * 0.137F);
    in.push_back(1e6F); // the slow reduction of sin
    in.push_back(1e-40F);
    const auto n = static_cast<int>(in.size());
    const auto pin = bench.put(in);
    const auto out = bench.allocate(in.size() * 32);
    checkClean(bench.run("math", {8}, {64}, out, pin, n));
    const auto got = bench.get<float>(out, in.size() * 8);
    for (std::size_t i = 0; i < in.size(); ++i) {
        const double x = in[i];
        const double want[8] = {std::sin(x),
                                std::exp(x),
                                std::log(std::fabs(x)),
                                std::pow(std::fabs(x), 1.5),
                                x / 3.0,
                                std::sqrt(std::fabs(x)),
                                std::tanh(x),
                                std::fmod(x, static_cast<double>(0.7F))};
        for (std::size_t k = 0; k < 8; ++k) {
            const double have = got[i * 8 + k];
            const double single = static_cast<double>(static_cast<float>(want[k]));
            const bool close = have == single
                || std::fabs(have - want[k]) <= 4e-7 * std::max(std::fabs(want[k]), 1e-30);
            QVERIFY2(
                close,
                qPrintable(
                    QStringLiteral("f%1(%2) = %3, not %4").arg(k).arg(x).arg(have).arg(want[k])));
        }
    }
}

void tst_Cuda::convertsHalves()
{
    Bench bench(m_text);
    std::vector<float> in;
    for (int i = 0; i < 32; ++i)
        in.push_back(static_cast<float>(i) * 0.25F);
    const auto pin = bench.put(in);
    const auto out = bench.allocate(128);
    const auto divisions = bench.allocate(256);
    checkClean(bench.run("halves", {1}, {32}, out, pin, divisions));
    const auto got = bench.get<float>(out, 32);
    const auto numbers = bench.get<std::uint64_t>(divisions, 32);
    for (std::uint64_t i = 0; i < 32; ++i) {
        const float h = in[i];
        QCOMPARE(got[i], h * h + h + 4 * h * h + 2 * h);
        std::uint32_t reversed = 0;
        for (unsigned k = 0; k < 32; ++k)
            reversed |= ((static_cast<std::uint32_t>(i) >> k) & 1U) << (31 - k);
        const auto zeros
            = static_cast<std::uint64_t>(std::countl_zero(static_cast<std::uint32_t>(i)));
        QCOMPARE(numbers[i],
                 (~std::uint64_t {0} / (i + 3)) % (i + 7) + (i == 0 ? 0 : i - 1) + reversed
                     + zeros);
    }
}

void tst_Cuda::allocatesOnTheHeap()
{
    Bench bench(m_text);
    const auto out = bench.allocate(64 * 4);
    const auto used = bench.memory->used();
    checkClean(bench.run("heap", {1}, {64}, out));
    QCOMPARE(bench.memory->used(), used);
    const auto got = bench.get<int>(out, 64);
    for (int i = 0; i < 64; ++i)
        QCOMPARE(got[static_cast<std::size_t>(i)], 16 * i + 120);
}

QTEST_GUILESS_MAIN(tst_Cuda)
#include "tst_Cuda.moc"
