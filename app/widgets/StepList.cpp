// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/StepList.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Theme.h"

#include <QPainter>

#include <algorithm>

namespace app::widgets {

using models::Step;
using models::StepState;

namespace {

constexpr int markSize = 16;
constexpr int titleLeft = 26;
constexpr int textGap = 12;
constexpr int rowGap = 8;
constexpr int barHeight = 6;

double secondsOf(const Step& step)
{
    return step.state == StepState::Running && step.since.isValid()
        ? double(step.since.msecsTo(QDateTime::currentDateTime())) / 1000
        : step.seconds;
}

/// "0:41" while it runs, "1.3 s" once it is over.
QString timeOf(const Step& step)
{
    const auto seconds = secondsOf(step);
    if (step.state == StepState::Waiting || step.state == StepState::Skipped || seconds <= 0)
        return {};
    if (step.state != StepState::Running)
        return models::durationText(seconds);
    const auto whole = static_cast<int>(seconds);
    return QStringLiteral("%1:%2")
        .arg(whole / 60, 2, 10, QLatin1Char('0'))
        .arg(whole % 60, 2, 10, QLatin1Char('0'));
}

} // namespace

StepList::StepList(const QString& objectName, QWidget* parent)
    : QWidget(parent)
{
    setObjectName(objectName);
    setAccessibleName(tr("Steps"));
    auto policy = sizePolicy();
    policy.setHeightForWidth(true);
    policy.setHorizontalPolicy(QSizePolicy::Expanding);
    policy.setVerticalPolicy(QSizePolicy::Minimum);
    setSizePolicy(policy);
    m_clock.setInterval(500);
    connect(&m_clock, &QTimer::timeout, this, qOverload<>(&QWidget::update));
}

QString StepList::sentence(const Step& step)
{
    static const QString words[] {tr("waiting"), tr("running"), tr("done"), tr("failed"),
                                  tr("skipped")};
    auto said = step.title + QStringLiteral(": ");
    if (!step.text.isEmpty())
        said += step.text + QStringLiteral(", ");
    said += words[int(step.state)];
    return step.fix.isEmpty() ? said : said + QStringLiteral(". ") + step.fix;
}

void StepList::setSteps(const QVector<Step>& steps)
{
    if (steps == m_steps)
        return;
    m_steps = steps;
    QStringList sentences;
    bool running = false;
    for (const auto& step : steps) {
        sentences << sentence(step);
        running = running || step.state == StepState::Running;
    }
    setAccessibleDescription(sentences.join(QStringLiteral(". ")));
    if (running && !m_clock.isActive())
        m_clock.start();
    else if (!running)
        m_clock.stop();
    updateGeometry();
    update();
}

StepList::Row StepList::rowOf(const Step& step, int top, int width) const
{
    const auto metrics = fontMetrics();
    auto bold = font();
    bold.setBold(true);
    const int line = std::max(metrics.height() + 4, markSize);
    int titleWidth = 0;
    for (const auto& any : m_steps)
        titleWidth = std::max(titleWidth, QFontMetrics(bold).horizontalAdvance(any.title));
    titleWidth = std::min(titleWidth, width / 3);
    const int timeWidth = metrics.horizontalAdvance(QStringLiteral("00 min 00 s"));
    Row row;
    row.mark = {0, top + (line - markSize) / 2, markSize, markSize};
    row.title = {titleLeft, top, titleWidth, line};
    row.time = {width - timeWidth, top, timeWidth, line};
    const int left = titleLeft + titleWidth + textGap;
    const int room = std::max(40, row.time.left() - textGap - left);
    const auto wrapped = [&](const QString& text) {
        return metrics.boundingRect(0, 0, room, 10'000, Qt::TextWordWrap, text).height();
    };
    row.text = {left, top, room, line};
    if (!step.text.isEmpty())
        row.text.setHeight(std::max(line, wrapped(step.text) + 4));
    row.bottom = row.text.bottom() + 1;
    if (step.state == StepState::Running && step.total > 0) {
        row.bar = {left, row.bottom + 2, room, barHeight};
        row.bottom += barHeight + 4;
    }
    if (!step.fix.isEmpty()) {
        row.fix = {left, row.bottom, room, wrapped(step.fix) + 4};
        row.bottom = row.fix.bottom() + 1;
    }
    return row;
}

int StepList::heightForWidth(int width) const
{
    int top = 0;
    for (const auto& step : m_steps)
        top = rowOf(step, top, width).bottom + rowGap;
    return std::max(0, top - rowGap);
}

QSize StepList::sizeHint() const
{
    return {360, heightForWidth(width() > 100 ? width() : 420)};
}

void StepList::paintMark(QPainter& painter, const Step& step, const QRect& area) const
{
    const auto& colours = coloursOf(palette());
    switch (step.state) {
    case StepState::Done:
        icon(QStringLiteral("ok"), IconColour::Success).paint(&painter, area);
        return;
    case StepState::Failed:
        icon(QStringLiteral("error"), IconColour::Error).paint(&painter, area);
        return;
    case StepState::Running: {
        painter.setPen(QPen(colours.border, 2));
        painter.setBrush(Qt::NoBrush);
        const auto circle = QRectF(area).adjusted(2.5, 2.5, -2.5, -2.5);
        painter.drawEllipse(circle);
        painter.setPen(QPen(colours.accent, 2));
        // A quarter goes round, a turn in two seconds.
        const auto phase = static_cast<int>(secondsOf(step) * 180) % 360;
        painter.drawArc(circle, (90 - phase) * 16, -100 * 16);
        return;
    }
    case StepState::Skipped:
    case StepState::Waiting:
        painter.setPen(QPen(colours.border, 1.5));
        painter.setBrush(Qt::NoBrush);
        if (step.state == StepState::Skipped)
            painter.drawLine(area.left() + 4, area.center().y(), area.right() - 4,
                             area.center().y());
        else
            painter.drawEllipse(QRectF(area).adjusted(3, 3, -3, -3));
        return;
    }
}

void StepList::paintEvent(QPaintEvent*)
{
    const auto& colours = coloursOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    auto bold = font();
    bold.setBold(true);
    int top = 0;
    for (const auto& step : m_steps) {
        const auto row = rowOf(step, top, width());
        const bool quiet = step.state == StepState::Waiting || step.state == StepState::Skipped;
        paintMark(painter, step, row.mark);
        painter.setFont(step.state == StepState::Running ? bold : font());
        painter.setPen(quiet ? colours.muted : colours.text);
        painter.drawText(row.title, Qt::AlignLeft | Qt::AlignVCenter, step.title);
        painter.setFont(font());
        painter.setPen(step.state == StepState::Failed ? colours.error
                           : quiet                     ? colours.muted
                                                       : colours.text);
        painter.drawText(row.text.adjusted(0, 2, 0, 0), Qt::AlignLeft | Qt::TextWordWrap,
                         step.text);
        painter.setPen(colours.muted);
        painter.drawText(row.time, Qt::AlignRight | Qt::AlignVCenter, timeOf(step));
        if (!row.fix.isEmpty()) {
            painter.setPen(colours.text);
            painter.drawText(row.fix.adjusted(0, 2, 0, 0), Qt::AlignLeft | Qt::TextWordWrap,
                             step.fix);
        }
        if (!row.bar.isEmpty()) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(colours.border);
            painter.drawRoundedRect(row.bar, 3, 3);
            auto full = QRectF(row.bar);
            full.setWidth(full.width()
                          * std::clamp(double(step.done) / double(step.total), 0.0, 1.0));
            painter.setBrush(colours.accent);
            painter.drawRoundedRect(full, 3, 3);
        }
        top = row.bottom + rowGap;
    }
}

} // namespace app::widgets
