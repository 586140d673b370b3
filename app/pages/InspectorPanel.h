// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/MetricSeries.h"
#include "app/models/RunModel.h"

#include <QTimer>
#include <QWidget>

class QLabel;

namespace app::widgets {
class GraphPanel;
}

namespace app::pages {

/// What is being run: its state, how long, how much, and live graphs.
class InspectorPanel : public QWidget {
    Q_OBJECT

public:
    explicit InspectorPanel(models::RunModel* run, QWidget* parent = nullptr);

    void setGpu(const QString& gpu); ///< of the function that is run
    void setMetrics(const models::MetricSeries& metrics);
    void setCost(std::int64_t micros);

protected:
    void changeEvent(QEvent* event) override;

private:
    void update();

    models::RunModel* m_run;
    QLabel* m_function;
    QLabel* m_state;
    QLabel* m_figures;
    QLabel* m_reason;
    widgets::GraphPanel* m_graphs;
    QTimer m_clock; ///< ticks while a run is active
    QString m_gpu;
    double m_peakMemory = 0;
    std::int64_t m_cost = 0;
};

} // namespace app::pages
