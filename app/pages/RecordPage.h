// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/RecordModels.h"

#include <QWidget>

#include <functional>

class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;
class QTreeView;

namespace app::pages {

/// A page with one table that is sorted, filtered (Ctrl+F) and copied: tasks, costs, images. What
/// can be done to rows is offered as buttons above it and in its context menu.
class RecordPage : public QWidget {
    Q_OBJECT

public:
    /// What can be done to the selected rows; `enabled` decides by their keys.
    struct Action {
        QString name; ///< "rollback"
        QString title;
        QString icon;
        std::function<bool(const QStringList& keys)> enabled;
    };

    /// `area` begins the object names: "tasks".
    RecordPage(const QString& area, const QString& title, models::RecordModel* model,
               QWidget* parent = nullptr);

    /// One sentence for an empty table, and what to do about it.
    void setEmptyText(const QString& text);
    void setEmptyAction(const QString& title, const std::function<void()>& run);
    /// What stands beside the title: a total.
    void setSummary(const QString& text);
    void addAction(const Action& action);
    /// An action on a single row.
    void setAction(const QString& title, const std::function<bool(const QString& key)>& enabled);
    /// A widget beside the filter.
    void addTool(QWidget* tool);
    /// Without the title: inside another page.
    void setCompact();
    /// Greyed: what it shows may be out of date.
    void setStale(bool stale);

    [[nodiscard]] QTreeView* table() const { return m_table; }
    [[nodiscard]] QString selectedKey() const; ///< empty unless one row is selected
    [[nodiscard]] QStringList selectedKeys() const;
    void select(const QString& key);
    void focusFilter();

Q_SIGNALS:
    void actionRequested(const QString& key);
    void requested(const QString& action, const QStringList& keys);
    void selectionChanged();
    void activated(const QString& key); ///< Return or a double click

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Offered {
        Action action;
        QPushButton* button = nullptr;
    };

    [[nodiscard]] QString child(const char* name) const;
    void makeTable(const QString& title);
    void update();
    void openMenu(QPoint point);
    void copy() const;

    QString m_area;
    models::RecordModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTreeView* m_table;
    QLineEdit* m_filter;
    QLabel* m_heading;
    QLabel* m_summary;
    QWidget* m_emptyBox;
    QLabel* m_empty;
    QPushButton* m_emptyAction;
    QHBoxLayout* m_bar;
    std::vector<Offered> m_actions;
    std::function<void()> m_emptyRun;
    bool m_stale = false;
};

} // namespace app::pages
