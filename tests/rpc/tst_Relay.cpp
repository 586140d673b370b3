// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/rpc/Channel.h"
#include "emulator/rpc/Relay.h"
#include "emulator/rpc/Server.h"

#include <QtTest>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <future>
#include <map>

using namespace emulator;

namespace {

grpc::ByteBuffer toBuffer(const std::string& text)
{
    const grpc::Slice slice(text);
    return {&slice, 1};
}

std::string fromBuffer(const grpc::ByteBuffer& buffer)
{
    std::vector<grpc::Slice> slices;
    std::string text;
    if (buffer.Dump(&slices).ok())
        for (const auto& slice : slices)
            text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    return text;
}

/// One call of a client, with everything that came back.
class Probe : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
public:
    Probe(const std::filesystem::path& socket, const std::string& method,
          const std::map<std::string, std::string>& headers = {})
        : m_stub(rpc::makeChannel({.socket = socket}))
    {
        for (const auto& [key, value] : headers)
            context.AddMetadata(key, value);
        context.set_wait_for_ready(true);
        m_stub.PrepareBidiStreamingCall(&context, method, {}, this);
        m_request = toBuffer("request");
        StartWriteLast(&m_request, {});
        StartRead(&m_response);
        StartCall();
    }

    grpc::Status wait() { return m_done.get_future().get(); }

    std::vector<std::string> messages;
    grpc::ClientContext context;

private:
    void OnReadDone(bool ok) override
    {
        if (!ok)
            return;
        messages.push_back(fromBuffer(m_response));
        StartRead(&m_response);
    }
    void OnDone(const grpc::Status& status) override { m_done.set_value(status); }

    grpc::GenericStub m_stub;
    grpc::ByteBuffer m_request;
    grpc::ByteBuffer m_response;
    std::promise<grpc::Status> m_done;
};

} // namespace

/// The way from a task to the control plane, over real sockets.
class TestRelay : public QObject {
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void stampsTheTaskAndDropsAForgedOne();
    void passesTheClientsHeadersAndTheServersTrailers();
    void passesAStreamInOrder();
    void passesAnErrorWithItsCode();
    void holdsACallWhileTheControlPlaneRestarts();
    void cancellationReachesTheControlPlane();
    void closedTaskHasNoWayIn();
    void socketIsOfItsOwnerOnly();

private:
    void serve(rpc::Server::Handler handler)
    {
        auto server
            = rpc::Server::create({.privateSockets = {m_upstream.string()}}, std::move(handler));
        QVERIFY(server);
        m_server = *std::move(server);
    }

    std::optional<TempDir> m_folder;
    std::filesystem::path m_upstream;
    std::filesystem::path m_task;
    std::unique_ptr<rpc::Server> m_server;
    std::unique_ptr<rpc::Relay> m_relay;
};

void TestRelay::init()
{
    m_folder.emplace(*TempDir::create());
    m_upstream = m_folder->path() / "control.sock";
    m_task = m_folder->path() / "task.sock";
    m_relay = rpc::Relay::create({.socket = m_upstream});
    QVERIFY(m_relay->open("ta-1", m_task));
}

void TestRelay::cleanup()
{
    m_relay->close("ta-1");
    m_server.reset();
    m_relay.reset();
    m_folder.reset();
}

void TestRelay::stampsTheTaskAndDropsAForgedOne()
{
    serve([](const std::shared_ptr<rpc::Call>& call) {
        int stamps = 0;
        for (const auto& [key, value] : call->headers())
            stamps += key == "x-slipway-task" ? 1 : 0;
        call->reply(call->metadata("x-slipway-task") + " " + std::to_string(stamps));
    });
    Probe probe(m_task, "/service/Method", {{"x-slipway-task", "ta-2"}});
    QVERIFY(probe.wait().ok());
    QCOMPARE(probe.messages, std::vector<std::string> {"ta-1 1"});
}

void TestRelay::passesTheClientsHeadersAndTheServersTrailers()
{
    serve([](const std::shared_ptr<rpc::Call>& call) {
        call->addTrailer("x-modal-warning", "careful");
        call->reply(call->metadata("x-idempotency-key") + call->method() + call->request());
    });
    Probe probe(m_task, "/service/Method", {{"x-idempotency-key", "key"}});
    QVERIFY(probe.wait().ok());
    QCOMPARE(probe.messages, std::vector<std::string> {"key/service/Methodrequest"});
    const auto& trailers = probe.context.GetServerTrailingMetadata();
    const auto warning = trailers.find("x-modal-warning");
    QVERIFY(warning != trailers.end());
    QCOMPARE(std::string(warning->second.data(), warning->second.size()), std::string("careful"));
}

void TestRelay::passesAStreamInOrder()
{
    serve([](const std::shared_ptr<rpc::Call>& call) {
        for (int i = 0; i < 500; ++i)
            call->write(std::to_string(i));
        call->finish();
    });
    Probe probe(m_task, "/service/Stream");
    QVERIFY(probe.wait().ok());
    QCOMPARE(probe.messages.size(), std::size_t {500});
    for (std::size_t i = 0; i < 500; ++i)
        QCOMPARE(probe.messages[i], std::to_string(i));
}

void TestRelay::passesAnErrorWithItsCode()
{
    serve([](const std::shared_ptr<rpc::Call>& call) {
        call->fail(Error(ErrorCode::Unsupported, "VolumePutFiles2 is not served"));
    });
    Probe probe(m_task, "/service/Method");
    const auto status = probe.wait();
    QCOMPARE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    QCOMPARE(status.error_message(), std::string("VolumePutFiles2 is not served"));
}

void TestRelay::holdsACallWhileTheControlPlaneRestarts()
{
    std::promise<std::string> first;
    serve([&](const std::shared_ptr<rpc::Call>& call) {
        first.set_value(call->metadata("x-idempotency-key")); // parked, then dropped by dying
    });
    Probe probe(m_task, "/service/Method", {{"x-idempotency-key", "key"}});
    QCOMPARE(first.get_future().get(), std::string("key"));
    // A process that is killed drops its connections; so does this one.
    m_server->shutdown();
    serve([](const std::shared_ptr<rpc::Call>& call) {
        call->reply(call->metadata("x-idempotency-key") + " again");
    });
    const auto status = probe.wait();
    QVERIFY2(status.ok(), status.error_message().c_str());
    QCOMPARE(probe.messages, std::vector<std::string> {"key again"});
}

void TestRelay::cancellationReachesTheControlPlane()
{
    std::promise<void> arrived;
    std::promise<void> cancelled;
    serve([&](const std::shared_ptr<rpc::Call>& call) {
        call->onCancel([&] { cancelled.set_value(); });
        arrived.set_value();
    });
    Probe probe(m_task, "/service/Method");
    arrived.get_future().get();
    probe.context.TryCancel();
    QCOMPARE(probe.wait().error_code(), grpc::StatusCode::CANCELLED);
    QCOMPARE(cancelled.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

void TestRelay::closedTaskHasNoWayIn()
{
    m_relay->close("ta-1");
    QVERIFY(!std::filesystem::exists(m_task));
}

void TestRelay::socketIsOfItsOwnerOnly()
{
    using std::filesystem::perms;
    QCOMPARE(std::filesystem::status(m_task).permissions() & (perms::group_all | perms::others_all),
             perms::none);
}

QTEST_GUILESS_MAIN(TestRelay)
#include "tst_Relay.moc"
