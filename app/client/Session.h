// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QVector>

namespace app::client {

/// What the window was like when it was left: written while it is used, read when it starts.
struct Session {
    struct Tab {
        QString path;
        int line = 0;
        int column = 0;
        int firstVisibleLine = 0;
        QString journal; ///< unsaved text; null when there is none
    };

    QString folder;
    QStringList recent; ///< folders, latest first
    QVector<Tab> tabs;
    int currentTab = 0;
    QByteArray geometry;
    QByteArray docks;
    QString theme = QStringLiteral("system"); ///< "light", "dark", "system"
    int fontSize = 10; ///< points, of the editor and the logs
    QString target = QStringLiteral("local"); ///< where things run
    QString function; ///< picked last
    QJsonObject arguments; ///< typed last, by "file::function"
    QString run; ///< the id of the run that was still going on; empty without

    [[nodiscard]] QJsonObject toJson() const;
    [[nodiscard]] static Session fromJson(const QJsonObject& json);

    /// $XDG_CONFIG_HOME/slipway/studio.json.
    [[nodiscard]] static QString defaultPath();
    /// Blocking. What cannot be read is a fresh session.
    [[nodiscard]] static Session load(const QString& path);
    /// Blocking, in one step.
    void save(const QString& path) const;

    void addRecent(const QString& newest);
};

} // namespace app::client
