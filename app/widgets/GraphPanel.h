// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/MetricSeries.h"

#include <QWidget>

#include <vector>

class QCustomPlot;
class QLabel;

namespace app::widgets {

/// Five graphs over the time of a run: CPU, memory, GPU, GPU memory, cost so far.
class GraphPanel : public QWidget {
    Q_OBJECT

public:
    explicit GraphPanel(QWidget* parent = nullptr);

    void setPoints(const QVector<models::MetricPoint>& points);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Graph {
        QString title;
        QLabel* value = nullptr;
        QLabel* caption = nullptr;
        QCustomPlot* plot = nullptr;
    };

    void add(const char* objectName, const QString& title);
    void applyColours();

    std::vector<Graph> m_graphs;
};

} // namespace app::widgets
