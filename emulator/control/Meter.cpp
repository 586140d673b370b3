// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Meter.h"

#include "emulator/cost/Ledger.h"

#include <algorithm>

namespace emulator::control {
namespace {

constexpr Micros minute = 60'000'000;

model::Resources resourcesOf(const store::TaskRecord& task)
{
    model::Resources resources;
    resources.gpu = task.gpu;
    resources.gpuCount = task.gpuCount;
    resources.milliCpu = task.milliCpu;
    resources.memoryMb = task.memoryMb;
    return resources;
}

} // namespace

void Meter::load()
{
    m_latest.clear();
    m_apps.clear();
    if (const auto last = m_context.strand.keep(m_journal.lastSample()))
        m_last = *last;
    if (const auto charges = m_context.strand.keep(m_journal.charges("")))
        for (const auto& charge : *charges)
            m_apps[charge.appId] += charge.costMicros;
}

void Meter::charge(store::TaskRecord& task, Micros until)
{
    // An engine's resources are held from before the container starts.
    const auto start = task.allocatedAt != 0 ? task.allocatedAt : task.startedAt;
    if (start == 0)
        return;
    if (task.chargedUntil == 0)
        task.chargedUntil = start;
    // The worker's clock may be ahead or behind; time is charged once and never backwards.
    until = std::min(until, m_context.now());
    if (until <= task.chargedUntil)
        return;
    const auto rate = m_prices.rateOf(resourcesOf(task));
    for (const auto& slice : cost::slicesFor(rate, start, task.chargedUntil, until, minute))
        book(task, slice.from, slice.micros, slice.costMicros);
    task.chargedUntil = until;
}

void Meter::book(store::TaskRecord& task, Micros from, std::int64_t micros, std::int64_t costMicros)
{
    m_context.strand.keep(m_journal.addCharge(
        {task.appId, task.functionId, task.gpu, cost::dayOf(from), micros, costMicros}));
    m_context.strand.keep(m_journal.addMinute(
        {from / minute * minute, task.appId, task.functionId, task.gpu,
         static_cast<std::uint32_t>(task.deploymentVersion), micros, costMicros}));
    task.costMicros += costMicros;
    m_apps[task.appId] += costMicros;
}

void Meter::correct(store::TaskRecord& task, const model::JobUsage& usage)
{
    auto resources = resourcesOf(task);
    if (usage.cpus > 0)
        resources.milliCpu = usage.cpus * 1000;
    if (usage.memoryMb > 0)
        resources.memoryMb = static_cast<std::uint32_t>(usage.memoryMb);
    const auto held = usage.elapsedSeconds * 1'000'000;
    const auto charged = task.chargedUntil == 0
        ? 0
        : task.chargedUntil - (task.allocatedAt != 0 ? task.allocatedAt : task.startedAt);
    const auto total = cost::costOf(m_prices.rateOf(resources), held);
    if (total != task.costMicros || held != charged)
        book(task, std::max(usage.startedAt, usage.endedAt - 1), held - charged,
             total - task.costMicros);
}

std::vector<store::Journal::CostMinute> Meter::series(std::string_view appId, Micros since,
                                                      Micros bucket)
{
    auto series = m_context.strand.keep(m_journal.minutes(appId, since, std::max(bucket, minute)));
    return series ? std::move(*series) : std::vector<store::Journal::CostMinute> {};
}

void Meter::sample(const store::TaskRecord& task, model::UsageSample sample)
{
    sample.sequence = ++m_last;
    sample.taskId = task.id;
    sample.appId = task.appId;
    sample.costMicros = task.costMicros;
    m_context.strand.keep(m_journal.addSample(sample));
    m_context.parking.signal("usage");
    m_latest[task.id] = std::move(sample);
}

model::UsageSample Meter::latest(const std::string& taskId) const
{
    if (const auto known = m_latest.find(taskId); known != m_latest.end())
        return known->second;
    auto stored = m_journal.latestSample(taskId);
    return stored ? *std::move(stored) : model::UsageSample {};
}

std::vector<model::UsageSample> Meter::samples(std::string_view appId, std::string_view taskId,
                                               std::uint64_t afterSequence)
{
    auto samples = m_context.strand.keep(m_journal.samples(appId, taskId, afterSequence, 2000));
    return samples ? std::move(*samples) : std::vector<model::UsageSample> {};
}

std::vector<store::Journal::Charge> Meter::charges(std::string_view appId)
{
    auto charges = m_context.strand.keep(m_journal.charges(appId));
    return charges ? std::move(*charges) : std::vector<store::Journal::Charge> {};
}

std::int64_t Meter::costOfApp(const std::string& appId) const
{
    const auto found = m_apps.find(appId);
    return found == m_apps.end() ? 0 : found->second;
}

void Meter::prune(Micros before)
{
    m_context.strand.keep(m_journal.dropSamplesBefore(before));
}

} // namespace emulator::control
