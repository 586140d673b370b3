// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Background.h"
#include "app/client/StudioPort.h"
#include "app/shell/MainWindow.h"
#include "app/widgets/Icons.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QStandardPaths>

#include <cstdio>
#include <cstring>

namespace {

/// Answered before Qt looks for a display.
bool asksForVersion(int argc, char** argv)
{
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--version") == 0)
            return true;
    return false;
}

} // namespace

int main(int argc, char** argv)
{
    if (asksForVersion(argc, argv)) {
        std::puts("slipway " SLIPWAY_VERSION);
        return 0;
    }
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("slipway"));
    QApplication::setApplicationDisplayName(QStringLiteral("Slipway"));
    QApplication::setApplicationVersion(QStringLiteral(SLIPWAY_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("slipway"));
    app::widgets::loadResources();

    QCommandLineParser arguments;
    arguments.setApplicationDescription(
        QStringLiteral("Desktop IDE and local emulator for serverless GPU functions"));
    arguments.addHelpOption();
    arguments.addVersionOption();
    arguments.addPositionalArgument(QStringLiteral("folder"),
                                    QStringLiteral("The project to open."),
                                    QStringLiteral("[FOLDER]"));
    arguments.process(application);

    const auto programs = app::client::Programs::find();
    app::shell::MainWindow window(
        {programs,
         std::make_shared<app::client::StudioPort>(programs.socket.toStdString()),
         app::client::slipStarter(programs.slip),
         app::client::Session::defaultPath(),
         {},
         QStandardPaths::writableLocation(QStandardPaths::GenericCacheLocation)
             + QStringLiteral("/slipway/targets")});
    window.begin(arguments.positionalArguments().value(0));
    window.show();
    const int code = QApplication::exec();
    app::client::backgroundPool()->waitForDone(3000);
    app::client::orderedPool()->waitForDone(3000);
    return code;
}
