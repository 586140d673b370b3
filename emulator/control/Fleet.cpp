// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Fleet.h"

#include "emulator/base/Bytes.h"
#include "emulator/base/Json.h"

#include <algorithm>

namespace emulator::control {

using model::TaskState;
using store::TaskRecord;

void Fleet::load()
{
    m_records.clear();
    m_live.clear();
    m_workerRecords.clear();
    m_byReplica.clear();
    m_unsettled.clear();
    m_loadedAt = m_context.now();
    if (m_shared.awaySince == 0)
        m_shared.awaySince = m_loadedAt;
    if (auto tasks = m_context.strand.keep(m_tasks.all()))
        for (auto& task : *tasks) {
            if (task.state != TaskState::Finished) {
                m_live.insert(task.id);
            } else if (!task.replicaId.empty() && !task.settled) {
                m_unsettled.insert(task.id);
            }
            if (!task.replicaId.empty())
                m_byReplica[task.replicaId] = task.id;
            m_records.emplace(task.id, std::move(task));
        }
    if (auto workers = m_context.strand.keep(m_workers.all()))
        for (auto& worker : *workers)
            m_workerRecords.emplace(worker.id, std::move(worker));
}

Result<std::string> Fleet::start(const store::FunctionRecord& function, const Purpose& purpose)
{
    TaskRecord task;
    task.id = m_context.ids.next("ta");
    task.appId = function.appId;
    task.functionId = function.id;
    task.imageId = function.imageId;
    task.revision = function.revision;
    task.createdAt = m_context.now();
    task.gpu = function.gpu;
    task.gpuCount = function.gpuCount;
    task.milliCpu = function.milliCpu;
    task.memoryMb = function.memoryMb;
    task.deploymentVersion = purpose.version;
    task.staging = purpose.staging;
    if (m_mode == Workers::Replicas) {
        // Engines give out whole cores, and what is allocated is what costs.
        task.milliCpu = std::max(1U, (task.milliCpu + 999) / 1000) * 1000;
        task.memoryMb = std::max(task.memoryMb, smallestReplicaMb);
        nameReplica(task);
    }
    m_live.insert(task.id);
    const auto id = task.id;
    auto& record = m_records.emplace(id, std::move(task)).first->second;
    if (connectionOf(record) == nullptr) {
        save(record);
        return id;
    }
    if (auto sent = sendStart(record); !sent) {
        finish(id, {model::EndReason::StartFailed, 0, sent.error().message()}, m_context.now());
        return std::move(sent).error();
    }
    return id;
}

Result<> Fleet::sendStart(TaskRecord& task)
{
    TRY_ASSIGN(auto spec, m_composer(task));
    task.state = TaskState::Starting;
    if (const auto* connection = connectionOf(task))
        task.workerId = connection->workerId;
    save(task);
    sendTo(task, model::StartTask {std::move(spec)});
    return {};
}

void Fleet::sendStop(TaskRecord& task)
{
    task.state = TaskState::Stopping;
    task.draining = true;
    save(task);
    // One that has not asked for inputs yet has nothing to put away, and SIGINT in the middle of
    // its imports would only print a traceback.
    const bool graceful = task.stopGraceful && task.readyAt != 0;
    sendTo(task, model::StopTask {task.id, graceful, task.stopReason, task.stopMessage});
}

void Fleet::drain(const std::string& taskId, Micros grace)
{
    auto* task = get(taskId);
    if (task == nullptr || task->draining || task->state == TaskState::Finished)
        return;
    if (task->state == TaskState::Queued) {
        finish(taskId, {model::EndReason::Stopped, 0, {}}, m_context.now());
        return;
    }
    task->draining = true;
    task->stopAt = m_context.now() + grace;
    save(*task);
    m_context.parking.signal("inputs " + task->functionId);
    m_context.touch(task->functionId);
}

void Fleet::stop(const std::string& taskId, const Stop& stop)
{
    auto* task = get(taskId);
    if (task == nullptr || task->state == TaskState::Finished)
        return;
    if (task->state == TaskState::Queued) {
        finish(taskId, {stop.reason, 0, stop.message}, m_context.now());
        return;
    }
    if (task->state == TaskState::Stopping && (stop.graceful || !task->stopGraceful))
        return; // has been told already
    if (task->state != TaskState::Stopping) {
        task->stopReason = stop.reason;
        task->stopMessage = stop.message;
    }
    task->stopGraceful = stop.graceful;
    task->stopAt = m_context.now();
    sendStop(*task);
    m_context.parking.signal("inputs " + task->functionId);
    m_context.touch(task->functionId);
}

void Fleet::sendDueStops()
{
    for (const auto& id : m_live) {
        auto& task = m_records.at(id);
        if (task.stopAt != 0 && task.stopAt <= m_context.now() && task.state != TaskState::Stopping)
            sendStop(task);
    }
}

Result<const TaskRecord*> Fleet::find(std::string_view id) const
{
    const auto found = m_records.find(std::string(id));
    if (found == m_records.end())
        return Error(ErrorCode::NotFound, "there is no container " + std::string(id));
    return &found->second;
}

std::vector<const TaskRecord*> Fleet::liveOf(std::string_view functionId) const
{
    std::vector<const TaskRecord*> tasks;
    for (const auto& id : m_live)
        if (const auto& task = m_records.at(id); task.functionId == functionId)
            tasks.push_back(&task);
    return tasks;
}

std::vector<const TaskRecord*> Fleet::liveOfApp(std::string_view appId) const
{
    std::vector<const TaskRecord*> tasks;
    for (const auto& id : m_live)
        if (const auto& task = m_records.at(id); task.appId == appId)
            tasks.push_back(&task);
    return tasks;
}

void Fleet::markStarted(const std::string& taskId, Micros time)
{
    auto* task = get(taskId);
    if (task == nullptr || task->state == TaskState::Finished || task->startedAt != 0)
        return;
    task->startedAt = std::min(time, m_context.now());
    if (task->state != TaskState::Stopping)
        task->state = TaskState::Running;
    save(*task);
}

void Fleet::markReady(const std::string& taskId)
{
    auto* task = get(taskId);
    if (task == nullptr || task->readyAt != 0)
        return;
    task->readyAt = m_context.now();
    setIdleSince(taskId, m_context.now());
    save(*task);
    m_context.touch(task->functionId);
}

void Fleet::countInputs(const std::string& taskId, std::uint32_t count)
{
    if (auto* task = get(taskId)) {
        task->inputsTaken += count;
        save(*task);
    }
}

void Fleet::update(const TaskRecord& task)
{
    if (auto* known = get(task.id)) {
        *known = task;
        save(task);
        if (task.settled)
            m_unsettled.erase(task.id);
    }
}

void Fleet::finish(const std::string& taskId, const model::TaskEnd& end, Micros time)
{
    auto* task = get(taskId);
    if (task == nullptr || task->state == TaskState::Finished)
        return;
    task->state = TaskState::Finished;
    task->finishedAt = std::min(time, m_context.now());
    task->endReason = end.reason;
    task->exitCode = end.exitCode;
    task->message = end.message;
    save(*task);
    m_live.erase(taskId);
    m_beats.erase(taskId);
    m_idleSince.erase(taskId);
    m_suspects.erase(taskId);
    if (!task->replicaId.empty() && !task->settled)
        m_unsettled.insert(taskId);
    m_context.touch(task->functionId);
    m_context.parking.signal("inputs " + task->functionId);
}

Micros Fleet::lastBeat(const TaskRecord& task) const
{
    const auto found = m_beats.find(task.id);
    return found == m_beats.end() ? std::max(m_loadedAt, task.readyAt) : found->second;
}

Micros Fleet::idleSince(const TaskRecord& task) const
{
    const auto found = m_idleSince.find(task.id);
    return found == m_idleSince.end() ? std::max(m_loadedAt, task.readyAt) : found->second;
}

std::vector<std::string> Fleet::attach(const model::WorkerHello& hello, std::uint64_t connection,
                                       CommandSink sink)
{
    remember(hello);
    m_shared = {connection, hello.workerId, std::move(sink), 0};

    const std::set<std::string> running(hello.runningTasks.begin(), hello.runningTasks.end());
    std::vector<std::string> lost;
    m_suspects.clear();
    for (const auto& id : std::set<std::string>(m_live)) {
        auto& task = m_records.at(id);
        if (running.contains(id)) {
            if (task.state == TaskState::Queued)
                task.state = TaskState::Starting;
            if (task.state == TaskState::Stopping)
                sendStop(task);
        } else if (task.state == TaskState::Queued || (task.state == TaskState::Starting)) {
            if (!sendStart(task))
                lost.push_back(id);
        } else if (task.workerId == hello.workerId) {
            // Its end may be on the way: events come on another stream than this one.
            m_suspects[id] = m_context.now() + suspectGrace;
        } else {
            lost.push_back(id);
        }
    }
    for (const auto& id : running)
        if (!m_live.contains(id))
            send(model::StopTask {id, false, model::EndReason::Stopped,
                                  "the control plane does not know this task any more"});
    return lost;
}

void Fleet::remember(const model::WorkerHello& hello)
{
    auto& worker = m_workerRecords[hello.workerId];
    worker.id = hello.workerId;
    worker.notes = Json(hello.capabilityNotes).dump();
    worker.seenAt = m_context.now();
    m_context.strand.keep(m_workers.put(worker));
    m_context.changed = true;
}

Result<std::string> Fleet::admitReplica(std::string_view replicaId, std::string_view token,
                                        std::string_view workerId) const
{
    const Error refusal(ErrorCode::Denied,
                        "replica " + std::string(replicaId)
                            + " has been superseded or has ended; nothing that it says counts");
    const auto found = m_byReplica.find(std::string(replicaId));
    if (found == m_byReplica.end())
        return refusal;
    const auto& task = m_records.at(found->second);
    if (task.state == TaskState::Finished)
        return refusal;
    if (!sameSecret(token, task.replicaToken))
        return Error(ErrorCode::Unauthenticated, "the replica's token is wrong");
    if (!workerId.empty() && !task.workerId.empty() && workerId != task.workerId)
        return refusal;
    return task.id;
}

std::vector<std::string> Fleet::attachReplica(const std::string& taskId,
                                              const model::WorkerHello& hello,
                                              std::uint64_t connection, CommandSink sink)
{
    auto& task = m_records.at(taskId);
    remember(hello);
    m_replicas[taskId] = {connection, hello.workerId, std::move(sink), 0};
    const bool running = std::ranges::find(hello.runningTasks, taskId) != hello.runningTasks.end();
    task.workerId = hello.workerId;
    if (!hello.node.empty())
        task.node = hello.node;
    if (!hello.jobId.empty())
        task.jobId = hello.jobId;
    task.waitReason.clear();
    if (task.allocatedAt == 0)
        task.allocatedAt = m_context.now();
    if (running) {
        if (task.state == TaskState::Stopping)
            sendStop(task);
        save(task);
        return {};
    }
    if (task.state == TaskState::Queued || task.state == TaskState::Starting)
        return sendStart(task) ? std::vector<std::string> {} : std::vector {taskId};
    m_suspects[taskId] = m_context.now() + suspectGrace;
    save(task);
    return {};
}

void Fleet::nameReplica(TaskRecord& task)
{
    if (!task.replicaId.empty())
        m_byReplica.erase(task.replicaId);
    task.replicaId = m_context.ids.next("re");
    task.replicaToken = m_context.ids.next("rt");
    m_byReplica[task.replicaId] = task.id;
}

void Fleet::replaceReplica(const std::string& taskId, std::string reason)
{
    auto* task = get(taskId);
    if (task == nullptr || task->state != TaskState::Queued)
        return;
    nameReplica(*task);
    task->jobId.clear();
    task->node.clear();
    task->submittedAt = 0;
    task->allocatedAt = 0;
    task->waitReason = std::move(reason);
    save(*task);
}

const TaskRecord* Fleet::findByReplica(const std::string& replicaId) const
{
    const auto found = m_byReplica.find(replicaId);
    return found == m_byReplica.end() ? nullptr : &m_records.at(found->second);
}

void Fleet::detach(std::uint64_t connection)
{
    if (connection == m_shared.number) {
        m_shared.sink = nullptr;
        m_shared.awaySince = m_context.now();
        m_context.changed = true;
        return;
    }
    for (auto& [taskId, replica] : m_replicas)
        if (replica.number == connection) {
            replica.sink = nullptr;
            replica.awaySince = m_context.now();
            m_context.changed = true;
        }
    std::erase_if(m_replicas, [this](const auto& replica) {
        return !replica.second.sink && !m_live.contains(replica.first);
    });
}

bool Fleet::connected(const std::string& taskId) const
{
    const auto found = m_records.find(taskId);
    return found != m_records.end() && connectionOf(found->second) != nullptr;
}

const Fleet::Connection* Fleet::connectionOf(const TaskRecord& task) const
{
    if (m_mode == Workers::Shared)
        return m_shared.sink ? &m_shared : nullptr;
    const auto found = m_replicas.find(task.id);
    return found != m_replicas.end() && found->second.sink ? &found->second : nullptr;
}

void Fleet::sendTo(const TaskRecord& task, const model::WorkerCommand& command)
{
    if (const auto* connection = connectionOf(task))
        m_context.strand.afterCommit([sink = connection->sink, command] { sink(command); });
}

std::vector<std::string> Fleet::notes() const
{
    const auto worker = m_workerRecords.find(m_shared.workerId);
    if (worker == m_workerRecords.end())
        return {};
    const auto notes = parseJson(worker->second.notes);
    return notes ? notes->get<std::vector<std::string>>() : std::vector<std::string> {};
}

void Fleet::send(const model::WorkerCommand& command)
{
    if (m_shared.sink)
        m_context.strand.afterCommit([sink = m_shared.sink, command] { sink(command); });
}

std::vector<std::string> Fleet::lost() const
{
    std::vector<std::string> ids;
    for (const auto& id : m_live) {
        const auto suspect = m_suspects.find(id);
        if (isAway(m_records.at(id))
            || (suspect != m_suspects.end() && suspect->second <= m_context.now()))
            ids.push_back(id);
    }
    return ids;
}

bool Fleet::isAway(const TaskRecord& task) const
{
    if (task.workerId.empty())
        return false;
    if (m_mode == Workers::Shared)
        return !m_shared.sink && m_context.now() - m_shared.awaySince > workerGrace;
    const auto found = m_replicas.find(task.id);
    // After our own restart nobody has been heard of yet: replicas get the longer grace.
    if (found == m_replicas.end())
        return m_context.now() - m_loadedAt > workerGrace;
    return !found->second.sink && m_context.now() - found->second.awaySince > replicaGrace;
}

std::uint64_t Fleet::nextSequence(const std::string& workerId) const
{
    const auto worker = m_workerRecords.find(workerId);
    return worker == m_workerRecords.end() ? 1 : worker->second.nextSequence;
}

void Fleet::setNextSequence(const std::string& workerId, std::uint64_t sequence)
{
    auto& worker = m_workerRecords[workerId];
    worker.id = workerId;
    worker.nextSequence = sequence;
    worker.seenAt = m_context.now();
    m_context.strand.keep(m_workers.put(worker));
}

TaskRecord* Fleet::get(const std::string& id)
{
    const auto found = m_records.find(id);
    return found == m_records.end() ? nullptr : &found->second;
}

void Fleet::save(const TaskRecord& task)
{
    m_context.strand.keep(m_tasks.put(task));
    m_context.changed = true;
}

} // namespace emulator::control
