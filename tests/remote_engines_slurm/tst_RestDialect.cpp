// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "remote/engines/slurm/RestDialect.h"
#include "remote/engines/slurm/RestDriver.h"
#include "remote/engines/slurm/SlurmEngine.h"
#include "remote/engines/slurm/Token.h"

#include <QtTest>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <random>

using namespace remote::slurm;
using emulator::ErrorCode;
using emulator::Json;

namespace {

Json openapi(const std::vector<std::string>& versions)
{
    Json paths = Json::object();
    for (const auto& version : versions)
        paths["/slurm/" + version + "/job/submit"] = Json::object();
    return Json {{"paths", paths}};
}

JobRequest request()
{
    JobRequest request;
    request.name = "slipway-a";
    request.comment = "slipway:home:re-1:";
    request.partition = "gpu";
    request.memoryMb = 512;
    request.gpuType = "h100";
    request.gpus = 2;
    request.timeLimitMinutes = 5;
    request.warnBeforeEnd = true;
    request.outputFile = "/logs/%j";
    request.script = "#!/bin/bash\n";
    return request;
}

Json parsed(const std::string& text)
{
    auto json = parseAnswer(text);
    return json ? *json : Json();
}

// What 22.05 answers, and what later versions do.
const std::string flatJobs = R"json({"meta":{"Slurm":{"release":"22.05.8"}},"errors":[],"jobs":[
    {"job_id":7,"job_state":"RUNNING","state_reason":"None","state_description":"","nodes":"n1",
     "user_name":"me","name":"a","comment":"slipway:home:re-1:","submit_time":1795532866,
     "start_time":1795532867,"end_time":1795536467},
    {"job_id":8,"job_state":"PENDING","state_reason":"JobHeldAdmin","user_name":"me","nodes":null,
     "state_description":"launch failed requeued held","comment":null},
    {"job_id":9,"job_state":"RUNNING","user_name":"somebody"}]})json";
const std::string structuredJobs = R"json({"jobs":[
    {"job_id":7,"job_state":["COMPLETED","COMPLETING"],"state_reason":"None","nodes":"n1",
     "user_name":"me","comment":"slipway:home:re-1:",
     "submit_time":{"set":true,"infinite":false,"number":1795532866},
     "start_time":{"set":true,"infinite":false,"number":1795532867},
     "end_time":{"set":false,"infinite":false,"number":99}}]})json";
const std::string flatNodes = R"json({"nodes":[{"name":"n1","state":"mixed","state_flags":["DRAIN"],
    "reason":"disk","cpus":64,"alloc_cpus":3,"real_memory":64000,"alloc_memory":512,
    "gres":"gpu:h100:4","gres_used":"gpu:h100:1(IDX:0)"}]})json";
const std::string structuredNodes = R"json({"nodes":[{"name":"n1","state":["IDLE"],"cpus":64,
    "gres":"gpu:h100:4(S:0)","gres_used":"gpu:h100:0(IDX:N/A)","reason":""}]})json";

} // namespace

/// What is said to slurmrestd and how its answers are read, without one.
class TestRestDialect : public QObject {
    Q_OBJECT

private slots:
    void choosesTheNewestItKnows();
    void saysAJobAsTheVersionWantsIt();
    void sendsTheRestThroughThePrograms();
    void readsJobsOfBothKinds();
    void readsNodesOfBothKinds();
    void readsIdsAndErrors();
    void survivesAnything();
    void keepsTokensToItself();
    void givesUpOnASilentServer();
};

void TestRestDialect::choosesTheNewestItKnows()
{
    QCOMPARE(RestDialect::choose(openapi({"v0.0.36", "v0.0.38", "v0.0.37"}))->minor, 38);
    QCOMPARE(RestDialect::choose(openapi({"v0.0.38", "v0.0.41", "v0.0.99"}))->minor, 41);
    QVERIFY(!RestDialect::choose(openapi({"v0.0.35", "v0.0.99"})));
    QVERIFY(!RestDialect::choose(Json()));
    QVERIFY(!RestDialect::choose(Json {{"paths", 3}}));
}

void TestRestDialect::saysAJobAsTheVersionWantsIt()
{
    const auto flat = submitBody(*RestDialect::choose(openapi({"v0.0.38"})), request());
    QCOMPARE(flat["script"], Json("#!/bin/bash\n"));
    QCOMPARE(flat["job"]["gres"], Json("gpu:h100:2"));
    QCOMPARE(flat["job"]["memory_per_node"], Json(512));
    QCOMPARE(flat["job"]["time_limit"], Json(5));
    QCOMPARE(flat["job"]["requeue"], Json(false));
    QCOMPARE(flat["job"]["standard_output"], Json("/logs/%%j"));
    QVERIFY(flat["job"]["environment"].is_object());
    QVERIFY(!flat["job"].contains("account"));

    auto wanted = request();
    wanted.excludedNodes = {"n1", "n2"};
    const auto structured = submitBody(*RestDialect::choose(openapi({"v0.0.41"})), wanted);
    QVERIFY(!structured.contains("script"));
    const auto& job = structured["job"];
    QCOMPARE(job["script"], Json("#!/bin/bash\n"));
    QCOMPARE(job["tres_per_node"], Json("gres/gpu:h100:2"));
    QCOMPARE(job["memory_per_node"]["number"], Json(512));
    QCOMPARE(job["excluded_nodes"], Json::array({"n1", "n2"}));
    QCOMPARE(job["kill_warning_flags"], Json::array({"BATCH_JOB"}));
    QVERIFY(job["environment"].is_array());
}

void TestRestDialect::sendsTheRestThroughThePrograms()
{
    const auto old = *RestDialect::choose(openapi({"v0.0.38"}));
    const auto later = *RestDialect::choose(openapi({"v0.0.39"}));
    QVERIFY(canSay(old, request()));
    auto excluding = request();
    excluding.excludedNodes = {"n1"};
    QVERIFY(!canSay(old, excluding));
    QVERIFY(canSay(later, excluding));
    auto extra = request();
    extra.sbatchOptions = {"--constraint=ib"};
    QVERIFY(!canSay(later, extra));
    auto binary = request();
    binary.script += "\xff";
    QVERIFY(!canSay(later, binary));
}

void TestRestDialect::readsJobsOfBothKinds()
{
    const auto flat = readJobs(parsed(flatJobs), "me");
    QCOMPARE(flat.size(), 2U);
    QCOMPARE(flat[0].id, std::string("7"));
    QCOMPARE(flat[0].comment, std::string("slipway:home:re-1:"));
    QCOMPARE(flat[0].reason, std::string());
    QCOMPARE(flat[0].startedAt, 1'795'532'867'000'000);
    QCOMPARE(jobState(flat[1].state, flat[1].reason), emulator::model::JobState::Held);
    const auto structured = readJobs(parsed(structuredJobs), "me");
    QCOMPARE(structured.size(), 1U);
    QCOMPARE(structured[0].state, std::string("COMPLETING"));
    QCOMPARE(structured[0].submittedAt, 1'795'532'866'000'000);
    QCOMPARE(structured[0].endedAt, 0);
    QCOMPARE(readRelease(parsed(flatJobs)), std::string("22.05.8"));
}

void TestRestDialect::readsNodesOfBothKinds()
{
    const auto flat = readNodes(parsed(flatNodes));
    QCOMPARE(flat.size(), 1U);
    QCOMPARE(flat[0].state, std::string("draining"));
    QVERIFY(!flat[0].usable);
    QCOMPARE(flat[0].gpus.at("h100"), 4U);
    QCOMPARE(flat[0].gpusAllocated.at("h100"), 1U);
    QCOMPARE(flat[0].memoryMbAllocated, 512U);
    const auto structured = readNodes(parsed(structuredNodes));
    QCOMPARE(structured[0].state, std::string("idle"));
    QVERIFY(structured[0].usable && structured[0].gpusAllocated.empty());
}

void TestRestDialect::readsIdsAndErrors()
{
    QCOMPARE(readJobId(parsed(R"({"job_id":12})")), std::optional<std::string>("12"));
    QCOMPARE(readJobId(parsed(R"({"result":{"job_id":13}})")), std::optional<std::string>("13"));
    QVERIFY(!readJobId(parsed(R"({"job_id":-1})")) && !readJobId(parsed("[]")));
    QCOMPARE(errorWords(parsed(R"({"errors":[{"error":"b","description":"a"},{"error":"c"},7]})")),
             std::string("a: b\nc\n"));
    QCOMPARE(errorWords(parsed(R"({"errors":[]})")), std::string());
    QCOMPARE(parseAnswer(R"({"jobs":[1e999]})").error().code(), ErrorCode::Invalid);
}

void TestRestDialect::survivesAnything()
{
    std::mt19937 random(4711); // NOLINT(bugprone-random-generator-seed): the same every time
    const std::vector<std::string> seeds {flatJobs, structuredJobs, flatNodes, structuredNodes};
    const std::string pieces = "[]{}\",:0-9tfnullm e.1";
    int valid = 0;
    for (int round = 0; round < 30'000; ++round) {
        auto text = seeds[random() % seeds.size()];
        for (auto edits = 1 + random() % 3; edits > 0; --edits)
            text[random() % text.size()] = pieces[random() % pieces.size()];
        const auto json = parseAnswer(text);
        if (!json)
            continue;
        ++valid;
        for (const auto& record : readJobs(*json, "me"))
            QVERIFY(record.startedAt >= 0 && !record.state.empty());
        for (const auto& node : readNodes(*json))
            QVERIFY(!node.name.empty());
        static_cast<void>(readJobId(*json));
        static_cast<void>(errorWords(*json));
        static_cast<void>(readRelease(*json));
        static_cast<void>(RestDialect::choose(*json));
    }
    QVERIFY(valid > 1000);
}

void TestRestDialect::keepsTokensToItself()
{
    const auto folder = emulator::TempDir::create();
    QVERIFY(folder);
    const auto path = (folder->path() / "token").string();
    Options options;
    options.rest.tokenFile = path;
    const Commands commands(options);
    const emulator::SystemClock clock;
    Token token(options, commands, clock);
    QCOMPARE(token.get().error().code(), ErrorCode::FailedPrecondition);
    QVERIFY(emulator::writeFileAtomically(path, "SLURM_JWT=ab.cd.ef\n", 0644));
    const auto open = token.get();
    QVERIFY(!open && open.error().message().find("chmod 600") != std::string::npos);
    QVERIFY(open.error().message().find("ab.cd") == std::string::npos);
    QVERIFY(emulator::writeFileAtomically(path, "SLURM_JWT=ab.cd.ef\n", 0600));
    QCOMPARE(*token.get(), std::string("ab.cd.ef"));
    QVERIFY(!token.drop()); // there is no other to be had
    QVERIFY(emulator::writeFileAtomically(path, "a b\nX-Other: 1", 0600));
    QVERIFY(!token.get());
}

void TestRestDialect::givesUpOnASilentServer()
{
    const emulator::UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    QVERIFY(::bind(listener.get(), generic, size) == 0 && ::listen(listener.get(), 4) == 0);
    QVERIFY(::getsockname(listener.get(), generic, &size) == 0);
    const auto url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));

    const auto silent = send({.url = url, .timeout = std::chrono::milliseconds(200)});
    QVERIFY(!silent);
    QCOMPARE(silent.error().code(), ErrorCode::Unavailable);
    QVERIFY2(silent.error().message().find("within 200 ms") != std::string::npos,
             silent.error().message().c_str());
    const auto nobody = send({.url = "http://localhost/x",
                              .socket = "/nonexistent/socket",
                              .timeout = std::chrono::seconds(5)});
    QVERIFY(!nobody);
    QCOMPARE(nobody.error().code(), ErrorCode::Unavailable);
    QVERIFY(nobody.error().message().find("/nonexistent/socket") != std::string::npos);
    QVERIFY(!send({.url = "file:///etc/hostname", .timeout = std::chrono::seconds(5)}));
}

QTEST_GUILESS_MAIN(TestRestDialect)
#include "tst_RestDialect.moc"
