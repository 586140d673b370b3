// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "remote/tunnel/Mux.h"
#include "remote/tunnel/Sockets.h"

#include <QtTest>

#include <poll.h>
#include <sys/socket.h>

#include <future>
#include <random>
#include <thread>

using namespace emulator;
using namespace remote::tunnel;
using namespace std::chrono_literals;

namespace {

/// Two Muxes with a line between them; what is opened at one end comes out at the other.
class Tunnel {
public:
    explicit Tunnel(std::chrono::milliseconds patience = 9s)
    {
        auto pair = SocketPair::create();
        near = std::make_unique<Mux>(
            std::move(pair->ours),
            Mux::Options {.side = Streams::Side::Opens,
                          .hello = R"({"side":"near"})",
                          .onHello = [this](const std::string& text) -> Result<> {
                              hello.set_value(text);
                              return {};
                          },
                          .beat = 50ms,
                          .patience = patience});
        far = std::make_unique<Mux>(
            std::move(pair->theirs),
            Mux::Options {.side = Streams::Side::Accepts,
                          .hello = R"({"side":"far"})",
                          .connect
                          = [this](const std::string& service) { return connect(service); },
                          .beat = 50ms,
                          .patience = patience});
        nearThread = std::jthread(
            [this](const std::stop_token& stop) { nearEnd.set_value(near->run(stop).message()); });
        farThread = std::jthread(
            [this](const std::stop_token& stop) { farEnd.set_value(far->run(stop).message()); });
    }

    /// A stream's two ends, both on this side of the test. Blocking sockets.
    std::pair<UniqueFd, UniqueFd> open(const std::string& service = "api")
    {
        arrival = {};
        auto local = SocketPair::create();
        near->open(service, std::move(local->theirs));
        auto other = arrival.get_future().get();
        return {std::move(local->ours), UniqueFd(other)};
    }

    std::promise<std::string> hello;
    std::promise<std::string> nearEnd;
    std::promise<std::string> farEnd;
    std::unique_ptr<Mux> near;
    std::unique_ptr<Mux> far;
    std::jthread nearThread;
    std::jthread farThread;

private:
    Result<UniqueFd> connect(const std::string& service)
    {
        if (service == "nowhere")
            return Error(ErrorCode::NotFound, "no such service");
        auto pair = SocketPair::create();
        arrival.set_value(pair->ours.release());
        return std::move(pair->theirs);
    }

    std::promise<int> arrival;
};

void writeAll(int socket, std::string_view octets)
{
    while (!octets.empty()) {
        const auto sent = ::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string readAll(int socket, std::size_t most = ~0UL)
{
    std::string octets;
    std::string buffer(1 << 16, '\0');
    while (octets.size() < most) {
        const auto got
            = ::recv(socket, buffer.data(), std::min(buffer.size(), most - octets.size()), 0);
        if (got <= 0)
            break;
        octets.append(buffer, 0, static_cast<std::size_t>(got));
    }
    return octets;
}

std::string noiseOf(std::size_t size)
{
    std::mt19937 random(7); // NOLINT(bugprone-random-generator-seed): repeatable on purpose
    std::string octets(size, '\0');
    for (auto& octet : octets)
        octet = static_cast<char>(random());
    return octets;
}

} // namespace

class TestMux : public QObject {
    Q_OBJECT

private slots:
    void greetsAndMeasuresTheWay();
    void carriesBothWaysAndClosesByHalves();
    void streamThatNobodyReadsHoldsUpNoOther();
    void refusedServiceClosesTheConnection();
    void brokenEndOfAStreamIsToldToTheOther();
    void silenceEndsTheLine();
    void endOfTheLineClosesEveryConnection();
    void hundredStreamsAtATime();
};

void TestMux::greetsAndMeasuresTheWay()
{
    Tunnel tunnel;
    QCOMPARE(tunnel.hello.get_future().get(), std::string(R"({"side":"far"})"));
    QTRY_VERIFY_WITH_TIMEOUT(tunnel.near->roundTrip().count() > 0, 5000);
}

void TestMux::carriesBothWaysAndClosesByHalves()
{
    Tunnel tunnel;
    auto [here, there] = tunnel.open();
    const auto request = noiseOf(6 << 20);
    std::jthread writer([&, fd = here.get()] {
        writeAll(fd, request);
        ::shutdown(fd, SHUT_WR);
    });
    QVERIFY(readAll(there.get()) == request); // until its end: the half was closed
    std::jthread answer([&, fd = there.get()] {
        writeAll(fd, request);
        ::shutdown(fd, SHUT_WR);
    });
    QVERIFY(readAll(here.get()) == request);
}

void TestMux::streamThatNobodyReadsHoldsUpNoOther()
{
    Tunnel tunnel;
    auto [stuckHere, stuckThere] = tunnel.open();
    std::jthread writer([fd = stuckHere.get()] { writeAll(fd, noiseOf(16 << 20)); });
    auto [here, there] = tunnel.open();
    for (int i = 0; i < 50; ++i) {
        writeAll(here.get(), "ping");
        QCOMPARE(readAll(there.get(), 4), std::string("ping"));
        writeAll(there.get(), "pong");
        QCOMPARE(readAll(here.get(), 4), std::string("pong"));
    }
    stuckThere.reset(); // the writer ends
}

void TestMux::refusedServiceClosesTheConnection()
{
    Tunnel tunnel;
    auto local = SocketPair::create();
    tunnel.near->open("nowhere", std::move(local->theirs));
    QCOMPARE(readAll(local->ours.get()), std::string());
}

void TestMux::brokenEndOfAStreamIsToldToTheOther()
{
    Tunnel tunnel;
    auto [here, there] = tunnel.open();
    there.reset();
    QCOMPARE(readAll(here.get()), std::string());
    // The other direction has no reader any more: writing ends with an error before long.
    QTRY_VERIFY_WITH_TIMEOUT(::send(here.get(), "x", 1, MSG_NOSIGNAL) < 0, 5000);
}

void TestMux::silenceEndsTheLine()
{
    auto pair = SocketPair::create();
    writeAll(pair->theirs.get(),
             std::string(greeting) + encode({0, FrameKind::Hello, "{}"})); // and then nothing
    Mux mux(std::move(pair->ours),
            {.side = Streams::Side::Opens, .hello = "{}", .beat = 50ms, .patience = 300ms});
    const auto why = mux.run({});
    QVERIFY(why.message().find("nothing was heard") != std::string::npos);
}

void TestMux::endOfTheLineClosesEveryConnection()
{
    Tunnel tunnel;
    auto [here, there] = tunnel.open();
    tunnel.farThread.request_stop();
    QVERIFY(!tunnel.farEnd.get_future().get().empty());
    tunnel.farThread.join();
    tunnel.far.reset(); // closes the line
    QCOMPARE(tunnel.nearEnd.get_future().get(), std::string("the other end closed the line"));
    QCOMPARE(readAll(here.get()), std::string());
    QCOMPARE(readAll(there.get()), std::string());
}

void TestMux::hundredStreamsAtATime()
{
    Tunnel tunnel;
    std::vector<std::pair<UniqueFd, UniqueFd>> streams;
    for (int i = 0; i < 100; ++i)
        streams.push_back(tunnel.open());
    const auto part = noiseOf(200'000);
    std::vector<std::jthread> threads;
    for (const auto& [here, there] : streams)
        threads.emplace_back([&part, fd = here.get()] {
            writeAll(fd, part);
            ::shutdown(fd, SHUT_WR);
        });
    std::atomic<int> whole = 0;
    for (const auto& [here, there] : streams)
        threads.emplace_back([&, fd = there.get()] { whole += readAll(fd) == part ? 1 : 0; });
    threads.clear();
    QCOMPARE(whole.load(), 100);
}

QTEST_GUILESS_MAIN(TestMux)
#include "tst_Mux.moc"
