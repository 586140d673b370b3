// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/ProblemParser.h"

#include <QAbstractTableModel>

namespace app::models {

/// The list of problems: what, where, from whom.
class ProblemsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Message, Place, Origin, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setProblems(const QVector<Problem>& problems);
    [[nodiscard]] const QVector<Problem>& problems() const { return m_problems; }
    [[nodiscard]] const Problem& problem(int row) const { return m_problems[row]; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    QVector<Problem> m_problems;
};

} // namespace app::models
