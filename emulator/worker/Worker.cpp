// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/worker/Worker.h"

#include "emulator/base/Id.h"
#include "emulator/base/Log.h"
#include "emulator/container/Launcher.h"
#include "emulator/image/Builder.h"
#include "emulator/rpc/Relay.h"
#include "emulator/rpc/WorkerLink.h"
#include "emulator/worker/ContainerSteps.h"
#include "emulator/worker/Contents.h"
#include "emulator/worker/TaskRun.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace emulator::worker {
namespace {

namespace fs = std::filesystem;

/// A build on its way.
struct Build {
    std::stop_source cancel;
    std::jthread thread;
};

class LocalWorker final : public Worker {
public:
    LocalWorker(const WorkerOptions& options, std::unique_ptr<container::Launcher> launcher)
        : m_id("wo-" + randomHex(8))
        , m_launcher(std::move(launcher))
        , m_relay(rpc::Relay::create(options.upstream))
        , m_steps(*m_launcher)
        , m_builder(image::Builder::create({options.home}, m_steps))
        , m_host {.options = options,
                  .launcher = *m_launcher,
                  .relay = *m_relay,
                  .store = {options.home},
                  .steps = m_steps,
                  .report = [this](model::WorkerEvent event) { m_link->report(std::move(event)); },
                  .bringFiles = bringer()}
    {
    }

    void run(std::stop_token stop) override
    {
        m_link = std::make_unique<rpc::WorkerLink>(
            m_host.options.upstream,
            rpc::WorkerLink::Handlers {
                .hello = [this] { return hello(); },
                .onCommand =
                    [this](model::WorkerCommand command) {
                        std::visit([this](auto& order) { obey(std::move(order)); }, command);
                    },
                .onRefused = [this](const std::string&) { leave(); }});
        std::unique_lock lock(m_mutex);
        while (!m_leaving
               && m_changed.wait(lock, stop, [this] { return m_leaving || !m_ended.empty(); }))
            bury(lock);

        for (const auto& [id, task] : m_tasks)
            task->stop({id, !m_leaving, model::EndReason::Stopped, "the worker was asked to end"});
        for (auto& [id, build] : m_builds)
            build.cancel.request_stop();
        while (!m_tasks.empty() || !m_builds.empty()) {
            m_changed.wait(lock, [this] { return !m_ended.empty(); });
            bury(lock);
        }
        lock.unlock();
        // A replica's last words are why it ran; the control plane may be restarting right now.
        if (m_host.options.replica)
            m_link->flush({});
        m_link.reset();
    }

private:
    model::WorkerHello hello()
    {
        const std::lock_guard lock(m_mutex);
        model::WorkerHello hello {m_id, {}, m_launcher->capability().notes, {}, {}};
        if (const auto& replica = m_host.options.replica) {
            hello.node = replica->node;
            hello.jobId = replica->jobId;
        }
        for (const auto& [id, task] : m_tasks)
            hello.runningTasks.push_back(id);
        return hello;
    }

    /// The ended ones are destroyed here, because a thread cannot join itself.
    void bury(std::unique_lock<std::mutex>& lock)
    {
        std::vector<std::unique_ptr<TaskRun>> tasks;
        std::vector<Build> builds;
        for (const auto& id : m_ended) {
            if (auto task = m_tasks.extract(id))
                tasks.push_back(std::move(task.mapped()));
            if (auto build = m_builds.extract(id))
                builds.push_back(std::move(build.mapped()));
        }
        m_ended.clear();
        lock.unlock();
        tasks.clear();
        builds.clear();
        lock.lock();
    }

    void ended(const std::string& id)
    {
        {
            const std::lock_guard lock(m_mutex);
            m_ended.push_back(id);
            m_leaving = m_leaving || m_host.options.replica.has_value();
        }
        m_changed.notify_all();
    }

    void leave()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_leaving = true;
        }
        m_changed.notify_all();
    }

    /// Of a replica: fetches contents that this node does not have.
    std::function<Result<>(const std::vector<model::MountFile>&, std::stop_token)> bringer()
    {
        if (!m_host.options.replica)
            return {};
        return [this](const std::vector<model::MountFile>& files, std::stop_token stop) {
            return bringContents(*m_link, m_host.store, files, stop);
        };
    }

    void obey(model::StartTask order)
    {
        const std::lock_guard lock(m_mutex);
        const auto id = order.spec.id;
        if (m_tasks.contains(id))
            return; // the control plane repeats what it is not sure of
        m_tasks.emplace(id, std::make_unique<TaskRun>(m_host, std::move(order.spec), [this, id] {
                            ended(id);
                        }));
    }

    void obey(model::StopTask order)
    {
        const std::lock_guard lock(m_mutex);
        if (const auto task = m_tasks.find(order.taskId); task != m_tasks.end())
            task->second->stop(order);
    }

    void obey(model::BuildImage order)
    {
        const std::lock_guard lock(m_mutex);
        const auto id = order.order.imageId;
        if (m_builds.contains(id))
            return;
        auto& build = m_builds[id];
        build.thread = std::jthread([this, order = std::move(order.order),
                                     stop = build.cancel.get_token()] {
            const auto image = m_builder->build(
                order.recipe,
                [&](std::string_view line) {
                    m_host.report(model::BuildOutput {order.imageId, m_host.options.clock->now(),
                                                      std::string(line) + "\n"});
                },
                stop);
            model::BuildFinished finished {order.imageId, {}, {}};
            if (image)
                finished.image = *image;
            else
                finished.error = image.error().message();
            m_host.report(std::move(finished));
            ended(order.imageId);
        });
    }

    void obey(model::CancelBuild order)
    {
        const std::lock_guard lock(m_mutex);
        if (const auto build = m_builds.find(order.imageId); build != m_builds.end())
            build->second.cancel.request_stop();
    }

    const std::string m_id;
    std::unique_ptr<container::Launcher> m_launcher;
    std::unique_ptr<rpc::Relay> m_relay;
    ContainerSteps m_steps;
    std::unique_ptr<image::Builder> m_builder;
    const Host m_host;
    std::unique_ptr<rpc::WorkerLink> m_link;

    std::mutex m_mutex;
    std::condition_variable_any m_changed;
    std::map<std::string, std::unique_ptr<TaskRun>> m_tasks;
    std::map<std::string, Build> m_builds;
    std::vector<std::string> m_ended; ///< threads that wait to be joined
    bool m_leaving = false; ///< nothing more is to be done here
};

} // namespace

Result<std::unique_ptr<Worker>> Worker::create(const WorkerOptions& options)
{
    // A task folder that is here now belongs to a worker that died; its containers died with it.
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(options.runFolder, ignored))
        if (entry.is_directory() && entry.path().filename().string().starts_with("ta-"))
            fs::remove_all(entry.path(), ignored);
    auto launcher = container::Launcher::create(options.runFolder);
    if (!launcher)
        return std::move(launcher).error().within("start the container runtime");
    return std::unique_ptr<Worker>(std::make_unique<LocalWorker>(options, *std::move(launcher)));
}

} // namespace emulator::worker
