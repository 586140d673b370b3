// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/base/Files.h"
#include "emulator/store/Records.h"
#include "emulator/store/Replies.h"
#include "emulator/store/Schema.h"

#include <QtTest>

using namespace emulator;
using store::Database;

class TestDatabase : public QObject {
    Q_OBJECT

private slots:
    void keepsRecordsOverReopening();
    void bringsAnEmptyFileToTheNewestSchema();
    void refusesADamagedFileAndLeavesItAlone();
    void refusesANewerSchema();
    void rollsBack();
    void keepsRepliesAndDropsOldOnes();

private:
    TempDir m_folder = *TempDir::create();
    [[nodiscard]] std::filesystem::path path(const char* name) const
    {
        return m_folder.path() / name;
    }
};

void TestDatabase::keepsRecordsOverReopening()
{
    {
        auto database = *Database::open(path("a.db"));
        store::Table<store::FunctionRecord> functions(*database);
        store::FunctionRecord function;
        function.id = "fu-1";
        function.definition = std::string("a\0b", 3);
        function.retryCoefficient = 1.5;
        function.generator = true;
        QVERIFY(static_cast<bool>(functions.put(function)));
        function.timeoutSeconds = 7;
        QVERIFY(static_cast<bool>(functions.put(function)));
    }
    auto database = *Database::open(path("a.db"));
    const auto all = *store::Table<store::FunctionRecord>(*database).all();
    QCOMPARE(all.size(), std::size_t {1});
    QCOMPARE(all[0].definition, std::string("a\0b", 3));
    QCOMPARE(all[0].retryCoefficient, 1.5);
    QVERIFY(all[0].generator);
    QCOMPARE(all[0].timeoutSeconds, 7U);
}

void TestDatabase::bringsAnEmptyFileToTheNewestSchema()
{
    auto database = *Database::open(path("b.db"));
    auto query = *database->prepare("PRAGMA user_version");
    QVERIFY(*query.step());
    QCOMPARE(static_cast<std::size_t>(query.integer(0)), store::migrations().size());
}

void TestDatabase::refusesADamagedFileAndLeavesItAlone()
{
    const std::string rubbish = "this is not a database, and long enough to be taken for a header "
                                "that is not one either, so that the check has something to read";
    QVERIFY(static_cast<bool>(writeFileAtomically(path("c.db"), rubbish)));
    const auto opened = Database::open(path("c.db"));
    QVERIFY(!opened);
    QVERIFY(opened.error().message().find("c.db is damaged") != std::string::npos);
    QVERIFY(opened.error().message().find("Move it aside") != std::string::npos);
    QCOMPARE(*readFile(path("c.db")), rubbish);

    // Pages overwritten in the middle of a real one.
    {
        auto database = *Database::open(path("d.db"));
        QVERIFY(static_cast<bool>(database->execute("PRAGMA journal_mode=DELETE")));
    }
    auto bytes = *readFile(path("d.db"));
    for (std::size_t i = 4096; i < bytes.size(); ++i)
        bytes[i] = 'x';
    QVERIFY(static_cast<bool>(writeFileAtomically(path("d.db"), bytes)));
    QVERIFY(!Database::open(path("d.db")));
    QCOMPARE(*readFile(path("d.db")), bytes);
}

void TestDatabase::refusesANewerSchema()
{
    {
        auto database = *Database::open(path("e.db"));
        QVERIFY(static_cast<bool>(database->execute("PRAGMA user_version=999")));
    }
    const auto opened = Database::open(path("e.db"));
    QVERIFY(!opened);
    QCOMPARE(opened.error().code(), ErrorCode::FailedPrecondition);
    QVERIFY(opened.error().message().find("newer Slipway") != std::string::npos);
}

void TestDatabase::rollsBack()
{
    auto database = *Database::open(path("f.db"));
    store::Table<store::MountRecord> mounts(*database);
    QVERIFY(static_cast<bool>(database->begin()));
    QVERIFY(static_cast<bool>(mounts.put({"mo-1", "", "[]", 1})));
    database->rollback();
    QVERIFY(mounts.all()->empty());
}

void TestDatabase::keepsRepliesAndDropsOldOnes()
{
    auto database = *Database::open(path("g.db"));
    store::Replies replies(*database);
    const store::ReplyKey key {"ak", "AppCreate", "k1"};
    QVERIFY(!replies.find(key)->has_value());
    QVERIFY(static_cast<bool>(replies.put(key, std::string_view("a\0b", 3), 100)));
    QCOMPARE(**replies.find(key), std::string("a\0b", 3));
    QVERIFY(!replies.find({"other", "AppCreate", "k1"})->has_value());
    QVERIFY(static_cast<bool>(replies.dropBefore(101)));
    QVERIFY(!replies.find(key)->has_value());
}

QTEST_GUILESS_MAIN(TestDatabase)
#include "tst_Database.moc"
