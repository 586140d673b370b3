// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/CostSeries.h"

#include <QWidget>

#include <optional>

class QCPItemText;
class QCustomPlot;

namespace app::widgets {

/// Cumulative cost over time: a coloured area for each group, solid where it happened, a dashed
/// line within a band where it is forecast, and the budget as a line across.
class CostPlot : public QWidget {
    Q_OBJECT

public:
    explicit CostPlot(QWidget* parent = nullptr);

    /// `before`: dollars that were spent before the range and that count towards `budget`.
    void setSeries(const models::CostSeries& series, std::optional<double> budget, double before);
    /// Paler: the line is down.
    void setStale(bool stale);
    /// The colour of a group, for a legend beside the graph.
    [[nodiscard]] QColor colourOf(int stack) const;
    [[nodiscard]] static int mostColours() { return 6; } ///< further groups share the last

protected:
    void changeEvent(QEvent* event) override;

private:
    void draw();
    void drawForecast(double last);
    void drawBudget();

    QCustomPlot* m_plot;
    models::CostSeries m_series;
    std::optional<double> m_budget;
    double m_before = 0;
    bool m_stale = false;
};

} // namespace app::widgets
