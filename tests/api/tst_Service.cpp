// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/api/Service.h"
#include "emulator/base/Files.h"
#include "emulator/ingress/BlobServer.h"
#include "tests/api/FakeCall.h"
#include "tests/api/Wire.h"

#include <QtTest>

using namespace emulator;
using namespace std::chrono_literals;
using support::FakeCall;
namespace wire = ::modal::client;
namespace own = slipway::v1;

/// The service behind fake calls: who may call what, and each answer that would make the stock
/// client hang or die if it were otherwise.
class TestService : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void asksForTheToken();
    void keepsContainersAndClientsApart();
    void refusesByName();
    void namesUnknownFields();
    void answersARepetitionOnce();
    void refusesAnUnknownCard();
    void servesAWholeCall();
    void blobsAreWhereTheCallerReachesThem();

private:
    using Call = std::shared_ptr<FakeCall>;
    Call send(const std::string& method, const google::protobuf::Message& request,
              FakeCall::Headers headers, bool isPrivate = false)
    {
        const auto path = method.starts_with('/') ? method : "/modal.client.ModalClient/" + method;
        auto call = std::make_shared<FakeCall>(path, request.SerializeAsString(),
                                               std::move(headers), isPrivate);
        m_service->handle(call);
        return call;
    }
    Call client(const std::string& method, const google::protobuf::Message& request,
                FakeCall::Headers more = {})
    {
        more.insert(more.end(),
                    {{"x-modal-token-id", "ak-1"},
                     {"x-modal-token-secret", "as-1"},
                     {"x-modal-client-version", "1.6.4"}});
        return send(method, request, more);
    }
    Call container(const std::string& method, const google::protobuf::Message& request)
    {
        return send(method, request, {{"x-slipway-task", m_task}}, true);
    }
    template<typename Response>
    Response answer(const Call& call)
    {
        Response response;
        if (!call->ended(5s) || call->error() || call->messages().empty())
            qWarning("%s: %s", call->method().c_str(),
                     call->error() ? call->error()->message().c_str() : "no answer");
        else
            response.ParseFromString(call->messages().back());
        return response;
    }
    wire::FunctionCreateRequest functionRequest(const std::string& gpu = {});
    Call report(std::vector<own::Event> events);

    TempDir m_home = *TempDir::create();
    SystemClock m_clock;
    std::unique_ptr<IdSource> m_ids = randomIds();
    std::unique_ptr<ingress::BlobServer> m_blobs;
    std::unique_ptr<api::Service> m_service;
    std::uint64_t m_sequence = 1;
    std::string m_app;
    std::string m_image;
    std::string m_task;
};

void TestService::initTestCase()
{
    m_blobs
        = *ingress::BlobServer::create({"127.0.0.1", 0, m_home.path() / "calls", "key"}, m_clock);
    m_service = *api::Service::create({m_home.path(),
                                       m_clock,
                                       *m_ids,
                                       *m_blobs,
                                       "ak-1",
                                       "as-1",
                                       "test",
                                       {"H100", "A100"},
                                       4,
                                       {}});
    wire::AppCreateRequest create;
    create.set_app_state(wire::APP_STATE_EPHEMERAL);
    m_app = answer<wire::AppCreateResponse>(client("AppCreate", create)).app_id();
    QVERIFY(m_app.starts_with("ap-"));
    wire::ImageGetOrCreateRequest image;
    image.mutable_image()->add_dockerfile_commands("FROM base");
    m_image = answer<wire::ImageGetOrCreateResponse>(client("ImageGetOrCreate", image)).image_id();
    own::Event built;
    built.mutable_build_finished()->set_image_id(m_image);
    built.mutable_build_finished()->mutable_image()->set_id(m_image);
    QVERIFY(report({built})->ended(5s));
}

void TestService::cleanupTestCase()
{
    m_service->shutdown();
}

TestService::Call TestService::report(std::vector<own::Event> events)
{
    own::ReportRequest request;
    request.set_worker_id("wk-1");
    request.set_first_sequence(m_sequence);
    for (auto& event : events)
        *request.add_events() = event;
    m_sequence += events.size();
    return send("/slipway.v1.Worker/Report", request, {}, true);
}

wire::FunctionCreateRequest TestService::functionRequest(const std::string& gpu)
{
    wire::FunctionCreateRequest request;
    request.set_app_id(m_app);
    auto& function = *request.mutable_function();
    function.set_function_name("C.*");
    function.set_is_class(true);
    function.set_image_id(m_image);
    function.add_object_dependencies()->set_object_id(m_image);
    (*function.mutable_method_definitions())["infer"].set_function_name("C.infer");
    if (!gpu.empty()) {
        function.mutable_resources()->mutable_gpu_config()->set_gpu_type(gpu);
        function.mutable_resources()->mutable_gpu_config()->set_count(1);
    }
    return request;
}

void TestService::asksForTheToken()
{
    const auto without = send("AppList", wire::AppListRequest(), {});
    QVERIFY(without->ended(5s));
    QCOMPARE(without->error()->code(), ErrorCode::Unauthenticated);
    QVERIFY(without->error()->message().find("token") != std::string::npos);
    const auto wrong = send("AppList", wire::AppListRequest(),
                            {{"x-modal-token-id", "ak-1"}, {"x-modal-token-secret", "no"}});
    QVERIFY(wrong->ended(5s));
    QCOMPARE(wrong->error()->code(), ErrorCode::Unauthenticated);
}

void TestService::keepsContainersAndClientsApart()
{
    const auto denied = [](const Call& call) {
        return call->ended(5s) && call->error() && call->error()->code() == ErrorCode::Denied;
    };
    // A task's name on TCP is worth nothing; the Studio is not for containers; a container that
    // nobody has started is none.
    QVERIFY(
        denied(client("ContainerHello", google::protobuf::Empty(), {{"x-slipway-task", "ta-1"}})));
    QVERIFY(denied(client("/slipway.v1.Studio/Shutdown", own::Nothing())));
    QVERIFY(denied(
        send("/slipway.v1.Studio/Shutdown", own::Nothing(), {{"x-slipway-task", "ta-1"}}, true)));
    QVERIFY(denied(send("AppList", wire::AppListRequest(), {}, true)));
    QVERIFY(denied(send("ContainerHello", google::protobuf::Empty(),
                        {{"x-slipway-task", "ta-unknown"}}, true)));
}

void TestService::refusesByName()
{
    const auto call = client("VolumePutFiles2", google::protobuf::Empty());
    QVERIFY(call->ended(5s));
    QCOMPARE(call->error()->code(), ErrorCode::Unsupported);
    QVERIFY(call->error()->message().starts_with("VolumePutFiles2 is not served"));
    own::MethodTable table
        = answer<own::MethodTable>(send("/slipway.v1.Studio/ApiTable", own::Nothing(), {}, true));
    QVERIFY(table.methods_size() > 280);
    bool counted = false;
    for (const auto& method : table.methods())
        counted = counted
            || (method.name() == "VolumePutFiles2" && !method.served() && method.calls() == 1);
    QVERIFY(counted);
}

void TestService::namesUnknownFields()
{
    wire::AppListRequest request;
    request.GetReflection()->MutableUnknownFields(&request)->AddVarint(4711, 1);
    const auto call = client("AppList", request);
    QVERIFY(call->ended(5s) && !call->error());
    QCOMPARE(call->trailers.size(), std::size_t {1});
    QCOMPARE(call->trailers[0].first, std::string("x-modal-warning"));
    QVERIFY(call->trailers[0].second.find("field%204711") != std::string::npos);
}

void TestService::answersARepetitionOnce()
{
    wire::AppCreateRequest request;
    request.set_description("repeated");
    std::vector<Call> calls;
    for (int i = 0; i < 5; ++i)
        calls.push_back(client("AppCreate", request, {{"x-idempotency-key", "same"}}));
    const auto first = answer<wire::AppCreateResponse>(calls[0]).app_id();
    for (const auto& call : calls)
        QCOMPARE(answer<wire::AppCreateResponse>(call).app_id(), first);
    const auto other = client("AppCreate", request, {{"x-idempotency-key", "other"}});
    QVERIFY(answer<wire::AppCreateResponse>(other).app_id() != first);
}

void TestService::refusesAnUnknownCard()
{
    const auto call = client("FunctionCreate", functionRequest("H900"));
    QVERIFY(call->ended(5s));
    QCOMPARE(call->error()->code(), ErrorCode::Invalid);
    QVERIFY(call->error()->message().find("H100, A100") != std::string::npos);
}

void TestService::servesAWholeCall()
{
    const auto environment = answer<wire::EnvironmentGetOrCreateResponse>(
        client("EnvironmentGetOrCreate", wire::EnvironmentGetOrCreateRequest()));
    QCOMPARE(environment.metadata().settings().image_builder_version(), std::string("2025.06"));
    const auto blob
        = answer<wire::BlobCreateResponse>(client("BlobCreate", wire::BlobCreateRequest()));
    QVERIFY(blob.upload_urls().items_size() == 1 && !blob.upload_url().empty());

    // Client from 1.6 on die without a ranked function; methods need their metadata.
    const auto made
        = answer<wire::FunctionCreateResponse>(client("FunctionCreate", functionRequest("h100!")));
    QCOMPARE(made.function_data().ranked_functions_size(), 1);
    QCOMPARE(made.handle_metadata().method_handle_metadata().at("infer").use_method_name(),
             std::string("infer"));
    wire::AppPublishRequest publish;
    publish.set_app_id(m_app);
    publish.set_app_state(wire::APP_STATE_EPHEMERAL);
    (*publish.mutable_function_ids())["C.*"] = made.function_id();
    (*publish.mutable_class_ids())["C"] = "cs-1";
    answer<wire::AppPublishResponse>(client("AppPublish", publish));

    own::AttachRequest hello;
    hello.set_worker_id("wk-1");
    const auto stream = send("/slipway.v1.Worker/Attach", hello, {}, true);
    wire::FunctionMapRequest map;
    map.set_function_id(made.function_id());
    for (int i = 0; i < 2; ++i) {
        auto& item = *map.add_pipelined_inputs();
        item.set_idx(i);
        item.mutable_input()->set_args("args");
        item.mutable_input()->set_method_name("infer");
    }
    const auto mapped = answer<wire::FunctionMapResponse>(client("FunctionMap", map));
    QCOMPARE(mapped.pipelined_inputs_size(), 2);
    wire::FunctionGetOutputsRequest poll;
    poll.set_function_call_id(mapped.function_call_id());
    poll.set_timeout(20);
    const auto parked = client("FunctionGetOutputs", poll);
    QVERIFY2(!parked->ended(200ms), "a poll is held until there is something");

    QTRY_VERIFY(!stream->messages().empty());
    own::Command command;
    command.ParseFromString(stream->messages().front());
    m_task = command.start_task().id();
    QVERIFY(m_task.back() != 'V');
    wire::ContainerArguments arguments;
    arguments.ParseFromString(command.start_task().container_arguments());
    QCOMPARE(arguments.app_layout().class_ids().at("C"), std::string("cs-1"));
    std::set<std::string> objects;
    for (const auto& object : arguments.app_layout().objects())
        objects.insert(object.object_id());
    QCOMPARE(objects, (std::set<std::string> {made.function_id(), "cs-1", m_image}));

    QVERIFY(container("ContainerHello", google::protobuf::Empty())->ended(5s));
    const auto next = [this] {
        return answer<wire::FunctionGetInputsResponse>(
            container("FunctionGetInputs", wire::FunctionGetInputsRequest()));
    };
    const auto given = next();
    QCOMPARE(given.inputs_size(), 1); // never two without batching
    wire::FunctionPutOutputsRequest put;
    auto& output = *put.add_outputs();
    output.set_input_id(given.inputs(0).input_id());
    output.mutable_result()->set_status(wire::GenericResult::GENERIC_STATUS_SUCCESS);
    output.mutable_result()->set_data("done");
    QVERIFY(container("FunctionPutOutputs", put)->ended(5s));
    const auto outputs = answer<wire::FunctionGetOutputsResponse>(parked);
    QCOMPARE(outputs.outputs_size(), 1);
    QCOMPARE(outputs.outputs(0).retry_count(), 0U);
    QCOMPARE(outputs.outputs(0).result().data(), std::string("done"));
    QCOMPARE(outputs.num_unfinished_inputs(), 1);

    // The end: the idle container is sent away, its last words come before app_done.
    wire::AppGetLogsRequest logs;
    logs.set_app_id(m_app);
    logs.set_timeout(20);
    const auto log = client("AppGetLogs", logs);
    put.mutable_outputs(0)->set_input_id(next().inputs(0).input_id());
    QVERIFY(container("FunctionPutOutputs", put)->ended(5s));
    const auto waiting = container("FunctionGetInputs", wire::FunctionGetInputsRequest());
    QVERIFY2(!waiting->ended(200ms), "an empty answer would be asked again at once");
    wire::AppClientDisconnectRequest leave;
    leave.set_app_id(m_app);
    QVERIFY(client("AppClientDisconnect", leave)->ended(5s));
    QVERIFY(answer<wire::FunctionGetInputsResponse>(waiting).inputs(0).kill_switch());
    QVERIFY(!log->ended(100ms));
    std::vector<own::Event> events(2);
    events[0].mutable_task_output()->set_task_id(m_task);
    events[0].mutable_task_output()->set_stream(1);
    events[0].mutable_task_output()->set_text("leaving");
    for (const auto& message : stream->messages()) {
        command.ParseFromString(message);
        if (command.has_start_task()) {
            events.emplace_back();
            events.back().mutable_task_ended()->set_task_id(command.start_task().id());
            events.back().mutable_task_ended()->mutable_end()->set_reason(3);
        }
    }
    events.erase(events.begin() + 1);
    QVERIFY(report(events)->ended(5s));
    QVERIFY(log->ended(5s));
    wire::TaskLogsBatch last;
    std::string text;
    for (const auto& message : log->messages()) {
        QVERIFY(!last.app_done());
        last.ParseFromString(message);
        for (const auto& item : last.items())
            text += item.data();
    }
    QVERIFY(last.app_done());
    QCOMPARE(text, std::string("leaving\n"));
}

void TestService::blobsAreWhereTheCallerReachesThem()
{
    const auto urlFor = [this](const std::string& authority) {
        const auto call = std::make_shared<FakeCall>(
            "/modal.client.ModalClient/BlobCreate", wire::BlobCreateRequest().SerializeAsString(),
            FakeCall::Headers {{"x-modal-token-id", "ak-1"}, {"x-modal-token-secret", "as-1"}},
            false);
        call->throughTunnel = authority;
        m_service->handle(call);
        return answer<wire::BlobCreateResponse>(call).upload_url();
    };
    const auto own = "http://127.0.0.1:" + std::to_string(m_blobs->port()) + "/blobs/";
    QVERIFY(urlFor("").starts_with(own));
    QVERIFY(urlFor("127.0.0.1:40001").starts_with("http://127.0.0.1:40001/blobs/"));
}

QTEST_GUILESS_MAIN(TestService)
#include "tst_Service.moc"
