// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/RecordModels.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace app::models {

namespace em = emulator::model;

namespace {

QString text(const std::string& value)
{
    return QString::fromStdString(value);
}

QString timeText(emulator::Micros time)
{
    return time == 0 ? QString()
                     : QDateTime::fromMSecsSinceEpoch(time / 1000)
                           .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss"));
}

double secondsBetween(emulator::Micros from, emulator::Micros to)
{
    if (from == 0)
        return 0;
    const auto end = to != 0 ? to : QDateTime::currentMSecsSinceEpoch() * 1000;
    return emulator::toSeconds(std::max<emulator::Micros>(0, end - from));
}

} // namespace

QString sizeText(double bytes)
{
    if (bytes <= 0)
        return QStringLiteral("—");
    static const char* const units[] {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit < 4) {
        bytes /= 1024;
        ++unit;
    }
    return QStringLiteral("%1 %2")
        .arg(bytes, 0, 'f', unit == 0 || bytes >= 100 ? 0 : 1)
        .arg(QLatin1String(units[unit]));
}

QString moneyText(std::int64_t micros)
{
    const auto dollars = static_cast<double>(micros) / 1e6;
    const int digits = dollars >= 1 || micros == 0 ? 2 : dollars >= 0.01 ? 4 : 6;
    return QStringLiteral("$%1").arg(dollars, 0, 'f', digits);
}

QString durationText(double seconds)
{
    if (seconds < 60)
        return QStringLiteral("%1 s").arg(seconds, 0, 'f', 1);
    const auto whole = static_cast<int>(seconds);
    if (whole < 3600)
        return QStringLiteral("%1 min %2 s")
            .arg(whole / 60)
            .arg(whole % 60, 2, 10, QLatin1Char('0'));
    return QStringLiteral("%1 h %2 min")
        .arg(whole / 3600)
        .arg(whole / 60 % 60, 2, 10, QLatin1Char('0'));
}

QString taskStateText(em::TaskState state)
{
    switch (state) {
    case em::TaskState::Queued:
        return RecordModel::tr("Queued");
    case em::TaskState::Starting:
        return RecordModel::tr("Starting");
    case em::TaskState::Running:
        return RecordModel::tr("Running");
    case em::TaskState::Stopping:
        return RecordModel::tr("Stopping");
    case em::TaskState::Finished:
        return RecordModel::tr("Finished");
    }
    return {};
}

void RecordModel::setRows(std::vector<Row> rows)
{
    const bool sameKeys = rows.size() == m_rows.size()
        && std::equal(rows.begin(), rows.end(), m_rows.begin(),
                      [](const auto& a, const auto& b) { return a.key == b.key; });
    if (sameKeys) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (rows[i] == m_rows[i])
                continue;
            m_rows[i] = std::move(rows[i]);
            Q_EMIT dataChanged(index(int(i), 0), index(int(i), columnCount() - 1));
        }
        return;
    }
    // New rows in front of the old ones are the common case.
    const auto added = rows.size() > m_rows.size() ? rows.size() - m_rows.size() : 0;
    const bool prepended = added > 0
        && std::equal(m_rows.begin(), m_rows.end(), rows.begin() + std::ptrdiff_t(added),
                      [](const auto& a, const auto& b) { return a.key == b.key; });
    if (prepended) {
        beginInsertRows({}, 0, int(added) - 1);
        m_rows.insert(m_rows.begin(), rows.begin(), rows.begin() + std::ptrdiff_t(added));
        endInsertRows();
        setRows(std::move(rows));
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int RecordModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int RecordModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_titles.size());
}

QVariant RecordModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const auto& row = m_rows[std::size_t(index.row())];
    const auto& cell = row.cells[std::size_t(index.column())];
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::TextAlignmentRole:
        return cell.number ? int(Qt::AlignRight | Qt::AlignVCenter)
                           : int(Qt::AlignLeft | Qt::AlignVCenter);
    case SortRole:
        return cell.sort.isValid() ? cell.sort : QVariant(cell.text);
    case KeyRole:
        return row.key;
    default:
        return {};
    }
}

QVariant RecordModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::DisplayRole)
        return m_titles.value(section);
    if (role == Qt::TextAlignmentRole && !m_rows.empty()
        && m_rows.front().cells[std::size_t(section)].number)
        return int(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

TasksModel::TasksModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Function"), tr("State"), tr("GPU"), tr("Time"), tr("CPU time"), tr("Memory"),
                tr("Cost (emulated)"), tr("Task")});
}

void TasksModel::set(const std::vector<em::TaskSummary>& tasks)
{
    std::vector<Row> rows;
    m_running = 0;
    for (const auto& task : tasks) {
        const bool live = task.state != em::TaskState::Finished;
        m_running += live ? 1 : 0;
        auto state = taskStateText(task.state);
        if (!live && task.end.reason != em::EndReason::Exited && !task.end.message.empty())
            state = text(task.end.message);
        else if (!live && task.end.exitCode != 0)
            state = tr("Exited with %1").arg(task.end.exitCode);
        const auto seconds = secondsBetween(task.startedAt, task.finishedAt);
        const auto cpu = static_cast<double>(task.usage.cpuMicros) / 1e6;
        const auto memory
            = static_cast<double>(live ? task.usage.memoryBytes : task.usage.memoryPeakBytes);
        rows.push_back({text(task.id),
                        {{text(task.functionName), {}, false},
                         {state, {}, false},
                         {task.gpu.empty() ? QStringLiteral("—") : text(task.gpu), {}, false},
                         {durationText(seconds), seconds, true},
                         {durationText(cpu), cpu, true},
                         {sizeText(memory), memory, true},
                         {moneyText(task.costMicros), qlonglong(task.costMicros), true},
                         {text(task.id), {}, false}}});
    }
    setRows(std::move(rows));
}

CallsModel::CallsModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Function"), tr("Inputs"), tr("Done"), tr("Failed"), tr("Started"), tr("Time"),
                tr("Call")});
}

void CallsModel::set(const std::vector<em::CallSummary>& calls)
{
    std::vector<Row> rows;
    for (const auto& call : calls) {
        const auto seconds = secondsBetween(call.createdAt, call.finishedAt);
        rows.push_back({text(call.id),
                        {{text(call.functionName), {}, false},
                         {QString::number(call.inputs), call.inputs, true},
                         {QString::number(call.succeeded), call.succeeded, true},
                         {QString::number(call.failed), call.failed, true},
                         {timeText(call.createdAt), {}, false},
                         {durationText(seconds), seconds, true},
                         {text(call.id), {}, false}}});
    }
    setRows(std::move(rows));
}

ImagesModel::ImagesModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns({tr("Image"), tr("State"), tr("Python"), tr("Layers"), tr("Built"), tr("Error")});
}

void ImagesModel::set(const std::vector<em::ImageSummary>& images)
{
    std::vector<Row> rows;
    for (const auto& image : images)
        rows.push_back({text(image.id),
                        {{text(image.id), {}, false},
                         {text(image.state), {}, false},
                         {text(image.pythonVersion), {}, false},
                         {QString::number(image.layers), image.layers, true},
                         {timeText(image.createdAt), {}, false},
                         {text(image.error), {}, false}}});
    setRows(std::move(rows));
}

CostModel::CostModel(QObject* parent)
    : RecordModel(parent)
{
    setColumns(
        {tr("Day"), tr("App"), tr("Function"), tr("GPU"), tr("Task time"), tr("Cost (emulated)")});
}

void CostModel::set(const std::vector<em::CostLine>& lines)
{
    std::vector<Row> rows;
    m_total = 0;
    for (const auto& line : lines) {
        m_total += line.costMicros;
        rows.push_back({text(line.day + line.appId + line.functionName + line.gpu),
                        {{text(line.day), {}, false},
                         {text(line.appName), {}, false},
                         {text(line.functionName), {}, false},
                         {line.gpu.empty() ? QStringLiteral("—") : text(line.gpu), {}, false},
                         {durationText(line.seconds), line.seconds, true},
                         {moneyText(line.costMicros), qlonglong(line.costMicros), true}}});
    }
    setRows(std::move(rows));
}

} // namespace app::models
