// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ProblemsModel.h"

namespace app::models {

void ProblemsModel::setProblems(const QVector<Problem>& problems)
{
    if (problems == m_problems)
        return;
    beginResetModel();
    m_problems = problems;
    endResetModel();
}

int ProblemsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_problems.size());
}

int ProblemsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ProblemsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const auto& problem = m_problems[index.row()];
    if (role == Qt::ToolTipRole)
        return problem.message;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Message:
        return problem.message;
    case Place:
        if (problem.file.isEmpty())
            return {};
        return problem.line > 0
            ? QStringLiteral("%1:%2").arg(problem.file.section(u'/', -1)).arg(problem.line)
            : problem.file.section(u'/', -1);
    default:
        return problem.origin;
    }
}

QVariant ProblemsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Message ? tr("Problem") : section == Place ? tr("Place") : tr("Found by");
}

} // namespace app::models
