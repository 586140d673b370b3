// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/RunChip.h"

#include "app/widgets/Theme.h"

#include <QPainter>

namespace app::widgets {

namespace {
constexpr int sidePadding = 8;
constexpr int triangle = 8; // px, with its gap of half as much
} // namespace

RunChip::RunChip(const QString& text, QWidget* parent)
    : QAbstractButton(parent)
{
    setText(text);
    setCursor(Qt::PointingHandCursor);
    setFocusPolicy(Qt::NoFocus); // the caret stays in the code; Run has a shortcut
}

void RunChip::setNote(bool note)
{
    m_note = note;
    setCursor(note ? Qt::ArrowCursor : Qt::PointingHandCursor);
    setAttribute(Qt::WA_TransparentForMouseEvents, note);
}

QSize RunChip::sizeHint() const
{
    const auto metrics = fontMetrics();
    const int arrow = m_note ? 0 : triangle * 3 / 2;
    return {metrics.horizontalAdvance(text()) + 2 * sidePadding + arrow, metrics.height()};
}

void RunChip::paintEvent(QPaintEvent*)
{
    const auto& colours = coloursOf(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    auto background = m_note ? colours.stripe : colours.chip;
    if (!m_note && (underMouse() || isDown()))
        background = isDown() ? colours.selection : colours.chip.darker(isDown() ? 115 : 106);
    painter.setPen(Qt::NoPen);
    painter.setBrush(background);
    painter.drawRoundedRect(QRectF(rect()).adjusted(0, 0.5, 0, -0.5), 4, 4);
    const auto foreground = m_note ? colours.muted : isEnabled() ? colours.chipText : colours.muted;
    int left = sidePadding;
    if (!m_note) {
        const double middle = height() / 2.0;
        painter.setBrush(foreground);
        if (m_mark == Mark::Arrow) {
            const double centre = left + triangle * 0.5;
            painter.drawPolygon(QPolygonF {{centre, middle - triangle * 0.6},
                                           {centre + triangle * 0.5, middle},
                                           {centre + triangle * 0.17, middle},
                                           {centre + triangle * 0.17, middle + triangle * 0.55},
                                           {centre - triangle * 0.17, middle + triangle * 0.55},
                                           {centre - triangle * 0.17, middle},
                                           {centre - triangle * 0.5, middle}});
        } else
            painter.drawPolygon(QPolygonF {{left + 0.0, middle - triangle * 0.55},
                                           {left + triangle * 0.9, middle},
                                           {left + 0.0, middle + triangle * 0.55}});
        left += triangle * 3 / 2;
    }
    painter.setPen(foreground);
    painter.setFont(font());
    painter.drawText(QRect(left, 0, width() - left, height()), Qt::AlignVCenter | Qt::AlignLeft,
                     text());
}

void RunChip::enterEvent(QEnterEvent* event)
{
    QAbstractButton::enterEvent(event);
    update();
}

void RunChip::leaveEvent(QEvent* event)
{
    QAbstractButton::leaveEvent(event);
    update();
}

} // namespace app::widgets
