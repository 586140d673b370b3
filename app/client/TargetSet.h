// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/client/TargetCache.h"

#include <QHash>
#include <QObject>
#include <QTimer>

namespace app::client {

/// The targets and the one that the window looks at: a link each, made when it is first chosen.
/// The local daemon says which there are. GUI thread.
class TargetSet : public QObject {
    Q_OBJECT

public:
    using PortFactory = std::function<std::shared_ptr<DaemonPort>(const QString& socket)>;

    /// `cacheFolder` empty: nothing is kept.
    TargetSet(DaemonLink* local, PortFactory makePort, QString cacheFolder,
              QObject* parent = nullptr);
    ~TargetSet() override;

    /// Local first, then by name.
    [[nodiscard]] const std::vector<emulator::model::TargetSummary>& all() const { return m_all; }
    [[nodiscard]] const emulator::model::TargetSummary& current() const;
    [[nodiscard]] QString currentName() const { return m_current; }
    [[nodiscard]] bool isLocal() const { return m_current == QLatin1String("local"); }
    [[nodiscard]] DaemonLink* local() const { return m_local; }
    [[nodiscard]] DaemonLink* link() const; ///< of the current one

    /// Looks at another target; one that is not known (yet) is chosen when it appears.
    void select(const QString& name);
    /// Asks the local daemon to try again at once.
    void reconnect(const QString& name);

    /// What was seen of the current target before, until its line is up.
    [[nodiscard]] const CachedTarget& cached() const { return m_cached; }
    /// What goes into the cache beside the snapshot.
    using Extras = std::function<void(CachedTarget&)>;
    void setExtras(Extras extras) { m_extras = std::move(extras); }

Q_SIGNALS:
    void listChanged();
    void currentChanged(); ///< another link
    void snapshotChanged(); ///< of the current one
    void stateChanged(); ///< of the current one
    void cacheLoaded();
    void said(const QString& sentence); ///< for the status line

private:
    void takeList();
    void become(const QString& name);
    void watch(DaemonLink* link);
    void loadCache(const QString& name);
    void saveCache();

    DaemonLink* m_local;
    PortFactory m_makePort;
    QString m_cacheFolder;
    QString m_current = QStringLiteral("local");
    QString m_wanted; ///< chosen, but not known yet
    std::vector<emulator::model::TargetSummary> m_all;
    QHash<QString, DaemonLink*> m_links;
    CachedTarget m_cached;
    Extras m_extras;
    QTimer m_saveTimer;
};

} // namespace app::client
