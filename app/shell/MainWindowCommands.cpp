// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Background.h"
#include "app/pages/CostPage.h"
#include "app/pages/DeploymentsPage.h"
#include "app/pages/EditorArea.h"
#include "app/pages/RecordPage.h"
#include "app/pages/SettingsPage.h"
#include "app/pages/TargetsPage.h"
#include "app/pages/WelcomePage.h"
#include "app/shell/ClusterViews.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/StatusLine.h"
#include "app/widgets/ActivityBar.h"
#include "app/widgets/CodeEditor.h"
#include "app/widgets/LogPanel.h"
#include "emulator/base/Files.h"
#include "emulator/base/Subprocess.h"

#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QStackedWidget>
#include <QStandardPaths>

#include <filesystem>

namespace app::shell {

using widgets::IconColour;

namespace {

/// Calls a slot of the widget that has the focus, when it has one of that name.
void onFocus(const char* slot)
{
    auto* widget = QApplication::focusWidget();
    if (widget == nullptr)
        return;
    if (widget->metaObject()->indexOfSlot(QByteArray(slot) + "()") >= 0)
        QMetaObject::invokeMethod(widget, slot);
    else if (auto* view = qobject_cast<widgets::LogView*>(widget)) {
        if (qstrcmp(slot, "copy") == 0)
            view->copy();
    }
}

QKeySequence keys(const char* text)
{
    return QKeySequence(QLatin1String(text));
}

} // namespace

void MainWindow::addCommands()
{
    const auto file = tr("File");
    m_commands->add({"file.open", file, tr("Open folder…"), keys("Ctrl+O"), "folder",
                     [this] { chooseFolder(); }});
    m_commands->add({"file.sample", file, tr("Open the sample"), {}, {}, [this] { openSample(); }});
    m_commands->add({"file.save", file + u'/', tr("Save"), keys("Ctrl+S"), "save",
                     [this] { m_editors->save(); }});
    m_commands->add({"file.saveAll", file, tr("Save all"), keys("Ctrl+Alt+S"), {}, [this] {
                         m_editors->saveAll();
                     }});
    m_commands->add({"file.closeTab", file + u'/', tr("Close tab"), keys("Ctrl+W"), {}, [this] {
                         m_editors->closeCurrent();
                     }});
    m_commands->add({"file.closeFolder", file, tr("Close folder"), {}, {}, [this] {
                         m_editors->saveAllThen([this](bool written) {
                             if (written)
                                 closeFolder();
                         });
                     }});
    m_commands->add({"file.settings", file + u'/', tr("Settings"), keys("Ctrl+,"), "settings",
                     [this] { showView(SettingsView); }});
    m_commands->add({"file.quit", file, tr("Quit"), keys("Ctrl+Q"), {}, [this] { close(); }});
    addEditCommands();
    addViewCommands();
    const auto run = tr("Run");
    m_commands->add({"run.start", run, tr("Run"), keys("F5"), "run", [this] { startRun(); },
                     IconColour::Success});
    m_commands->add(
        {"run.caret", run, tr("Run the function at the caret"), keys("Ctrl+F5"), {}, [this] {
             runAtCaret();
         }});
    m_commands->add({"run.stop", run, tr("Stop"), keys("Shift+F5"), "stop",
                     [this] { m_run->stop(); }, IconColour::Error});
    addDeployCommands();
    const auto tools = tr("Tools");
    m_commands->add({"tools.palette", tools, tr("Command palette"), keys("Ctrl+Shift+P"), "search",
                     [this] { openPalette(false); }});
    m_commands->add(
        {"tools.file", tools, tr("Go to file"), keys("Ctrl+P"), {}, [this] { openPalette(true); }});
    m_commands->add({"tools.refresh",
                     tools + u'/',
                     tr("Read folder and emulator anew"),
                     keys("Ctrl+R"),
                     {},
                     [this] {
                         m_watch->rescan();
                         m_link->refresh();
                         m_cluster->targets()->link()->refresh();
                     }});
    m_commands->add({"tools.check", tools, tr("Check this machine"), {}, {}, [this] {
                         m_central->setCurrentWidget(m_welcome);
                         checkMachine();
                     }});
    const auto help = tr("Help");
    m_commands->add({"help.welcome", help, tr("Welcome"), {}, {}, [this] {
                         m_central->setCurrentWidget(m_welcome);
                     }});
    m_commands->add({"help.shortcuts", help, tr("Commands and shortcuts"), keys("F1"), {}, [this] {
                         openPalette(false);
                     }});
    m_commands->add({"help.about", help, tr("About Slipway"), {}, {}, [this] { showAbout(); }});
}

void MainWindow::addEditCommands()
{
    const auto edit = tr("Edit");
    m_commands->add({"edit.undo", edit, tr("Undo"), keys("Ctrl+Z"), {}, [] { onFocus("undo"); }});
    m_commands->add(
        {"edit.redo", edit, tr("Redo"), keys("Ctrl+Shift+Z"), {}, [] { onFocus("redo"); }});
    m_commands->add(
        {"edit.cut", edit + u'/', tr("Cut"), keys("Ctrl+X"), {}, [] { onFocus("cut"); }});
    m_commands->add(
        {"edit.copy", edit, tr("Copy"), keys("Ctrl+C"), "copy", [] { onFocus("copy"); }});
    m_commands->add(
        {"edit.paste", edit, tr("Paste"), keys("Ctrl+V"), {}, [] { onFocus("paste"); }});
    m_commands->add({"edit.find", edit + u'/', tr("Find"), keys("Ctrl+F"), "search",
                     [this] { findInFocus(); }});
    m_commands->add({"edit.replace", edit, tr("Replace"), keys("Ctrl+H"), {}, [this] {
                         m_editors->find(true);
                     }});
    m_commands->add(
        {"edit.findLogs", edit, tr("Find in the logs"), keys("Ctrl+Shift+F"), {}, [this] {
             showDock("dock.logs");
             m_logs->focusSearch();
         }});
    m_commands->add(
        {"edit.line", edit, tr("Go to line…"), keys("Ctrl+G"), {}, [this] { goToLine(); }});
}

void MainWindow::addViewCommands()
{
    const auto view = tr("View");
    struct Page {
        const char* id;
        QString title;
        const char* shortcut;
        const char* icon;
        int view;
    };
    for (const auto& page : {Page {"view.project", tr("Project"), "Alt+1", "project", ProjectView},
                             Page {"view.app", tr("App"), "Alt+2", "app", AppView},
                             Page {"view.tasks", tr("Tasks"), "Alt+3", "tasks", TasksView},
                             Page {"view.cost", tr("Cost"), "Alt+4", "cost", CostView},
                             Page {"view.images", tr("Images"), "Alt+5", "images", ImagesView}})
        m_commands->add({page.id, view, page.title, keys(page.shortcut), page.icon,
                         [this, id = page.view] { showView(id); }});
    m_commands->add({"view.deploys", view, tr("Deployments"), keys("Ctrl+Alt+D"), "deploys",
                     [this] { showView(DeploysView); }});
    m_commands->add({"view.targets", view, tr("Targets"), keys("Ctrl+Alt+T"), "targets",
                     [this] { showView(TargetsView); }});
    struct Panel {
        const char* id;
        QString title;
        const char* shortcut;
        const char* icon;
        const char* dock;
    };
    bool first = true;
    for (const auto& panel :
         {Panel {"view.logs", tr("Logs"), "Alt+6", "logs", "dock.logs"},
          Panel {"view.result", tr("Result"), "Alt+7", "result", "dock.result"},
          Panel {"view.problems", tr("Problems"), "Alt+8", "error", "dock.problems"},
          Panel {"view.output", tr("Run output"), "Alt+9", "terminal", "dock.output"},
          Panel {"view.inspector", tr("Inspector"), "Alt+0", "inspector", "dock.inspector"}}) {
        m_commands->add({panel.id, first ? view + u'/' : view, panel.title, keys(panel.shortcut),
                         panel.icon, [this, name = panel.dock] { showDock(name); }});
        first = false;
    }
    m_commands->add({"view.light", view + u'/', tr("Light theme"), {}, {}, [this] {
                         setTheme(QStringLiteral("light"));
                     }});
    m_commands->add({"view.dark", view, tr("Dark theme"), {}, {}, [this] {
                         setTheme(QStringLiteral("dark"));
                     }});
    m_commands->add({"view.system", view, tr("Theme of the desktop"), {}, {}, [this] {
                         setTheme(QStringLiteral("system"));
                     }});
    m_commands->add({"view.larger", view + u'/', tr("Larger text"), keys("Ctrl++"), {}, [this] {
                         setFontSize(m_session.fontSize + 1);
                     }});
    m_commands->add({"view.smaller", view, tr("Smaller text"), keys("Ctrl+-"), {}, [this] {
                         setFontSize(m_session.fontSize - 1);
                     }});
}

void MainWindow::chooseFolder()
{
    auto* dialog = new QFileDialog(this, tr("Open a folder"));
    dialog->setObjectName(QStringLiteral("window.folderDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openFolder);
    dialog->open();
}

/// The sample is copied, so that it can be changed: installed files are not the user's.
void MainWindow::openSample()
{
    const auto from = m_parts.programs.samples + QStringLiteral("/fractal");
    const auto to = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)
        + QStringLiteral("/slipway-fractal");
    client::inBackground(
        this,
        [from, to] {
            std::error_code error;
            if (!QFileInfo::exists(to)) {
                std::filesystem::create_directories(
                    std::filesystem::path(to.toStdString()).parent_path(), error);
                std::filesystem::copy(from.toStdString(), to.toStdString(),
                                      std::filesystem::copy_options::recursive, error);
            }
            return QString::fromStdString(error ? error.message() : std::string());
        },
        [this, to](const QString& error) {
            if (!error.isEmpty()) {
                m_status->say(tr("The sample could not be copied to %1: %2").arg(to, error));
                return;
            }
            openFolder(to);
            m_editors->open(to + QStringLiteral("/app.py"));
        });
}

void MainWindow::openPalette(bool filesOnly)
{
    QVector<widgets::PaletteEntry> entries;
    if (!filesOnly) {
        for (const auto& runnable : m_outline.runnable())
            entries.push_back(
                {tr("Run %1").arg(runnable.entry.name), runnable.file.section(u'/', -1),
                 widgets::icon(QStringLiteral("run"), IconColour::Success),
                 [this, runnable] { runFunction(runnable.file, runnable.entry.name); }});
        entries += m_commands->paletteEntries();
    }
    for (const auto& file : m_tree.files())
        entries.push_back({file, filesOnly ? QString() : tr("file"),
                           widgets::icon(QStringLiteral("file"), IconColour::Muted),
                           [this, path = m_tree.folder() + u'/' + file] {
                               showView(ProjectView);
                               m_editors->open(path);
                           }});
    m_palette->open(std::move(entries));
}

void MainWindow::findInFocus()
{
    const auto* focus = QApplication::focusWidget();
    for (auto* panel : {m_logs, m_output})
        if (focus != nullptr && panel->isAncestorOf(focus)) {
            panel->focusSearch();
            return;
        }
    for (auto* page : {m_tasksPage, m_callsPage, m_imagesPage})
        if (page->isVisible()) {
            page->focusFilter();
            return;
        }
    if (m_cluster->deploymentsPage()->isVisible())
        m_cluster->deploymentsPage()->focusFilter();
    else if (m_cluster->targetsPage()->isVisible())
        m_cluster->targetsPage()->focusFilter();
    else if (m_cluster->costPage()->isVisible())
        m_cluster->costPage()->focusFilter();
    if (m_editors->isVisible())
        m_editors->find(false);
}

void MainWindow::goToLine()
{
    if (m_editors->current() == nullptr)
        return;
    auto* dialog = new QInputDialog(this);
    dialog->setObjectName(QStringLiteral("editor.lineDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Go to line"));
    dialog->setLabelText(tr("Line"));
    dialog->setInputMode(QInputDialog::IntInput);
    dialog->setIntRange(1, m_editors->current()->lines());
    connect(dialog, &QInputDialog::intValueSelected, m_editors, &pages::EditorArea::goToLine);
    dialog->open();
}

void MainWindow::checkMachine()
{
    const auto slip = m_parts.programs.slip;
    if (slip.isEmpty()) {
        m_welcome->setChecks(
            {{pages::EnvironmentCheck::State::Bad, tr("The program slip"),
              tr("It is neither beside slipway nor on PATH. Reinstall Slipway.")}});
        return;
    }
    client::inBackground(
        this,
        [slip] {
            emulator::CommandLine command;
            command.argv = {slip.toStdString(), "doctor", "--json"};
            const auto output = emulator::run(command);
            return output ? QByteArray::fromStdString(output->standardOutput) : QByteArray();
        },
        [this](const QByteArray& json) { m_welcome->setChecks(pages::readChecks(json)); });
}

void MainWindow::showAbout()
{
    auto* box = new QMessageBox(this);
    box->setObjectName(QStringLiteral("help.aboutBox"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(tr("About Slipway"));
    box->setIconPixmap(windowIcon().pixmap(48, 48));
    box->setText(tr("<b>Slipway %1</b>").arg(QLatin1String(SLIPWAY_VERSION)));
    box->setInformativeText(
        tr("Runs serverless GPU functions on this machine, on emulated GPUs.\n"
           "The window is licensed under the GPL 3 or later, the emulator under "
           "Apache 2.0."));
    box->open();
}

} // namespace app::shell
