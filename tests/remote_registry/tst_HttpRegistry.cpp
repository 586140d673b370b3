// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/registry/DirectoryServer.h"
#include "remote/registry/HttpRegistry.h"
#include "remote/registry/Puller.h"
#include "remote/registry/Push.h"
#include "tests/remote_registry/DockerRegistry.h"
#include "tests/remote_registry/FaultProxy.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

#include <random>

using namespace remote::registry;
using samples::DockerRegistry;
using samples::FaultProxy;
using samples::Home;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = 200'000;

const std::string& textOf(const Result<PushReport>& report)
{
    static const std::string none;
    return report ? none : report.error().message();
}

} // namespace

/// Pushing and pulling over HTTP, against Debian's docker-registry and our own server, on a good
/// network and on a bad one.
class TestHttpRegistry : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();

    void tlsAndPassword();
    void wrongPassword();
    void unknownAuthority();
    void nobodyThere();

    void imageTravels_data() { servers(); }
    void imageTravels();
    void mountsFromAnotherRepository();

    void survivesFaults_data();
    void survivesFaults();
    void resumesInAnotherProcess_data() { servers(); }
    void resumesInAnotherProcess();
    void beginsAgainWhenTheSessionIsGone_data() { servers(); }
    void beginsAgainWhenTheSessionIsGone();
    void refusesAnotherDigest();
    void damagedOnTheWay();
    void pullResumes_data() { servers(); }
    void pullResumes();
    void pullGivesUp();
    void rangesIgnored();
    void tokens();
    void tokenExpiresMidway();
    void keepsSecretsOutOfMessages();
    void stopsInTime();
    void denied();

private:
    static void servers();
    /// Starts what the row names and the proxy before it; false: skip.
    bool serve(const QString& name);
    [[nodiscard]] HttpRegistryOptions options() const;
    [[nodiscard]] std::unique_ptr<Registry> registry(const HttpRegistryOptions& options) const;
    [[nodiscard]] std::unique_ptr<Registry> registry() const { return registry(options()); }
    [[nodiscard]] bool arrivedAs(const ExportedImage& exported, Registry& from);

    emulator::SystemClock m_clock;
    std::optional<Home> m_home;
    std::unique_ptr<Exporter> m_exporter;
    std::optional<ExportedImage> m_image;
    std::unique_ptr<DockerRegistry> m_docker;
    std::optional<emulator::TempDir> m_folder;
    std::unique_ptr<DirectoryServer> m_directory;
    std::unique_ptr<FaultProxy> m_proxy;
    std::string m_token;
};

void TestHttpRegistry::servers()
{
    QTest::addColumn<QString>("server");
    QTest::newRow("docker-registry") << "docker";
    QTest::newRow("DirectoryServer") << "directory";
}

bool TestHttpRegistry::serve(const QString& name)
{
    if (name == "docker") {
        m_docker = DockerRegistry::start(DockerRegistry::Kind::Plain);
        if (!m_docker)
            return false;
        m_proxy = std::make_unique<FaultProxy>(m_docker->port());
        return true;
    }
    m_token = "let-me-in";
    auto server
        = DirectoryServer::create({.folder = m_folder->path() / "served", .token = m_token});
    if (!server)
        return false;
    m_directory = *std::move(server);
    m_proxy = std::make_unique<FaultProxy>(m_directory->port());
    return true;
}

void TestHttpRegistry::initTestCase()
{
    m_home.emplace(2, 1'000'000);
    m_exporter = *Exporter::create(m_home->store);
    m_image = *m_exporter->exportImage(m_home->image, {}, {});
    m_home->image.manifest = m_image->manifest.digest;
}

void TestHttpRegistry::init()
{
    m_folder.emplace(*emulator::TempDir::create());
    m_token.clear();
    fs::remove_all(m_exporter->uploadsFolder());
}

void TestHttpRegistry::cleanup()
{
    m_proxy.reset();
    m_directory.reset();
    m_docker.reset();
}

HttpRegistryOptions TestHttpRegistry::options() const
{
    HttpRegistryOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(m_proxy->port()) + "/team/slipway";
    options.token = m_token;
    options.uploadsFolder = m_exporter->uploadsFolder();
    options.chunkBytes = chunk;
    options.retry = {.attempts = 4,
                     .firstDelay = std::chrono::milliseconds(5),
                     .longestDelay = std::chrono::milliseconds(50)};
    return options;
}

std::unique_ptr<Registry> TestHttpRegistry::registry(const HttpRegistryOptions& options) const
{
    return *createHttpRegistry(options, m_clock, [] { return 0.5; });
}

bool TestHttpRegistry::arrivedAs(const ExportedImage& exported, Registry& from)
{
    const auto node = *emulator::TempDir::create();
    auto image = m_home->image;
    image.manifest = exported.manifest.digest;
    const auto fetched = createPuller(from)->fetch(image, {node.path()}, {}, {});
    if (!fetched) {
        qWarning("%s", fetched.error().message().c_str());
        return false;
    }
    for (const auto& layer : image.layers)
        if (samples::describe(node.path() / "layers" / layer)
            != samples::describe(m_home->store.layers() / layer))
            return false;
    return true;
}

void TestHttpRegistry::tlsAndPassword()
{
    m_docker = DockerRegistry::start(DockerRegistry::Kind::TlsWithPassword);
    if (!m_docker)
        QSKIP("docker-registry, htpasswd (apache2-utils) or openssl is not installed");
    HttpRegistryOptions options;
    options.url = "https://127.0.0.1:" + std::to_string(m_docker->port()) + "/team/slipway";
    options.userName = "tester";
    options.password = "correct horse";
    options.caFile = m_docker->caFile();
    const auto remote = registry(options);
    const auto plan = missing(*m_image, *remote, {});
    QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
    QCOMPARE(plan->bytes, m_image->totalBytes);
    const auto report = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {});
    QVERIFY2(report, textOf(report).c_str());
    QCOMPARE(report->bytesPushed, m_image->totalBytes);
    QVERIFY(arrivedAs(*m_image, *remote));
    QCOMPARE(missing(*m_image, *remote, {})->bytes, std::uint64_t(0));
}

void TestHttpRegistry::wrongPassword()
{
    m_docker = DockerRegistry::start(DockerRegistry::Kind::TlsWithPassword);
    if (!m_docker)
        QSKIP("docker-registry, htpasswd (apache2-utils) or openssl is not installed");
    HttpRegistryOptions options;
    options.url = "https://127.0.0.1:" + std::to_string(m_docker->port()) + "/team/slipway";
    options.caFile = m_docker->caFile();
    const auto nobody = missing(*m_image, *registry(options), {});
    QCOMPARE(int(nobody.error().code()), int(ErrorCode::Unauthenticated));
    options.userName = "tester";
    options.password = "wrong horse";
    const auto wrong = missing(*m_image, *registry(options), {});
    QCOMPARE(int(wrong.error().code()), int(ErrorCode::Unauthenticated));
    QVERIFY(wrong.error().message().find("horse") == std::string::npos);
    QVERIFY(wrong.error().message().find("tester") != std::string::npos);
}

void TestHttpRegistry::unknownAuthority()
{
    m_docker = DockerRegistry::start(DockerRegistry::Kind::TlsWithPassword);
    if (!m_docker)
        QSKIP("docker-registry, htpasswd (apache2-utils) or openssl is not installed");
    HttpRegistryOptions options;
    options.url = "https://127.0.0.1:" + std::to_string(m_docker->port()) + "/team/slipway";
    const auto plan = missing(*m_image, *registry(options), {});
    QCOMPARE(int(plan.error().code()), int(ErrorCode::FailedPrecondition));
    QVERIFY(plan.error().message().find("certificate") != std::string::npos);
}

void TestHttpRegistry::nobodyThere()
{
    HttpRegistryOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(samples::freePort()) + "/team/slipway";
    options.retry.firstDelay = std::chrono::milliseconds(1);
    const auto plan = missing(*m_image, *registry(options), {});
    QCOMPARE(int(plan.error().code()), int(ErrorCode::Unavailable));
}

void TestHttpRegistry::imageTravels()
{
    QFETCH(const QString, server);
    if (!serve(server))
        QSKIP("docker-registry is not installed");
    Progress last;
    const auto remote = registry();
    const auto report = push(*m_image, m_exporter->layoutFolder(), *remote,
                             [&](const Progress& progress) { last = progress; }, {});
    QVERIFY2(report, textOf(report).c_str());
    QCOMPARE(report->bytesPushed, m_image->totalBytes);
    QCOMPARE(report->blobsPushed, 3);
    QCOMPARE(last.done, m_image->totalBytes);
    QCOMPARE(last.total, m_image->totalBytes);
    QVERIFY(*remote->hasManifest(m_image->manifest.digest, {}));
    QVERIFY(arrivedAs(*m_image, *remote));
    const auto again = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {});
    QCOMPARE(again->blobsPushed, 0);
    QCOMPARE(again->blobsSkipped, 3);
    QVERIFY(!fs::exists(m_exporter->uploadsFolder() / (m_image->layers[0].digest + ".json")));
    QCOMPARE(int(remote->getManifest(digestOf("none"), {}).error().code()),
             int(ErrorCode::NotFound));
}

void TestHttpRegistry::mountsFromAnotherRepository()
{
    if (!serve("docker"))
        QSKIP("docker-registry is not installed");
    QVERIFY(push(*m_image, m_exporter->layoutFolder(), *registry(), {}, {}));
    auto other = options();
    other.url = "http://127.0.0.1:" + std::to_string(m_proxy->port()) + "/team/other";
    const auto report = push(*m_image, m_exporter->layoutFolder(), *registry(other), {}, {},
                             {.mountFrom = "team/slipway"});
    QVERIFY2(report, textOf(report).c_str());
    QCOMPARE(report->blobsMounted, 3);
    QCOMPARE(report->bytesPushed, m_image->manifest.size);
    other.url = "http://127.0.0.1:" + std::to_string(m_proxy->port()) + "/team/third";
    const auto absent = push(*m_image, m_exporter->layoutFolder(), *registry(other), {}, {},
                             {.mountFrom = "team/none"});
    QVERIFY2(absent, textOf(absent).c_str());
    QCOMPARE(absent->blobsMounted, 0);
}

void TestHttpRegistry::survivesFaults_data()
{
    QTest::addColumn<QString>("server");
    QTest::addColumn<QString>("fault");
    for (const char* server : {"docker", "directory"})
        for (const char* fault :
             {"500 now and then", "429 with Retry-After", "requests cut", "answers cut",
              "answer of PUT lost", "404 of PATCH", "416 of PATCH", "502 of every kind"})
            QTest::addRow("%s: %s", server, fault) << server << fault;
}

void TestHttpRegistry::survivesFaults()
{
    QFETCH(const QString, server);
    QFETCH(const QString, fault);
    if (!serve(server))
        QSKIP("docker-registry is not installed");
    // At most two failures in a row, in an order that no pattern of calls can follow.
    auto row = std::make_shared<int>(0);
    auto struck = std::make_shared<int>(0);
    auto random = std::make_shared<std::mt19937>(7);
    m_proxy->decide([fault, row, struck, random](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        const bool patch = request.method == "PATCH";
        const bool now = (*random)() % 3 == 0 && *row < 2;
        *row = now ? *row + 1 : 0;
        if (fault == "500 now and then" && now)
            fate.answer = FaultProxy::answer(500);
        else if (fault == "429 with Retry-After" && now)
            fate.answer = FaultProxy::answer(429, "Retry-After: 1\r\n");
        else if (fault == "requests cut" && patch && ++*struck % 4 == 2 && *struck < 10)
            fate.cutRequestAfter = 70'000;
        // docker-registry forgets an upload whose answer got lost, so not too many of them.
        else if (fault == "answers cut" && now && ++*struck <= 4)
            fate.cutAnswerAfter = 10;
        else if (fault == "answer of PUT lost" && request.method == "PUT" && ++*struck % 2 == 1)
            fate.cutAnswerAfter = 0;
        else if (fault == "404 of PATCH" && patch && ++*struck == 3)
            fate.answer = FaultProxy::answer(404);
        else if (fault == "416 of PATCH" && patch && ++*struck == 3)
            fate.answer = FaultProxy::answer(416);
        else if (fault == "502 of every kind" && now)
            fate.answer = FaultProxy::answer(502, {}, "<html>proxy</html>");
        return fate;
    });
    const auto remote = registry();
    const auto report
        = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {}, {.parallel = 1});
    QVERIFY2(report, textOf(report).c_str());
    m_proxy->decide({});
    QVERIFY(arrivedAs(*m_image, *remote));
}

void TestHttpRegistry::resumesInAnotherProcess()
{
    QFETCH(const QString, server);
    if (!serve(server))
        QSKIP("docker-registry is not installed");
    // Three chunks of each layer arrive, then the line is dead for good.
    auto patches = std::make_shared<int>(0);
    m_proxy->decide([patches](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (*patches >= 6 || (request.method == "PATCH" && ++*patches > 6))
            fate.cutRequestAfter = 0;
        return fate;
    });
    const auto first = push(*m_image, m_exporter->layoutFolder(), *registry(), {}, {});
    QVERIFY(!first);
    QCOMPARE(int(first.error().code()), int(ErrorCode::Unavailable));

    m_proxy->decide({});
    Progress start {.done = 1};
    const auto second = push(*m_image, m_exporter->layoutFolder(), *registry(),
                             [&](const Progress& progress) { start = progress; }, {});
    QVERIFY2(second, textOf(second).c_str());
    QVERIFY2(second->bytesResumed >= 4 * chunk, std::to_string(second->bytesResumed).c_str());
    QCOMPARE(second->bytesResumed + second->bytesPushed, m_image->totalBytes);
    QCOMPARE(start.resumed, second->bytesResumed);
    QVERIFY(arrivedAs(*m_image, *registry()));
}

void TestHttpRegistry::beginsAgainWhenTheSessionIsGone()
{
    QFETCH(const QString, server);
    if (!serve(server))
        QSKIP("docker-registry is not installed");
    const auto remote = registry();
    for (const char* path : {"uploads/0123456789abcdef0123456789abcdef", "uploads/nonsense"}) {
        fs::create_directories(m_exporter->uploadsFolder());
        samples::write(m_exporter->uploadsFolder() / (m_image->layers[0].digest + ".json"),
                       R"({"registry":")" + remote->name() + R"(","location":")" + remote->name()
                           + "/blobs/" + path + "\"}");
        const auto report = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {});
        QVERIFY2(report, textOf(report).c_str());
        QCOMPARE(report->bytesResumed, std::uint64_t(0));
    }
    QVERIFY(arrivedAs(*m_image, *remote));
}

void TestHttpRegistry::refusesAnotherDigest()
{
    if (!serve("directory"))
        QSKIP("no server");
    const auto remote = registry();
    auto lying = m_image->layers[0];
    lying.digest = digestOf("something else");
    const auto file
        = m_exporter->layoutFolder() / "blobs/sha256" / hexOf(m_image->layers[0].digest);
    const auto pushed = remote->pushBlob(lying, file, {}, {});
    QVERIFY(!pushed);
    QCOMPARE(int(pushed.error().code()), int(ErrorCode::FailedPrecondition));
    QVERIFY(!*remote->hasBlob(lying, {}));
    // A registry that says it kept another manifest.
    m_proxy->decide([](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (request.method == "PUT" && request.target.find("/manifests/") != std::string::npos)
            fate.answer
                = FaultProxy::answer(201, "Docker-Content-Digest: " + digestOf("other") + "\r\n");
        return fate;
    });
    const auto report = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {});
    QVERIFY(!report);
    QCOMPARE(int(report.error().code()), int(ErrorCode::FailedPrecondition));
}

void TestHttpRegistry::damagedOnTheWay()
{
    if (!serve("directory"))
        QSKIP("no server");
    const auto remote = registry();
    QVERIFY(push(*m_image, m_exporter->layoutFolder(), *remote, {}, {}));
    const auto node = *emulator::TempDir::create();
    for (const auto& [what, at] : {std::pair("/manifests/", 50), {"/blobs/", 3'000}}) {
        m_proxy->decide([what = what, at = at](const FaultProxy::Request& request) {
            FaultProxy::Fate fate;
            const bool config = request.target.find(what) != std::string::npos;
            if (config && request.number != 2)
                fate.flipAnswerAt = at;
            return fate;
        });
        const auto fetched = createPuller(*remote)->fetch(m_home->image, {node.path()}, {}, {});
        QVERIFY(!fetched);
        QVERIFY2(fetched.error().code() == ErrorCode::FailedPrecondition,
                 fetched.error().message().c_str());
        QVERIFY(fetched.error().message().find("sha256:") != std::string::npos);
    }
    for (const auto& layer : m_home->image.layers)
        QVERIFY(!fs::exists(node.path() / "layers" / layer));
}

void TestHttpRegistry::pullResumes()
{
    QFETCH(const QString, server);
    if (!serve(server))
        QSKIP("docker-registry is not installed");
    const auto remote = registry();
    QVERIFY(push(*m_image, m_exporter->layoutFolder(), *remote, {}, {}));
    m_proxy->decide([](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (request.target.find("/blobs/") != std::string::npos)
            fate.cutAnswerAfter = 400'000;
        return fate;
    });
    QVERIFY(arrivedAs(*m_image, *remote));
    int ranged = 0;
    for (const auto& request : m_proxy->requests())
        ranged += request.head.find("\nRange: bytes=") != std::string::npos ? 1 : 0;
    QVERIFY2(ranged >= 4, std::to_string(ranged).c_str());
}

void TestHttpRegistry::pullGivesUp()
{
    if (!serve("directory"))
        QSKIP("no server");
    const auto remote = registry();
    QVERIFY(push(*m_image, m_exporter->layoutFolder(), *remote, {}, {}));
    m_proxy->decide([](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (request.target.find("/blobs/") != std::string::npos)
            fate.cutAnswerAfter = 5'000;
        return fate;
    });
    const auto node = *emulator::TempDir::create();
    const auto fetched
        = createPuller(*remote, {.resumes = 2})->fetch(m_home->image, {node.path()}, {}, {});
    QVERIFY(!fetched);
    QCOMPARE(int(fetched.error().code()), int(ErrorCode::Unavailable));
    QVERIFY(fs::is_empty(node.path() / "layers" / ".scratch"));
}

void TestHttpRegistry::rangesIgnored()
{
    if (!serve("directory"))
        QSKIP("no server");
    const auto remote = registry();
    const std::string content = samples::noise(1000, 5);
    const Descriptor blob {"x", digestOf(content), content.size(), {}};
    m_proxy->decide([&](const FaultProxy::Request&) {
        return FaultProxy::Fate {.answer = FaultProxy::answer(200, {}, content)};
    });
    std::string got;
    const auto read = remote->readBlob(blob, 300,
                                       [&](std::string_view bytes) -> Result<> {
                                           got += bytes;
                                           return {};
                                       },
                                       {});
    QVERIFY(read);
    QVERIFY(got == content.substr(300));
}

void TestHttpRegistry::tokens()
{
    if (!serve("docker"))
        QSKIP("docker-registry is not installed");
    auto given = std::make_shared<int>(0);
    const auto realm = "http://127.0.0.1:" + std::to_string(m_proxy->port()) + "/token";
    m_proxy->decide([given, realm](const FaultProxy::Request& request) {
        FaultProxy::Fate fate {.dropAuthorization = true};
        if (request.target.starts_with("/token")) {
            const bool knows
                = request.head.find("Authorization: Basic dXNlcjpzZWNyZXQ=") != std::string::npos;
            const bool asks = request.target.find("scope=repository%3Ateam%2Fslipway%3Apull")
                    != std::string::npos
                && request.target.find("service=test") != std::string::npos;
            ++*given;
            fate.answer = knows && asks
                ? FaultProxy::answer(200, {}, R"({"token":"tok","expires_in":300})")
                : FaultProxy::answer(401);
        } else if (request.head.find("Authorization: Bearer tok\r") == std::string::npos) {
            fate.answer = FaultProxy::answer(
                401, "WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"test\"\r\n");
        }
        return fate;
    });
    auto options = this->options();
    options.userName = "user";
    options.password = "secret";
    const auto remote = registry(options);
    const auto report = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {});
    QVERIFY2(report, textOf(report).c_str());
    QCOMPARE(*given, 1); // kept for all calls that push
    QVERIFY(arrivedAs(*m_image, *remote));
    QCOMPARE(*given, 2); // and one for those that pull
    options.password = "wrong";
    const auto refused = missing(*m_image, *registry(options), {});
    QCOMPARE(int(refused.error().code()), int(ErrorCode::Unauthenticated));
}

void TestHttpRegistry::tokenExpiresMidway()
{
    if (!serve("docker"))
        QSKIP("docker-registry is not installed");
    // A token is good for three calls; every third call in the middle of an upload is a 401.
    auto token = std::make_shared<int>(0);
    auto uses = std::make_shared<int>(0);
    const auto realm = "http://127.0.0.1:" + std::to_string(m_proxy->port()) + "/token";
    m_proxy->decide([token, uses, realm](const FaultProxy::Request& request) {
        FaultProxy::Fate fate {.dropAuthorization = true};
        const auto current = "Authorization: Bearer tok" + std::to_string(*token) + "\r";
        if (request.target.starts_with("/token")) {
            *uses = 0;
            fate.answer = FaultProxy::answer(
                200, {}, R"({"access_token":"tok)" + std::to_string(++*token) + "\"}");
        } else if (request.head.find(current) == std::string::npos || ++*uses > 3) {
            fate.answer
                = FaultProxy::answer(401, "WWW-Authenticate: Bearer realm=\"" + realm + "\"\r\n");
        }
        return fate;
    });
    const auto remote = registry();
    const auto report
        = push(*m_image, m_exporter->layoutFolder(), *remote, {}, {}, {.parallel = 1});
    QVERIFY2(report, textOf(report).c_str());
    QVERIFY(*token > 3);
    QVERIFY(arrivedAs(*m_image, *remote));
}

void TestHttpRegistry::keepsSecretsOutOfMessages()
{
    if (!serve("directory"))
        QSKIP("no server");
    auto options = this->options();
    options.token = "hunter2";
    const auto plan = missing(*m_image, *registry(options), {});
    QVERIFY(!plan);
    QCOMPARE(int(plan.error().code()), int(ErrorCode::Unauthenticated));
    QVERIFY(plan.error().message().find("hunter2") == std::string::npos);
    // Another host is not told the token, whatever a Location says.
    FaultProxy elsewhere(m_directory->port());
    m_proxy->decide([&](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (request.method == "POST")
            fate.answer = FaultProxy::answer(202,
                                             "Location: http://127.0.0.1:"
                                                 + std::to_string(elsewhere.port())
                                                 + "/v2/x/blobs/uploads/1\r\n");
        return fate;
    });
    QVERIFY(!push(*m_image, m_exporter->layoutFolder(), *registry(), {}, {}));
    QVERIFY(!elsewhere.requests().empty());
    for (const auto& request : elsewhere.requests())
        QVERIFY(request.head.find("Authorization") == std::string::npos);
    // Nor is the storage that a registry sends us to for a blob.
    m_proxy->decide([&](const FaultProxy::Request&) {
        return FaultProxy::Fate {
            .answer = FaultProxy::answer(
                307,
                "Location: http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/storage\r\n")};
    });
    elsewhere.decide([](const FaultProxy::Request&) {
        return FaultProxy::Fate {.answer = FaultProxy::answer(200, {}, "hello")};
    });
    std::string got;
    const auto sink = [&](std::string_view bytes) -> Result<> {
        got += bytes;
        return {};
    };
    QVERIFY(registry()->readBlob({"x", digestOf("hello"), 5, {}}, 0, sink, {}));
    QCOMPARE(got, std::string("hello"));
    QCOMPARE(elsewhere.requests().size(), std::size_t(1));
    for (const auto& request : elsewhere.requests())
        QVERIFY(request.head.find("Authorization") == std::string::npos);
}

void TestHttpRegistry::stopsInTime()
{
    // A registry that accepts and says nothing.
    const auto silent = samples::listenOnLoopback();
    HttpRegistryOptions options;
    options.url = "http://127.0.0.1:" + std::to_string(silent.port) + "/team/slipway";
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        source.request_stop();
    });
    QElapsedTimer timer;
    timer.start();
    const auto plan = missing(*m_image, *registry(options), source.get_token());
    QVERIFY(!plan);
    QCOMPARE(int(plan.error().code()), int(ErrorCode::Cancelled));
    QVERIFY(timer.elapsed() < 3000);

    options.answerTimeout = std::chrono::seconds(1);
    options.retry.attempts = 1;
    timer.restart();
    const auto late = missing(*m_image, *registry(options), {});
    QCOMPARE(int(late.error().code()), int(ErrorCode::Unavailable));
    QVERIFY(timer.elapsed() < 5000);
}

void TestHttpRegistry::denied()
{
    if (!serve("directory"))
        QSKIP("no server");
    m_proxy->decide([](const FaultProxy::Request& request) {
        FaultProxy::Fate fate;
        if (request.method == "POST")
            fate.answer = FaultProxy::answer(
                403, {}, R"({"errors":[{"code":"DENIED","message":"read only"}]})");
        return fate;
    });
    const auto report = push(*m_image, m_exporter->layoutFolder(), *registry(), {}, {});
    QVERIFY(!report);
    QCOMPARE(int(report.error().code()), int(ErrorCode::Denied));
    QVERIFY2(report.error().message().find("DENIED: read only") != std::string::npos,
             report.error().message().c_str());
}

QTEST_GUILESS_MAIN(TestHttpRegistry)
#include "tst_HttpRegistry.moc"
