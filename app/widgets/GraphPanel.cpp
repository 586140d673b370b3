// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/GraphPanel.h"

#include "app/models/RecordModels.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace app::widgets {

using models::MetricPoint;

namespace {

enum Which { Cpu, Memory, Gpu, GpuMemory, Cost };

double valueOf(const MetricPoint& point, std::size_t which)
{
    switch (which) {
    case Cpu:
        return point.cpuPercent;
    case Memory:
        return point.memoryBytes / (1024.0 * 1024);
    case Gpu:
        return point.gpuPercent;
    case GpuMemory:
        return point.gpuMemoryBytes / (1024.0 * 1024);
    default:
        return point.costDollars;
    }
}

QString textOf(const MetricPoint& point, std::size_t which)
{
    switch (which) {
    case Cpu:
        return QStringLiteral("%1 %").arg(point.cpuPercent, 0, 'f', 0);
    case Memory:
        return models::sizeText(point.memoryBytes);
    case Gpu:
        return QStringLiteral("%1 %").arg(point.gpuPercent, 0, 'f', 0);
    case GpuMemory:
        return models::sizeText(point.gpuMemoryBytes);
    default:
        return models::moneyText(static_cast<std::int64_t>(point.costDollars * 1e6));
    }
}

/// What the axis reaches at least, so that a quiet graph lies at the bottom.
double leastTop(std::size_t which)
{
    switch (which) {
    case Cpu:
    case Gpu:
        return 100;
    case Memory:
    case GpuMemory:
        return 64;
    default:
        return 0.001;
    }
}

/// The next of 1, 2, 5 × 10ⁿ.
double roundedUp(double value)
{
    const double power = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (value <= step * power * 1.0001)
            return step * power;
    return 10 * power;
}

QColor lineColour(const Colours& colours, std::size_t which)
{
    const QColor all[] {colours.graphCpu, colours.graphMemory, colours.graphGpu,
                        colours.graphGpuMemory, colours.graphCost};
    return all[which];
}

} // namespace

GraphPanel::GraphPanel(QWidget* parent)
    : QWidget(parent)
{
    name(this, "inspector.graphs", tr("Graphs of the run"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    add("inspector.cpu", tr("CPU"));
    add("inspector.memory", tr("Memory"));
    add("inspector.gpu", tr("GPU (emulated)"));
    add("inspector.gpuMemory", tr("GPU memory (emulated)"));
    add("inspector.cost", tr("Cost so far (emulated)"));
    applyColours();
    setPoints({});
}

void GraphPanel::add(const char* objectName, const QString& title)
{
    Graph graph;
    graph.title = title;
    graph.caption = new QLabel(title, this);
    graph.caption->setObjectName(QLatin1String(objectName) + QLatin1String(".title"));
    graph.value = new QLabel(this);
    graph.value->setObjectName(QLatin1String(objectName) + QLatin1String(".value"));
    auto bold = graph.value->font();
    bold.setBold(true);
    graph.value->setFont(bold);
    graph.plot = new QCustomPlot(this);
    name(graph.plot, objectName, title);
    graph.plot->setMinimumHeight(54);
    graph.plot->setFocusPolicy(Qt::NoFocus);
    graph.plot->addGraph();
    graph.plot->axisRect()->setAutoMargins(QCP::msNone);
    graph.plot->axisRect()->setMargins(QMargins(48, 6, 8, 8));
    graph.plot->setNoAntialiasingOnDrag(true);
    graph.plot->xAxis->setTickLabels(false);
    graph.plot->xAxis->setTicks(false);
    graph.plot->yAxis->ticker()->setTickCount(2);
    graph.plot->yAxis->setSubTicks(false);
    graph.plot->yAxis->setNumberFormat(QStringLiteral("gb"));
    graph.plot->yAxis->setNumberPrecision(6);
    auto* heading = new QHBoxLayout;
    heading->setContentsMargins(10, 6, 10, 0);
    heading->addWidget(graph.caption);
    heading->addStretch();
    heading->addWidget(graph.value);
    auto* layout = static_cast<QVBoxLayout*>(this->layout());
    layout->addLayout(heading);
    layout->addWidget(graph.plot, 1);
    m_graphs.push_back(graph);
}

void GraphPanel::setPoints(const QVector<MetricPoint>& points)
{
    const double end = points.isEmpty() ? 30 : std::max(30.0, points.back().seconds);
    const double begin = std::max(0.0, end - 600);
    for (std::size_t which = 0; which < m_graphs.size(); ++which) {
        auto& graph = m_graphs[which];
        QVector<double> times;
        QVector<double> values;
        double top = leastTop(which);
        for (const auto& point : points) {
            times.push_back(point.seconds);
            values.push_back(valueOf(point, which));
            top = std::max(top, values.back());
        }
        graph.plot->graph(0)->setData(times, values, true);
        graph.plot->xAxis->setRange(begin, end);
        graph.plot->yAxis->setRange(0, roundedUp(top) * 1.05);
        graph.plot->replot(QCustomPlot::rpQueuedReplot);
        graph.value->setText(points.isEmpty() ? QStringLiteral("—") : textOf(points.back(), which));
    }
}

void GraphPanel::applyColours()
{
    const auto& colours = coloursOf(palette());
    auto small = font();
    small.setPointSizeF(std::max(6.5, small.pointSizeF() - 2));
    for (std::size_t which = 0; which < m_graphs.size(); ++which) {
        auto* plot = m_graphs[which].plot;
        const auto line = lineColour(colours, which);
        auto area = line;
        area.setAlphaF(0.14F);
        plot->setBackground(QBrush(colours.window));
        plot->axisRect()->setBackground(QBrush(colours.base));
        plot->graph(0)->setPen(QPen(line, 1.6));
        plot->graph(0)->setBrush(area);
        for (auto* axis : {plot->xAxis, plot->yAxis, plot->xAxis2, plot->yAxis2}) {
            axis->setBasePen(QPen(colours.border));
            axis->setTickPen(QPen(colours.border));
            axis->setTickLabelColor(colours.muted);
            axis->setTickLabelFont(small);
            axis->grid()->setPen(QPen(colours.border, 0, Qt::DotLine));
            axis->grid()->setZeroLinePen(Qt::NoPen);
        }
        plot->replot(QCustomPlot::rpQueuedReplot);
    }
}

void GraphPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColours();
}

} // namespace app::widgets
