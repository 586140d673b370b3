// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/CallQueue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emulator::control {

using store::CallRecord;
using store::InputRecord;
using store::InputState;
using store::Outcome;
using store::ResultStatus;

void CallQueue::load()
{
    m_calls.clear();
    m_inputs.clear();
    m_backlogs.clear();
    m_leases.clear();
    m_delayed.clear();
    m_cancelled.clear();
    m_cancellations.clear();
    if (auto calls = m_context.strand.keep(m_callTable.all()))
        for (auto& call : *calls) {
            auto id = call.id;
            m_calls.emplace(std::move(id), CallState {std::move(call), {}, {}, 0, false});
        }
    auto inputs = m_context.strand.keep(m_inputTable.all());
    if (!inputs)
        return;
    std::sort(inputs->begin(), inputs->end(), [](const InputRecord& a, const InputRecord& b) {
        return std::tie(a.callId, a.index) < std::tie(b.callId, b.index);
    });
    for (auto& row : *inputs) {
        const auto call = m_calls.find(row.callId);
        if (call == m_calls.end())
            continue;
        auto& input = m_inputs.emplace(row.id, std::move(row)).first->second;
        call->second.inputs.push_back(input.id);
        auto& backlog = m_backlogs[call->second.record.functionId];
        if (input.state == InputState::Done) {
            call->second.results.push_back(input.id);
            call->second.succeeded += input.status == ResultStatus::Success ? 1 : 0;
            continue;
        }
        ++backlog.unfinished;
        if (input.state == InputState::Leased) {
            m_leases[input.taskId].insert(input.id);
            if (call->second.record.cancelled) {
                m_cancelled[input.id] = m_context.now();
                m_cancellations[input.taskId].insert(input.id);
            }
        } else if (input.notBefore > m_context.now()) {
            m_delayed.emplace(input.notBefore, input.id);
        } else {
            makeReady(input);
        }
    }
    for (auto& [id, call] : m_calls)
        std::sort(call.results.begin(), call.results.end(), [&](const auto& a, const auto& b) {
            return m_inputs.at(a).outputSequence < m_inputs.at(b).outputSequence;
        });
}

const CallRecord& CallQueue::createCall(CallRecord call)
{
    call.id = m_context.ids.next("fc");
    call.createdAt = m_context.now();
    m_context.strand.keep(m_callTable.put(call));
    m_context.changed = true;
    const auto id = call.id;
    return m_calls.emplace(id, CallState {std::move(call), {}, {}, 0, false}).first->second.record;
}

Result<std::vector<std::string>> CallQueue::addInputs(std::string_view callId,
                                                      std::vector<NewInput> inputs)
{
    const auto found = m_calls.find(std::string(callId));
    if (found == m_calls.end())
        return Error(ErrorCode::NotFound, "there is no function call " + std::string(callId));
    auto& call = found->second;
    if (call.record.cancelled)
        return Error(ErrorCode::FailedPrecondition,
                     "function call " + std::string(callId) + " has been cancelled");
    if (call.record.finishedAt != 0) {
        call.record.finishedAt = 0;
        m_context.strand.keep(m_callTable.put(call.record));
    }
    std::vector<std::string> ids;
    for (auto& added : inputs) {
        InputRecord input;
        input.id = m_context.ids.next("in");
        input.callId = call.record.id;
        input.index = added.index;
        input.method = std::move(added.method);
        input.final = added.final;
        m_context.strand.keep(m_payloads.putArguments(input.id, added.arguments));
        save(input);
        ids.push_back(input.id);
        call.inputs.push_back(input.id);
        ++m_backlogs[call.record.functionId].unfinished;
        makeReady(m_inputs.emplace(input.id, std::move(input)).first->second);
    }
    return ids;
}

Result<const CallState*> CallQueue::findCall(std::string_view callId) const
{
    const auto found = m_calls.find(std::string(callId));
    if (found == m_calls.end())
        return Error(ErrorCode::NotFound, "there is no function call " + std::string(callId));
    return &found->second;
}

const InputRecord* CallQueue::findInput(std::string_view inputId) const
{
    const auto found = m_inputs.find(std::string(inputId));
    return found == m_inputs.end() ? nullptr : &found->second;
}

void CallQueue::markDelivered(std::string_view callId)
{
    const auto found = m_calls.find(std::string(callId));
    if (found != m_calls.end())
        found->second.delivered = true;
}

void CallQueue::cancelCall(std::string_view callId)
{
    const auto found = m_calls.find(std::string(callId));
    if (found == m_calls.end() || found->second.record.cancelled || found->second.unfinished() == 0)
        return;
    auto& call = found->second;
    call.record.cancelled = true;
    m_context.strand.keep(m_callTable.put(call.record));
    Outcome terminated;
    terminated.status = ResultStatus::Terminated;
    terminated.exception = "the call was cancelled";
    for (const auto& id : call.inputs) {
        auto* input = get(id);
        if (input->state == InputState::Pending) {
            leaveReady(*input);
            finish(*input, terminated);
        } else if (input->state == InputState::Leased) {
            m_cancelled[id] = m_context.now();
            m_cancellations[input->taskId].insert(id);
            m_context.parking.signal("heartbeat " + input->taskId);
        }
    }
}

std::vector<LeasedInput> CallQueue::lease(const std::string& functionId, const std::string& taskId,
                                          const std::string& key, std::uint32_t limit)
{
    std::vector<std::string> chosen;
    if (!key.empty())
        for (const auto& id : leasesOf(taskId))
            if (get(id)->leaseKey == key)
                chosen.push_back(id);
    if (chosen.empty()) {
        auto& backlog = m_backlogs[functionId];
        std::vector<std::string> skipped;
        while (chosen.size() < limit && !backlog.ready.empty()) {
            auto id = std::move(backlog.ready.front());
            backlog.ready.pop_front();
            auto* input = get(id);
            if (input == nullptr || input->state != InputState::Pending)
                continue;
            if (!chosen.empty() && input->method != get(chosen.front())->method) {
                skipped.push_back(std::move(id));
                continue;
            }
            leaveReady(*input);
            input->state = InputState::Leased;
            input->taskId = taskId;
            input->leasedAt = m_context.now();
            input->leaseKey = key;
            m_leases[taskId].insert(id);
            save(*input);
            chosen.push_back(std::move(id));
        }
        backlog.ready.insert(backlog.ready.begin(), skipped.begin(), skipped.end());
        m_context.touch(functionId);
    }
    std::vector<LeasedInput> leased;
    for (const auto& id : chosen) {
        const auto& input = *get(id);
        if (auto arguments = m_context.strand.keep(m_payloads.arguments(id)))
            leased.push_back({input, m_calls.at(input.callId).record, std::move(*arguments)});
    }
    return leased;
}

void CallQueue::complete(const std::string& inputId, std::uint32_t attempt, Outcome outcome)
{
    auto* input = get(inputId);
    if (input == nullptr || input->state == InputState::Done || input->attempt != attempt)
        return;
    // A task that was given up may still answer: its result is as good as the next one's.
    fail(inputId, outcome);
}

std::vector<std::string> CallQueue::takeCancellations(const std::string& taskId)
{
    const auto found = m_cancellations.find(taskId);
    if (found == m_cancellations.end())
        return {};
    std::vector<std::string> ids(found->second.begin(), found->second.end());
    m_cancellations.erase(found);
    return ids;
}

std::set<std::string> CallQueue::leasesOf(const std::string& taskId) const
{
    const auto found = m_leases.find(taskId);
    return found == m_leases.end() ? std::set<std::string> {} : found->second;
}

std::uint32_t CallQueue::ready(const std::string& functionId) const
{
    const auto found = m_backlogs.find(functionId);
    return found == m_backlogs.end() ? 0 : found->second.count;
}

std::uint32_t CallQueue::readyNested(const std::string& functionId) const
{
    const auto found = m_backlogs.find(functionId);
    return found == m_backlogs.end() ? 0 : found->second.nested;
}

std::uint32_t CallQueue::unfinished(const std::string& functionId) const
{
    const auto found = m_backlogs.find(functionId);
    return found == m_backlogs.end() ? 0 : found->second.unfinished;
}

void CallQueue::fail(const std::string& inputId, const Outcome& outcome)
{
    auto* input = get(inputId);
    if (input == nullptr || input->state == InputState::Done)
        return;
    if (input->state == InputState::Leased)
        release(*input);
    else
        leaveReady(*input);
    if (!retry(*input, outcome))
        finish(*input, outcome);
}

void CallQueue::requeue(const std::string& taskId, Blame blame, const Outcome& outcome)
{
    for (const auto& id : leasesOf(taskId)) {
        auto* input = get(id);
        release(*input);
        if (m_calls.at(input->callId).record.cancelled) {
            Outcome terminated;
            terminated.status = ResultStatus::Terminated;
            terminated.exception = "the call was cancelled";
            finish(*input, terminated);
            continue;
        }
        if (blame == Blame::Inputs && ++input->crashes >= crashBudget) {
            finish(*input, outcome);
            continue;
        }
        input->state = InputState::Pending;
        save(*input);
        makeReady(*input);
    }
    m_leases.erase(taskId);
    m_cancellations.erase(taskId);
}

void CallQueue::failReady(const std::string& functionId, const Outcome& outcome)
{
    const auto found = m_backlogs.find(functionId);
    if (found == m_backlogs.end())
        return;
    const auto ready = std::exchange(found->second.ready, {});
    for (const auto& id : ready) {
        auto* input = get(id);
        if (input == nullptr || input->state != InputState::Pending)
            continue;
        leaveReady(*input);
        finish(*input, outcome);
    }
}

void CallQueue::wake()
{
    while (!m_delayed.empty() && m_delayed.begin()->first <= m_context.now()) {
        const auto id = m_delayed.begin()->second;
        m_delayed.erase(m_delayed.begin());
        if (auto* input = get(id); input != nullptr && input->state == InputState::Pending)
            makeReady(*input);
    }
}

Micros CallQueue::nextWake() const
{
    return m_delayed.empty() ? std::numeric_limits<Micros>::max() : m_delayed.begin()->first;
}

std::vector<std::string> CallQueue::overdue() const
{
    std::vector<std::string> ids;
    for (const auto& [task, leases] : m_leases)
        for (const auto& id : leases) {
            const auto& input = m_inputs.at(id);
            const auto function = m_functions.find(functionOf(input));
            if (function
                && input.leasedAt + Micros {(*function)->timeoutSeconds} * 1'000'000
                    <= m_context.now())
                ids.push_back(id);
        }
    return ids;
}

std::vector<std::string> CallQueue::stubborn(Micros before) const
{
    std::vector<std::string> ids;
    for (const auto& [id, since] : m_cancelled)
        if (since <= before)
            ids.push_back(id);
    return ids;
}

void CallQueue::prune(Micros before)
{
    for (auto call = m_calls.begin(); call != m_calls.end();) {
        const auto finished = call->second.record.finishedAt;
        if (finished == 0 || finished >= before || call->second.unfinished() > 0) {
            ++call;
            continue;
        }
        for (const auto& id : call->second.inputs) {
            m_context.strand.keep(m_payloads.drop(id));
            m_context.strand.keep(m_inputTable.remove(id));
            m_inputs.erase(id);
        }
        m_context.strand.keep(m_payloads.dropChunks(call->first));
        m_context.strand.keep(m_callTable.remove(call->first));
        call = m_calls.erase(call);
    }
}

InputRecord* CallQueue::get(const std::string& inputId)
{
    const auto found = m_inputs.find(inputId);
    return found == m_inputs.end() ? nullptr : &found->second;
}

const std::string& CallQueue::functionOf(const InputRecord& input) const
{
    return m_calls.at(input.callId).record.functionId;
}

void CallQueue::save(const InputRecord& input)
{
    m_context.strand.keep(m_inputTable.put(input));
}

void CallQueue::makeReady(InputRecord& input)
{
    const auto& call = m_calls.at(input.callId).record;
    auto& backlog = m_backlogs[call.functionId];
    // What was interrupted goes first: its caller has waited longest.
    if (input.crashes > 0 || input.leasedAt > 0)
        backlog.ready.push_front(input.id);
    else
        backlog.ready.push_back(input.id);
    ++backlog.count;
    backlog.nested += call.parentInputId.empty() ? 0 : 1;
    input.notBefore = 0;
    m_context.touch(call.functionId);
    m_context.parking.signal("inputs " + call.functionId);
}

/// Takes a pending input out of the counts; its id may stay in the queue, where lease() skips it.
void CallQueue::leaveReady(const InputRecord& input)
{
    if (m_delayed.erase({input.notBefore, input.id}) > 0)
        return;
    const auto& call = m_calls.at(input.callId).record;
    auto& backlog = m_backlogs[call.functionId];
    --backlog.count;
    backlog.nested -= call.parentInputId.empty() ? 0 : 1;
}

void CallQueue::release(InputRecord& input)
{
    if (const auto leases = m_leases.find(input.taskId); leases != m_leases.end()) {
        leases->second.erase(input.id);
        if (leases->second.empty())
            m_leases.erase(leases);
    }
    if (const auto told = m_cancellations.find(input.taskId); told != m_cancellations.end())
        told->second.erase(input.id);
    m_cancelled.erase(input.id);
    m_context.touch(functionOf(input));
}

bool CallQueue::retry(InputRecord& input, const Outcome& outcome)
{
    if (outcome.status != ResultStatus::Failure && outcome.status != ResultStatus::Timeout)
        return false;
    const auto& call = m_calls.at(input.callId).record;
    const auto found = m_functions.find(call.functionId);
    if (!found || call.cancelled)
        return false;
    const auto& function = **found;
    // What a generator has yielded cannot be taken back.
    if (function.generator || input.attempt >= function.retries)
        return false;
    const double delay = std::min<double>(
        function.retryInitialMs * std::pow(std::max(function.retryCoefficient, 1.0), input.attempt),
        std::max(function.retryMaxMs, function.retryInitialMs));
    ++input.attempt;
    input.state = InputState::Pending;
    input.leaseKey.clear();
    input.notBefore = m_context.now() + static_cast<Micros>(delay * 1000);
    save(input);
    m_delayed.emplace(input.notBefore, input.id);
    return true;
}

void CallQueue::finish(InputRecord& input, const Outcome& outcome)
{
    auto& call = m_calls.at(input.callId);
    input.state = InputState::Done;
    input.status = outcome.status;
    input.finishedAt = m_context.now();
    input.leaseKey.clear();
    call.results.push_back(input.id);
    call.succeeded += outcome.status == ResultStatus::Success ? 1 : 0;
    input.outputSequence = call.results.size();
    m_context.strand.keep(m_payloads.putOutcome(input.id, outcome));
    m_context.strand.keep(m_payloads.dropArguments(input.id));
    save(input);
    --m_backlogs[call.record.functionId].unfinished;
    if (call.unfinished() == 0) {
        call.record.finishedAt = m_context.now();
        m_context.strand.keep(m_callTable.put(call.record));
    }
    m_context.touch(call.record.functionId);
    m_context.parking.signal("outputs " + input.callId);
    m_context.parking.signal("data " + input.callId);
}

} // namespace emulator::control
