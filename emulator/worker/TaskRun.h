// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/base/Clock.h"
#include "emulator/container/Launcher.h"
#include "emulator/gpu/server/DeviceMonitor.h"
#include "emulator/gpu/server/ProgramRun.h"
#include "emulator/image/Builder.h"
#include "emulator/model/WorkerPorts.h"
#include "emulator/rpc/Relay.h"
#include "emulator/worker/TaskPlan.h"
#include "emulator/worker/Worker.h"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace emulator::worker {

/// What tasks share on this host.
struct Host {
    WorkerOptions options;
    container::Launcher& launcher;
    rpc::Relay& relay;
    image::Store store;
    image::StepRunner& steps;
    std::function<void(model::WorkerEvent)> report; ///< thread-safe
    /// Brings files that are not in the store; null where the store is the control plane's own.
    std::function<Result<>(const std::vector<model::MountFile>&, std::stop_token)> bringFiles;
};

/// One task from its order to its end, on a thread of its own. Every way out reports TaskEnded
/// exactly once, after the last piece of output.
class TaskRun {
public:
    /// `onEnd` runs on the task's thread as the last thing it does.
    TaskRun(const Host& host, model::TaskSpec spec, std::function<void()> onEnd);
    ~TaskRun();

    /// Ends the task: SIGINT and half a minute for exit hooks when graceful, else SIGKILL.
    void stop(const model::StopTask& order);

    [[nodiscard]] const std::string& id() const { return m_spec.id; }

    TaskRun(const TaskRun&) = delete;
    TaskRun& operator=(const TaskRun&) = delete;

private:
    void run();
    [[nodiscard]] Result<model::TaskEnd> runContainer();
    [[nodiscard]] Result<std::unique_ptr<container::Container>> boot();
    [[nodiscard]] Result<> bringImages();
    [[nodiscard]] Result<std::filesystem::path> clientLayer();
    [[nodiscard]] Result<> startGpu(TaskFiles& files);
    [[nodiscard]] model::TaskEnd endOf(const container::ContainerExit& exit);
    void copyOutput(int descriptor, int stream);
    void watch(const std::stop_token& stop);
    void sample();
    void say(std::string_view sentence);

    const Host& m_host;
    const model::TaskSpec m_spec;
    const std::filesystem::path m_folder;
    std::function<void()> m_onEnd;
    std::optional<gpu::server::GpuDaemon> m_gpu;
    std::optional<gpu::server::DeviceMonitor> m_monitor;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::unique_ptr<container::Container> m_container;
    std::optional<model::StopTask> m_stop;
    std::optional<std::chrono::steady_clock::time_point> m_killAt;

    std::stop_source m_cancel; ///< while it is being prepared
    std::jthread m_thread;
};

} // namespace emulator::worker
