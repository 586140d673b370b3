// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/CostFeed.h"
#include "app/models/CostSeries.h"

#include <QHash>
#include <QWidget>

class QButtonGroup;
class QComboBox;
class QLabel;
class QPushButton;

namespace app::widgets {
class CostPlot;
class NoticeBar;
} // namespace app::widgets

namespace app::pages {

class RecordPage;

/// Cost over time, stacked, with its forecast and budget; beside it the same as a table.
class CostPage : public QWidget {
    Q_OBJECT

public:
    CostPage(client::CostFeed* feed, QWidget* parent = nullptr);

    void setSnapshot(const client::Snapshot& snapshot, const QString& target);
    void setStale(bool stale);
    void showApp(const QString& appName);
    void focusFilter();
    /// Writes the points on the screen to a file, off this thread; `saved` is told with the reason
    /// when it fails.
    void exportTo(const QString& path);

Q_SIGNALS:
    void saved(const QString& path, const QString& problem);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    QWidget* makeBar();
    void fillApps();
    void update();
    void chooseFile();
    [[nodiscard]] std::string chosenApp() const;
    [[nodiscard]] QString unit() const;

    client::CostFeed* m_feed;
    client::Snapshot m_snapshot;
    QString m_target;
    QHash<QString, QString> m_appNames;
    models::CostGroupsModel m_groups;
    models::CostModel m_ledger;
    widgets::NoticeBar* m_notice;
    QComboBox* m_app;
    QComboBox* m_group;
    QButtonGroup* m_ranges;
    QPushButton* m_export;
    QLabel* m_total;
    widgets::CostPlot* m_plot;
    QLabel* m_basis;
    RecordPage* m_table;
    RecordPage* m_days;
};

} // namespace app::pages
