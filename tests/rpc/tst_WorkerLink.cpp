// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/base/Files.h"
#include "emulator/rpc/Convert.h"
#include "emulator/rpc/Server.h"
#include "emulator/rpc/WorkerLink.h"

#include <QtTest>

#include <condition_variable>
#include <mutex>

using namespace emulator;

/// A worker's line over a real socket, with a control plane that may drop it.
class TestWorkerLink : public QObject {
    Q_OBJECT

private slots:
    void commandsArriveInOrder();
    void eventsAreRepeatedWithTheirNumbersUntilStored();
    void everyValueSurvivesTheWire();
};

namespace {

/// A control plane that stores what it is told.
class Control {
public:
    explicit Control(std::filesystem::path socket)
        : m_socket(std::move(socket))
    {
    }

    void start(bool store)
    {
        m_server = *rpc::Server::create(
            {.privateSockets = {m_socket.string()}},
            [this, store](const std::shared_ptr<rpc::Call>& call) { take(call, store); });
    }
    void end() { m_server.reset(); }

    bool awaitStored(std::size_t count)
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::seconds(20),
                                  [&] { return stored.size() >= count; });
    }
    bool awaitRefused()
    {
        std::unique_lock lock(m_mutex);
        return m_changed.wait_for(lock, std::chrono::seconds(20), [&] { return refused > 0; });
    }

    std::vector<std::pair<std::uint64_t, std::string>> stored; ///< number, task
    int refused = 0;
    std::vector<model::WorkerCommand> commands;

private:
    void take(const std::shared_ptr<rpc::Call>& call, bool store)
    {
        if (call->method() == "/slipway.v1.Worker/Attach") {
            for (const auto& command : commands)
                call->write(rpc::toWire(command).SerializeAsString());
            return; // stays open
        }
        slipway::v1::ReportRequest request;
        request.ParseFromString(call->request());
        {
            const std::lock_guard lock(m_mutex);
            if (store)
                for (int i = 0; i < request.events_size(); ++i)
                    stored.emplace_back(request.first_sequence() + static_cast<std::uint64_t>(i),
                                        request.events(i).task_started().task_id());
            else
                ++refused;
        }
        m_changed.notify_all();
        if (store)
            call->reply(slipway::v1::ReportResponse().SerializeAsString());
        else
            call->fail(Error(ErrorCode::Unavailable, "the disk is full"));
    }

    std::filesystem::path m_socket;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::unique_ptr<rpc::Server> m_server;
};

} // namespace

void TestWorkerLink::commandsArriveInOrder()
{
    const auto folder = TempDir::create();
    Control control(folder->path() / "control.sock");
    for (const char* id : {"ta-1", "ta-2", "ta-3"})
        control.commands.emplace_back(model::StopTask {id, true, model::EndReason::Stopped, ""});
    control.start(true);

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> seen;
    const rpc::WorkerLink link({.socket = folder->path() / "control.sock"},
                               {.hello = [] { return model::WorkerHello {"wo-1", {}, {}, {}, {}}; },
                                .onCommand =
                                    [&](const model::WorkerCommand& command) {
                                        const std::lock_guard lock(mutex);
                                        seen.push_back(std::get<model::StopTask>(command).taskId);
                                        changed.notify_all();
                                    },
                                .onRefused = {}});
    std::unique_lock lock(mutex);
    QVERIFY(changed.wait_for(lock, std::chrono::seconds(20), [&] { return seen.size() == 3; }));
    QCOMPARE(seen, (std::vector<std::string> {"ta-1", "ta-2", "ta-3"}));
}

void TestWorkerLink::eventsAreRepeatedWithTheirNumbersUntilStored()
{
    const auto folder = TempDir::create();
    Control control(folder->path() / "control.sock");
    control.start(false);
    rpc::WorkerLink link({.socket = folder->path() / "control.sock"},
                         {.hello = [] { return model::WorkerHello {"wo-1", {}, {}, {}, {}}; },
                          .onCommand = [](const model::WorkerCommand&) {},
                          .onRefused = {}});
    link.report(model::TaskStarted {"ta-1", 1});
    link.report(model::TaskStarted {"ta-2", 2});
    QVERIFY(control.awaitRefused());
    control.end();
    control.start(true);
    link.report(model::TaskStarted {"ta-3", 3});
    QVERIFY(control.awaitStored(3));
    const std::vector<std::pair<std::uint64_t, std::string>> expected {
        {1, "ta-1"}, {2, "ta-2"}, {3, "ta-3"}};
    QCOMPARE(control.stored, expected);
    link.flush({});
}

void TestWorkerLink::everyValueSurvivesTheWire()
{
    model::TaskSpec spec;
    spec.id = "ta-1";
    spec.image
        = {"im-1", {"sha256:a", "sha256:b"}, "sha256:c", {}, "Python 3.11.2", {"substituted"}};
    spec.image.config.environment = {{"A", "1"}};
    spec.image.config.shell = {"/bin/bash", "-c"};
    spec.mounts = {{{"/root/app.py", "ff", 3, 0644}}, {}};
    spec.environment = {{"SECRET", "s"}};
    spec.containerArguments = std::string("\0\1", 2);
    spec.command = {"sleep", "1"};
    spec.resources = {125, 1000, 128, 512, "H100", 2};
    spec.timeoutSeconds = 7;
    spec.blockNetwork = true;
    const auto back
        = std::get<model::StartTask>(rpc::fromWire(rpc::toWire(model::StartTask {spec})));
    QCOMPARE(rpc::toWire(model::StartTask {back.spec}).SerializeAsString(),
             rpc::toWire(model::StartTask {spec}).SerializeAsString());
    QCOMPARE(back.spec.image.layers, spec.image.layers);
    QCOMPARE(back.spec.mounts.size(), std::size_t {2});
    QCOMPARE(back.spec.containerArguments.size(), std::size_t {2});
    QCOMPARE(back.spec.resources.gpuCount, 2U);

    const model::TaskEnded ended {"ta-1", 5, {model::EndReason::OutOfMemory, 137, "too much"}};
    const auto end
        = std::get<model::TaskEnded>(rpc::fromWire(rpc::toWire(model::WorkerEvent(ended))));
    QCOMPARE(end.end.reason, model::EndReason::OutOfMemory);
    QCOMPARE(end.end.exitCode, 137);
}

QTEST_GUILESS_MAIN(TestWorkerLink)
#include "tst_WorkerLink.moc"
