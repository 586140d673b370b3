// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/ptx/Module.h"

#include <QTest>

using namespace emulator::gpu::ptx;

namespace {

const std::string head = ".version 9.0\n.target sm_80\n.address_size 64\n";

QString errorOf(const std::string& text)
{
    auto parsed = parse(text, "t.ptx");
    return parsed ? QString() : QString::fromStdString(parsed.error().message());
}

} // namespace

class tst_Parser : public QObject {
    Q_OBJECT

private slots:
    void readsVariablesAndInitialisers()
    {
        auto parsed
            = parse(head
                        + ".visible .global .align 8 .u64 p[2] = {generic(x)+4, f};\n"
                          ".global .align 4 .b8 x[16] = {1, 0x10, 0, 010};\n"
                          ".const .f32 c = 0f3F800000;\n.extern .shared .align 16 .b8 dyn[];\n"
                          ".func f() { ret; }\n",
                    "t.ptx");
        QVERIFY2(bool(parsed), qPrintable(parsed ? "" : parsed.error().message().c_str()));
        const Module& module = **parsed;
        QCOMPARE(module.variables.size(), std::size_t {4});
        QCOMPARE(module.variables[0].initial[0].symbol, std::string("x"));
        QCOMPARE(module.variables[0].initial[0].bits, 4U);
        QCOMPARE(module.variables[0].initial[1].symbol, std::string("f"));
        QCOMPARE(module.variables[1].initial.back().bits, 8U); // octal
        QCOMPARE(module.variables[2].initial[0].bits, 0x3F800000U);
        QCOMPARE(module.variables[3].size, 0U);
    }

    void readsScopesLabelsAndLines()
    {
        auto parsed = parse(
            head
                + ".file 1 \"dir/a.cu\"\n.entry k(.param .u32 n, .param .align 8 .b8 s[24])\n"
                  ".maxntid 128, 1, 1\n{\n.reg .pred p;\n.reg .b32 %r<3>;\n.loc 1 7 3\n"
                  "{ .reg .b32 %r; mov.u32 %r, 1; L: @!p bra L; }\n"
                  "{ L: bra L; }\nret;\n}\n",
            "t.ptx");
        QVERIFY2(bool(parsed), qPrintable(parsed ? "" : parsed.error().message().c_str()));
        const Function& function = (*parsed)->functions[0];
        QCOMPARE(function.parameterBytes, 32U);
        QCOMPARE(function.variables[1].offset, 8U);
        QCOMPARE(function.maximumThreads[0], 128U);
        QCOMPARE(function.body.size(), std::size_t {4});
        QVERIFY(function.body[1].guardNegated);
        QCOMPARE(function.body[1].operands[0].index, 1U);
        QCOMPARE(function.body[2].operands[0].index, 2U);
        QCOMPARE((*parsed)->locationOf(function.body[0]), std::string("a.cu:7"));
        QCOMPARE((*parsed)->textOf(function.body[1]), std::string("@!p bra L"));
    }

    void refusesByName_data()
    {
        QTest::addColumn<QString>("body");
        QTest::addColumn<QString>("message");
        QTest::newRow("opcode") << "frob.u32 %r1, 2;"
                                << "t.ptx:7: unsupported instruction 'frob': frob.u32 %r1, 2";
        QTest::newRow("modifier")
            << "add.frob.u32 %r1, 1, 2;"
            << "t.ptx:7: unsupported modifier '.frob' of 'add': add.frob.u32 %r1, 1, 2";
        QTest::newRow("type")
            << "lop3.u32 %r1, 1, 2, 3, 4;"
            << "t.ptx:7: type '.u32' is not supported here: lop3.u32 %r1, 1, 2, 3, 4";
        QTest::newRow("operands") << "add.u32 %r1, 1;"
                                  << "t.ptx:7: wrong number of operands for add: add.u32 %r1, 1";
        QTest::newRow("register") << "add.u32 %q1, 1, 2;"
                                  << "t.ptx:7: undeclared register: %q1";
        QTest::newRow("label") << "bra nowhere;" << "t.ptx:7: branch to an unknown label: nowhere";
    }

    void refusesByName()
    {
        QFETCH(QString, body);
        QFETCH(QString, message);
        QCOMPARE(errorOf(head + ".entry k()\n{\n.reg .b32 %r<4>;\n" + body.toStdString() + "\n}\n"),
                 message);
    }

    void refusesWhatIsNotPtx()
    {
        QVERIFY(errorOf("").contains("no .version"));
        QVERIFY(errorOf("\x7F"
                        "ELF")
                    .contains("expected '.'"));
        QVERIFY(errorOf(head + ".entry k() { ret;").contains("expected '}'"));
        QVERIFY(errorOf(".version 11.0").contains("newer"));
    }
};

QTEST_GUILESS_MAIN(tst_Parser)
#include "tst_Parser.moc"
