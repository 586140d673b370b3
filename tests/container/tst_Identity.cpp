// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/container/Holder.h"
#include "emulator/container/Identity.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::container;

/// Users of an image by name and number.
class TestIdentity : public QObject {
    Q_OBJECT

private slots:
    void userIsFound_data();
    void userIsFound();
    void unknownUserIsNamed();
    void rangeIsFound();
};

static const std::string passwd = "root:x:0:0:root:/root:/bin/sh\n"
                                  "app:x:1000:1001::/home/app:/bin/sh\nbroken\n";
static const std::string group = "root:x:0:\napp:x:1001:\nvideo:x:44:other,app\n";

void TestIdentity::userIsFound_data()
{
    QTest::addColumn<QString>("user");
    QTest::addColumn<unsigned>("uid");
    QTest::addColumn<unsigned>("gid");
    QTest::addColumn<int>("groups");
    QTest::newRow("nobody named") << "" << 0U << 0U << 0;
    QTest::newRow("name") << "app" << 1000U << 1001U << 1;
    QTest::newRow("number with an entry") << "1000" << 1000U << 1001U << 1;
    QTest::newRow("number without") << "5000" << 5000U << 0U << 0;
    QTest::newRow("two numbers") << "5000:6000" << 5000U << 6000U << 0;
    QTest::newRow("name and group") << "app:video" << 1000U << 44U << 0;
}

void TestIdentity::userIsFound()
{
    QFETCH(QString, user);
    const auto identity = findIdentity(user.toStdString(), passwd, group);
    QVERIFY(identity);
    QTEST(identity->user, "uid");
    QTEST(identity->group, "gid");
    QTEST(static_cast<int>(identity->groups.size()), "groups");
}

void TestIdentity::unknownUserIsNamed()
{
    const auto unknown = findIdentity("ghost", passwd, group);
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code(), ErrorCode::NotFound);
    QVERIFY(unknown.error().message().find("ghost") != std::string::npos);
    QVERIFY(!findIdentity("app:ghosts", passwd, group));
}

void TestIdentity::rangeIsFound()
{
    const std::string table = "me:100000:65536\n1001:300000:1000\n";
    QCOMPARE(subordinateRange(table, "me", 5).start, 100000UL);
    QCOMPARE(subordinateRange(table, "", 1001).count, 1000UL);
    QCOMPARE(subordinateRange(table, "you", 5).count, 0UL);
}

QTEST_GUILESS_MAIN(TestIdentity)
#include "tst_Identity.moc"
