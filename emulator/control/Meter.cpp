// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/control/Meter.h"

#include "emulator/cost/Ledger.h"

#include <algorithm>

namespace emulator::control {

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
    if (task.startedAt == 0)
        return;
    if (task.chargedUntil == 0)
        task.chargedUntil = task.startedAt;
    // The worker's clock may be ahead or behind; time is charged once and never backwards.
    until = std::min(until, m_context.now());
    if (until <= task.chargedUntil)
        return;
    model::Resources resources;
    resources.gpu = task.gpu;
    resources.gpuCount = task.gpuCount;
    resources.milliCpu = task.milliCpu;
    resources.memoryMb = task.memoryMb;
    const auto charges
        = cost::chargesFor(m_prices.rateOf(resources), task.startedAt, task.chargedUntil, until);
    for (const auto& charge : charges) {
        m_context.strand.keep(m_journal.addCharge(
            {task.appId, task.functionId, task.gpu, charge.day, charge.micros, charge.costMicros}));
        task.costMicros += charge.costMicros;
        m_apps[task.appId] += charge.costMicros;
    }
    task.chargedUntil = until;
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
