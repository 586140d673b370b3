// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/CostFeed.h"

#include "app/client/Background.h"

#include <algorithm>

namespace app::client {

namespace em = emulator::model;

CostFeed::CostFeed(QObject* parent)
    : QObject(parent)
    , m_range(models::costRanges().front())
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(1000);
    connect(&m_soon, &QTimer::timeout, this, &CostFeed::ask);
}

void CostFeed::setLink(DaemonLink* link)
{
    if (link == m_link)
        return;
    if (m_link != nullptr)
        m_link->disconnect(this);
    m_link = link;
    m_points.clear();
    m_answered = false;
    connect(link, &DaemonLink::snapshotChanged, this, [this] {
        if (m_watched && !m_soon.isActive())
            m_soon.start();
    });
    Q_EMIT changed();
    ask();
}

void CostFeed::setRange(const models::CostRange& range)
{
    m_range = range;
    ask();
}

void CostFeed::setWatched(bool watched)
{
    m_watched = watched;
    if (watched)
        ask();
}

void CostFeed::preload(const std::vector<em::CostPoint>& points)
{
    if (m_answered)
        return;
    m_points = points;
    Q_EMIT changed();
}

void CostFeed::ask()
{
    if (m_link == nullptr || m_asking) {
        m_again = m_asking;
        return;
    }
    m_asking = true;
    const auto since = emulator::SystemClock().now() - m_range.seconds * 1'000'000;
    inBackground(
        this,
        [port = m_link->port(), since, bucket = static_cast<std::uint32_t>(m_range.bucketSeconds)] {
            return port->costSeries({}, since, bucket);
        },
        [this, link = m_link](emulator::Result<std::vector<em::CostPoint>> points) {
            m_asking = false;
            const bool again = std::exchange(m_again, false);
            if (link == m_link) {
                if (points) {
                    m_points = *std::move(points);
                    std::stable_sort(m_points.begin(), m_points.end(),
                                     [](const auto& a, const auto& b) { return a.from < b.from; });
                    m_answered = true;
                    m_problem.clear();
                } else
                    m_problem = QString::fromStdString(points.error().message());
                Q_EMIT changed();
            }
            if (again || link != m_link)
                ask();
        });
}

} // namespace app::client
