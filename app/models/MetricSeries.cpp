// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/MetricSeries.h"

#include <algorithm>
#include <cmath>

namespace app::models {

namespace {
constexpr qsizetype keptPoints = 3600;
}

void MetricSeries::add(const std::vector<emulator::model::UsageSample>& samples)
{
    for (const auto& sample : samples) {
        m_lastSequence = std::max(m_lastSequence, sample.sequence);
        if (m_start == 0)
            m_start = sample.time;
        auto& task = m_tasks[QString::fromStdString(sample.taskId)];
        const auto& before = task.sample;
        if (before.time != 0 && sample.time > before.time)
            task.cpuPercent = 100.0 * static_cast<double>(sample.cpuMicros - before.cpuMicros)
                / static_cast<double>(sample.time - before.time);
        task.sample = sample;
        m_peakMemory = std::max(m_peakMemory, static_cast<double>(sample.memoryPeakBytes));
        addPoint(emulator::toSeconds(sample.time - m_start));
    }
}

void MetricSeries::taskEnded(const std::string& taskId)
{
    const auto task = m_tasks.find(QString::fromStdString(taskId));
    if (task != m_tasks.end())
        task->ended = true;
}

void MetricSeries::addPoint(double seconds)
{
    MetricPoint point;
    point.seconds = std::max(0.0, seconds);
    int live = 0;
    for (const auto& task : m_tasks) {
        point.costDollars += static_cast<double>(task.sample.costMicros) / 1e6;
        if (task.ended)
            continue;
        ++live;
        point.cpuPercent += task.cpuPercent;
        point.memoryBytes += static_cast<double>(task.sample.memoryBytes);
        point.gpuPercent += task.sample.gpuUtilisation * 100;
        point.gpuMemoryBytes += static_cast<double>(task.sample.gpuMemoryBytes);
    }
    if (live > 0)
        point.gpuPercent /= live;
    m_peakMemory = std::max(m_peakMemory, point.memoryBytes);
    if (!m_points.isEmpty() && point.seconds - m_points.back().seconds < 0.5) {
        point.seconds = m_points.back().seconds; // another task's sample of the same second
        m_points.back() = point;
        return;
    }
    m_points.push_back(point);
    if (m_points.size() > 2 * keptPoints) {
        QVector<MetricPoint> thinned;
        for (qsizetype i = 0; i < keptPoints; i += 10)
            thinned.push_back(m_points[i]);
        thinned += m_points.mid(keptPoints);
        m_points = std::move(thinned);
    }
}

void MetricSeries::clear()
{
    *this = {};
}

} // namespace app::models
