// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Bytes.h"
#include "emulator/base/Subprocess.h"
#include "remote/registry/DirectoryServer.h"
#include "remote/registry/Layout.h"
#include "remote/registry/RegistryTarget.h"
#include "tests/remote_registry/FaultProxy.h"
#include "tests/remote_registry/Samples.h"

#include <QtTest>

#include <sys/socket.h>

using namespace remote::registry;
namespace fs = std::filesystem;

namespace {

constexpr const char* token = "let-me-in";
const std::string auth = std::string("Authorization: Bearer ") + token + "\r\n";

/// What a server sends until it closes.
std::string talk(std::uint16_t port, const std::string& text)
{
    const auto fd = samples::connectTo(port);
    if (!fd || ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0)
        return "no connection";
    const timeval patience {.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string answer;
    std::array<char, 65536> buffer {};
    for (;;) {
        const auto got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0)
            return answer;
        answer.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string request(const std::string& line, const std::string& headers,
                    const std::string& body = {})
{
    return line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
        + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

std::string headerOf(const std::string& answer, const std::string& name)
{
    const auto at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos)
        return {};
    const auto start = at + name.size() + 4;
    return answer.substr(start, answer.find("\r\n", start) - start);
}

bool is(const std::string& answer, int status)
{
    const bool same = answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
    if (!same)
        qWarning("not %d: %s", status, answer.substr(0, 300).c_str());
    return same;
}

} // namespace

/// The server takes what is announced, and nothing else.
class TestDirectoryServer : public QObject {
    Q_OBJECT

private slots:
    void init();
    void asksForTheToken_data();
    void asksForTheToken();
    void refuses_data();
    void refuses();
    void uploadsInPieces();
    void uploadOutlivesItsServer();
    void laterWriterTakesOver();
    void ranges();
    void manifestsNeedTheirBlobs();
    void limitsConnections();
    void endsWithConnectionsOpen();
    void takesAListener();
    void targets();
    void othersPush();

private:
    void start(unsigned connections = 32)
    {
        m_server.reset();
        auto server = DirectoryServer::create(
            {.folder = m_folder->path() / "oci", .token = token, .connections = connections});
        m_server = *std::move(server);
    }
    std::string call(const std::string& line, const std::string& headers = {},
                     const std::string& body = {})
    {
        return talk(m_server->port(), request(line, auth + headers, body));
    }
    std::string begin() { return headerOf(call("POST /v2/x/blobs/uploads/"), "Location"); }
    std::string put(const std::string& content)
    {
        return call("PUT " + begin() + "?digest=" + digestOf(content), {}, content);
    }

    std::optional<emulator::TempDir> m_folder;
    std::unique_ptr<DirectoryServer> m_server;
};

void TestDirectoryServer::init()
{
    m_server.reset();
    m_folder.emplace(*emulator::TempDir::create());
    start();
}

void TestDirectoryServer::asksForTheToken_data()
{
    QTest::addColumn<QString>("header");
    QTest::addColumn<int>("status");
    const auto basic = [](const std::string& pair) {
        return QString::fromStdString("Authorization: Basic " + emulator::toBase64(pair) + "\r\n");
    };
    QTest::newRow("none") << "" << 401;
    QTest::newRow("wrong") << "Authorization: Bearer let-me-out\r\n" << 401;
    QTest::newRow("prefix") << "Authorization: Bearer let-me\r\n" << 401;
    QTest::newRow("other scheme") << "Authorization: let-me-in\r\n" << 401;
    QTest::newRow("bad base64") << "Authorization: Basic ???\r\n" << 401;
    QTest::newRow("as user") << basic("let-me-in:") << 401;
    QTest::newRow("bearer") << QString::fromStdString(auth) << 200;
    QTest::newRow("basic") << basic("anybody:let-me-in") << 200;
}

void TestDirectoryServer::asksForTheToken()
{
    QFETCH(const QString, header);
    QFETCH(const int, status);
    const auto answer = talk(m_server->port(), request("GET /v2/", header.toStdString()));
    QVERIFY(is(answer, status));
    QCOMPARE(headerOf(answer, "WWW-Authenticate").empty(), status == 200);
}

void TestDirectoryServer::refuses_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<int>("status");
    const auto none = QString::fromStdString(digestOf("none"));
    QTest::newRow("outside") << "GET /etc/passwd" << 404;
    QTest::newRow("up") << "GET /v2/x/blobs/../../etc/passwd" << 404;
    QTest::newRow("up, escaped") << "GET /v2/x/blobs/sha256:%2e%2e" << 404;
    QTest::newRow("no digest") << "GET /v2/x/blobs/latest" << 404;
    QTest::newRow("bad name") << "GET /v2/X/blobs/" + none << 404;
    QTest::newRow("absent") << "GET /v2/x/blobs/" + none << 404;
    QTest::newRow("absent manifest") << "HEAD /v2/x/manifests/latest" << 404;
    QTest::newRow("delete") << "DELETE /v2/x/blobs/" + none << 405;
    QTest::newRow("delete of a manifest") << "DELETE /v2/x/manifests/latest" << 405;
    QTest::newRow("listing") << "GET /v2/_catalog" << 404;
    QTest::newRow("session up") << "PATCH /v2/x/blobs/uploads/../../../index.json" << 404;
    QTest::newRow("unknown session")
        << "GET /v2/x/blobs/uploads/0123456789abcdef0123456789abcdef" << 404;
    QTest::newRow("GET of uploads") << "GET /v2/x/blobs/uploads/" << 405;
}

void TestDirectoryServer::refuses()
{
    QFETCH(const QString, line);
    QFETCH(const int, status);
    QVERIFY(is(call(line.toStdString()), status));
}

void TestDirectoryServer::uploadsInPieces()
{
    const auto content = samples::noise(1'000'000, 1);
    const auto digest = digestOf(content);
    const auto location = begin();
    QVERIFY(location.starts_with("/v2/x/blobs/uploads/"));
    auto answer
        = call("PATCH " + location, "Content-Range: 0-599999\r\n", content.substr(0, 600'000));
    QVERIFY(is(answer, 202));
    QCOMPARE(headerOf(answer, "Range"), std::string("0-599999"));
    // Out of order, then short of what it says: refused, and nothing is changed.
    QVERIFY(is(call("PATCH " + location, "Content-Range: 700000-700001\r\n", "xx"), 416));
    QVERIFY(is(call("PATCH " + location, "Content-Range: 600000-600009\r\n", "xx"), 416));
    // A connection that dies mid-chunk leaves what it brought.
    {
        const auto fd = samples::connectTo(m_server->port());
        const auto text = "PATCH " + location + " HTTP/1.1\r\nHost: x\r\n" + auth
            + "Content-Length: 400000\r\n\r\n" + content.substr(600'000, 100'000);
        QCOMPARE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
                 static_cast<ssize_t>(text.size()));
        ::shutdown(fd.get(), SHUT_WR);
        char rest = 0;
        while (::recv(fd.get(), &rest, 1, 0) > 0) { }
    }
    QTRY_COMPARE(headerOf(call("GET " + location), "Range"), std::string("0-699999"));
    answer = call("PATCH " + location, "Content-Range: 700000-999999\r\n", content.substr(700'000));
    QVERIFY(is(answer, 202));
    QVERIFY(is(call("PUT " + location), 400));
    answer = call("PUT " + location + "?digest=" + digest);
    QVERIFY(is(answer, 201));
    QCOMPARE(headerOf(answer, "Docker-Content-Digest"), digest);
    answer = call("GET /v2/another/name/blobs/" + digest);
    QVERIFY(is(answer, 200));
    QVERIFY(answer.ends_with(content));
    QVERIFY(is(call("GET " + location), 404));
    // Another content than was announced is gone.
    const auto wrong = begin();
    QVERIFY(is(call("PUT " + wrong + "?digest=" + digestOf("a"), {}, "b"), 400));
    QVERIFY(is(call("GET " + wrong), 404));
    QVERIFY(fs::is_empty(m_folder->path() / "oci" / ".uploads"));
}

void TestDirectoryServer::uploadOutlivesItsServer()
{
    const auto location = begin();
    QVERIFY(is(call("PATCH " + location, {}, "hello "), 202));
    start();
    QCOMPARE(headerOf(call("GET " + location), "Range"), std::string("0-5"));
    QVERIFY(is(call("PUT " + location + "?digest=" + digestOf("hello world"), {}, "world"), 201));
}

void TestDirectoryServer::laterWriterTakesOver()
{
    const auto content = samples::noise(300'000, 2);
    const auto location = begin();
    // One that hangs in the middle of a chunk, as behind a broken tunnel.
    const auto hanging = samples::connectTo(m_server->port());
    const auto text = "PATCH " + location + " HTTP/1.1\r\nHost: x\r\n" + auth
        + "Content-Length: 1000000\r\n\r\n" + content;
    QCOMPARE(::send(hanging.get(), text.data(), text.size(), MSG_NOSIGNAL),
             static_cast<ssize_t>(text.size()));
    std::size_t there = 0;
    const auto someCame = [&] {
        const auto range = headerOf(call("GET " + location), "Range");
        there = std::strtoul(range.c_str() + 2, nullptr, 10) + 1;
        return there > 1;
    };
    QTRY_VERIFY(someCame());
    QVERIFY(is(call("PATCH " + location, "Content-Range: " + std::to_string(there) + "-299999\r\n",
                    content.substr(there)),
               202));
    // What it still brings comes too late.
    ::shutdown(hanging.get(), SHUT_WR);
    char rest = 0;
    while (::recv(hanging.get(), &rest, 1, 0) > 0) { }
    QVERIFY(is(call("PUT " + location + "?digest=" + digestOf(content)), 201));
}

void TestDirectoryServer::ranges()
{
    const std::string content = "0123456789";
    const auto path = "/v2/x/blobs/" + digestOf(content);
    QVERIFY(is(put(content), 201));
    auto answer = call("GET " + path, "Range: bytes=4-\r\n");
    QVERIFY(is(answer, 206));
    QCOMPARE(headerOf(answer, "Content-Range"), std::string("bytes 4-9/10"));
    QVERIFY(answer.ends_with("\r\n\r\n456789"));
    answer = call("GET " + path, "Range: bytes=2-3\r\n");
    QVERIFY(answer.ends_with("\r\n\r\n23"));
    for (const char* bad : {"10-", "5-4", "-3", "a-", "0-99999999999999999999"})
        QVERIFY2(is(call("GET " + path, std::string("Range: bytes=") + bad + "\r\n"), 416), bad);
    answer = call("HEAD " + path);
    QVERIFY(is(answer, 200));
    QCOMPARE(headerOf(answer, "Content-Length"), std::string("10"));
    QVERIFY(answer.ends_with("\r\n\r\n"));
}

void TestDirectoryServer::manifestsNeedTheirBlobs()
{
    const std::string manifest
        = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
          R"({"mediaType":"c","digest":")"
        + digestOf("config") + R"(","size":6},"layers":[]})";
    QVERIFY(is(call("PUT /v2/x/manifests/tag", {}, manifest), 404));
    QVERIFY(is(put("config"), 201));
    QVERIFY(is(call("PUT /v2/x/manifests/" + digestOf("other"), {}, manifest), 400));
    QVERIFY(is(call("PUT /v2/x/manifests/tag", {}, "{}"), 400));
    QVERIFY(is(call("PUT /v2/x/manifests/tag", {}, std::string(5U << 20U, ' ')), 413));
    QVERIFY(is(call("PUT /v2/x/manifests/tag", {}, manifest), 201));
    QVERIFY(call("GET /v2/x/manifests/tag").ends_with(manifest));
    QVERIFY(is(call("HEAD /v2/x/manifests/" + digestOf(manifest)), 200));
    // A blob is no manifest.
    QVERIFY(is(call("GET /v2/x/manifests/" + digestOf("config")), 404));
}

void TestDirectoryServer::limitsConnections()
{
    start(2);
    const auto one = samples::connectTo(m_server->port());
    const auto two = samples::connectTo(m_server->port());
    QVERIFY(is(call("GET /v2/"), 503));
}

void TestDirectoryServer::endsWithConnectionsOpen()
{
    const auto idle = samples::connectTo(m_server->port());
    const auto half = samples::connectTo(m_server->port());
    const std::string text
        = "PATCH " + begin() + " HTTP/1.1\r\nContent-Length: 99\r\n" + auth + "\r\n";
    ::send(half.get(), text.data(), text.size(), MSG_NOSIGNAL);
    QElapsedTimer timer;
    timer.start();
    m_server.reset();
    QVERIFY2(timer.elapsed() < 5000, std::to_string(timer.elapsed()).c_str());
}

void TestDirectoryServer::takesAListener()
{
    auto listener = samples::listenOnLoopback();
    const auto server = DirectoryServer::create({.listener = std::move(listener.fd),
                                                 .folder = m_folder->path() / "second",
                                                 .token = token});
    QVERIFY(server);
    QCOMPARE((*server)->port(), listener.port);
    QVERIFY(is(talk(listener.port, request("GET /v2/", auth)), 200));
    const auto taken = DirectoryServer::create(
        {.port = listener.port, .folder = m_folder->path() / "third", .token = token});
    QVERIFY(!taken);
    QCOMPARE(int(taken.error().code()), int(ErrorCode::Unavailable));
    QVERIFY(!DirectoryServer::create({.folder = m_folder->path() / "third", .token = {}}));
}

void TestDirectoryServer::targets()
{
    using Kind = RegistryTarget::Kind;
    const auto digest = digestOf("x");
    const auto blob = parseRegistryTarget("/v2/a/blobs/b/blobs/" + digest);
    QVERIFY(blob);
    QCOMPARE(blob->repository, std::string("a/blobs/b"));
    QCOMPARE(int(blob->kind), int(Kind::Blob));
    const auto upload = parseRegistryTarget("/v2/a/blobs/uploads/id?digest=sha256%3Aab&x=%2");
    QVERIFY(upload);
    QCOMPARE(int(upload->kind), int(Kind::Upload));
    QCOMPARE(upload->reference, std::string("id"));
    QCOMPARE(upload->query.at("digest"), std::string("sha256:ab"));
    QCOMPARE(upload->query.at("x"), std::string("%2"));
    for (const char* bad : {"", "/", "/v2x", "/v2//blobs/x", "/v2/a/tags/list", "/v2/a/manifests/"})
        QVERIFY2(!parseRegistryTarget(bad), bad);
}

void TestDirectoryServer::othersPush()
{
    if (emulator::findProgram("skopeo").empty())
        QSKIP("skopeo is not installed");
    const samples::Home home(1, 300'000);
    const auto exporter = *Exporter::create(home.store);
    const auto exported = *exporter->exportImage(home.image, {}, {});
    const auto place
        = "127.0.0.1:" + std::to_string(m_server->port()) + "/team/slipway:" + exported.name;
    const auto copied = emulator::run(
        {.argv = {"skopeo", "--insecure-policy", "copy", "--preserve-digests",
                  "--dest-tls-verify=false", "--dest-creds", std::string("me:") + token,
                  "oci:" + exporter->layoutFolder().string() + ":" + exported.name,
                  "docker://" + place}});
    QVERIFY2(copied && copied->status.success(), copied->standardError.c_str());
    const auto layout = *Layout::open(m_folder->path() / "oci");
    QVERIFY(layout.blobSize(exported.manifest.digest));
    const auto back
        = emulator::run({.argv = {"skopeo", "--insecure-policy", "copy", "--src-tls-verify=false",
                                  "--src-creds", std::string("me:") + token, "docker://" + place,
                                  "dir:" + (m_folder->path() / "back").string()}});
    QVERIFY2(back && back->status.success(), back->standardError.c_str());
}

QTEST_GUILESS_MAIN(TestDirectoryServer)
#include "tst_DirectoryServer.moc"
