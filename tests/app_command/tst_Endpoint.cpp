// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "app/command/Endpoint.h"

#include <QtTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace app::command;

class TestEndpoint : public QObject {
    Q_OBJECT

private slots:
    void findsThePeer_data();
    void findsThePeer();
    void connects();
};

void TestEndpoint::findsThePeer_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("expected"); // host port proxy
    QTest::newRow("https") << "https://pypi.org/simple" << "pypi.org 443 p:3128";
    QTest::newRow("http") << "http://deb.debian.org" << "deb.debian.org 80 ";
    QTest::newRow("port") << "http://127.0.0.1:9/simple" << "127.0.0.1 9 ";
    QTest::newRow("user") << "https://u:secret@inside.example.org/x" << "inside.example.org 443 ";
    QTest::newRow("six") << "https://[::1]:8443/" << "::1 8443 p:3128";
    QTest::newRow("none") << "https:///x" << "this is no URL";
}

void TestEndpoint::findsThePeer()
{
    QFETCH(QString, url);
    QFETCH(QString, expected);
    const auto endpoint = endpointOf(
        url.toStdString(),
        {{"https_proxy", "http://user:pw@p:3128/"}, {"no_proxy", "localhost, .example.org"}});
    QCOMPARE(QString::fromStdString(endpoint ? endpoint->host + ' ' + endpoint->port + ' '
                                            + endpoint->proxy
                                             : endpoint.error().message()),
             expected);
}

void TestEndpoint::connects()
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    QCOMPARE(::bind(listener, generic, size), 0);
    QCOMPARE(::listen(listener, 1), 0);
    QCOMPARE(::getsockname(listener, generic, &size), 0);
    const Endpoint here {"127.0.0.1", std::to_string(ntohs(address.sin_port)), {}};
    const std::chrono::seconds limit(3);
    QVERIFY(reach(here, limit));
    QVERIFY(reach({"nowhere.invalid", "80", here.host + ':' + here.port}, limit));
    ::close(listener);
    const auto refused = reach(here, limit);
    QVERIFY(!refused);
    QVERIFY(refused.error().message().find("refused") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestEndpoint)
#include "tst_Endpoint.moc"
