// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Placement.h"

#include "emulator/base/Log.h"

#include <algorithm>
#include <tuple>

namespace emulator::control {

using model::EndReason;
using model::Job;
using model::JobState;
using model::TaskState;
using store::TaskRecord;

namespace {

bool lives(const Job& job)
{
    return job.state == JobState::Pending || job.state == JobState::Held
        || job.state == JobState::Running;
}

/// Half a second, doubled with each failure, at most half a minute.
Micros delayAfter(std::uint32_t failures)
{
    return std::min<Micros>(30'000'000, Micros {500'000} << std::min(failures, 6U));
}

} // namespace

Placement::Placement(State& state, TaskRules& rules, Options options)
    : m_state(state)
    , m_rules(rules)
    , m_options(std::move(options))
{
    m_thread.post([this] {
        auto engine = m_options.engine->describe();
        m_state.context.strand.post([this, engine] {
            if (engine)
                m_engine = *engine;
            else
                note(engine.error());
        });
    });
}

void Placement::step()
{
    const auto now = m_state.context.now();
    if (now >= m_nextReconcile && !m_asking)
        reconcile();
    if (now >= m_nextNodes)
        askForNodes();
    submitDue();
    cancelUnwanted();
}

void Placement::note(const Error& error)
{
    if (m_problem != error.message())
        log::warning("placement", error.message());
    m_problem = error.message();
    m_state.context.changed = true;
}

// ---- tasks that wait for a replica ------------------------------------------------------------

void Placement::submitDue()
{
    if (!m_compared)
        return; // a job of before our restart may be on its way
    for (const auto& id : m_state.fleet.live()) {
        const auto& task = **m_state.fleet.find(id);
        if (task.state != TaskState::Queued || !task.jobId.empty() || m_submitting.contains(id))
            continue;
        const auto retry = m_retries.find(id);
        if (retry == m_retries.end() || retry->second.at <= m_state.context.now())
            submit(task);
    }
}

model::ReplicaBrief Placement::briefOf(const TaskRecord& task)
{
    model::ReplicaBrief brief;
    brief.replicaId = task.replicaId;
    brief.token = task.replicaToken;
    if (const auto app = m_state.apps.find(task.appId)) {
        brief.appName = (*app)->name.empty() ? (*app)->description : (*app)->name;
        // One that tries a staging out is of the version that comes.
        brief.version = static_cast<std::uint32_t>(task.staging.empty() ? task.deploymentVersion
                                                                        : (*app)->version + 1);
        brief.deployment = (*app)->id + "/" + std::to_string(brief.version);
    }
    if (const auto function = m_state.functionOf(task))
        brief.functionName = (*function)->tag;
    brief.resources.gpu = task.gpu;
    brief.resources.gpuCount = task.gpuCount;
    brief.resources.milliCpu = task.milliCpu;
    brief.resources.memoryMb = task.memoryMb;
    std::erase_if(m_avoided,
                  [now = m_state.context.now()](const auto& node) { return node.second <= now; });
    for (const auto& [node, until] : m_avoided)
        brief.excludedNodes.push_back(node);
    return brief;
}

void Placement::submit(const TaskRecord& task)
{
    m_submitting.insert(task.id);
    const auto retry = m_retries.find(task.id);
    const bool uncertain = retry != m_retries.end() && retry->second.uncertain;
    m_thread.post([this, taskId = task.id, uncertain, brief = briefOf(task)] {
        Result<std::string> job = Error(ErrorCode::NotFound, "");
        if (uncertain) {
            auto found = m_options.engine->find(brief.replicaId);
            if (!found)
                job = std::move(found).error();
            else if (*found)
                job = **found;
        }
        if (!job && job.error().code() == ErrorCode::NotFound) {
            auto order = m_options.prepare(brief);
            job = order ? m_options.engine->submit(*order) : std::move(order).error();
        }
        m_state.context.strand.post(
            [this, taskId, brief, job] { submitted(taskId, brief.replicaId, job); });
    });
}

void Placement::submitted(const std::string& taskId, const std::string& replicaId,
                          const Result<std::string>& job)
{
    m_submitting.erase(taskId);
    const auto found = m_state.fleet.find(taskId);
    const bool wanted
        = found && (*found)->replicaId == replicaId && (*found)->state != TaskState::Finished;
    if (job) {
        m_problem.clear();
        m_retries.erase(taskId);
        if (!wanted) {
            cancel(*job);
            return;
        }
        auto task = **found;
        task.jobId = *job;
        task.submittedAt = m_state.context.now();
        m_state.fleet.update(task);
        // Its reason to wait, or its node, is worth a look before the next round.
        m_nextReconcile = std::min(m_nextReconcile, m_state.context.now() + Micros {1'500'000});
        return;
    }
    if (!wanted)
        return;
    const auto& error = job.error();
    if (error.code() == ErrorCode::Invalid || error.code() == ErrorCode::NotFound
        || error.code() == ErrorCode::FailedPrecondition) {
        m_retries.erase(taskId);
        m_rules.refuse(taskId, error.message());
        return;
    }
    auto& retry = m_retries[taskId];
    retry.uncertain = error.code() == ErrorCode::Unavailable;
    retry.at = m_state.context.now() + delayAfter(retry.failures++);
    auto task = **found;
    task.waitReason = error.message();
    m_state.fleet.update(task);
    if (error.code() != ErrorCode::Exhausted)
        note(error);
}

// ---- what the engine says ---------------------------------------------------------------------

void Placement::reconcile()
{
    m_asking = true;
    const auto askedAt = m_state.context.now();
    m_thread.post([this, askedAt] {
        auto jobs = m_options.engine->list();
        m_state.context.strand.post([this, askedAt, jobs = std::move(jobs)] {
            m_asking = false;
            m_nextReconcile = m_state.context.now() + m_options.reconcileEvery;
            if (!jobs) {
                note(jobs.error());
                return;
            }
            m_problem.clear();
            compare(*jobs, askedAt);
            m_compared = true;
            settleAccounts();
        });
    });
}

void Placement::compare(const std::vector<Job>& jobs, Micros askedAt)
{
    std::set<std::string> seen;
    m_jobs.clear();
    for (const auto& job : jobs) {
        seen.insert(job.id);
        if (lives(job))
            m_jobs.emplace(job.id, job);
        const auto* task = m_state.fleet.findByReplica(job.replicaId);
        if (task != nullptr && task->state != TaskState::Finished)
            follow(TaskRecord(*task), job);
    }
    for (const auto& id : std::set<std::string>(m_state.fleet.live())) {
        const auto task = **m_state.fleet.find(id);
        // A job that was submitted after the engine began to count is not missing.
        constexpr Micros slack = 5'000'000;
        if (!task.jobId.empty() && !seen.contains(task.jobId) && task.submittedAt + slack < askedAt)
            jobGone(task, "the engine does not know job " + task.jobId + " any more");
    }
}

void Placement::follow(const TaskRecord& known, const Job& job)
{
    auto task = known;
    task.jobId = job.id;
    if (!job.node.empty())
        task.node = job.node;
    task.waitReason = job.state == JobState::Pending ? job.reason : std::string();
    if (task.submittedAt == 0)
        task.submittedAt = job.submittedAt != 0 ? job.submittedAt : m_state.context.now();
    if (task.allocatedAt == 0 && job.startedAt != 0)
        task.allocatedAt = std::min(job.startedAt, m_state.context.now());
    if (std::tie(task.jobId, task.node, task.waitReason, task.submittedAt, task.allocatedAt)
        != std::tie(known.jobId, known.node, known.waitReason, known.submittedAt,
                    known.allocatedAt))
        m_state.fleet.update(task);
    m_submitting.erase(task.id);

    const bool dialled = !task.workerId.empty();
    switch (job.state) {
    case JobState::Pending:
        break;
    case JobState::Held:
        log::warning("placement",
                     "job " + job.id + " is held (" + job.reason + "): asking for another");
        cancel(job.id);
        m_state.fleet.replaceReplica(task.id, job.reason);
        break;
    case JobState::Running:
        if (!dialled && job.startedAt != 0 && job.startedAt + dialLimit < m_state.context.now()) {
            cancel(job.id);
            avoid(job.node);
            jobGone(task,
                    "its worker on " + job.node
                        + " did not reach the control plane; can nodes reach the address that "
                          "`slip cluster test` shows?");
        }
        break;
    case JobState::NodeFailed:
        avoid(job.node);
        m_rules.lose(task.id, {EndReason::WorkerLost, 0, "node " + job.node + " failed"});
        break;
    case JobState::Completing:
    case JobState::Ended:
        if (!m_state.fleet.connected(task.id))
            jobGone(task, "its job ended (" + job.reason + ")");
        break;
    }
}

void Placement::avoid(const std::string& node)
{
    if (!node.empty())
        m_avoided[node] = m_state.context.now() + avoidFor;
}

void Placement::jobGone(const TaskRecord& task, const std::string& how)
{
    if (task.workerId.empty())
        m_rules.lose(task.id, {EndReason::StartFailed, 0, how});
    else
        m_rules.lose(task.id, {EndReason::WorkerLost, 0, how});
}

bool Placement::isUnwanted(const Job& job) const
{
    const auto now = m_state.context.now();
    const auto* task = m_state.fleet.findByReplica(job.replicaId);
    if (task == nullptr)
        return true;
    if (task->state == TaskState::Finished) {
        const bool leaves = !task->workerId.empty() && task->endReason != EndReason::WorkerLost;
        return !leaves || task->finishedAt + leaveLimit < now;
    }
    return task->state == TaskState::Stopping && task->stopAt != 0
        && task->stopAt + hangLimit < now;
}

void Placement::cancelUnwanted()
{
    for (const auto& [id, job] : m_jobs)
        if (isUnwanted(job))
            cancel(id);
}

void Placement::cancel(const std::string& jobId)
{
    if (!m_cancelling.insert(jobId).second)
        return;
    m_thread.post([this, jobId] {
        auto cancelled = m_options.engine->cancel(jobId);
        m_state.context.strand.post([this, jobId, cancelled = std::move(cancelled)] {
            m_cancelling.erase(jobId);
            if (cancelled)
                m_jobs.erase(jobId);
            else
                note(cancelled.error());
        });
    });
}

// ---- accounts and nodes -----------------------------------------------------------------------

void Placement::settleAccounts()
{
    const auto now = m_state.context.now();
    constexpr Micros accountingLag = 2'000'000;
    std::vector<std::string> jobs;
    std::map<std::string, std::string> tasks;
    for (const auto& id : m_state.fleet.unsettled()) {
        const auto task = **m_state.fleet.find(id);
        if (task.finishedAt + accountingLimit < now || task.jobId.empty()) {
            settle(task);
        } else if (task.finishedAt + accountingLag < now && jobs.size() < 200) {
            jobs.push_back(task.jobId);
            tasks[task.jobId] = id;
        }
    }
    if (jobs.empty())
        return;
    m_thread.post([this, jobs, tasks] {
        auto usage = m_options.engine->usage(jobs);
        m_state.context.strand.post([this, tasks, usage = std::move(usage)] {
            if (!usage)
                return; // the next round asks again
            for (const auto& used : *usage)
                if (const auto id = tasks.find(used.jobId); id != tasks.end()) {
                    auto task = **m_state.fleet.find(id->second);
                    m_state.meter.correct(task, used);
                    settle(task);
                }
        });
    });
}

void Placement::settle(TaskRecord task)
{
    task.settled = true;
    m_state.fleet.update(task);
    m_thread.post([this, replica = task.replicaId] { m_options.discard(replica); });
}

void Placement::askForNodes()
{
    m_nextNodes = m_state.context.now() + m_options.nodesEvery;
    m_thread.post([this] {
        auto nodes = m_options.engine->nodes();
        m_state.context.strand.post([this, nodes = std::move(nodes)] {
            if (!nodes)
                return;
            m_nodes = *nodes;
            m_state.context.changed = true;
        });
    });
}

} // namespace emulator::control
