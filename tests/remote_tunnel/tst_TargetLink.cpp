// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "remote/tunnel/Gate.h"
#include "remote/tunnel/Sockets.h"
#include "remote/tunnel/TargetLink.h"

#include <QtTest>

#include <poll.h>
#include <sys/socket.h>

using namespace emulator;
using namespace remote::tunnel;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A service that answers each connection with its name, a colon and the first words.
class Service {
public:
    explicit Service(std::string name)
        : m_name(std::move(name))
        , m_listener(*listenLoopback(0))
        , m_thread([this](const std::stop_token& stop) { run(stop); })
    {
    }

    [[nodiscard]] Gate::Connect connect() const
    {
        return [port = portOf(m_listener.get())] { return connectLoopback(port); };
    }

private:
    void run(const std::stop_token& stop)
    {
        while (!stop.stop_requested()) {
            pollfd wait {m_listener.get(), POLLIN, 0};
            ::poll(&wait, 1, 50);
            const auto guest = acceptFrom(m_listener.get());
            if (!guest)
                continue;
            pollfd said {guest.get(), POLLIN, 0};
            ::poll(&said, 1, 5000);
            std::string words(64, '\0');
            const auto got = ::recv(guest.get(), words.data(), words.size(), 0);
            words.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
            const auto answer = m_name + ":" + words;
            ::send(guest.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

    std::string m_name;
    UniqueFd m_listener;
    std::jthread m_thread;
};

/// Sends `words` and reads until the end; "closed" when there is no answer.
std::string ask(UniqueFd connection, std::string_view words)
{
    ::send(connection.get(), words.data(), words.size(), MSG_NOSIGNAL);
    std::string answer;
    for (;;) {
        pollfd wait {connection.get(), POLLIN, 0};
        if (::poll(&wait, 1, 10'000) == 0)
            return "silence";
        char octet = 0;
        if (::recv(connection.get(), &octet, 1, 0) <= 0)
            return answer.empty() ? "closed" : answer;
        answer += octet;
    }
}

} // namespace

class TestTargetLink : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void doorsLeadToTheirServices();
    void connectionsAreHeldUntilTheGateComes();
    void studioIsClosedAtOnceWithoutALine();
    void gateThatComesBackIsFound();
    void unknownServiceIsClosed();

private:
    void openGate();
    [[nodiscard]] UniqueFd client() const { return *connectLoopback(portOf(m_port.get())); }

    SystemClock m_clock;
    std::optional<TempDir> m_folder;
    UniqueFd m_port;
    std::vector<std::unique_ptr<Service>> m_services;
    std::unique_ptr<Gate> m_gate;
    std::unique_ptr<TargetLink> m_link;
};

void TestTargetLink::init()
{
    m_folder.emplace(*TempDir::create());
    m_port = *listenLoopback(0);
    for (const char* name : {"api", "http", "studio"})
        m_services.push_back(std::make_unique<Service>(name));
    m_link = *TargetLink::create(
        {.target = {"box", Target::Kind::Socket, (m_folder->path() / "connect.sock").string()},
         .home = m_folder->path(),
         .folder = m_folder->path() / "box",
         .port = m_port.get(),
         .clock = m_clock});
}

void TestTargetLink::cleanup()
{
    m_link.reset();
    m_gate.reset();
    m_services.clear();
}

void TestTargetLink::openGate()
{
    auto gate = Gate::create({.socket = m_folder->path() / "connect.sock",
                              .services = {{"api", m_services[0]->connect()},
                                           {"http", m_services[1]->connect()},
                                           {"studio", m_services[2]->connect()}},
                              .hello = [] {
                                  return Hello {.version = "1",
                                                .tokenId = "ak-1",
                                                .tokenSecret = "as-1",
                                                .engine = "local"};
                              }});
    QVERIFY2(gate, gate ? "" : gate.error().message().c_str());
    m_gate = *std::move(gate);
    m_link->reconnect();
    const auto fault = m_link->awaitLine(10s);
    QVERIFY2(!fault, fault ? fault->text.c_str() : "");
}

void TestTargetLink::doorsLeadToTheirServices()
{
    openGate();
    QCOMPARE(ask(client(), "PRI * HTTP/2.0\r\n\r\n"), std::string("api:PRI * HTTP/2.0\r\n\r\n"));
    QCOMPARE(ask(client(), "PUT /blobs/x"), std::string("http:PUT /blobs/x"));
    QCOMPARE(ask(*connectUnix(m_folder->path() / "box" / "studio.sock"), "hi"),
             std::string("studio:hi"));
    const auto summary = m_link->summary();
    QCOMPARE(summary.state, std::string("connected"));
    QCOMPARE(summary.tokenId, std::string("ak-1"));
    QCOMPARE(summary.serverUrl, "http://127.0.0.1:" + std::to_string(portOf(m_port.get())));
    using fs::perms;
    for (const auto& socket :
         {m_folder->path() / "connect.sock", m_folder->path() / "box" / "studio.sock"})
        QCOMPARE(fs::status(socket).permissions() & (perms::group_all | perms::others_all),
                 perms::none);
}

void TestTargetLink::connectionsAreHeldUntilTheGateComes()
{
    auto early = client();
    QTRY_VERIFY_WITH_TIMEOUT(m_link->summary().state == "offline", 5000);
    QVERIFY(m_link->summary().reason.find("slip up") != std::string::npos);
    std::string answer;
    std::jthread asking([&] { answer = ask(std::move(early), "PRI * HTTP/2.0\r\n"); });
    openGate();
    asking.join();
    QCOMPARE(answer, std::string("api:PRI * HTTP/2.0\r\n"));
}

void TestTargetLink::studioIsClosedAtOnceWithoutALine()
{
    QCOMPARE(ask(*connectUnix(m_folder->path() / "box" / "studio.sock"), "hi"),
             std::string("closed"));
}

void TestTargetLink::gateThatComesBackIsFound()
{
    openGate();
    m_gate.reset();
    QTRY_VERIFY_WITH_TIMEOUT(m_link->summary().state != "connected", 5000);
    openGate();
    QCOMPARE(ask(client(), "GET / HTTP/1.1"), std::string("http:GET / HTTP/1.1"));
}

void TestTargetLink::unknownServiceIsClosed()
{
    openGate();
    QCOMPARE(ask(client(), "GET /v2/ HTTP/1.1"), std::string("closed")); // no registry here
}

QTEST_GUILESS_MAIN(TestTargetLink)
#include "tst_TargetLink.moc"
