// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Subprocess.h"
#include "remote/registry/LayerPacker.h"
#include "remote/registry/Layout.h"
#include "remote/registry/Manifest.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

#include <thread>

using namespace remote::registry;
using samples::Home;
namespace fs = std::filesystem;

/// The same image is the same content, made once, whatever happens in between.
class TestExporter : public QObject {
    Q_OBJECT

private slots:
    void sameImageSameDigest();
    void sameLayersInAnotherHome();
    void compressesOnce();
    void sharesTheWork();
    void crashLeavesNothingWrong();
    void namesKeysAndConfig();
    void exportsFolders();
    void cancels();
    void refuses();
    void othersReadIt();
};

void TestExporter::sameImageSameDigest()
{
    Home home;
    const auto exporter = *Exporter::create(home.store);
    const auto first = exporter->exportImage(home.image, {}, {});
    QVERIFY2(first, first ? "" : first.error().message().c_str());
    for (int i = 0; i < 20; ++i) {
        // Not from what is remembered, too.
        if (i % 2 == 0)
            fs::remove_all(home.store.home / "oci");
        const auto again = (*Exporter::create(home.store))->exportImage(home.image, {}, {});
        QCOMPARE(again->manifest.digest, first->manifest.digest);
        QCOMPARE(again->manifestBytes, first->manifestBytes);
        QCOMPARE(again->totalBytes, first->totalBytes);
    }
}

void TestExporter::sameLayersInAnotherHome()
{
    Home home;
    const auto copy = *emulator::TempDir::create();
    const auto copied
        = emulator::run({.argv = {"cp", "-a", home.store.layers().string(), copy.path().string()}});
    QVERIFY(copied && copied->status.success());
    const auto first = (*Exporter::create(home.store))->exportImage(home.image, {}, {});
    const auto second = (*Exporter::create({copy.path()}))->exportImage(home.image, {}, {});
    QVERIFY(first && second);
    QCOMPARE(second->manifest.digest, first->manifest.digest);
}

void TestExporter::compressesOnce()
{
    Home home(2, 300'000);
    const auto exporter = *Exporter::create(home.store);
    Progress last;
    const auto onProgress = [&](const Progress& progress) {
        QVERIFY(progress.done >= last.done && progress.done <= progress.total);
        last = progress;
    };
    QVERIFY(exporter->exportImage(home.image, onProgress, {}));
    QVERIFY(last.total > 600'000);
    QCOMPARE(last.done, last.total);
    const auto blobs = [&] {
        std::map<std::string, fs::file_time_type> found;
        for (const auto& blob : fs::directory_iterator(exporter->layoutFolder() / "blobs/sha256"))
            found[blob.path().string()] = blob.last_write_time();
        return found;
    };
    const auto before = blobs();
    last = {};
    QVERIFY(exporter->exportImage(home.image, onProgress, {}));
    QCOMPARE(last.total, std::uint64_t(0));
    QVERIFY(blobs() == before);
}

void TestExporter::sharesTheWork()
{
    Home home(1, 3'000'000);
    std::atomic<std::uint64_t> packed {0};
    std::array<std::string, 4> digests;
    {
        std::vector<std::jthread> threads;
        for (auto& digest : digests)
            threads.emplace_back([&] {
                const auto layout = *Layout::open(home.store.home / "oci");
                const auto layer = LayerPacker(layout).pack(
                    home.image.layers[0], home.store.layers() / home.image.layers[0],
                    {[&](std::uint64_t bytes) { packed += bytes; }, {}}, {});
                digest = layer ? layer->digest : layer.error().message();
            });
    }
    for (const auto& digest : digests)
        QCOMPARE(digest, digests[0]);
    const auto layout = *Layout::open(home.store.home / "oci");
    QCOMPARE(packed.load(), LayerPacker(layout).find(home.image.layers[0])->tarBytes);
}

void TestExporter::crashLeavesNothingWrong()
{
    Home home(1, 100'000);
    const auto exporter = *Exporter::create(home.store);
    const auto first = exporter->exportImage(home.image, {}, {});
    const auto blob = exporter->layoutFolder() / "blobs/sha256" / hexOf(first->layers[0].digest);
    // A note without its blob, one that is cut, a blob that is cut: made again.
    fs::remove(blob);
    QCOMPARE(exporter->exportImage(home.image, {}, {})->manifest.digest, first->manifest.digest);
    QVERIFY(fs::exists(blob));
    samples::write(exporter->layoutFolder() / "layers" / (home.image.layers[0] + ".json"), "{\"di");
    QCOMPARE(exporter->exportImage(home.image, {}, {})->manifest.digest, first->manifest.digest);
    fs::resize_file(blob, 100);
    QCOMPARE(exporter->exportImage(home.image, {}, {})->manifest.digest, first->manifest.digest);
    QCOMPARE(fs::file_size(blob), first->layers[0].size);
    // What a killed process was writing is removed, if it is old.
    const auto leftover = exporter->layoutFolder() / ".incoming" / "blob-killed";
    samples::write(leftover, "x");
    QVERIFY(Exporter::create(home.store));
    QVERIFY(fs::exists(leftover));
    fs::last_write_time(leftover, fs::file_time_type::clock::now() - std::chrono::hours(2));
    QVERIFY(Exporter::create(home.store));
    QVERIFY(!fs::exists(leftover));
}

void TestExporter::namesKeysAndConfig()
{
    Home home;
    const auto exporter = *Exporter::create(home.store);
    const auto exported = *exporter->exportImage(home.image, {}, {});
    const auto manifest = *parseManifest(exported.manifestBytes);
    QCOMPARE(manifest.annotations.at(std::string(annotation::image)), std::string("im-sample"));
    QCOMPARE(manifest.annotations.at(std::string(annotation::python)),
             std::string("Python 3.11.2"));
    QCOMPARE(manifest.layers.size(), std::size_t(2));
    for (std::size_t i = 0; i < 2; ++i)
        QCOMPARE(manifest.layers[i].annotations.at(std::string(annotation::layerKey)),
                 home.image.layers[i]);
    const auto layout = *Layout::open(exporter->layoutFolder());
    const auto config = *layout.get(manifest.config.digest);
    const std::string environment = R"("Env":["A=b=c","PATH=/usr/bin"])";
    const std::string command = R"("Cmd":["python3"])";
    QVERIFY(config.find(environment) != std::string::npos);
    QVERIFY(config.find(command) != std::string::npos);
    QCOMPARE(parseDiffIds(config)->size(), std::size_t(2));
}

void TestExporter::exportsFolders()
{
    Home home;
    const auto folder = home.store.home / "runtime" / "1.6.4-cp311";
    fs::create_directories(folder / "pkg");
    samples::write(folder / "pkg" / "modal.py", "");
    const auto exporter = *Exporter::create(home.store);
    const auto exported = exporter->exportFolder("client-1.6.4-3.11", folder, {}, {});
    QVERIFY2(exported, exported ? "" : exported.error().message().c_str());
    QCOMPARE(exported->name, std::string("client-1.6.4-3.11"));
    QCOMPARE(exported->layers[0].annotations.at(std::string(annotation::layerKey)),
             std::string("client-1.6.4-3.11"));
    QVERIFY(!exporter->exportFolder("../x", folder, {}, {}));
}

void TestExporter::cancels()
{
    Home home(1, 20'000'000);
    const auto exporter = *Exporter::create(home.store);
    std::stop_source source;
    const auto exported = exporter->exportImage(
        home.image, [&](const Progress&) { source.request_stop(); }, source.get_token());
    QVERIFY(!exported);
    QCOMPARE(int(exported.error().code()), int(ErrorCode::Cancelled));
    QVERIFY(fs::is_empty(exporter->layoutFolder() / ".incoming"));
    QVERIFY(fs::is_empty(exporter->layoutFolder() / "blobs/sha256"));
}

void TestExporter::refuses()
{
    Home home;
    const auto exporter = *Exporter::create(home.store);
    auto image = home.image;
    image.layers.push_back("absent");
    QCOMPARE(int(exporter->exportImage(image, {}, {}).error().code()), int(ErrorCode::NotFound));
    image.layers.back() = "../../etc";
    QCOMPARE(int(exporter->exportImage(image, {}, {}).error().code()), int(ErrorCode::Invalid));
    image = home.image;
    image.config.environment["BAD"] = "\xff\xfe";
    QCOMPARE(int(exporter->exportImage(image, {}, {}).error().code()), int(ErrorCode::Invalid));
    // A folder of something else is not made a layout.
    const auto folder = *emulator::TempDir::create();
    samples::write(folder.path() / "thesis.tex", "");
    QCOMPARE(int(Layout::open(folder.path()).error().code()), int(ErrorCode::Invalid));
}

void TestExporter::othersReadIt()
{
    if (emulator::findProgram("skopeo").empty())
        QSKIP("skopeo is not installed");
    Home home;
    const auto exporter = *Exporter::create(home.store);
    const auto exported = *exporter->exportImage(home.image, {}, {});
    const auto inspected = emulator::run(
        {.argv = {"skopeo", "inspect",
                  "oci:" + exporter->layoutFolder().string() + ":" + exported.name}});
    QVERIFY(inspected);
    QVERIFY2(inspected->status.success(), inspected->standardError.c_str());
    QVERIFY(inspected->standardOutput.find(exported.manifest.digest) != std::string::npos);
    const auto copy = home.store.home / "copy";
    const auto copied
        = emulator::run({.argv = {"skopeo", "--insecure-policy", "copy",
                                  "oci:" + exporter->layoutFolder().string() + ":" + exported.name,
                                  "dir:" + copy.string()}});
    QVERIFY2(copied && copied->status.success(), copied->standardError.c_str());
}

QTEST_GUILESS_MAIN(TestExporter)
#include "tst_Exporter.moc"
