// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/server/Session.h"

#include <QtTest>

#include <sys/socket.h>

#include <random>

using namespace emulator;
using namespace emulator::gpu;
using namespace emulator::gpu::server;

/// Commands as a hostile client sends them: fuzzing of the decoder with fixed seeds.
class TestSession : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void refusesWhatItCannotCarryOut_data();
    void refusesWhatItCannotCarryOut();
    void survivesRandomCommands();
    void closesOnImpossibleSizes();
    void frees();

private:
    std::unique_ptr<Devices> m_devices;
};

namespace {

/// A session without a client: commands are handed to it, answers read from the slot.
struct Bench {
    explicit Bench(Devices& devices)
        : channel(std::make_unique<protocol::Channel>())
    {
        std::array<int, 2> ends {};
        [[maybe_unused]] const int made = ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
        client = UniqueFd(ends[0]);
        session = std::make_unique<Session>(1, devices, *channel, UniqueFd(ends[1]));
    }

    template<typename T>
    std::int32_t send(protocol::Kind kind, std::uint64_t context, const T& body)
    {
        std::vector<std::byte> octets(sizeof body);
        std::memcpy(octets.data(), &body, sizeof body);
        return sendOctets(kind, context, octets);
    }

    std::int32_t sendOctets(protocol::Kind kind, std::uint64_t context,
                            std::span<const std::byte> body)
    {
        auto& slot = channel->answers[3];
        slot.done = 0;
        session->handle({{0, kind, 3, context}, body});
        for (int i = 0; i < 5000 && slot.done == 0; ++i)
            QTest::qWait(1);
        return slot.done != 0 ? slot.status : -1;
    }

    std::uint64_t answered() const
    {
        protocol::Handle handle;
        std::memcpy(&handle, channel->answers[3].data.data(), sizeof handle);
        return handle.value;
    }

    std::unique_ptr<protocol::Channel> channel;
    UniqueFd client;
    std::unique_ptr<Session> session;
};

} // namespace

void TestSession::initTestCase()
{
    const auto catalogue = cards::Catalogue::builtIn();
    QVERIFY(catalogue);
    const auto card = catalogue->card("T4");
    QVERIFY(card);
    auto devices = Devices::create(*card, 1, 0);
    QVERIFY(devices);
    m_devices = *std::move(devices);
}

void TestSession::refusesWhatItCannotCarryOut_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("code");
    const auto add = [](const char* name, protocol::Kind kind, const auto& body, int code) {
        QTest::newRow(name) << static_cast<int>(kind)
                            << QByteArray(reinterpret_cast<const char*>(&body), sizeof body)
                            << code;
    };
    using protocol::Kind;
    add("no such kind", Kind::Count, protocol::Handle {}, protocol::InvalidValue);
    add("a context on no device", Kind::CreateContext, protocol::Ordinal {9},
        protocol::InvalidDevice);
    add("more memory than the card has", Kind::Allocate,
        protocol::Allocate {~0ULL, protocol::AllocationKind::Device, 0}, protocol::OutOfMemory);
    add("no such allocation", Kind::Free, protocol::Handle {4096}, protocol::InvalidValue);
    add("a stream that is none", Kind::SynchronizeStream, protocol::OnStream {77, 0},
        protocol::InvalidHandle);
    add("a fill that overflows", Kind::Fill, protocol::Fill {0, 8, ~0ULL / 2, ~0ULL, ~0ULL, 0, 4},
        protocol::InvalidValue);
    add("a copy of nowhere", Kind::Copy,
        protocol::Copy {0, 1, 2, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, 0, 0}, protocol::InvalidValue);
    add("a launch of nothing", Kind::Launch, protocol::Launch {}, protocol::InvalidHandle);
    add("a module without a file", Kind::LoadModule, protocol::LoadModule {},
        protocol::InvalidValue);
    add("a name longer than the message", Kind::FindFunction, protocol::Named {1, 4000, 0},
        protocol::InvalidValue);
    add("sharing without a file", Kind::ShareHost, protocol::ShareHost {4096, 4096},
        protocol::InvalidValue);
}

void TestSession::refusesWhatItCannotCarryOut()
{
    QFETCH(int, kind);
    QFETCH(QByteArray, body);
    QFETCH(int, code);
    Bench bench(*m_devices);
    QCOMPARE(bench.send(protocol::Kind::CreateContext, 0, protocol::Ordinal {0}), 0);
    const auto context = bench.answered();
    QCOMPARE(bench.sendOctets(
                 static_cast<protocol::Kind>(kind), context,
                 std::as_bytes(std::span(body.constData(), static_cast<std::size_t>(body.size())))),
             code);
    QCOMPARE(bench.sendOctets(static_cast<protocol::Kind>(kind), context, {}) != 0, true);
}

void TestSession::survivesRandomCommands()
{
    Bench bench(*m_devices);
    QCOMPARE(bench.send(protocol::Kind::CreateContext, 0, protocol::Ordinal {0}), 0);
    const auto context = bench.answered();
    QCOMPARE(bench.send(protocol::Kind::Allocate, context,
                        protocol::Allocate {65536, protocol::AllocationKind::Device, 0}),
             0);
    const auto address = bench.answered();
    std::mt19937_64 random(4711);
    int carriedOut = 0;
    for (int round = 0; round < 20000; ++round) {
        std::array<std::uint64_t, 16> words {};
        for (auto& word : words) {
            const std::uint64_t interesting[]
                = {0, 1, 2, 4, 64, 0x101, 0x102, 0x103, address, address + 64, ~0ULL, random()};
            word = interesting[random() % std::size(interesting)];
        }
        auto kind = static_cast<protocol::Kind>(
            random() % (static_cast<unsigned>(protocol::Kind::Count) + 2));
        if (kind == protocol::Kind::HostCall || kind == protocol::Kind::DestroyContext)
            continue; // the one waits for a client's thread, the other ends the game
        const std::size_t size = random() % (sizeof words + 1);
        const auto body = std::as_bytes(std::span(words)).first(size);
        const auto slot = static_cast<std::uint16_t>(random() % 4 == 0 ? random() : random() % 64);
        auto& answer = bench.channel->answers[slot % protocol::slotCount];
        answer.status = -1;
        bench.session->handle({{0, kind, slot, random() % 8 == 0 ? random() : context}, body});
        carriedOut += answer.status == 0 ? 1 : 0;
    }
    QVERIFY2(carriedOut > 1000, qPrintable(QString::number(carriedOut)));
    // Some commands without a slot have made the context fail; its end still works.
    QCOMPARE(bench.send(protocol::Kind::DestroyContext, context, protocol::Handle {}), 0);
}

void TestSession::closesOnImpossibleSizes()
{
    for (const std::uint32_t size : {0U, 3U, 17U, 1U << 30U}) {
        Bench bench(*m_devices);
        const protocol::Header header {size, protocol::Kind::QueryDevice, 0, 0};
        protocol::copyIn(*bench.channel, 0, &header, sizeof header);
        bench.channel->written = sizeof header;
        bench.session->serve(); // returns
        QCOMPARE(bench.channel->closed.load(), 1U);
    }
}

void TestSession::frees()
{
    const auto before = m_devices->memory().used();
    {
        Bench bench(*m_devices);
        QCOMPARE(bench.send(protocol::Kind::CreateContext, 0, protocol::Ordinal {0}), 0);
        const auto context = bench.answered();
        QCOMPARE(bench.send(protocol::Kind::Allocate, context,
                            protocol::Allocate {1 << 20, protocol::AllocationKind::Device, 0}),
                 0);
        QVERIFY(m_devices->memory().used() >= before + (1 << 20));
    }
    QCOMPARE(m_devices->memory().used(), before);
}

QTEST_GUILESS_MAIN(TestSession)
#include "tst_Session.moc"
