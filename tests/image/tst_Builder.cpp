// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Bytes.h"
#include "emulator/base/Files.h"
#include "emulator/image/Builder.h"

#include <QtTest>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Plays containers: "write PATH TEXT", "fail N", "wait" (until cancelled or released).
class ScriptedRunner final : public StepRunner {
public:
    Result<int> run(const Step& step, const std::function<void(std::string_view)>& onLine,
                    std::stop_token stop) override
    {
        if (step.argv == std::vector<std::string> {"python", "-VV"}) {
            onLine("Python 3.11.2 (main) [GCC]");
            return 0;
        }
        ++runs;
        last = step;
        const auto words = QString::fromStdString(step.argv.back()).split(' ');
        onLine("running " + step.argv.back());
        for (const auto& [target, source] : step.mounts) {
            const auto place = step.writes / fs::path(target).relative_path();
            fs::create_directories(fs::is_directory(source) ? place : place.parent_path());
            if (!fs::is_directory(source))
                QFile(QString::fromStdString(place.string())).open(QIODevice::WriteOnly);
        }
        if (words[0] == "write") {
            const auto place = step.writes / words[1].toStdString();
            fs::create_directories(place.parent_path());
            if (auto done = writeFileAtomically(place, words[2].toStdString()); !done)
                return done.error();
        } else if (words[0] == "fail") {
            return words[1].toInt();
        } else if (words[0] == "wait") {
            std::unique_lock guard(m_mutex);
            if (!m_changed.wait(guard, stop, [&] { return m_released; }))
                return Error(ErrorCode::Cancelled, "the step was cancelled");
        }
        return 0;
    }
    void release()
    {
        const std::scoped_lock guard(m_mutex);
        m_released = true;
        m_changed.notify_all();
    }

    std::atomic<int> runs {0};
    Step last;

private:
    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    bool m_released = false;
};

/// Builds without containers: caching, failure, cancelling, sharing.
class TestBuilder : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup() { m_builder.reset(); }
    void buildsAndFindsAgain();
    void equalStepsAreMadeOnce();
    void failingRunLeavesNothing();
    void cancelLeavesNothing();
    void joinedBuildsShareTheWork();
    void joinedBuildTakesOverAfterCancel();
    void networkReachesTheStepAndNotTheImage();
    void secretsReachTheStepAndNotTheImage();
    void stagesAreCopied();
    void unknownBaseIsRefused();
    void idFollowsTheRecipe();
    void driverLayerBringsTheLoaderCache();

private:
    static model::ImageRecipe recipe(std::vector<std::string> commands)
    {
        model::ImageRecipe recipe;
        recipe.commands = std::move(commands);
        recipe.builderVersion = "2025.06";
        return recipe;
    }
    Result<model::Image> build(const model::ImageRecipe& recipe)
    {
        m_log.clear();
        return m_builder->build(
            recipe, [this](std::string_view line) { m_log += std::string(line) + "\n"; }, {});
    }
    fs::path layer(const model::Image& image, std::size_t index) const
    {
        return layerFolder(m_store, image.layers.at(index));
    }
    bool scratchIsEmpty() const { return fs::is_empty(m_store.layers() / ".scratch"); }

    std::optional<TempDir> m_home;
    Store m_store;
    std::unique_ptr<ScriptedRunner> m_runner;
    std::unique_ptr<Builder> m_builder;
    std::string m_log;
};

void TestBuilder::init()
{
    m_home.emplace(*TempDir::create());
    m_store.home = m_home->path();
    m_runner = std::make_unique<ScriptedRunner>();
    m_builder = Builder::create(m_store, *m_runner);
}

void TestBuilder::buildsAndFindsAgain()
{
    auto wanted = recipe({"FROM scratch", "ENV A=1", "RUN write a one", "COPY f /srv/",
                          "WORKDIR /srv", "CMD [\"x\"]"});
    wanted.contextFiles = {{"f", "content"}};
    const auto image = build(wanted);
    QVERIFY2(image, image ? "" : image.error().message().c_str());
    QCOMPARE(image->layers.size(), std::size_t {2}); // /srv was there: no layer
    QCOMPARE(*readFile(layer(*image, 0) / "a"), std::string("one"));
    QCOMPARE(*readFile(layer(*image, 1) / "srv/f"), std::string("content"));
    QCOMPARE(image->pythonVersion, std::string("Python 3.11.2 (main) [GCC]"));

    const auto another = Builder::create(m_store, *m_runner);
    const auto found = another->find(image->id);
    QVERIFY(found);
    QCOMPARE(found->layers, image->layers);
    QCOMPARE(found->config.environment.at("A"), std::string("1"));
    QCOMPARE(found->config.command, std::vector<std::string> {"x"});
    QCOMPARE(found->config.workingDirectory, std::string("/srv"));
    fs::remove_all(layer(*image, 0));
    QCOMPARE(another->find(image->id).error().code(), ErrorCode::NotFound);
    QVERIFY(build(wanted)); // makes the lost layer again
    QVERIFY(another->find(image->id));
    QVERIFY(!another->find("im-../../etc/passwd"));
}

void TestBuilder::equalStepsAreMadeOnce()
{
    QVERIFY(build(recipe({"FROM scratch", "RUN write a one"})));
    QCOMPARE(m_runner->runs.load(), 1);
    QVERIFY(build(recipe({"FROM scratch", "RUN write a one", "RUN write b two"})));
    QCOMPARE(m_runner->runs.load(), 2);
    QVERIFY(m_log.find("=> CACHED RUN write a one") != std::string::npos);
    QVERIFY(build(recipe({"FROM scratch", "RUN write b two"}))); // another parent
    QCOMPARE(m_runner->runs.load(), 3);
}

void TestBuilder::failingRunLeavesNothing()
{
    const auto wanted = recipe({"FROM scratch", "RUN fail 7"});
    const auto image = build(wanted);
    QVERIFY(!image);
    QCOMPARE(image.error().code(), ErrorCode::FailedPrecondition);
    QCOMPARE(image.error().message(),
             std::string("Dockerfile line 2: \"RUN fail 7\" ended with exit "
                         "code 7; its output above says why"));
    QVERIFY(scratchIsEmpty());
    QVERIFY(!m_builder->find(m_builder->idOf(wanted)));
    QVERIFY(m_log.find("running fail 7") != std::string::npos);
}

void TestBuilder::cancelLeavesNothing()
{
    std::stop_source stop;
    const auto wanted = recipe({"FROM scratch", "RUN wait"});
    const auto image = m_builder->build(
        wanted,
        [&](std::string_view line) {
            if (line == "running wait")
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY(!image);
    QCOMPARE(image.error().code(), ErrorCode::Cancelled);
    QVERIFY(scratchIsEmpty());
    QVERIFY(!m_builder->find(m_builder->idOf(wanted)));
}

void TestBuilder::joinedBuildsShareTheWork()
{
    const auto wanted = recipe({"FROM scratch", "RUN wait"});
    std::atomic<int> good {0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            const auto image = m_builder->build(wanted,
                                                [&](std::string_view line) {
                                                    if (line == "running wait")
                                                        m_runner->release();
                                                },
                                                {});
            good += image ? 1 : 0;
        });
    threads.clear();
    QCOMPARE(good.load(), 4);
    QCOMPARE(m_runner->runs.load(), 1);
}

void TestBuilder::joinedBuildTakesOverAfterCancel()
{
    const auto wanted = recipe({"FROM scratch", "RUN wait"});
    std::stop_source first;
    std::atomic<bool> second {false};
    std::jthread other;
    const auto cancelled = m_builder->build(
        wanted,
        [&](std::string_view line) {
            if (line != "running wait")
                return;
            // The second one sees the line by joining; only then does the first one give up.
            other = std::jthread([&] {
                const auto image = m_builder->build(wanted,
                                                    [&](std::string_view seen) {
                                                        if (seen != "running wait")
                                                            return;
                                                        if (first.stop_requested())
                                                            m_runner->release();
                                                        first.request_stop();
                                                    },
                                                    {});
                second = static_cast<bool>(image);
            });
        },
        first.get_token());
    QCOMPARE(cancelled.error().code(), ErrorCode::Cancelled);
    other.join();
    QVERIFY(second);
    QCOMPARE(m_runner->runs.load(), 2);
}

void TestBuilder::networkReachesTheStepAndNotTheImage()
{
    qputenv("https_proxy", "http://proxy.example:3128");
    const auto image = build(recipe({"FROM scratch", "RUN write a one"}));
    qunsetenv("https_proxy");
    QVERIFY(image);
    QCOMPARE(m_runner->last.environment.at("https_proxy"),
             std::string("http://proxy.example:3128"));
    QVERIFY(!image->config.environment.contains("https_proxy"));
    QStringList names;
    for (const auto& entry : fs::recursive_directory_iterator(layer(*image, 0)))
        names << QString::fromStdString(entry.path().filename().string());
    QCOMPARE(names, QStringList {"a"}); // the runner made a mount point for each mount
    QVERIFY(build(recipe({"FROM scratch", "RUN write a one", "ENV X=1"})));
    QCOMPARE(m_runner->runs.load(), 1); // without the proxy it is the same step
}

void TestBuilder::secretsReachTheStepAndNotTheImage()
{
    auto wanted = recipe({"FROM scratch", "RUN write a one"});
    wanted.secretEnvironment = {{"TOKEN", "swordfish"}};
    const auto image = build(wanted);
    QVERIFY(image);
    QCOMPARE(m_runner->last.environment.at("TOKEN"), std::string("swordfish"));
    QVERIFY(readFile(m_store.home / "images" / (image->id + ".json"))->find("swordfish")
            == std::string::npos);
    QVERIFY(m_log.find("swordfish") == std::string::npos);
}

void TestBuilder::stagesAreCopied()
{
    const auto image
        = build(recipe({"FROM scratch AS maker", "RUN write out/x made", "FROM scratch AS unused",
                        "RUN fail 1", "FROM scratch", "COPY --from=maker /out /in"}));
    QVERIFY2(image, image ? "" : image.error().message().c_str());
    QCOMPARE(image->layers.size(), std::size_t {1});
    QCOMPARE(*readFile(layer(*image, 0) / "in/x"), std::string("made"));
}

void TestBuilder::unknownBaseIsRefused()
{
    auto wanted = recipe({"FROM base"});
    wanted.baseImages = {{"base", "im-missing"}};
    QCOMPARE(build(wanted).error().code(), ErrorCode::FailedPrecondition);
    QCOMPARE(build(recipe({"FROM ubuntu:24.04"})).error().code(), ErrorCode::Unavailable);
}

void TestBuilder::idFollowsTheRecipe()
{
    auto one = recipe({"FROM scratch", "COPY . /"});
    one.contextMount = {{"a", sha256Hex("a"), 1, 0644}, {"b", sha256Hex("b"), 1, 0644}};
    const auto id = m_builder->idOf(one);
    QVERIFY(id.starts_with("im-"));
    auto other = one;
    std::swap(other.contextMount[0], other.contextMount[1]); // a mount has no order
    other.secretEnvironment = {{"A", "rotated"}};
    QCOMPARE(m_builder->idOf(other), id);
    other.contextMount[0].sha256 = sha256Hex("c");
    QVERIFY(m_builder->idOf(other) != id);
    other = one;
    other.builderVersion = "2024.10";
    QVERIFY(m_builder->idOf(other) != id);
    other = one;
    other.commands.emplace_back("ENV A=1");
    QVERIFY(m_builder->idOf(other) != id);
}

void TestBuilder::driverLayerBringsTheLoaderCache()
{
    class Ldconfig final : public StepRunner {
    public:
        Result<int> run(const Step& step, const std::function<void(std::string_view)>&,
                        std::stop_token) override
        {
            ++runs;
            fs::create_directories(step.writes / "etc");
            TRY(writeFileAtomically(step.writes / "etc/ld.so.cache", "cache"));
            return fs::exists(step.layers.back() / "etc/ld.so.conf.d/00-slipway.conf") ? 0 : 1;
        }
        int runs = 0;
    } runner;
    const auto driver = TempDir::create();
    QVERIFY(writeFileAtomically(driver->path() / "libcuda.so.1", "library"));
    QVERIFY(writeFileAtomically(driver->path() / "nvidia-smi", "program"));
    const model::Image image;
    const auto make
        = [&] { return driverLayer(m_store, image, driver->path(), driver->path(), runner, {}); };
    const auto made = make();
    QVERIFY2(made, made ? "" : made.error().message().c_str());
    QCOMPARE(*readFile(*made / "etc/ld.so.cache"), std::string("cache"));
    QCOMPARE(fs::read_symlink(*made / "usr/local/slipway/lib/libcuda.so"),
             fs::path("libcuda.so.1"));
    QVERIFY(fs::exists(*made / "usr/bin/nvidia-smi"));
    QCOMPARE(*make(), *made);
    QCOMPARE(runner.runs, 1);
    QVERIFY(writeFileAtomically(driver->path() / "libcuda.so.1", "newer"));
    QVERIFY(*make() != *made);
}

QTEST_GUILESS_MAIN(TestBuilder)
#include "tst_Builder.moc"
