// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/TaskRules.h"

#include "emulator/base/Log.h"

#include <set>

namespace emulator::control {

using model::EndReason;
using model::TaskState;
using store::Outcome;
using store::ResultStatus;

std::string describeEnd(const model::TaskEnd& end)
{
    std::string sentence;
    switch (end.reason) {
    case EndReason::Exited:
        sentence = "the container exited with code " + std::to_string(end.exitCode);
        break;
    case EndReason::OutOfMemory:
        if (!end.message.empty())
            return end.message; // the worker knows the limit
        sentence = "the container ran out of memory; ask for more with memory=…";
        break;
    case EndReason::TimedOut:
        sentence = "the container timed out";
        break;
    case EndReason::Stopped:
        sentence = "the container was stopped";
        break;
    case EndReason::StartFailed:
        sentence = "the container could not be started";
        break;
    case EndReason::WorkerLost:
        sentence = "the worker that ran the container is gone";
        break;
    }
    return end.message.empty() ? sentence : sentence + ": " + end.message;
}

namespace {

Outcome outcomeOf(ResultStatus status, const model::TaskEnd& end)
{
    Outcome outcome;
    outcome.status = status;
    outcome.exitCode = end.exitCode;
    outcome.exception = describeEnd(end);
    return outcome;
}

} // namespace

LogHub::Source TaskRules::sourceOf(const store::TaskRecord& task) const
{
    return {task.appId, task.functionId, task.id, {}};
}

bool TaskRules::accepting(const store::TaskRecord& task) const
{
    if (task.draining || task.state == TaskState::Stopping || task.state == TaskState::Finished
        || !task.staging.empty())
        return false;
    const auto function = m_state.functions.find(task.functionId);
    return function && task.revision == (*function)->revision
        && ((*function)->maxInputs == 0 || task.inputsTaken < (*function)->maxInputs);
}

TaskRules::Handout TaskRules::handOut(const std::string& taskId, const std::string& key,
                                      std::uint32_t limit)
{
    const auto found = m_state.fleet.find(taskId);
    if (!found || (*found)->state == TaskState::Finished)
        return {{}, true};
    const auto task = **found;
    m_state.fleet.markReady(taskId);
    if (!task.staging.empty()) // a probe waits for the verdict
        return {{}, task.draining || task.state == TaskState::Stopping};
    m_starts.erase(task.functionId);
    // A repetition of a poll whose answer got lost is answered even by a task that leaves.
    bool repeated = false;
    if (!key.empty())
        for (const auto& id : m_state.calls.leasesOf(taskId))
            repeated = repeated || m_state.calls.findInput(id)->leaseKey == key;
    if (!repeated && !accepting(task))
        return {{}, true};
    if (const auto app = m_state.apps.find(task.appId);
        !repeated && app && !(*app)->heldBack.empty()) {
        m_state.context.touch(task.functionId); // it is idle now, and will be drained
        return {};
    }
    auto inputs = m_state.calls.lease(task.functionId, taskId, key, limit);
    if (!inputs.empty() && !repeated)
        m_state.fleet.countInputs(taskId, static_cast<std::uint32_t>(inputs.size()));
    return {std::move(inputs), false};
}

void TaskRules::takeResult(const std::string& taskId, const std::string& inputId,
                           std::uint32_t attempt, Outcome outcome)
{
    m_state.calls.complete(inputId, attempt, std::move(outcome));
    m_state.fleet.setIdleSince(taskId, m_state.context.now());
    if (const auto task = m_state.fleet.find(taskId))
        m_state.context.touch((*task)->functionId);
}

void TaskRules::initialisationFailed(const std::string& taskId, const Outcome& outcome)
{
    const auto found = m_state.fleet.find(taskId);
    if (!found)
        return;
    const auto task = **found;
    if (task.readyAt != 0)
        return; // an exit hook failed: its traceback is in the log, results are not touched
    if (!task.staging.empty()) {
        m_state.stagings.noteFailure(taskId, outcome.exception);
        m_state.fleet.drain(taskId);
        return;
    }
    auto failure = outcome;
    if (failure.status == ResultStatus::None || failure.status == ResultStatus::Success)
        failure.status = ResultStatus::InitFailure;
    m_state.calls.failReady(task.functionId, failure);
    m_state.fleet.drain(taskId);
}

std::uint64_t TaskRules::report(const std::string& workerId, std::uint64_t first,
                                const std::vector<model::WorkerEvent>& events)
{
    const auto known = m_state.fleet.nextSequence(workerId);
    auto next = first;
    for (const auto& event : events) {
        if (next >= known)
            std::visit([this](const auto& each) { handle(each); }, event);
        ++next;
    }
    if (next > known)
        m_state.fleet.setNextSequence(workerId, next);
    return std::max(next, known);
}

void TaskRules::attach(const model::WorkerHello& hello, std::uint64_t connection,
                       Fleet::CommandSink sink)
{
    const auto lost = m_state.fleet.attach(hello, connection, std::move(sink));
    for (const auto& id : lost)
        ended(id, {EndReason::WorkerLost, 0, {}}, m_state.context.now());
    for (auto& order : m_state.images.ordersUnderWay())
        m_state.fleet.send(model::BuildImage {std::move(order)});
    scale(Scope::All);
}

void TaskRules::attachReplica(const std::string& taskId, const model::WorkerHello& hello,
                              std::uint64_t connection, Fleet::CommandSink sink)
{
    for (const auto& id : m_state.fleet.attachReplica(taskId, hello, connection, std::move(sink)))
        ended(id, {EndReason::WorkerLost, 0, {}}, m_state.context.now());
}

void TaskRules::lose(const std::string& taskId, const model::TaskEnd& end)
{
    ended(taskId, end, m_state.context.now());
}

void TaskRules::refuse(const std::string& taskId, const std::string& why)
{
    const auto found = m_state.fleet.find(taskId);
    if (!found)
        return;
    const auto functionId = (*found)->functionId;
    const bool serves = (*found)->staging.empty();
    const model::TaskEnd end {EndReason::StartFailed, 0, why};
    ended(taskId, end, m_state.context.now());
    if (serves)
        m_state.calls.failReady(functionId, outcomeOf(ResultStatus::InternalFailure, end));
}

void TaskRules::handle(const model::TaskStarted& event)
{
    m_state.fleet.markStarted(event.taskId, event.time);
}

void TaskRules::handle(const model::TaskOutput& event)
{
    if (const auto task = m_state.fleet.find(event.piece.taskId))
        m_state.logs.append(sourceOf(**task), event.piece.descriptor, event.piece.time,
                            event.piece.text);
}

void TaskRules::handle(const model::TaskUsage& event)
{
    const auto found = m_state.fleet.find(event.sample.taskId);
    if (!found || (*found)->state == TaskState::Finished)
        return;
    auto task = **found;
    m_state.meter.charge(task, event.sample.time);
    m_state.fleet.update(task);
    m_state.meter.sample(task, event.sample);
}

void TaskRules::handle(const model::TaskEnded& event)
{
    ended(event.taskId, event.end, event.time);
}

void TaskRules::handle(const model::BuildOutput& event)
{
    LogHub::Source source;
    source.imageId = event.imageId;
    m_state.logs.append(source, 1, event.time, event.text);
}

void TaskRules::handle(const model::BuildFinished& event)
{
    LogHub::Source source;
    source.imageId = event.imageId;
    m_state.logs.flush(source);
    m_state.images.finish(event.imageId, event.image, event.error);
    for (const auto& [id, function] : m_state.functions.all())
        if (function.imageId == event.imageId)
            m_state.context.touch(id);
}

void TaskRules::ended(const std::string& taskId, const model::TaskEnd& end, Micros time)
{
    const auto found = m_state.fleet.find(taskId);
    if (!found || (*found)->state == TaskState::Finished)
        return;
    auto task = **found;
    m_state.logs.flush(sourceOf(task));
    const bool quiet = end.reason == EndReason::Stopped
        || (end.reason == EndReason::Exited && end.exitCode == 0)
        || task.state == TaskState::Stopping;
    if (!quiet)
        m_state.logs.say(sourceOf(task), describeEnd(end));
    m_state.meter.charge(task, time);
    m_state.fleet.update(task);
    m_state.fleet.finish(taskId, end, time);
    settleLeases(task, end);
    if (!task.staging.empty())
        return;
    const bool wanted
        = task.draining || task.state == TaskState::Stopping || end.reason == EndReason::Stopped;
    if (task.readyAt == 0 && !wanted && end.reason != EndReason::WorkerLost)
        countStartFailure(task, end);
}

void TaskRules::settleLeases(const store::TaskRecord& task, const model::TaskEnd& end)
{
    const auto app = m_state.apps.find(task.appId);
    if (app && !isLive(**app)) {
        for (const auto& id : m_state.calls.leasesOf(task.id))
            m_state.calls.fail(id, outcomeOf(ResultStatus::Terminated, end));
        return;
    }
    switch (end.reason) {
    case EndReason::OutOfMemory:
        // It would run out again: what held the memory fails, and the user's policy may retry.
        for (const auto& id : m_state.calls.leasesOf(task.id))
            m_state.calls.fail(id, outcomeOf(ResultStatus::Failure, end));
        break;
    case EndReason::Exited:
        m_state.calls.requeue(task.id,
                              task.state == TaskState::Stopping ? CallQueue::Blame::Nobody
                                                                : CallQueue::Blame::Inputs,
                              [&] {
                                  auto outcome = outcomeOf(ResultStatus::InternalFailure, end);
                                  outcome.exception += " while it ran this input; tried "
                                      + std::to_string(CallQueue::crashBudget) + " times";
                                  return outcome;
                              }());
        break;
    case EndReason::TimedOut: // the input that took too long has failed already
    case EndReason::Stopped:
    case EndReason::StartFailed:
    case EndReason::WorkerLost:
        m_state.calls.requeue(task.id, CallQueue::Blame::Nobody, {});
        break;
    }
}

void TaskRules::countStartFailure(const store::TaskRecord& task, const model::TaskEnd& end)
{
    auto& starts = m_starts[task.functionId];
    ++starts.failures;
    starts.notBefore = m_state.context.now() + Micros {500'000} * starts.failures;
    const bool hopeless = end.reason == EndReason::TimedOut || starts.failures >= startBudget;
    if (!hopeless)
        return;
    m_state.calls.failReady(task.functionId, outcomeOf(ResultStatus::InternalFailure, end));
    starts.failures = 0;
}

void TaskRules::sweep()
{
    m_state.calls.wake();
    for (const auto& id : m_state.calls.overdue()) {
        const auto input = *m_state.calls.findInput(id);
        const auto call = m_state.calls.findCall(input.callId);
        const auto function = m_state.functions.find((*call)->record.functionId);
        const auto text = "Task's current input " + id + " hit its timeout of "
            + std::to_string((*function)->timeoutSeconds) + "s";
        Outcome outcome;
        outcome.status = ResultStatus::Timeout;
        outcome.exception = text;
        if (const auto task = m_state.fleet.find(input.taskId))
            m_state.logs.say(sourceOf(**task), text);
        m_state.calls.fail(id, outcome);
        m_state.fleet.stop(input.taskId, {EndReason::TimedOut, true, text});
    }
    for (const auto& id : m_state.calls.stubborn(m_state.context.now() - cancelGrace)) {
        const auto taskId = m_state.calls.findInput(id)->taskId;
        Outcome outcome;
        outcome.status = ResultStatus::Terminated;
        outcome.exception = "the call was cancelled";
        m_state.calls.fail(id, outcome);
        m_state.fleet.stop(taskId,
                           {EndReason::Stopped, false, "it did not give up a cancelled input"});
    }
    m_state.fleet.sendDueStops();
    for (const auto& id : m_state.fleet.lost())
        ended(id, {EndReason::WorkerLost, 0, {}}, m_state.context.now());
    for (const auto& id : std::set<std::string>(m_state.fleet.live()))
        sweepTask(id);
}

void TaskRules::sweepTask(const std::string& taskId)
{
    const auto task = **m_state.fleet.find(taskId);
    const auto now = m_state.context.now();
    if (task.state == TaskState::Stopping && task.stopReason == EndReason::TimedOut
        && task.stopGraceful && task.stopAt + timeoutGrace <= now) {
        // Code that hangs does not see the interrupt; it has had its time.
        m_state.fleet.stop(taskId, {EndReason::TimedOut, false, task.stopMessage});
        return;
    }
    if (task.state != TaskState::Running)
        return;
    const auto function = m_state.functionOf(task);
    if (!function)
        return;
    const Micros startup = Micros {(*function)->startupTimeoutSeconds} * 1'000'000;
    if (task.readyAt == 0 && task.startedAt + startup <= now) {
        const auto text = "it was not ready for inputs after "
            + std::to_string((*function)->startupTimeoutSeconds)
            + "s (startup_timeout): imports and enter hooks took too long";
        const model::TaskEnd end {EndReason::TimedOut, 0, text};
        m_state.logs.say(sourceOf(task), text);
        m_state.fleet.stop(taskId, {EndReason::TimedOut, false, text});
        if (task.staging.empty())
            m_state.calls.failReady(task.functionId, outcomeOf(ResultStatus::InitFailure, end));
        else
            m_state.stagings.noteFailure(taskId, text);
        return;
    }
    if (task.readyAt != 0 && now - m_state.fleet.lastBeat(task) > heartbeatLimit) {
        m_state.logs.say(sourceOf(task), "no heartbeat for five minutes; the container is stopped");
        m_state.fleet.stop(taskId, {EndReason::Stopped, false, "no heartbeat for five minutes"});
    }
}

FunctionLoad TaskRules::loadOf(const store::FunctionRecord& function) const
{
    FunctionLoad load;
    load.id = function.id;
    const auto app = m_state.apps.find(function.appId);
    const auto image = m_state.images.find(function.imageId);
    load.wanted = app && isLive(**app);
    load.heldBack = app && !(*app)->heldBack.empty();
    load.minContainers = function.baseId.empty() && app && (*app)->version == 0
        ? 0 // nothing is kept warm before the first publish
        : function.minContainers;
    load.maxContainers = function.maxContainers;
    load.bufferContainers = function.bufferContainers;
    load.scaledownWindow = Micros {function.scaledownSeconds} * 1'000'000;
    load.inputsEach = std::max({1U, function.targetConcurrent, function.batchSize});
    load.ready = m_state.calls.ready(function.id);
    load.readyNested = m_state.calls.readyNested(function.id);
    if (const auto starts = m_starts.find(function.id); starts != m_starts.end())
        load.notBefore = starts->second.notBefore;
    // What the last publish left out works off what it has, and keeps nothing warm.
    if (app && (*app)->state == store::AppState::Deployed
        && !m_state.apps.publishes(function.appId,
                                   function.baseId.empty() ? function.id : function.baseId)) {
        load.minContainers = 0;
        load.bufferContainers = 0;
        load.scaledownWindow = 0;
    }
    if (!image || (*image)->image == "null")
        load.notBefore = std::numeric_limits<Micros>::max(); // still being built
    if (m_state.stagings.switching(function.appId))
        load.notBefore = std::numeric_limits<Micros>::max(); // old ones leave first
    for (const auto* task : m_state.fleet.liveOf(function.id)) {
        if (!task->staging.empty())
            continue; // the promotion's, not ours
        TaskLoad each;
        each.id = task->id;
        each.starting = task->readyAt == 0;
        each.accepting = accepting(*task);
        each.inFlight = static_cast<std::uint32_t>(m_state.calls.leasesOf(task->id).size());
        each.idleSince = m_state.fleet.idleSince(*task);
        load.tasks.push_back(std::move(each));
    }
    return load;
}

void TaskRules::scale(Scope scope)
{
    if (scope == Scope::Changed && m_state.context.changedFunctions.empty())
        return;
    m_state.context.changedFunctions.clear();
    std::set<std::string> ids;
    for (const auto& id : m_state.fleet.live())
        ids.insert((*m_state.fleet.find(id))->functionId);
    for (const auto& [id, function] : m_state.functions.all())
        if (m_state.calls.ready(id) > 0 || function.minContainers > 0)
            ids.insert(id);
    std::vector<FunctionLoad> loads;
    for (const auto& id : ids)
        if (const auto function = m_state.functions.find(id))
            loads.push_back(loadOf(**function));
    const auto decision = decideScale(loads, m_limits, m_state.context.now());
    for (const auto& start : decision.starts)
        for (std::uint32_t i = 0; i < start.count; ++i) {
            const auto function = **m_state.functions.find(start.functionId);
            const auto app = m_state.apps.find(function.appId);
            const auto version
                = app && (*app)->state == store::AppState::Deployed ? (*app)->version : 0;
            if (auto started = m_state.fleet.start(function, {version, {}}); !started) {
                const model::TaskEnd end {EndReason::StartFailed, 0, started.error().message()};
                m_state.calls.failReady(function.id, outcomeOf(ResultStatus::InternalFailure, end));
                break;
            }
        }
    for (const auto& id : decision.drains)
        m_state.fleet.drain(id);
}

} // namespace emulator::control
