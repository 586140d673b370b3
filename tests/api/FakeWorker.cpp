// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/api/FakeWorker.h"

#include "emulator/base/Files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <variant>

namespace support {

namespace fs = std::filesystem;
using namespace emulator;

namespace {

Micros now()
{
    return SystemClock().now();
}

} // namespace

FakeWorker::FakeWorker(fs::path home, fs::path socket, std::string python, std::string id)
    : m_home(std::move(home))
    , m_python(std::move(python))
    , m_id(std::move(id))
    , m_relay(rpc::Relay::create(socket))
{
    m_link = std::make_unique<rpc::WorkerLink>(
        socket,
        [this] {
            const std::lock_guard lock(m_mutex);
            model::WorkerHello hello {m_id, {}, {"tasks are plain processes"}};
            for (const auto& [taskId, task] : m_tasks)
                hello.runningTasks.push_back(taskId);
            return hello;
        },
        [this](const model::WorkerCommand& each) { command(each); });
}

FakeWorker::~FakeWorker()
{
    {
        const std::lock_guard lock(m_mutex);
        for (auto& [id, task] : m_tasks)
            if (task.pid > 0)
                ::kill(task.pid, SIGKILL);
    }
    while (true) {
        std::jthread thread;
        {
            const std::lock_guard lock(m_mutex);
            if (m_tasks.empty())
                break;
            thread = std::move(m_tasks.begin()->second.thread);
        }
        if (thread.joinable())
            thread.join();
        else
            std::this_thread::yield();
    }
    m_link.reset();
}

void FakeWorker::command(const model::WorkerCommand& each)
{
    if (const auto* start = std::get_if<model::StartTask>(&each)) {
        const std::lock_guard lock(m_mutex);
        auto& task = m_tasks[start->spec.id];
        if (!task.thread.joinable())
            task.thread = std::jthread([this, spec = start->spec] { run(spec); });
    } else if (const auto* stop = std::get_if<model::StopTask>(&each)) {
        const std::lock_guard lock(m_mutex);
        const auto task = m_tasks.find(stop->taskId);
        if (task == m_tasks.end())
            return;
        task->second.stopReason = stop->reason;
        task->second.stopMessage = stop->message;
        if (task->second.pid > 0)
            ::kill(task->second.pid, stop->graceful ? SIGINT : SIGKILL);
    } else if (const auto* build = std::get_if<model::BuildImage>(&each)) {
        model::Image image;
        image.id = build->order.imageId;
        image.pythonVersion = "Python 3.11";
        m_link->report(model::BuildOutput {image.id, now(), "building nothing\n"});
        m_link->report(model::BuildFinished {image.id, image, {}});
    }
}

Result<CommandLine> FakeWorker::prepare(const model::TaskSpec& spec)
{
    const auto folder = m_home / "tasks" / spec.id;
    const auto root = folder / "root";
    fs::create_directories(root);
    for (const auto& mount : spec.mounts)
        for (const auto& file : mount) {
            const auto target = folder / fs::path(file.filename).relative_path();
            fs::create_directories(target.parent_path());
            std::error_code error;
            fs::copy_file(m_home / "blobs" / "sha256" / file.sha256, target,
                          fs::copy_options::overwrite_existing, error);
            if (error)
                return Error(ErrorCode::Io, file.filename + ": " + error.message());
        }
    TRY(writeFileAtomically(folder / "arguments", spec.containerArguments));
    const auto socket = (m_home / "run" / (spec.id + ".sock")).string();
    TRY(m_relay->open(spec.id, socket));
    CommandLine line;
    line.argv = {m_python, "-m", "modal._container_entrypoint"};
    line.extraEnvironment = spec.environment;
    line.extraEnvironment["MODAL_CONTAINER_ARGUMENTS_PATH"] = (folder / "arguments").string();
    line.extraEnvironment["MODAL_SERVER_URL"] = "unix://" + socket;
    line.extraEnvironment["MODAL_IS_REMOTE"] = "1";
    line.extraEnvironment["MODAL_TASK_ID"] = spec.id;
    line.extraEnvironment["PYTHONUNBUFFERED"] = "1";
    line.extraEnvironment["PYTHONPATH"] = root.string();
    line.workingDirectory = root.string();
    return line;
}

void FakeWorker::run(const model::TaskSpec& spec)
{
    model::TaskEnd end;
    std::array<int, 2> out {};
    std::array<int, 2> err {};
    const auto line = prepare(spec);
    if (!line || ::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0) {
        end = {model::EndReason::StartFailed, 0, line ? "no pipes" : line.error().message()};
    } else {
        auto process = Subprocess::start(*line, -1, out[1], err[1]);
        ::close(out[1]);
        ::close(err[1]);
        if (!process) {
            end = {model::EndReason::StartFailed, 0, process.error().message()};
        } else {
            {
                const std::lock_guard lock(m_mutex);
                m_tasks[spec.id].pid = process->pid();
            }
            m_link->report(model::TaskStarted {spec.id, now()});
            {
                const std::jthread errors([&] { pump(spec.id, 2, err[0]); });
                pump(spec.id, 1, out[0]);
            }
            const auto status = process->wait();
            end.exitCode = status.code;
        }
    }
    m_relay->close(spec.id);
    model::UsageSample sample;
    sample.taskId = spec.id;
    sample.time = now();
    m_link->report(model::TaskUsage {sample});
    const std::lock_guard lock(m_mutex);
    auto& task = m_tasks[spec.id];
    if (task.stopReason != model::EndReason::Exited) {
        end.reason = task.stopReason;
        end.message = task.stopMessage;
    }
    m_link->report(model::TaskEnded {spec.id, now(), end});
    if (task.thread.joinable())
        task.thread.detach();
    m_tasks.erase(spec.id);
}

void FakeWorker::pump(const std::string& taskId, int descriptor, int fd)
{
    std::array<char, 16384> buffer {};
    while (true) {
        const auto got = ::read(fd, buffer.data(), buffer.size());
        if (got <= 0)
            break;
        m_link->report(
            model::TaskOutput {{taskId, descriptor, now(),
                                std::string(buffer.data(), static_cast<std::size_t>(got))}});
    }
    ::close(fd);
}

} // namespace support
