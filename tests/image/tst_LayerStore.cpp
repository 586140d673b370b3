// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/image/BlobStore.h"
#include "emulator/image/LayerStore.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Layers and blobs appear whole or not at all.
class TestLayerStore : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_home.emplace(*TempDir::create());
        m_store.home = m_home->path();
    }
    void commitIsOneRename();
    void theFasterOneStays();
    void sweepSparesScratchInUse();
    void blobsAreNamedAfterTheirContent();
    void mountLayerLinksAndCopies();
    void mountLayerRefuses();

private:
    std::optional<TempDir> m_home;
    Store m_store;
};

void TestLayerStore::commitIsOneRename()
{
    const LayerStore layers(m_store);
    {
        const auto dropped = layers.scratch();
        QVERIFY(writeFileAtomically(dropped->writes() / "f", "x"));
        QVERIFY(!layers.has("one"));
    }
    QVERIFY(fs::is_empty(m_store.layers() / ".scratch"));
    const auto kept = layers.scratch();
    QVERIFY(layers.commit(*kept, "one"));
    QVERIFY(layers.has("one") && layers.isEmpty("one"));
    QCOMPARE(layerFolder(m_store, "one"), layers.folder("one"));
}

void TestLayerStore::theFasterOneStays()
{
    const LayerStore layers(m_store);
    for (const char* text : {"first", "second"}) {
        const auto scratch = layers.scratch();
        QVERIFY(writeFileAtomically(scratch->writes() / "f", text));
        QVERIFY(layers.commit(*scratch, "same"));
    }
    QCOMPARE(*readFile(layers.folder("same") / "f"), std::string("first"));
}

void TestLayerStore::sweepSparesScratchInUse()
{
    const LayerStore layers(m_store);
    const auto used = layers.scratch();
    fs::create_directories(m_store.layers() / ".scratch" / "crashed" / "writes");
    layers.sweep();
    QVERIFY(fs::exists(used->writes()));
    QVERIFY(!fs::exists(m_store.layers() / ".scratch" / "crashed"));
}

void TestLayerStore::blobsAreNamedAfterTheirContent()
{
    const BlobStore blobs(m_store);
    const auto blob = blobs.put("hello");
    QVERIFY(blob);
    QCOMPARE(blob->sha256, sha256Hex("hello"));
    QCOMPARE(*readFile(blob->path), std::string("hello"));
    QVERIFY(blobs.has(blob->sha256));
    QVERIFY(!blobs.has("../../etc/passwd"));
    QVERIFY(!blobs.put("hello", sha256Hex("other")));
}

void TestLayerStore::mountLayerLinksAndCopies()
{
    const auto blob = *BlobStore(m_store).put("print(1)");
    const std::vector<model::MountFile> files {{"/root/app.py", blob.sha256, 8, 0644},
                                               {"/root/run.sh", blob.sha256, 8, 0755}};
    const auto layer = mountLayer(m_store, files);
    QVERIFY2(layer, layer ? "" : layer.error().message().c_str());
    QCOMPARE(fs::hard_link_count(*layer / "root/app.py"), 2U);
    QVERIFY((fs::status(*layer / "root/run.sh").permissions() & fs::perms::owner_exec)
            != fs::perms::none);
    QVERIFY((fs::status(blob.path).permissions() & fs::perms::owner_exec) == fs::perms::none);
    QCOMPARE(*mountLayer(m_store, files), *layer);
}

void TestLayerStore::mountLayerRefuses()
{
    const auto blob = *BlobStore(m_store).put("x");
    QCOMPARE(mountLayer(m_store, {{"/../../evil", blob.sha256, 1, 0644}}).error().code(),
             ErrorCode::Invalid);
    QCOMPARE(mountLayer(m_store, {{"/x", "../../../etc/passwd", 1, 0644}}).error().code(),
             ErrorCode::Invalid);
    QCOMPARE(mountLayer(m_store, {{"/x", sha256Hex("missing"), 1, 0644}}).error().code(),
             ErrorCode::NotFound);
}

QTEST_GUILESS_MAIN(TestLayerStore)
#include "tst_LayerStore.moc"
