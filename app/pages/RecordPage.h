// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/RecordModels.h"

#include <QWidget>

#include <functional>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTreeView;

namespace app::pages {

/// A page with one table that is sorted, filtered (Ctrl+F) and copied: tasks, costs, images.
class RecordPage : public QWidget {
    Q_OBJECT

public:
    /// `area` begins the object names: "tasks".
    RecordPage(const QString& area, const QString& title, models::RecordModel* model,
               QWidget* parent = nullptr);

    /// One sentence for an empty table.
    void setEmptyText(const QString& text);
    /// What stands beside the title: a total.
    void setSummary(const QString& text);
    /// A button that acts on the selected row; `enabled` decides for which.
    void setAction(const QString& title, const std::function<bool(const QString& key)>& enabled);

    [[nodiscard]] QTreeView* table() const { return m_table; }
    [[nodiscard]] QString selectedKey() const;
    void focusFilter();

Q_SIGNALS:
    void actionRequested(const QString& key);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void update();
    void copy() const;

    QString m_area;
    models::RecordModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTreeView* m_table;
    QLineEdit* m_filter;
    QLabel* m_summary;
    QLabel* m_empty;
    QPushButton* m_action = nullptr;
    std::function<bool(const QString&)> m_actionEnabled;
};

} // namespace app::pages
