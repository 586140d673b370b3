// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "emulator/model/Studio.h"

#include <QAbstractTableModel>

#include <functional>
#include <vector>

namespace app::models {

/// "12.3 GiB"; "—" for nothing.
[[nodiscard]] QString sizeText(double bytes);
/// "$0.0123": as many digits as tell something.
[[nodiscard]] QString moneyText(std::int64_t micros);
/// "41.8 s", "3 min 02 s".
[[nodiscard]] QString durationText(double seconds);
[[nodiscard]] QString taskStateText(emulator::model::TaskState state);

/// A table of records that are replaced as a whole by each snapshot: rows keep their place while
/// their key stays, so a selection survives.
class RecordModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role { KeyRole = Qt::UserRole, SortRole };

    using QAbstractTableModel::QAbstractTableModel;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    [[nodiscard]] QString key(int row) const { return m_rows[std::size_t(row)].key; }

protected:
    struct Cell {
        QString text;
        QVariant sort; ///< invalid: the text
        bool number = false;
        bool operator==(const Cell&) const = default;
    };
    struct Row {
        QString key;
        std::vector<Cell> cells;
        bool operator==(const Row&) const = default;
    };

    void setColumns(const QStringList& titles) { m_titles = titles; }
    void setRows(std::vector<Row> rows);

private:
    QStringList m_titles;
    std::vector<Row> m_rows;
};

/// Tasks, newest first.
class TasksModel : public RecordModel {
    Q_OBJECT

public:
    explicit TasksModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::TaskSummary>& tasks);
    [[nodiscard]] int running() const { return m_running; }

private:
    int m_running = 0;
};

class CallsModel : public RecordModel {
    Q_OBJECT

public:
    explicit CallsModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::CallSummary>& calls);
};

class ImagesModel : public RecordModel {
    Q_OBJECT

public:
    explicit ImagesModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::ImageSummary>& images);
};

/// The ledger × price book, by app and function.
class CostModel : public RecordModel {
    Q_OBJECT

public:
    explicit CostModel(QObject* parent = nullptr);
    void set(const std::vector<emulator::model::CostLine>& lines);
    [[nodiscard]] std::int64_t totalMicros() const { return m_total; }

private:
    std::int64_t m_total = 0;
};

} // namespace app::models
