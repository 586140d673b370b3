// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/worker/TaskRun.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace emulator::worker {
namespace {

namespace fs = std::filesystem;

constexpr auto sampleEvery = std::chrono::seconds(1);
constexpr auto grace = std::chrono::seconds(30);
constexpr std::size_t pieceBytes = 64U << 10U;

} // namespace

TaskRun::TaskRun(const Host& host, model::TaskSpec spec, std::function<void()> onEnd)
    : m_host(host)
    , m_spec(std::move(spec))
    , m_folder(host.options.runFolder / m_spec.id)
    , m_onEnd(std::move(onEnd))
    , m_thread([this] { run(); })
{
}

TaskRun::~TaskRun() = default;

void TaskRun::run()
{
    auto end = runContainer();
    m_host.relay.close(m_spec.id);
    m_monitor.reset();
    m_gpu.reset();
    std::error_code ignored;
    fs::remove_all(m_folder, ignored);
    if (!end) {
        say(end.error().message());
        end = model::TaskEnd {model::EndReason::StartFailed, 0, end.error().message()};
        const std::lock_guard lock(m_mutex);
        if (m_stop)
            end = model::TaskEnd {m_stop->reason, 0, m_stop->message};
    }
    m_host.report(model::TaskEnded {m_spec.id, m_host.options.clock->now(), *end});
    m_onEnd();
}

Result<model::TaskEnd> TaskRun::runContainer()
{
    TRY_ASSIGN(auto container, boot());
    {
        const std::lock_guard lock(m_mutex);
        m_container = std::move(container);
        if (m_stop)
            m_container->kill(SIGKILL);
    }
    m_host.report(model::TaskStarted {m_spec.id, m_host.options.clock->now()});

    std::optional<Result<container::ContainerExit>> exit;
    {
        const std::jthread out([this] { copyOutput(m_container->standardOutput(), 1); });
        const std::jthread err([this] { copyOutput(m_container->standardError(), 2); });
        const std::jthread watcher([this](const std::stop_token& stop) { watch(stop); });
        exit.emplace(m_container->wait({}));
    }
    // Both streams are at their end here: what the container printed goes before how it ended.
    TRY_ASSIGN(const auto ended, std::move(*exit));
    sample();
    auto end = endOf(ended);
    const std::lock_guard lock(m_mutex);
    m_container.reset();
    return end;
}

Result<std::unique_ptr<container::Container>> TaskRun::boot()
{
    std::error_code failed;
    fs::create_directories(m_folder, failed);
    if (failed)
        return Error(ErrorCode::Io, "make " + m_folder.string() + ": " + failed.message());

    TRY(bringImages());
    TaskFiles files;
    for (const auto& digest : m_spec.image.layers)
        files.imageLayers.push_back(image::layerFolder(m_host.store, digest));
    TRY_ASSIGN(files.clientLayer, clientLayer());
    for (const auto& mount : m_spec.mounts) {
        if (m_host.bringFiles)
            TRY(m_host.bringFiles(mount, m_cancel.get_token()));
        TRY_ASSIGN(auto layer, image::mountLayer(m_host.store, mount));
        files.mountLayers.push_back(std::move(layer));
    }
    files.writes = m_folder / "writes";
    files.socket = m_folder / "modal.sock";
    files.arguments = m_folder / "arguments";
    TRY(writeFileAtomically(files.arguments, m_spec.containerArguments));
    TRY(m_host.relay.open(m_spec.id, files.socket));
    if (!m_spec.resources.gpu.empty())
        TRY(startGpu(files));
    if (m_cancel.stop_requested())
        return Error(ErrorCode::Cancelled, "stopped before it had started");

    const auto plan = planTask(m_spec, files, image::networkSettings(m_host.store));
    return plan.forked ? m_host.launcher.launchForked(plan.container, plan.zygote)
                       : m_host.launcher.launch(plan.container);
}

Result<> TaskRun::bringImages()
{
    if (!m_host.options.replica)
        return {}; // built here
    auto* source = m_host.options.replica->images;
    const auto onLine = [this](std::string_view line) { say(line); };
    for (const auto* image : {&m_spec.image, &m_spec.runtime})
        if (!image->manifest.empty())
            TRY(source->fetch(*image, m_host.store, onLine, m_cancel.get_token()));
    return {};
}

Result<fs::path> TaskRun::clientLayer()
{
    if (!m_spec.runtime.manifest.empty() && !m_spec.runtime.layers.empty())
        return image::layerFolder(m_host.store, m_spec.runtime.layers.front());
    const auto series = model::pythonSeries(m_spec.image.pythonVersion);
    if (series.empty())
        return Error(
            ErrorCode::FailedPrecondition,
            "the image has no Python that its PATH finds as `python`; add one, for example "
            "with Image.debian_slim() or add_python");
    return image::clientLayer(
        m_host.store, m_spec.clientVersion, series, [this](std::string_view line) { say(line); },
        m_cancel.get_token());
}

Result<> TaskRun::startGpu(TaskFiles& files)
{
    TRY_ASSIGN(const auto parts, gpu::server::GpuParts::find());
    files.gpuSocket = m_folder / "gpu.sock";
    TRY_ASSIGN(files.driverLayer,
               image::driverLayer(m_host.store, m_spec.image, parts.libraries, parts.tools,
                                  m_host.steps, m_cancel.get_token()));
    TRY_ASSIGN(
        auto daemon,
        gpu::server::GpuDaemon::start(parts, m_spec.resources.gpu,
                                      static_cast<int>(std::max(1U, m_spec.resources.gpuCount)),
                                      files.gpuSocket, m_host.options.home / "logs" / "gpu.log"));
    m_gpu.emplace(std::move(daemon));
    TRY_ASSIGN(auto monitor, gpu::server::DeviceMonitor::connect(files.gpuSocket));
    m_monitor.emplace(std::move(monitor));
    return {};
}

model::TaskEnd TaskRun::endOf(const container::ContainerExit& exit)
{
    const std::lock_guard lock(m_mutex);
    if (exit.outOfMemory)
        return {model::EndReason::OutOfMemory, exit.code,
                "the container was killed because it used more memory than its limit of "
                    + std::to_string(m_spec.resources.memoryMbMax)
                    + " MiB; raise memory= or use less"};
    if (m_stop)
        return {m_stop->reason, exit.code, m_stop->message};
    return {model::EndReason::Exited, exit.code, {}};
}

void TaskRun::stop(const model::StopTask& order)
{
    m_cancel.request_stop();
    {
        const std::lock_guard lock(m_mutex);
        if (!m_stop)
            m_stop = order;
        if (m_container) {
            m_container->kill(order.graceful ? SIGINT : SIGKILL);
            if (order.graceful && !m_killAt)
                m_killAt = std::chrono::steady_clock::now() + grace;
        }
    }
    m_changed.notify_all();
}

void TaskRun::watch(const std::stop_token& stop)
{
    auto nextSample = std::chrono::steady_clock::now();
    std::unique_lock lock(m_mutex);
    while (!stop.stop_requested()) {
        const auto now = std::chrono::steady_clock::now();
        if (m_killAt && now >= *m_killAt) {
            m_killAt.reset();
            m_container->kill(SIGKILL);
        }
        if (now >= nextSample) {
            nextSample = now + sampleEvery;
            lock.unlock();
            sample();
            lock.lock();
        }
        const auto seen = m_killAt;
        m_changed.wait_until(lock, stop, seen ? std::min(*seen, nextSample) : nextSample,
                             [&] { return m_killAt != seen; });
    }
}

void TaskRun::sample()
{
    const auto usage = m_container->usage();
    model::UsageSample sample;
    sample.taskId = m_spec.id;
    sample.appId = m_spec.appId;
    sample.time = m_host.options.clock->now();
    sample.cpuMicros = usage.cpuMicros;
    sample.memoryBytes = usage.memoryBytes;
    sample.memoryPeakBytes = usage.memoryPeakBytes;
    std::vector<gpu::server::DeviceSample> devices;
    if (m_monitor)
        if (auto sampled = m_monitor->sample())
            devices = *std::move(sampled);
    for (const auto& device : devices) {
        sample.gpuUtilisation += device.utilization / static_cast<double>(devices.size());
        sample.gpuMemoryBytes += device.memoryUsed;
    }
    m_host.report(model::TaskUsage {sample});
}

void TaskRun::copyOutput(int descriptor, int stream)
{
    std::string buffer(pieceBytes, '\0');
    for (;;) {
        const auto got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        m_host.report(model::TaskOutput {{m_spec.id, stream, m_host.options.clock->now(),
                                          buffer.substr(0, static_cast<std::size_t>(got))}});
    }
}

void TaskRun::say(std::string_view sentence)
{
    m_host.report(model::TaskOutput {
        {m_spec.id, 3, m_host.options.clock->now(), std::string(sentence) + "\n"}});
}

} // namespace emulator::worker
