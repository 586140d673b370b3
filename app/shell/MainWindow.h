// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/DaemonLink.h"
#include "app/client/Programs.h"
#include "app/client/ProjectWatch.h"
#include "app/client/RunSession.h"
#include "app/client/Session.h"
#include "app/client/TargetSet.h"
#include "app/models/AppOutlineModel.h"
#include "app/models/CardCheck.h"
#include "app/models/PriceEstimate.h"
#include "app/models/ProblemsModel.h"
#include "app/models/ProjectTreeModel.h"
#include "app/models/RecordModels.h"

#include <QMainWindow>
#include <QTimer>

#include <memory>
#include <optional>

class QStackedWidget;

namespace app::widgets {
class ActivityBar;
class CommandPalette;
class LogPanel;
class ValueView;
} // namespace app::widgets
namespace app::pages {
class EditorArea;
class InspectorPanel;
class OutlinePanel;
class ProblemsPanel;
class ProjectPanel;
class RecordPage;
class SettingsPage;
class WelcomePage;
} // namespace app::pages

namespace app::shell {

class ClusterViews;
class CommandRegistry;
class RunBar;
class StatusLine;

/// What the window is made from: real ones in `slipway`, others in tests.
struct WindowParts {
    client::Programs programs;
    std::shared_ptr<client::DaemonPort> port; ///< shared with streams that still end
    client::DaemonLink::Starter starter; ///< may be empty: then the daemon is only waited for
    QString sessionFile; ///< empty: nothing is remembered
    client::TargetSet::PortFactory makePort; ///< of targets; empty: real ones
    QString cacheFolder; ///< what was seen of targets; empty: nothing is kept
};

/// The window. It owns models, client and widgets, and connects them; it computes nothing.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(WindowParts parts, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Restores the session, or opens `folder` when it is given; then connects to the daemon.
    void begin(const QString& folder = {});
    void openFolder(const QString& folder);
    void setTheme(const QString& theme); ///< "light", "dark", "system"

    [[nodiscard]] client::RunSession* session() { return m_run; }
    [[nodiscard]] client::DaemonLink* link() { return m_link; }
    [[nodiscard]] ClusterViews* cluster() { return m_cluster; }
    [[nodiscard]] CommandRegistry* commands() { return m_commands; }
    [[nodiscard]] pages::EditorArea* editors() { return m_editors; }
    [[nodiscard]] widgets::ValueView* result() { return m_result; }
    [[nodiscard]] RunBar* runBar() { return m_runBar; }

Q_SIGNALS:
    void folderOpened();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    enum View {
        ProjectView,
        AppView,
        TasksView,
        DeploysView,
        CostView,
        ImagesView,
        TargetsView,
        SettingsView
    };

    void makeDocks();
    void makePages();
    void addCommands();
    void addEditCommands();
    void addViewCommands();
    void addDeployCommands();
    void connectCluster();
    void placeSheet();
    void deployFile(const QString& file); ///< empty: the one that is open or picked
    void updatePrices();
    [[nodiscard]] QString gpuOf(const QString& file, const models::OutlineEntry& entry) const;
    void connectRun();
    void connectFiles();
    QDockWidget* dock(const char* objectName, const QString& title, QWidget* content,
                      Qt::DockWidgetArea area);
    void showView(int view);
    void showDock(const char* objectName);
    void chooseFolder();
    void closeFolder();
    void openSample();
    void openPalette(bool filesOnly);
    void findInFocus();
    void checkMachine();
    void showAbout();
    void goToLine();
    void setFontSize(int points);
    void startRun();
    void takeUpRun(); ///< the one that was going on when the last window went
    [[nodiscard]] QString gpuOf(const QString& file, const QString& function) const;
    void runFunction(const QString& file, const QString& function);
    void runAtCaret();
    void runStateChanged(models::RunState state);
    void takeSnapshot();
    void checkSources(); ///< what can be told without a run
    void showProblems();
    void updateRunActions();
    void updateTitle();
    void remember(); ///< soon
    void gatherSession();
    void saveSession(bool wait);

    WindowParts m_parts;
    client::Session m_session;
    bool m_begun = false;
    QString m_runToTakeUp; ///< its id, until the project has been read

    models::ProjectTreeModel m_tree;
    models::AppOutlineModel m_outline;
    models::ProblemsModel m_problems;
    std::optional<models::CardCheck> m_cardCheck;
    QVector<models::Problem> m_sourceProblems; ///< found by reading, beside those of the run
    models::TasksModel m_tasks;
    models::CallsModel m_calls;
    models::ImagesModel m_images;
    models::CostModel m_cost;
    models::PriceEstimate m_prices;
    client::DaemonLink* m_link;
    client::RunSession* m_run;
    client::ProjectWatch* m_watch;

    ClusterViews* m_cluster;
    CommandRegistry* m_commands;
    RunBar* m_runBar = nullptr;
    StatusLine* m_status;
    widgets::ActivityBar* m_activity;
    widgets::CommandPalette* m_palette = nullptr;
    QStackedWidget* m_central;
    pages::WelcomePage* m_welcome;
    pages::EditorArea* m_editors;
    pages::RecordPage* m_tasksPage;
    pages::RecordPage* m_callsPage;
    pages::RecordPage* m_imagesPage;
    pages::SettingsPage* m_settings;
    pages::ProjectPanel* m_projectPanel;
    pages::OutlinePanel* m_outlinePanel;
    pages::InspectorPanel* m_inspector;
    pages::ProblemsPanel* m_problemsPanel;
    widgets::LogPanel* m_logs;
    widgets::LogPanel* m_output;
    widgets::ValueView* m_result;
    QWidget* m_tasksView = nullptr;
    QTimer m_rememberTimer;
};

} // namespace app::shell
