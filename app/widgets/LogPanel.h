// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/widgets/LogView.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace app::widgets {

/// A log view with what one does to logs: filter, find, follow, save.
class LogPanel : public QWidget {
    Q_OBJECT

public:
    /// `area` begins the object names: "logs", "output".
    LogPanel(const QString& area, models::LogModel* model, QWidget* parent = nullptr);

    [[nodiscard]] LogView* view() const { return m_view; }
    [[nodiscard]] models::LogFilter* filter() const { return m_filter; }
    [[nodiscard]] models::LogFilter* search() const { return m_search; }
    void focusSearch();
    /// Only lines of a source ("train", "train·a1b2c3") and a stream (0: both) are shown.
    void setScope(const QString& source, int descriptor);
    /// Puts widgets that choose the scope before the filter.
    void addLeading(const QList<QWidget*>& widgets);
    /// The sentence shown while there is no line.
    void setEmptyText(const QString& text);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] QToolButton* button(const QString& name, const QString& icon, const QString& tip);
    void applyPattern(QLineEdit* edit, models::LogFilter* filter);
    void go(int direction);
    void showCounts();
    void save();
    void placeEmptyText();

    QString m_area;
    models::LogModel* m_model;
    LogView* m_view;
    models::LogFilter* m_filter;
    models::LogFilter* m_search;
    QLineEdit* m_filterEdit;
    QLineEdit* m_searchEdit;
    QLabel* m_matches;
    QLabel* m_lines;
    QLabel* m_empty;
    QToolButton* m_follow;
    QString m_scopeSource;
    int m_scopeDescriptor = 0;
    int m_current = -1; ///< match that is shown
};

} // namespace app::widgets
