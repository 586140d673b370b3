// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Instructions against a scalar oracle: every pair of edge values, all lanes and half of them.

#include "tests/gpu_device/Bench.h"

#include <QTest>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

using tests::Bench;

namespace {

using U32 = std::uint32_t;
using U64 = std::uint64_t;
using S32 = std::int32_t;
using S64 = std::int64_t;

/// d, a, b as bits in 64-bit cells; the instruction works on %d, %a, %b, %c (c = b rotated).
struct Case {
    const char* instruction;
    const char* type; ///< of registers: b16, b32, b64
    std::function<U64(U64, U64, U64)> oracle;
};

float f(U64 bits)
{
    return std::bit_cast<float>(static_cast<U32>(bits));
}
double d(U64 bits)
{
    return std::bit_cast<double>(bits);
}
U64 bits(float x)
{
    return x != x ? 0x7FFFFFFFU : std::bit_cast<U32>(x);
}
U64 bits(double x)
{
    return std::bit_cast<U64>(x);
}
U64 low(S64 x)
{
    return static_cast<U32>(x);
}
S32 s(U64 x)
{
    return static_cast<S32>(x);
}
U32 u(U64 x)
{
    return static_cast<U32>(x);
}

const std::vector<Case>& cases()
{
    static const std::vector<Case> all = {
        {"add.s32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return low(S64 {u(a)} + u(b)); }},
        {"add.sat.s32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) {
             return low(std::clamp<S64>(S64 {s(a)} + s(b), INT32_MIN, INT32_MAX));
         }},
        {"sub.u64 %d, %a, %b", "b64", [](U64 a, U64 b, U64) { return a - b; }},
        {"mul.lo.s32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return U64 {u(a) * u(b)}; }},
        {"mul.hi.s32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return low((S64 {s(a)} * s(b)) >> 32); }},
        {"mul.hi.u32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return (U64 {u(a)} * u(b)) >> 32U; }},
        {"mad.lo.s32 %d, %a, %b, %c", "b32",
         [](U64 a, U64 b, U64 c) { return U64 {u(a) * u(b) + u(c)}; }},
        {"mad.lo.u64 %d, %a, %b, %c", "b64", [](U64 a, U64 b, U64 c) { return a * b + c; }},
        {"div.s32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return s(b) == 0 ? 0xFFFFFFFFU : low(S64 {s(a)} / s(b)); }},
        {"rem.u32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return U64 {u(b) == 0 ? u(a) : u(a) % u(b)}; }},
        {"min.s32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return low(std::min(s(a), s(b))); }},
        {"max.u64 %d, %a, %b", "b64", [](U64 a, U64 b, U64) { return std::max(a, b); }},
        {"abs.s32 %d, %a", "b32", [](U64 a, U64, U64) { return low(std::abs(S64 {s(a)})); }},
        {"shl.b32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return u(b) > 31 ? 0U : U64 {u(a) << u(b)}; }},
        {"shr.s32 %d, %a, %b", "b32",
         [](U64 a, U64 b, U64) { return low(s(a) >> std::min(u(b), 31U)); }},
        {"shf.l.wrap.b32 %d, %a, %b, %c", "b32",
         [](U64 a, U64 b, U64 c) {
             return U64 {u((((b & 0xFFFFFFFFU) << 32U | u(a)) << (c & 31U)) >> 32U)};
         }},
        {"lop3.b32 %d, %a, %b, %c, 0xE8", "b32",
         [](U64 a, U64 b, U64 c) { return U64 {u((a & b) | (a & c) | (b & c))}; }},
        {"popc.b32 %d, %a", "b32", [](U64 a, U64, U64) { return U64(std::popcount(u(a))); }},
        {"clz.b32 %d, %a", "b32", [](U64 a, U64, U64) { return U64(std::countl_zero(u(a))); }},
        {"bfind.u32 %d, %a", "b32",
         [](U64 a, U64, U64) { return low(31 - std::countl_zero(u(a))); }},
        {"bfe.s32 %d, %a, 3, 7", "b32",
         [](U64 a, U64, U64) { return low(static_cast<S32>(u(a) << 22U) >> 25); }},
        {"bfi.b32 %d, %a, %b, 4, 8", "b32",
         [](U64 a, U64 b, U64) { return U64 {u((b & ~U64 {0xFF0}) | ((a & 0xFFU) << 4U))}; }},
        {"prmt.b32 %d, %a, %b, 0x7421", "b32",
         [](U64 a, U64 b, U64) {
             return U64 {u(((a >> 8U) & 0xFFU) | (((a >> 16U) & 0xFFU) << 8U) | ((b & 0xFFU) << 16U)
                           | (((b >> 24U) & 0xFFU) << 24U))};
         }},
        {"add.f32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return bits(f(a) + f(b)); }},
        {"mul.f32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return bits(f(a) * f(b)); }},
        {"div.rn.f32 %d, %a, %b", "b32", [](U64 a, U64 b, U64) { return bits(f(a) / f(b)); }},
        {"sqrt.rn.f32 %d, %a", "b32", [](U64 a, U64, U64) { return bits(std::sqrt(f(a))); }},
        {"fma.rn.f32 %d, %a, %b, %c", "b32",
         [](U64 a, U64 b, U64 c) { return bits(std::fma(f(a), f(b), f(c))); }},
        {"fma.rn.f64 %d, %a, %b, %c", "b64",
         [](U64 a, U64 b, U64 c) { return bits(std::fma(d(a), d(b), d(c))); }},
        {"neg.f32 %d, %a", "b32", [](U64 a, U64, U64) { return U64 {u(a) ^ 0x80000000U}; }},
        {"cvt.rzi.s32.f32 %d, %a", "b32",
         [](U64 a, U64, U64) {
             const double x = f(a);
             return x != x ? 0 : low(static_cast<S64>(std::clamp(x, -2147483648.0, 2147483647.0)));
         }},
        {"cvt.rn.f32.s32 %d, %a", "b32",
         [](U64 a, U64, U64) { return bits(static_cast<float>(s(a))); }},
        {"cvt.rn.f32.u32 %d, %a", "b32",
         [](U64 a, U64, U64) { return bits(static_cast<float>(u(a))); }},
        {"cvt.s32.s8 %d, %a", "b32",
         [](U64 a, U64, U64) { return low(static_cast<std::int8_t>(a)); }},
        {"cvt.sat.f32.f32 %d, %a", "b32",
         [](U64 a, U64, U64) { return bits(f(a) > 0 ? std::min(f(a), 1.0F) : 0.0F); }},
    };
    return all;
}

const std::vector<U64>& edges()
{
    static const std::vector<U64> all = {0,
                                         1,
                                         2,
                                         3,
                                         7,
                                         31,
                                         32,
                                         33,
                                         255,
                                         0x7FFFFFFFU,
                                         0x80000000U,
                                         0xFFFFFFFFU,
                                         0xFFFFFFFEU,
                                         0x3F800000U,
                                         0xBF800000U,
                                         0x40490FDBU,
                                         0x00000001U,
                                         0x00800000U,
                                         0x7F7FFFFFU,
                                         0x7F800000U,
                                         0xFF800000U,
                                         0x4F000000U,
                                         0x3FF0000000000000U,
                                         0x8000000000000000U,
                                         0x7FFFFFFFFFFFFFFFU,
                                         0xFFFFFFFFFFFFFFFFU,
                                         0x12345678U,
                                         0x400921FB54442D18U};
    return all;
}

} // namespace

class tst_Arithmetic : public QObject {
    Q_OBJECT

private slots:
    void agreesWithOracle_data()
    {
        QTest::addColumn<int>("index");
        QTest::addColumn<bool>("half");
        for (int half = 0; half < 2; ++half) {
            for (std::size_t i = 0; i < cases().size(); ++i)
                QTest::addRow("%s%s", cases()[i].instruction, half != 0 ? " (odd lanes)" : "")
                    << static_cast<int>(i) << (half != 0);
        }
    }

    void agreesWithOracle()
    {
        QFETCH(int, index);
        QFETCH(bool, half);
        const Case& each = cases()[static_cast<std::size_t>(index)];
        const std::string type(each.type);
        const U64 mask = type == "b32" ? 0xFFFFFFFFU : ~U64 {0};
        std::vector<U64> cells;
        for (const U64 a : edges()) {
            for (const U64 b : edges())
                cells.insert(cells.end(), {a & mask, b & mask, std::rotl(b, 5) & mask, 77});
        }
        const std::string guard = half ? "@%p1 " : "";
        Bench bench(".version 8.0\n.target sm_80\n.address_size 64\n.entry k(.param .u64 p, .param "
                    ".u32 n)\n{\n"
                    ".reg .pred %p<3>; .reg .b32 %r<8>; .reg .b64 %rd<4>; .reg ."
                    + type
                    + " %a, %b, %c, %d;\nmov.u32 %r1, %tid.x; mov.u32 %r2, %ctaid.x;\n"
                      "mad.lo.u32 %r1, %r2, 64, %r1; ld.param.u32 %r3, [n];\n"
                      "setp.ge.u32 %p2, %r1, %r3; @%p2 exit;\nand.b32 %r4, %r1, 1;\n"
                      "setp.ne.u32 %p1, %r4, 0;\nld.param.u64 %rd1, [p]; mad.wide.u32 %rd1, %r1, "
                      "32, %rd1;\n"
                      "ld.global."
                    + type + " %a, [%rd1]; ld.global." + type + " %b, [%rd1+8]; ld.global." + type
                    + " %c, [%rd1+16]; ld.global." + type + " %d, [%rd1+24];\n" + guard
                    + each.instruction + ";\nst.global." + type + " [%rd1+24], %d;\nret;\n}\n");
        QVERIFY2(bench.error.empty(), bench.error.c_str());
        const auto count = static_cast<U32>(cells.size() / 4);
        const auto at = bench.put(cells);
        const auto outcome = bench.run("k", {(count + 63) / 64}, {64}, at, count);
        QVERIFY2(!outcome.fault, outcome.fault ? outcome.fault->message.c_str() : "");
        const auto got = bench.get<U64>(at, cells.size());
        for (std::size_t i = 0; i < count; ++i) {
            const bool skipped = half && i % 2 == 0;
            const U64 want
                = skipped ? 77 : each.oracle(cells[i * 4], cells[i * 4 + 1], cells[i * 4 + 2]);
            const U64 have = got[i * 4 + 3];
            const bool bothNan = type == "b64" && std::isnan(d(have)) && std::isnan(d(want));
            QVERIFY2(have == want || bothNan,
                     qPrintable(QStringLiteral("a %1 b %2: %3, not %4")
                                    .arg(cells[i * 4], 0, 16)
                                    .arg(cells[i * 4 + 1], 0, 16)
                                    .arg(have, 0, 16)
                                    .arg(want, 0, 16)));
        }
    }
};

QTEST_GUILESS_MAIN(tst_Arithmetic)
#include "tst_Arithmetic.moc"
