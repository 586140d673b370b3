// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/models/CostSeries.h"

#include <QObject>
#include <QTimer>

namespace app::client {

/// The cost points of one target over one range, asked for anew after changes while somebody looks.
/// GUI thread.
class CostFeed : public QObject {
    Q_OBJECT

public:
    explicit CostFeed(QObject* parent = nullptr);

    void setLink(DaemonLink* link); ///< forgets the points of the former
    void setRange(const models::CostRange& range);
    void setWatched(bool watched); ///< asks at once when it becomes so
    /// Points of an earlier look, until the line gives its own.
    void preload(const std::vector<emulator::model::CostPoint>& points);

    [[nodiscard]] const models::CostRange& range() const { return m_range; }
    [[nodiscard]] const std::vector<emulator::model::CostPoint>& points() const { return m_points; }
    [[nodiscard]] QString problem() const { return m_problem; } ///< why there are none

Q_SIGNALS:
    void changed();

private:
    void ask();

    DaemonLink* m_link = nullptr;
    models::CostRange m_range;
    bool m_watched = false;
    bool m_answered = false;
    bool m_asking = false;
    bool m_again = false; ///< something changed while it was being asked
    std::vector<emulator::model::CostPoint> m_points;
    QString m_problem;
    QTimer m_soon;
};

} // namespace app::client
