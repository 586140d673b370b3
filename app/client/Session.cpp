// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Session.h"

#include "emulator/base/Files.h"
#include "emulator/base/Log.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QStandardPaths>

#include <algorithm>

namespace app::client {

namespace {

QString base64(const QByteArray& bytes)
{
    return QString::fromLatin1(bytes.toBase64());
}
QByteArray fromBase64(const QJsonValue& value)
{
    return QByteArray::fromBase64(value.toString().toLatin1());
}

} // namespace

QJsonObject Session::toJson() const
{
    QJsonArray open;
    for (const auto& tab : tabs) {
        QJsonObject entry {{QStringLiteral("path"), tab.path},
                           {QStringLiteral("line"), tab.line},
                           {QStringLiteral("column"), tab.column},
                           {QStringLiteral("top"), tab.firstVisibleLine}};
        if (!tab.journal.isNull())
            entry[QStringLiteral("journal")] = tab.journal;
        open << entry;
    }
    return {{QStringLiteral("version"), 1},
            {QStringLiteral("folder"), folder},
            {QStringLiteral("recent"), QJsonArray::fromStringList(recent)},
            {QStringLiteral("tabs"), open},
            {QStringLiteral("currentTab"), currentTab},
            {QStringLiteral("geometry"), base64(geometry)},
            {QStringLiteral("docks"), base64(docks)},
            {QStringLiteral("theme"), theme},
            {QStringLiteral("fontSize"), fontSize},
            {QStringLiteral("target"), target},
            {QStringLiteral("function"), function},
            {QStringLiteral("arguments"), arguments},
            {QStringLiteral("run"), run}};
}

Session Session::fromJson(const QJsonObject& json)
{
    Session session;
    session.folder = json[QStringLiteral("folder")].toString();
    for (const auto& entry : json[QStringLiteral("recent")].toArray())
        session.recent << entry.toString();
    for (const auto& value : json[QStringLiteral("tabs")].toArray()) {
        const auto entry = value.toObject();
        Tab tab;
        tab.path = entry[QStringLiteral("path")].toString();
        tab.line = entry[QStringLiteral("line")].toInt();
        tab.column = entry[QStringLiteral("column")].toInt();
        tab.firstVisibleLine = entry[QStringLiteral("top")].toInt();
        if (entry.contains(QStringLiteral("journal")))
            tab.journal = entry[QStringLiteral("journal")].toString(QStringLiteral(""));
        session.tabs << tab;
    }
    session.currentTab = json[QStringLiteral("currentTab")].toInt();
    session.geometry = fromBase64(json[QStringLiteral("geometry")]);
    session.docks = fromBase64(json[QStringLiteral("docks")]);
    const auto theme = json[QStringLiteral("theme")].toString();
    if (theme == QLatin1String("light") || theme == QLatin1String("dark"))
        session.theme = theme;
    session.fontSize = std::clamp(json[QStringLiteral("fontSize")].toInt(10), 7, 32);
    session.target = json[QStringLiteral("target")].toString(session.target);
    session.function = json[QStringLiteral("function")].toString();
    session.arguments = json[QStringLiteral("arguments")].toObject();
    session.run = json[QStringLiteral("run")].toString();
    return session;
}

QString Session::defaultPath()
{
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation)
        + QStringLiteral("/slipway/studio.json");
}

Session Session::load(const QString& path)
{
    const auto content = emulator::readFile(path.toStdString());
    if (!content)
        return {};
    return fromJson(QJsonDocument::fromJson(QByteArray::fromStdString(*content)).object());
}

void Session::save(const QString& path) const
{
    QDir().mkpath(QFileInfo(path).path());
    const auto text = QJsonDocument(toJson()).toJson(QJsonDocument::Compact);
    const auto written
        = emulator::writeFileAtomically(path.toStdString(), text.toStdString(), 0600);
    if (!written)
        emulator::log::warning("session", written.error().message());
}

void Session::addRecent(const QString& newest)
{
    recent.removeAll(newest);
    recent.prepend(newest);
    while (recent.size() > 12)
        recent.removeLast();
}

} // namespace app::client
