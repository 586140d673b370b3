// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/registry/Challenge.h"
#include "remote/registry/Descriptor.h"
#include "remote/registry/HttpRegistry.h"
#include "remote/registry/Manifest.h"
#include "remote/registry/Refusal.h"
#include "remote/registry/Url.h"

#include <QtTest>

using namespace remote::registry;

/// The small languages of registries: names, addresses, challenges, error bodies, documents.
class TestRegistryWords : public QObject {
    Q_OBJECT

private slots:
    void names();
    void challenges();
    void addresses();
    void addressesOfRegistries_data();
    void addressesOfRegistries();
    void refusals();
    void manifests();
};

void TestRegistryWords::names()
{
    for (const char* good : {"a", "team/slipway", "a.b/c_d/e__f/g--h", "0/1"})
        QVERIFY2(isRepository(good), good);
    for (const char* bad :
         {"", "/a", "a/", "a//b", "A", "a..b", "a___b", "-a", "a-", "a/../b", "a b"})
        QVERIFY2(!isRepository(bad), bad);
    QVERIFY(isTag("im-4Zt"));
    for (const char* bad : {"", ".a", "-a", "a/b", "a:b"})
        QVERIFY2(!isTag(bad), bad);
    QVERIFY(isDigest(digestOf("")));
    QVERIFY(!isDigest("sha256:" + std::string(63, 'a')));
    QVERIFY(!isDigest("sha256:" + std::string(64, 'A')));
    QVERIFY(!isDigest("sha512:" + std::string(64, 'a')));
    for (const char* bad : {"", "..", ".hidden", "a/b", "-x"})
        QVERIFY2(!isLayerKey(bad), bad);
}

void TestRegistryWords::challenges()
{
    const auto one = parseChallenges(
        R"(Bearer realm="https://auth.example.org/token",service="reg \"x\"", scope="repository:a/b:pull,push")");
    QCOMPARE(one.size(), std::size_t(1));
    QCOMPARE(one[0].scheme, std::string("bearer"));
    QCOMPARE(one[0].parameters.at("realm"), std::string("https://auth.example.org/token"));
    QCOMPARE(one[0].parameters.at("service"), std::string("reg \"x\""));
    QCOMPARE(one[0].parameters.at("scope"), std::string("repository:a/b:pull,push"));
    const auto two = parseChallenges(R"(Negotiate, BASIC Realm = plain , Bearer realm="r")");
    QCOMPARE(two.size(), std::size_t(3));
    QCOMPARE(two[1].scheme, std::string("basic"));
    QCOMPARE(two[1].parameters.at("realm"), std::string("plain"));
    QCOMPARE(two[2].parameters.at("realm"), std::string("r"));
    QVERIFY(parseChallenges("").empty());
    QVERIFY(parseChallenges("=x").empty());
    const auto open = parseChallenges("Bearer realm=\"open");
    QCOMPARE(open.size(), std::size_t(1));
}

void TestRegistryWords::addresses()
{
    const auto base = *parseUrl("https://Host.example:5000/v2/a/blobs/uploads/");
    QCOMPARE(base.host, std::string("host.example"));
    QCOMPARE(resolveUrl(base, "/v2/a/blobs/uploads/u?_state=x%3D")->text(),
             std::string("https://host.example:5000/v2/a/blobs/uploads/u?_state=x%3D"));
    QCOMPARE(resolveUrl(base, "u2")->path, std::string("/v2/a/blobs/uploads/u2"));
    QCOMPARE(resolveUrl(base, "https://other.example/x")->origin(),
             std::string("https://other.example:443"));
    QVERIFY(!resolveUrl(base, "ftp://other.example/x"));
    QVERIFY(!resolveUrl(base, "x\r\nEvil: yes"));
    const auto secret = parseUrl("https://user:hunter2@host.example/a");
    QVERIFY(!secret);
    QVERIFY(secret.error().message().find("hunter2") == std::string::npos);
    for (const char* loopback : {"http://127.0.0.1/a", "http://localhost:5000/a", "http://[::1]/a"})
        QVERIFY2(parseUrl(loopback)->isLoopback(), loopback);
    for (const char* not_ : {"http://127.evil.example/a", "http://128.0.0.1/a", "http://local/a"})
        QVERIFY2(!parseUrl(not_)->isLoopback(), not_);
    auto url = *parseUrl("http://localhost/a?x=1");
    addQuery(url, "digest", "sha256:ab/ +");
    QCOMPARE(url.query, std::string("x=1&digest=sha256%3Aab%2F%20%2B"));
}

void TestRegistryWords::addressesOfRegistries_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<bool>("good");
    QTest::newRow("tls") << "https://registry.example.org/team/slipway" << true;
    QTest::newRow("slash") << "https://registry.example.org/team/slipway/" << true;
    QTest::newRow("loopback") << "http://127.0.0.1:5000/slipway" << true;
    QTest::newRow("plain") << "http://registry.example.org/team/slipway" << false;
    QTest::newRow("no repository") << "https://registry.example.org/" << false;
    QTest::newRow("upper case") << "https://registry.example.org/Team" << false;
    QTest::newRow("query") << "https://registry.example.org/team?x=1" << false;
    QTest::newRow("no scheme") << "registry.example.org/team" << false;
    QTest::newRow("oci") << "oci:/shared/images" << false;
}

void TestRegistryWords::addressesOfRegistries()
{
    QFETCH(const QString, url);
    QFETCH(const bool, good);
    const emulator::SystemClock clock;
    HttpRegistryOptions options;
    options.url = url.toStdString();
    const auto registry = createHttpRegistry(options, clock, [] { return 0.5; });
    QCOMPARE(bool(registry), good);
    if (!good)
        QCOMPARE(int(registry.error().code()), int(ErrorCode::Invalid));
}

void TestRegistryWords::refusals()
{
    HttpResponse response;
    response.status = 403;
    response.body = R"({"errors":[{"code":"DENIED","message":"requested\naccess denied"}]})";
    const auto denied = refusalOf(response, "https://r/x");
    QCOMPARE(int(denied.code()), int(ErrorCode::Denied));
    QCOMPARE(denied.message(),
             std::string("https://r/x answered 403 (DENIED: requested access denied); ask its "
                         "owner for the right to use this repository"));
    for (const char* body : {"", "<html>", "[]", R"({"errors":[]})", R"({"errors":[1]})",
                             R"({"errors":[{"code":1}]})", R"({"errors":{}})"}) {
        response.body = body;
        QVERIFY2(refusalOf(response, "r").message().starts_with("r answered 403; "), body);
    }
    response.status = 503;
    QCOMPARE(int(refusalOf(response, "r").code()), int(ErrorCode::Unavailable));
    response.status = 404;
    QCOMPARE(int(refusalOf(response, "r").code()), int(ErrorCode::NotFound));
}

void TestRegistryWords::manifests()
{
    const auto codeOf = [](std::string_view text) {
        const auto parsed = parseManifest(text);
        return parsed ? -1 : int(parsed.error().code());
    };
    const auto invalid = int(ErrorCode::Invalid);
    QCOMPARE(codeOf(""), invalid);
    QCOMPARE(codeOf("[]"), invalid);
    QCOMPARE(codeOf("{}"), invalid);
    // Raw strings outside of macros: moc does not know them there.
    const std::string number = R"({"mediaType":7})";
    QCOMPARE(codeOf(number), invalid);
    const std::string index = R"({"manifests":[]})";
    QCOMPARE(codeOf(index), int(ErrorCode::Unsupported));
    const std::string head
        = R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)";
    const std::string config
        = R"("config":{"mediaType":"c","digest":")" + digestOf("") + R"(","size":0})";
    const auto layer = [&](const std::string& digest, const std::string& size) {
        return head + config + R"(,"layers":[{"mediaType":"l","digest":")" + digest + R"(","size":)"
            + size + "}]}";
    };
    QCOMPARE(codeOf(layer(digestOf(""), "1")), -1);
    QCOMPARE(codeOf(head + config + "}"), invalid);
    QCOMPARE(codeOf(layer("../../etc/passwd", "1")), invalid);
    QCOMPARE(codeOf(layer(digestOf(""), "-1")), invalid);
    Manifest manifest;
    manifest.config = {"c", digestOf("c"), 1, {}};
    manifest.layers = {{"l", digestOf("l"), 5'000'000'000ULL, {{"k", "v"}}}};
    manifest.annotations = {{"a", "b"}};
    const auto text = *composeManifest(manifest);
    const auto again = *parseManifest(text);
    QCOMPARE(again.layers[0].size, 5'000'000'000ULL);
    QCOMPARE(again.layers[0].annotations.at("k"), std::string("v"));
    QCOMPARE(*composeManifest(again), text);
}

QTEST_GUILESS_MAIN(TestRegistryWords)
#include "tst_RegistryWords.moc"
