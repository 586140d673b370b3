// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/LogStore.h"

#include <QAbstractTableModel>
#include <QTimer>

#include <atomic>
#include <memory>

namespace app::models {

/// What the log view shows of a LogStore. Lines may be appended on any thread; rows appear on
/// the GUI thread, at most once in 16 ms, and nothing runs while no line comes.
class LogModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Time, Source, Text, ColumnCount };

    explicit LogModel(QObject* parent = nullptr, std::size_t cap = 1'000'000);

    /// Any thread.
    void append(const std::vector<LogInput>& lines);
    /// GUI thread: forgets all lines.
    void clear();

    [[nodiscard]] const std::shared_ptr<LogStore>& store() const { return m_store; }
    [[nodiscard]] std::uint64_t firstLine() const { return m_first; } ///< of row 0
    [[nodiscard]] LogRecord record(int row) const { return m_store->line(m_first + unsigned(row)); }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

    /// Shows at once what has been appended; the timer does it otherwise.
    void flush();

private:
    std::shared_ptr<LogStore> m_store; ///< shared with filters that still run
    std::uint64_t m_first = 0;
    std::uint64_t m_end = 0;
    std::atomic<bool> m_flushAsked = false;
    QTimer m_flushTimer;
};

} // namespace app::models
