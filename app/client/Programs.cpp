// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Programs.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace app::client {

Programs Programs::find()
{
    Programs found;
    const QDir bin(QCoreApplication::applicationDirPath());
    const QStringList places {bin.filePath(QStringLiteral("slip")),
                              bin.filePath(QStringLiteral("../../bin/slip"))};
    for (const auto& place : places)
        if (QFileInfo(place).isExecutable() && found.slip.isEmpty())
            found.slip = QDir::cleanPath(place);
    if (found.slip.isEmpty())
        found.slip = QStandardPaths::findExecutable(QStringLiteral("slip"));
    found.home = qEnvironmentVariable("SLIPWAY_HOME");
    if (found.home.isEmpty())
        found.home = QDir::homePath() + QStringLiteral("/.local/share/slipway");
    found.socket = found.home + QStringLiteral("/run/studio.sock");
    // bin → an installation's share; build/<preset>/bin → the source tree.
    for (const auto* place : {"../share/slipway/samples", "../../../resources/samples",
                              "../../../../resources/samples"}) {
        const auto folder = QDir::cleanPath(bin.filePath(QLatin1String(place)));
        if (found.samples.isEmpty() && QFileInfo(folder).isDir())
            found.samples = folder;
    }
    return found;
}

} // namespace app::client
