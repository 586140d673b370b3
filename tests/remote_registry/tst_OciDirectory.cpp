// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/registry/Layout.h"
#include "remote/registry/OciDirectory.h"
#include "remote/registry/Puller.h"
#include "remote/registry/Push.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

#include <fcntl.h>
#include <sys/file.h>

#include <thread>

using namespace remote::registry;
using samples::Home;
namespace fs = std::filesystem;

/// An image travels through a folder, and only as what it was.
class TestOciDirectory : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_shared.emplace(*emulator::TempDir::create());
        m_node.emplace(*emulator::TempDir::create());
    }
    void imageTravels();
    void pushesOnlyWhatIsMissing();
    void tagsMove();
    void manyPushAtOnce();
    void refusesDamagedBlobs_data();
    void refusesDamagedBlobs();
    void oneProcessPulls();
    void saysWhatIsMissing();

private:
    emulator::model::Image pushSample(const Home& home);

    std::optional<emulator::TempDir> m_shared;
    std::optional<emulator::TempDir> m_node;
};

emulator::model::Image TestOciDirectory::pushSample(const Home& home)
{
    const auto exporter = *Exporter::create(home.store);
    const auto exported = *exporter->exportImage(home.image, {}, {});
    const auto registry = *createOciDirectory(m_shared->path());
    const auto pushed = push(exported, exporter->layoutFolder(), *registry, {}, {});
    if (!pushed)
        qFatal("%s", pushed.error().message().c_str());
    auto image = home.image;
    image.manifest = exported.manifest.digest;
    return image;
}

void TestOciDirectory::imageTravels()
{
    const Home home;
    const auto image = pushSample(home);
    const auto registry = *createOciDirectory(m_shared->path());
    const auto puller = createPuller(*registry);
    std::vector<std::string> lines;
    const auto onLine = [&](std::string_view line) { lines.emplace_back(line); };
    const auto fetched = puller->fetch(image, {m_node->path()}, onLine, {});
    QVERIFY2(fetched, fetched ? "" : fetched.error().message().c_str());
    QCOMPARE(lines.size(), std::size_t(2));
    QVERIFY(lines[0].starts_with("pulling layer 1 of 2, 0 of "));
    for (const auto& layer : image.layers)
        QVERIFY(samples::describe(home.store.layers() / layer)
                == samples::describe(m_node->path() / "layers" / layer));
    // A pulled home exports the same image.
    const auto exporter = *Exporter::create({m_node->path()});
    QCOMPARE(exporter->exportImage(image, {}, {})->manifest.digest, image.manifest);
    // The second time there is nothing to do, not even to ask.
    fs::remove_all(m_shared->path() / "blobs");
    QVERIFY(puller->fetch(image, {m_node->path()}, onLine, {}));
}

void TestOciDirectory::pushesOnlyWhatIsMissing()
{
    Home home(3);
    const auto exporter = *Exporter::create(home.store);
    const auto registry = *createOciDirectory(m_shared->path());
    auto smaller = home.image;
    smaller.id = "im-base";
    smaller.layers.pop_back();
    const auto base = *exporter->exportImage(smaller, {}, {});
    QVERIFY(push(base, exporter->layoutFolder(), *registry, {}, {}));

    const auto exported = *exporter->exportImage(home.image, {}, {});
    const auto plan = *missing(exported, *registry, {});
    QVERIFY(plan.manifest);
    QCOMPARE(plan.layers.size(), std::size_t(1));
    QCOMPARE(plan.bytes, exported.layers[2].size + exported.config.size + exported.manifest.size);
    Progress last;
    const auto report = *push(exported, exporter->layoutFolder(), *registry,
                              [&](const Progress& progress) { last = progress; }, {});
    QCOMPARE(report.bytesPushed, plan.bytes);
    QCOMPARE(report.bytesSkipped, exported.layers[0].size + exported.layers[1].size);
    QCOMPARE(report.blobsPushed, 2);
    QCOMPARE(last.done, plan.bytes);
    QCOMPARE(last.total, plan.bytes);

    QVERIFY(!missing(exported, *registry, {})->manifest);
    QCOMPARE(missing(exported, *registry, {})->bytes, std::uint64_t(0));
}

void TestOciDirectory::tagsMove()
{
    const auto layout = *Layout::open(m_shared->path());
    const auto manifest = [&](const char* text) {
        return Descriptor {std::string(mediatype::manifest), *layout.put(text), 1, {}};
    };
    const auto one = manifest("1");
    const auto two = manifest("2");
    QVERIFY(layout.addManifest(one, "tag", {}));
    QVERIFY(layout.addManifest(two, "", {}));
    QVERIFY(layout.addManifest(two, "", {}));
    QCOMPARE(layout.manifests()->size(), std::size_t(2));
    QVERIFY(layout.addManifest(two, "tag", {}));
    QCOMPARE(layout.manifests()->size(), std::size_t(1));
    QCOMPARE(layout.manifests()->front().digest, two.digest);
    QVERIFY(layout.addManifest(two, "other", {}));
    QCOMPARE(layout.manifests()->size(), std::size_t(2));
}

void TestOciDirectory::manyPushAtOnce()
{
    Home home(1, 1000);
    const auto exporter = *Exporter::create(home.store);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                auto image = home.image;
                image.id = "im-" + std::to_string(i);
                const auto exported = exporter->exportImage(image, {}, {});
                const auto registry = createOciDirectory(m_shared->path());
                if (exported && registry)
                    static_cast<void>(
                        push(*exported, exporter->layoutFolder(), **registry, {}, {}));
            });
    }
    const auto layout = *Layout::open(m_shared->path());
    QCOMPARE(layout.manifests()->size(), std::size_t(8));
    QVERIFY(fs::is_empty(m_shared->path() / ".incoming"));
}

void TestOciDirectory::refusesDamagedBlobs_data()
{
    QTest::addColumn<QString>("damage");
    for (const char* damage : {"flipped", "cut", "longer", "other", "config", "manifest"})
        QTest::newRow(damage) << damage;
}

void TestOciDirectory::refusesDamagedBlobs()
{
    QFETCH(const QString, damage);
    const Home home(2, 300'000);
    const auto image = pushSample(home);
    const auto exporter = *Exporter::create(home.store);
    const auto exported = *exporter->exportImage(image, {}, {});
    const auto fileOf = [&](const Descriptor& blob) {
        return m_shared->path() / "blobs/sha256" / hexOf(blob.digest);
    };
    const auto target = damage == "config" ? exported.config
        : damage == "manifest"             ? exported.manifest
                                           : exported.layers[1];
    auto bytes = *emulator::readFile(fileOf(target));
    if (damage == "cut")
        bytes.resize(bytes.size() / 2);
    else if (damage == "longer")
        bytes += "tail";
    else if (damage == "other")
        bytes = *emulator::readFile(fileOf(exported.layers[0]));
    else
        bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    samples::write(fileOf(target), bytes);

    const auto registry = *createOciDirectory(m_shared->path());
    const auto fetched = createPuller(*registry)->fetch(image, {m_node->path()}, {}, {});
    QVERIFY(!fetched);
    QVERIFY2(fetched.error().code() == ErrorCode::FailedPrecondition,
             fetched.error().message().c_str());
    QVERIFY2(fetched.error().message().find(target.digest) != std::string::npos,
             fetched.error().message().c_str());
    QVERIFY(!fs::exists(m_node->path() / "layers" / image.layers[1]));
    const auto scratch = m_node->path() / "layers" / ".scratch";
    QVERIFY(!fs::exists(scratch) || fs::is_empty(scratch));
}

void TestOciDirectory::oneProcessPulls()
{
    const Home home(1, 4'000'000);
    const auto image = pushSample(home);
    const auto registry = *createOciDirectory(m_shared->path());
    std::mutex mutex;
    std::vector<std::string> lines;
    const auto onLine = [&](std::string_view line) {
        const std::scoped_lock lock(mutex);
        lines.emplace_back(line);
    };
    std::atomic<int> failures {0};
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                const auto puller = createPuller(*registry);
                if (!puller->fetch(image, {m_node->path()}, onLine, {}))
                    ++failures;
            });
    }
    QCOMPARE(failures.load(), 0);
    QCOMPARE(std::ranges::count_if(
                 lines, [](const std::string& line) { return line.starts_with("pulling"); }),
             1);

    // While somebody holds a layer, the others wait, say so, and can be stopped.
    fs::remove_all(m_node->path() / "layers");
    const auto lock = m_node->path() / "oci" / ".locks" / (image.layers[0] + ".pull");
    const emulator::UniqueFd other(::open(lock.c_str(), O_RDWR | O_CLOEXEC));
    QCOMPARE(::flock(other.get(), LOCK_EX), 0);
    lines.clear();
    std::stop_source source;
    const auto waiting = createPuller(*registry)->fetch(
        image, {m_node->path()},
        [&](std::string_view line) {
            onLine(line);
            source.request_stop();
        },
        source.get_token());
    QVERIFY(!waiting);
    QCOMPARE(int(waiting.error().code()), int(ErrorCode::Cancelled));
    QCOMPARE(lines,
             std::vector<std::string> {"waiting for another process that pulls layer 1 of 1"});
}

void TestOciDirectory::saysWhatIsMissing()
{
    const Home home;
    auto image = pushSample(home);
    const auto registry = *createOciDirectory(m_shared->path());
    const auto puller = createPuller(*registry);
    const auto codeOf = [&](const emulator::model::Image& wanted) {
        return int(puller->fetch(wanted, {m_node->path()}, {}, {}).error().code());
    };
    auto other = image;
    other.layers.push_back("another-layer");
    QCOMPARE(codeOf(other), int(ErrorCode::FailedPrecondition));
    other = image;
    other.manifest.clear();
    other.layers.push_back("yet-another");
    QCOMPARE(codeOf(other), int(ErrorCode::FailedPrecondition));
    other.manifest = digestOf("no such manifest");
    QCOMPARE(codeOf(other), int(ErrorCode::NotFound));
    other.manifest = "latest";
    QCOMPARE(codeOf(other), int(ErrorCode::Invalid));
}

QTEST_GUILESS_MAIN(TestOciDirectory)
#include "tst_OciDirectory.moc"
