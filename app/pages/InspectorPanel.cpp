// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/InspectorPanel.h"

#include "app/models/RecordModels.h"
#include "app/widgets/GraphPanel.h"
#include "app/widgets/Naming.h"
#include "app/widgets/Theme.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace app::pages {

using models::RunState;

namespace {

QLabel* label(QWidget* parent, const char* objectName, const QString& accessibleName)
{
    auto* made = widgets::named(new QLabel(parent), objectName, accessibleName);
    made->setWordWrap(true);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse);
    made->setTextFormat(Qt::PlainText);
    return made;
}

QColor colourOf(RunState state, const widgets::Colours& colours)
{
    switch (state) {
    case RunState::Succeeded:
        return colours.success;
    case RunState::Failed:
    case RunState::Lost:
        return colours.error;
    case RunState::Draft:
    case RunState::Cancelled:
        return colours.muted;
    default:
        return colours.accent;
    }
}

} // namespace

InspectorPanel::InspectorPanel(models::RunModel* run, QWidget* parent)
    : QWidget(parent)
    , m_run(run)
    , m_function(label(this, "inspector.function", tr("Function")))
    , m_state(label(this, "inspector.state", tr("State of the run")))
    , m_figures(label(this, "inspector.figures", tr("Figures of the run")))
    , m_reason(label(this, "inspector.reason", tr("Why it failed")))
    , m_graphs(new widgets::GraphPanel(this))
{
    widgets::name(this, "inspector.panel", tr("Inspector"));
    auto bold = m_function->font();
    bold.setBold(true);
    bold.setPointSize(bold.pointSize() + 1);
    m_function->setFont(bold);
    auto* heading = new QVBoxLayout;
    heading->setContentsMargins(10, 8, 10, 4);
    heading->setSpacing(3);
    for (auto* part : {m_function, m_state, m_figures, m_reason})
        heading->addWidget(part);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(heading);
    layout->addWidget(m_graphs, 1);
    setMinimumWidth(220);
    m_clock.setInterval(100);
    connect(&m_clock, &QTimer::timeout, this, &InspectorPanel::update);
    connect(run, &models::RunModel::stateChanged, this, [this] {
        if (m_run->active())
            m_clock.start();
        else
            m_clock.stop();
        update();
    });
    update();
}

void InspectorPanel::setGpu(const QString& gpu)
{
    m_gpu = gpu;
    update();
}

void InspectorPanel::setMetrics(const models::MetricSeries& metrics)
{
    m_peakMemory = metrics.peakMemoryBytes();
    m_graphs->setPoints(metrics.points());
    update();
}

void InspectorPanel::setCost(std::int64_t micros)
{
    m_cost = micros;
    update();
}

void InspectorPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        update();
}

void InspectorPanel::update()
{
    const auto state = m_run->state();
    const bool draft = state == RunState::Draft;
    m_function->setText(draft ? tr("Nothing has run yet")
                              : m_run->function() + QStringLiteral(" · ")
                                + (m_gpu.isEmpty() ? tr("CPU") : m_gpu));
    const auto elapsed = models::durationText(m_run->elapsedSeconds());
    m_state->setText(draft ? tr("Press Run to see its figures here.")
                           : QStringLiteral("● %1 · %2").arg(models::runStateText(state), elapsed));
    // A palette of its own would be lost when the program's style sheet changes.
    const auto colour = colourOf(state, widgets::coloursOf(palette())).name();
    if (m_state->property("colour") != colour) {
        m_state->setProperty("colour", colour);
        m_state->setStyleSheet(QStringLiteral("color: ") + colour);
    }
    m_figures->setVisible(!draft);
    m_figures->setText(tr("peak %1 · cost %2 (emulated)")
                           .arg(models::sizeText(m_peakMemory), models::moneyText(m_cost)));
    m_reason->setVisible(!m_run->reason().isEmpty());
    m_reason->setText(m_run->reason());
}

} // namespace app::pages
