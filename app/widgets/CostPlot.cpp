// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/CostPlot.h"

#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace app::widgets {

namespace {

constexpr double ahead = 0.25; // of the range is forecast

/// The next of 1, 2, 2.5, 5 × 10ⁿ above `value`.
double roundedUp(double value)
{
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0})
        if (value <= step * power * 1.0001)
            return step * power;
    return 10 * power;
}

/// Dollars with as many digits as the steps of the axis need.
class MoneyTicker final : public QCPAxisTicker {
protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        const int digits = m_step >= 1 ? 0 : m_step >= 0.01 ? 2 : m_step >= 0.0001 ? 4 : 6;
        return QStringLiteral("$%1").arg(tick, 0, 'f', digits);
    }
    double getTickStep(const QCPRange& range) override
    {
        m_step = QCPAxisTicker::getTickStep(range);
        return m_step;
    }

private:
    double m_step = 1;
};

} // namespace

CostPlot::CostPlot(QWidget* parent)
    : QWidget(parent)
    , m_plot(named(new QCustomPlot(this), "cost.plot", tr("Cost over time")))
{
    name(this, "cost.graph", tr("Cost over time"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_plot);
    m_plot->setMinimumHeight(180);
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->axisRect()->setAutoMargins(QCP::msBottom | QCP::msLeft);
    m_plot->axisRect()->setMinimumMargins(QMargins(56, 12, 14, 4));
    m_plot->axisRect()->setMargins(QMargins(56, 12, 14, 24));
    const QSharedPointer<QCPAxisTickerDateTime> times(new QCPAxisTickerDateTime);
    m_plot->xAxis->setTicker(times);
    m_plot->yAxis->setTicker(QSharedPointer<MoneyTicker>(new MoneyTicker));
    m_plot->yAxis->ticker()->setTickCount(5);
    m_plot->yAxis->setSubTicks(false);
    m_plot->xAxis->setSubTicks(false);
    draw();
}

void CostPlot::setSeries(const models::CostSeries& series, std::optional<double> budget,
                         double before)
{
    m_series = series;
    m_budget = budget;
    m_before = before;
    draw();
}

void CostPlot::setStale(bool stale)
{
    if (stale == m_stale)
        return;
    m_stale = stale;
    draw();
}

QColor CostPlot::colourOf(int stack) const
{
    const auto& colours = coloursOf(palette());
    const QColor all[] {colours.graphCpu,       colours.graphMemory, colours.graphGpu,
                        colours.graphGpuMemory, colours.graphCost,   colours.muted};
    auto colour = all[std::min(stack, mostColours() - 1)];
    if (m_stale)
        colour.setHsvF(colour.hsvHueF(), colour.hsvSaturationF() * 0.25F, colour.valueF());
    return colour;
}

void CostPlot::draw()
{
    const auto& colours = coloursOf(palette());
    auto small = font();
    small.setPointSizeF(std::max(6.5, small.pointSizeF() - 1));
    m_plot->clearPlottables();
    m_plot->clearItems();
    m_plot->setBackground(QBrush(colours.base));
    m_plot->axisRect()->setBackground(QBrush(colours.base));
    for (auto* axis : {m_plot->xAxis, m_plot->yAxis, m_plot->xAxis2, m_plot->yAxis2}) {
        axis->setBasePen(QPen(colours.border));
        axis->setTickPen(QPen(colours.border));
        axis->setTickLabelColor(colours.muted);
        axis->setTickLabelFont(small);
        axis->grid()->setPen(QPen(colours.border, 0, Qt::DotLine));
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    m_plot->xAxis->grid()->setVisible(false);

    QVector<double> times;
    times << double(m_series.from);
    for (int bucket = 0; bucket < m_series.buckets(); ++bucket)
        times << std::min(double(m_series.to),
                          double(m_series.from + (bucket + 1) * m_series.bucketSeconds));
    double last = m_before;
    QCPGraph* below = nullptr;
    for (int i = 0; i < m_series.stacks.size(); ++i) {
        auto values = m_series.cumulative(i);
        values.prepend(0);
        for (auto& value : values)
            value += m_before;
        last = values.back();
        auto* graph = m_plot->addGraph();
        graph->setData(times, values, true);
        const auto line = colourOf(i);
        auto area = line;
        area.setAlphaF(m_stale ? 0.12F : 0.28F);
        graph->setPen(QPen(line, 1.8));
        graph->setBrush(area);
        if (below != nullptr)
            graph->setChannelFillGraph(below);
        below = graph;
    }
    double top = last;
    const auto span = double(std::max<std::int64_t>(60, m_series.to - m_series.from));
    if (m_series.forecast)
        top = std::max(top, last + m_series.forecast->high * span * ahead / 3600);
    if (m_budget && *m_budget <= 4 * std::max(top, 1e-6))
        top = std::max(top, *m_budget);
    m_plot->xAxis->setRange(double(m_series.from),
                            double(m_series.to) + (m_series.forecast ? span * ahead : 0));
    m_plot->yAxis->setRange(0, roundedUp(std::max(top, 1e-5) * 1.04));
    if (auto ticker = qSharedPointerDynamicCast<QCPAxisTickerDateTime>(m_plot->xAxis->ticker()))
        ticker->setDateTimeFormat(span > 3 * 86'400 ? QStringLiteral("MMM d")
                                                    : QStringLiteral("HH:mm"));
    drawForecast(last);
    drawBudget();
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void CostPlot::drawForecast(double last)
{
    if (!m_series.forecast)
        return;
    const auto& colours = coloursOf(palette());
    const auto now = double(m_series.to);
    const auto span = double(m_series.to - m_series.from) * ahead;
    const auto at = [&](double perHour) { return last + perHour * span / 3600; };
    auto band = colours.muted;
    band.setAlphaF(0.16F);
    auto* low = m_plot->addGraph();
    low->setData({now, now + span}, {last, at(m_series.forecast->low)}, true);
    low->setPen(Qt::NoPen);
    auto* high = m_plot->addGraph();
    high->setData({now, now + span}, {last, at(m_series.forecast->high)}, true);
    high->setPen(Qt::NoPen);
    high->setBrush(band);
    high->setChannelFillGraph(low);
    auto* middle = m_plot->addGraph();
    middle->setData({now, now + span}, {last, at(m_series.forecast->perHour)}, true);
    middle->setPen(QPen(colours.muted, 1.8, Qt::DashLine));
    auto* nowLine = new QCPItemStraightLine(m_plot);
    nowLine->point1->setCoords(now, 0);
    nowLine->point2->setCoords(now, 1);
    nowLine->setPen(QPen(colours.border, 1));
    auto* label = new QCPItemText(m_plot);
    label->position->setTypeX(QCPItemPosition::ptPlotCoords);
    label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    label->position->setCoords(now, 0.02);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    label->setPadding(QMargins(5, 0, 0, 0));
    label->setText(tr("forecast"));
    label->setColor(colours.muted);
    label->setFont(m_plot->xAxis->tickLabelFont());
}

void CostPlot::drawBudget()
{
    if (!m_budget)
        return;
    const auto& colours = coloursOf(palette());
    const auto top = m_plot->yAxis->range().upper;
    auto* label = new QCPItemText(m_plot);
    label->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
    label->setColor(colours.error);
    label->setFont(m_plot->xAxis->tickLabelFont());
    label->setPadding(QMargins(4, 1, 4, 1));
    const auto text = tr("budget $%1").arg(*m_budget, 0, 'f', 2);
    if (*m_budget > top) {
        // Far above what is spent: said rather than squeezing the graph.
        label->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
        label->position->setCoords(0.005, 0.01);
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
        label->setText(text + tr(", above the graph ↑"));
        return;
    }
    auto* line = new QCPItemStraightLine(m_plot);
    line->point1->setCoords(double(m_series.from), *m_budget);
    line->point2->setCoords(double(m_series.to), *m_budget);
    line->setPen(QPen(colours.error, 1.2, Qt::DashLine));
    label->position->setTypeY(QCPItemPosition::ptPlotCoords);
    label->position->setCoords(0.005, *m_budget);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    label->setText(text);
}

void CostPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        draw();
}

} // namespace app::widgets
