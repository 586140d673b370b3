// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/LogModel.h"

#include "app/models/AnsiText.h"

#include <QDateTime>

#include <algorithm>

namespace app::models {

LogModel::LogModel(QObject* parent, std::size_t cap)
    : QAbstractTableModel(parent)
    , m_store(std::make_shared<LogStore>(cap))
{
    m_flushTimer.setSingleShot(true);
    m_flushTimer.setInterval(16);
    connect(&m_flushTimer, &QTimer::timeout, this, &LogModel::flush);
}

void LogModel::append(const std::vector<LogInput>& lines)
{
    m_store->append(lines);
    if (!m_flushAsked.exchange(true))
        QMetaObject::invokeMethod(this, [this] { m_flushTimer.start(); }, Qt::QueuedConnection);
}

void LogModel::flush()
{
    m_flushAsked = false;
    const auto first = m_store->firstLine();
    const auto end = m_store->endLine();
    if (first > m_first) {
        const auto gone = std::min(first, m_end) - m_first;
        if (gone > 0) {
            beginRemoveRows({}, 0, static_cast<int>(gone) - 1);
            m_first += gone;
            endRemoveRows();
        }
        m_first = std::max(m_first, first);
        m_end = std::max(m_end, m_first);
    }
    if (end > m_end) {
        beginInsertRows({}, rowCount(), static_cast<int>(end - m_first) - 1);
        m_end = end;
        endInsertRows();
    }
}

void LogModel::clear()
{
    beginResetModel();
    m_store->clear();
    m_first = m_end = m_store->endLine();
    endResetModel();
}

int LogModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_end - m_first);
}

int LogModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LogModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || role != Qt::DisplayRole)
        return {};
    const auto line = record(index.row());
    switch (index.column()) {
    case Time:
        return QDateTime::fromMSecsSinceEpoch(line.time / 1000)
            .toString(QStringLiteral("HH:mm:ss.zzz"));
    case Source:
        return QString::fromStdString(line.source);
    default:
        return readAnsi(line.text).text;
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Time ? tr("Time") : section == Source ? tr("Task") : tr("Text");
}

} // namespace app::models
