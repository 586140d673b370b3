// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/image/BaseImages.h"
#include "emulator/image/Bootstrap.h"
#include "emulator/image/Builder.h"

#include <QtTest>

using namespace emulator;
using namespace emulator::image;
namespace fs = std::filesystem;

/// Which public images can be made here, and the host's settings that reach a build.
class TestBaseImages : public QObject {
    Q_OBJECT

private slots:
    void knowsWhatDebianHas_data();
    void knowsWhatDebianHas();
    void patchVersionsShareALayer();
    void uvIsNoBase();
    void readsTheHostsMirror();
    void networkSettingsOfTheHost();
    void networkSettingsCanBeOff();
};

void TestBaseImages::knowsWhatDebianHas_data()
{
    QTest::addColumn<QString>("reference");
    QTest::addColumn<QString>("suite");
    QTest::newRow("client 1.5") << "python:3.11.12-slim-bookworm" << "bookworm";
    QTest::newRow("client 1.6") << "python:3.13-slim-trixie" << "trixie";
    QTest::newRow("3.13 on bookworm") << "python:3.13.3-slim-bookworm" << "trixie";
    QTest::newRow("debian") << "debian:12-slim" << "bookworm";
    QTest::newRow("registry") << "docker.io/library/debian:trixie" << "trixie";
    QTest::newRow("digest") << "debian:bookworm@sha256:abc" << "bookworm";
    QTest::newRow("other python") << "python:3.12.10-slim-bookworm" << "";
    QTest::newRow("alpine") << "python:3.11-alpine" << "";
    QTest::newRow("cuda") << "nvidia/cuda:12.4.0-devel-ubuntu22.04" << "";
    QTest::newRow("ubuntu") << "ubuntu:24.04" << "";
    QTest::newRow("port") << "localhost:5000/python" << "";
}

void TestBaseImages::knowsWhatDebianHas()
{
    QFETCH(QString, reference);
    QFETCH(QString, suite);
    const auto image = findBaseImage(reference.toStdString());
    QCOMPARE(static_cast<bool>(image), !suite.isEmpty());
    if (image) {
        QCOMPARE(QString::fromStdString(image->suite), suite);
        return;
    }
    QCOMPARE(image.error().code(), ErrorCode::Unavailable);
    QVERIFY(image.error().message().find("These work: python:3.11") != std::string::npos);
    QVERIFY(image.error().message().find(reference.toStdString()) != std::string::npos);
}

void TestBaseImages::patchVersionsShareALayer()
{
    const auto one = *findBaseImage("python:3.11.12-slim-bookworm");
    const auto two = *findBaseImage("python:3.11");
    QCOMPARE(one.digest, two.digest);
    QCOMPARE(one.config.environment.at("LANG"), std::string("C.UTF-8"));
    QCOMPARE(one.config.environment.at("PYTHON_VERSION"), std::string("3.11.2"));
    QVERIFY(one.digest != findBaseImage("debian:bookworm")->digest);
    QCOMPARE(findBaseImage("python:3." + std::string(1U << 20U, '1')).error().code(),
             ErrorCode::Invalid);
}

void TestBaseImages::uvIsNoBase()
{
    QCOMPARE(*uvVersion("ghcr.io/astral-sh/uv:0.5.1"), std::string("0.5.1"));
    QCOMPARE(*uvVersion("ghcr.io/astral-sh/uv"), std::string("latest"));
    QVERIFY(!uvVersion("python:3.11"));
}

void TestBaseImages::readsTheHostsMirror()
{
    const auto apt = TempDir::create();
    fs::create_directories(apt->path() / "sources.list.d");
    QVERIFY(writeFileAtomically(apt->path() / "sources.list.d/debian.sources",
                                "Types: deb\nURIs: http://mirror.example/debian/\nSuites: x\n\n"
                                "Types: deb\nURIs: http://mirror.example/debian-security\n"));
    QVERIFY(writeFileAtomically(apt->path() / "sources.list.d/other.list",
                                "deb [arch=amd64] https://other.example/apt stable main\n"));
    const auto lines = debianSources(apt->path(), "bookworm");
    QCOMPARE(lines[0], std::string("deb http://mirror.example/debian bookworm main"));
    QCOMPARE(lines[2],
             std::string("deb http://mirror.example/debian-security bookworm-security main"));
    QCOMPARE(debianSources(apt->path() / "none", "trixie")[0],
             std::string("deb http://deb.debian.org/debian trixie main"));
}

void TestBaseImages::networkSettingsOfTheHost()
{
    const auto home = TempDir::create();
    const auto wheels = home->path() / "wheels";
    fs::create_directories(wheels);
    const std::string certificate
        = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
    QVERIFY(writeFileAtomically(home->path() / "own.pem", "words\n" + certificate));
    QVERIFY(writeFileAtomically(home->path() / "pip.conf",
                                "[global]\nindex-url = https://index.example/simple\n"
                                "find-links =\n    "
                                    + wheels.string() + "\n[other]\nno-index = 1\n"));
    for (const char* name : {"PIP_FIND_LINKS", "PIP_INDEX_URL", "UV_INDEX_URL", "UV_FIND_LINKS"})
        qunsetenv(name);
    qputenv("HTTPS_PROXY", "http://proxy.example:3128");
    qputenv("PIP_CONFIG_FILE", (home->path() / "pip.conf").c_str());
    qputenv("SSL_CERT_FILE", (home->path() / "own.pem").c_str());
    const auto settings = networkSettings({home->path() / "home"});
    QCOMPARE(settings.environment.at("https_proxy"), std::string("http://proxy.example:3128"));
    QCOMPARE(settings.environment.at("UV_INDEX_URL"), std::string("https://index.example/simple"));
    QVERIFY(!settings.environment.contains("PIP_NO_INDEX"));
    QCOMPARE(settings.mounts.at(wheels.string()), wheels);
    const auto target = settings.environment.at("PIP_CERT");
    QVERIFY(readFile(settings.mounts.at(target))->find(certificate) != std::string::npos);
    QVERIFY(!settings.notes.empty());
    const auto apt = readFile(settings.mounts.at(settings.environment.at("APT_CONFIG")));
    QVERIFY(apt->find("APT::Sandbox::User \"root\";") != std::string::npos);
    QVERIFY(apt->find("CAInfo \"" + target + "\"") != std::string::npos);
}

void TestBaseImages::networkSettingsCanBeOff()
{
    const auto home = TempDir::create();
    qputenv("SLIPWAY_NETWORK_SETTINGS", "off");
    const auto settings = networkSettings({home->path()});
    qunsetenv("SLIPWAY_NETWORK_SETTINGS");
    QVERIFY(settings.environment.empty() && settings.mounts.empty());
    QCOMPARE(settings.notes.size(), std::size_t {1});
}

QTEST_GUILESS_MAIN(TestBaseImages)
#include "tst_BaseImages.moc"
