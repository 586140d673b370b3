// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/model/Task.h"

#include <QMap>
#include <QString>
#include <QVector>

namespace app::models {

/// What the graphs show: one point a second, summed over the tasks of a run.
struct MetricPoint {
    double seconds = 0; ///< since the first sample
    double cpuPercent = 0; ///< 100 is one core
    double memoryBytes = 0;
    double gpuPercent = 0; ///< emulated; the mean over the tasks
    double gpuMemoryBytes = 0;
    double costDollars = 0; ///< so far, by our ledger and price book
};

/// Turns usage samples of tasks into points: rates out of counters, sums over tasks, one point a
/// second at most. Keeps an hour; older points are thinned to one in ten. One thread.
class MetricSeries {
public:
    void add(const std::vector<emulator::model::UsageSample>& samples);
    void taskEnded(const std::string& taskId);
    void clear();

    [[nodiscard]] const QVector<MetricPoint>& points() const { return m_points; }
    [[nodiscard]] MetricPoint latest() const
    {
        return m_points.isEmpty() ? MetricPoint {} : m_points.back();
    }
    [[nodiscard]] double peakMemoryBytes() const { return m_peakMemory; }
    [[nodiscard]] std::uint64_t lastSequence() const { return m_lastSequence; }

private:
    struct TaskUsage {
        emulator::model::UsageSample sample;
        double cpuPercent = 0;
        bool ended = false;
    };

    void addPoint(double seconds);

    QMap<QString, TaskUsage> m_tasks;
    QVector<MetricPoint> m_points;
    emulator::Micros m_start = 0;
    std::uint64_t m_lastSequence = 0;
    double m_peakMemory = 0;
};

} // namespace app::models
