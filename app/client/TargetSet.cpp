// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/TargetSet.h"

#include "app/client/Background.h"
#include "emulator/base/Log.h"

#include <algorithm>

namespace app::client {

namespace em = emulator::model;

namespace {

constexpr int saveAfter = 3000; // ms after a change, so that a burst is written once

em::TargetSummary localSummary()
{
    em::TargetSummary local;
    local.name = "local";
    local.kind = "local";
    local.engine = "local";
    return local;
}

} // namespace

TargetSet::TargetSet(DaemonLink* local, PortFactory makePort, QString cacheFolder, QObject* parent)
    : QObject(parent)
    , m_local(local)
    , m_makePort(std::move(makePort))
    , m_cacheFolder(std::move(cacheFolder))
    , m_all {localSummary()}
{
    connect(local, &DaemonLink::snapshotChanged, this, &TargetSet::takeList);
    connect(local, &DaemonLink::stateChanged, this, &TargetSet::takeList);
    watch(local);
    m_saveTimer.setSingleShot(true);
    m_saveTimer.setInterval(saveAfter);
    connect(&m_saveTimer, &QTimer::timeout, this, &TargetSet::saveCache);
    takeList();
}

TargetSet::~TargetSet()
{
    for (auto* link : m_links)
        delete link;
}

const em::TargetSummary& TargetSet::current() const
{
    for (const auto& target : m_all)
        if (QString::fromStdString(target.name) == m_current)
            return target;
    return m_all.front();
}

DaemonLink* TargetSet::link() const
{
    return m_links.value(m_current, m_local);
}

void TargetSet::watch(DaemonLink* link)
{
    connect(link, &DaemonLink::snapshotChanged, this, [this, link] {
        if (link != this->link())
            return;
        if (!link->stale() && !m_saveTimer.isActive())
            m_saveTimer.start();
        Q_EMIT snapshotChanged();
    });
    connect(link, &DaemonLink::stateChanged, this, [this, link] {
        if (link == this->link())
            Q_EMIT stateChanged();
    });
}

void TargetSet::takeList()
{
    auto all = m_local->snapshot().targets;
    std::erase_if(all, [](const auto& target) { return target.name == "local"; });
    // One that came from the cache stays until the daemon has said which there are.
    if (m_local->snapshot().takenAt == 0)
        for (const auto& target : m_all)
            if (target.name != "local")
                all.push_back(target);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    auto local = localSummary();
    for (const auto& target : m_local->snapshot().targets)
        if (target.name == "local")
            local = target;
    const auto state = m_local->state();
    local.state = state == DaemonLink::State::Ready ? "connected"
        : state == DaemonLink::State::Starting      ? "connecting"
                                                    : "offline";
    local.reason = m_local->reason().toStdString();
    all.insert(all.begin(), local);
    m_all = std::move(all);
    Q_EMIT listChanged();
    const auto known = [this](const QString& name) {
        return std::any_of(m_all.begin(), m_all.end(), [&](const auto& target) {
            return QString::fromStdString(target.name) == name;
        });
    };
    if (!m_wanted.isEmpty() && known(m_wanted))
        become(std::exchange(m_wanted, {}));
    else if (!known(m_current))
        become(QStringLiteral("local"));
}

void TargetSet::select(const QString& name)
{
    m_wanted.clear();
    if (name == m_current || name.isEmpty())
        return;
    for (const auto& target : m_all)
        if (QString::fromStdString(target.name) == name) {
            become(name);
            return;
        }
    m_wanted = name;
    loadCache(name);
}

void TargetSet::become(const QString& name)
{
    m_current = name;
    if (!isLocal() && !m_links.contains(name)) {
        auto* link = new DaemonLink(m_makePort(QString::fromStdString(current().socket)), {});
        m_links[name] = link;
        watch(link);
        link->open();
    }
    if (m_cached.target.name != name.toStdString()) {
        m_cached = {};
        loadCache(name);
    }
    Q_EMIT currentChanged();
    Q_EMIT stateChanged();
    Q_EMIT snapshotChanged();
}

void TargetSet::reconnect(const QString& name)
{
    if (name == QLatin1String("local"))
        return; // its link tries again by itself
    inBackground(
        this,
        [port = m_local->port(), name = name.toStdString()] { return port->reconnectTarget(name); },
        [this, name](const emulator::Result<>& done) {
            Q_EMIT said(done ? tr("Connecting to %1…").arg(name)
                             : QString::fromStdString(done.error().message()));
            m_local->refresh();
        });
}

void TargetSet::loadCache(const QString& name)
{
    if (m_cacheFolder.isEmpty())
        return;
    inBackground(
        this, [folder = m_cacheFolder, name] { return loadTarget(folder, name); },
        [this, name](emulator::Result<CachedTarget> loaded) {
            if (!loaded || (name != m_current && name != m_wanted))
                return;
            m_cached = *std::move(loaded);
            m_cached.target.state = "offline";
            if (name == m_wanted && m_local->snapshot().takenAt == 0) {
                // The daemon is not up yet: what is known of the target is where its line ends.
                m_all.push_back(m_cached.target);
                Q_EMIT listChanged();
                become(std::exchange(m_wanted, {}));
            }
            if (name == m_current)
                link()->preload(m_cached.snapshot);
            Q_EMIT cacheLoaded();
        });
}

void TargetSet::saveCache()
{
    auto* of = link();
    if (m_cacheFolder.isEmpty() || of->stale())
        return;
    CachedTarget target;
    target.target = current();
    target.target.tokenId.clear();
    target.target.tokenSecret.clear();
    target.snapshot = of->snapshot();
    if (m_extras)
        m_extras(target);
    orderedPool()->start([folder = m_cacheFolder, target = std::move(target)] {
        const auto saved = saveTarget(folder, target);
        if (!saved)
            emulator::log::warning("targets", saved.error().message());
    });
}

} // namespace app::client
