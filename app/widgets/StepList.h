// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/DeployModel.h"

#include <QTimer>
#include <QWidget>

namespace app::widgets {

/// Steps of a longer work, one below the other: a mark for the state, what is going on, a bar where
/// there is a measure, the time. Painted by itself; read out as one sentence a step.
class StepList : public QWidget {
    Q_OBJECT

public:
    explicit StepList(const QString& objectName, QWidget* parent = nullptr);

    void setSteps(const QVector<models::Step>& steps);
    [[nodiscard]] const QVector<models::Step>& steps() const { return m_steps; }
    /// "Push: 34 of 120 MiB, running"
    [[nodiscard]] static QString sentence(const models::Step& step);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] bool hasHeightForWidth() const override { return true; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Row {
        QRect mark;
        QRect title;
        QRect text;
        QRect fix;
        QRect time;
        QRect bar;
        int bottom = 0;
    };
    [[nodiscard]] Row rowOf(const models::Step& step, int top, int width) const;
    void paintMark(QPainter& painter, const models::Step& step, const QRect& area) const;

    QVector<models::Step> m_steps;
    QTimer m_clock; ///< runs while a step does
};

} // namespace app::widgets
