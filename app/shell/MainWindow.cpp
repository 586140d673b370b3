// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/MainWindow.h"

#include "app/client/Background.h"
#include "app/client/StudioPort.h"
#include "app/pages/CostPage.h"
#include "app/pages/DeploymentsPage.h"
#include "app/pages/EditorArea.h"
#include "app/pages/InspectorPanel.h"
#include "app/pages/OutlinePanel.h"
#include "app/pages/ProblemsPanel.h"
#include "app/pages/ProjectPanel.h"
#include "app/pages/RecordPage.h"
#include "app/pages/SettingsPage.h"
#include "app/pages/TargetsPage.h"
#include "app/pages/WelcomePage.h"
#include "app/shell/ClusterViews.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/ResultPresenter.h"
#include "app/shell/RunBar.h"
#include "app/shell/StatusLine.h"
#include "app/widgets/ActivityBar.h"
#include "app/widgets/CommandPalette.h"
#include "app/widgets/LogPanel.h"
#include "app/widgets/Naming.h"
#include "app/widgets/NoticeBar.h"
#include "app/widgets/Theme.h"
#include "app/widgets/ValueView.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace app::shell {

using widgets::named;

namespace {
constexpr int layoutVersion = 2; // of the docks; a new one forgets an old layout

WindowParts withPorts(WindowParts parts)
{
    if (!parts.makePort)
        parts.makePort = [](const QString& socket) -> std::shared_ptr<client::DaemonPort> {
            return std::make_shared<client::StudioPort>(socket.toStdString());
        };
    return parts;
}

} // namespace

MainWindow::MainWindow(WindowParts parts, QWidget* parent)
    : QMainWindow(parent)
    , m_parts(withPorts(std::move(parts)))
    , m_link(new client::DaemonLink(m_parts.port, m_parts.starter, this))
    , m_run(new client::RunSession(m_link, this))
    , m_watch(new client::ProjectWatch(&m_tree, &m_outline, this))
    , m_cluster(new ClusterViews(
          {m_link, m_parts.makePort, m_parts.programs.slip, m_parts.cacheFolder}, this))
    , m_commands(new CommandRegistry(this))
    , m_status(new StatusLine(this))
    , m_activity(new widgets::ActivityBar(this))
    , m_central(named(new QStackedWidget(this), "window.pages", tr("Pages")))
    , m_welcome(new pages::WelcomePage(this))
    , m_editors(new pages::EditorArea(this))
    , m_tasksPage(new pages::RecordPage(QStringLiteral("tasks"), tr("Tasks"), &m_tasks, this))
    , m_callsPage(new pages::RecordPage(QStringLiteral("calls"), tr("Calls"), &m_calls, this))
    , m_imagesPage(new pages::RecordPage(QStringLiteral("images"), tr("Images"), &m_images, this))
    , m_settings(new pages::SettingsPage(this))
    , m_projectPanel(new pages::ProjectPanel(&m_tree, this))
    , m_outlinePanel(new pages::OutlinePanel(&m_outline, this))
    , m_inspector(new pages::InspectorPanel(m_run->run(), this))
    , m_problemsPanel(new pages::ProblemsPanel(&m_problems, this))
    , m_logs(new widgets::LogPanel(QStringLiteral("logs"), m_run->logs(), this))
    , m_output(new widgets::LogPanel(QStringLiteral("output"), m_run->output(), this))
    , m_result(new widgets::ValueView(this))
{
    widgets::name(this, "window", tr("Slipway"));
    setWindowIcon(QIcon(QStringLiteral(":/slipway.svg")));
    resize(1440, 900);
    setDockNestingEnabled(false);
    setDocumentMode(true);
    addCommands();
    menuBar()->setObjectName(QStringLiteral("menu.bar"));
    menuBar()->setAccessibleName(tr("Menus"));
    m_commands->fill(menuBar());
    m_runBar = new RunBar({m_commands->action(QStringLiteral("run.start")),
                           m_commands->action(QStringLiteral("run.stop")),
                           m_commands->action(QStringLiteral("deploy.plan"))},
                          m_commands->action(QStringLiteral("tools.palette")), this);
    addToolBar(m_runBar);
    setStatusBar(m_status);
    makePages();
    makeDocks();
    m_palette = new widgets::CommandPalette(this);
    connectRun();
    connectFiles();
    connectCluster();
    m_rememberTimer.setSingleShot(true);
    m_rememberTimer.setInterval(1000);
    connect(&m_rememberTimer, &QTimer::timeout, this, [this] { saveSession(false); });
    updateRunActions();
    updateTitle();
}

MainWindow::~MainWindow()
{
    // Streams end before the models that they fill. A run goes on by itself.
    m_run->disconnect(this);
    m_link->disconnect(this);
    delete m_run;
    delete m_cluster;
    delete m_link;
}

void MainWindow::makePages()
{
    m_logs->setEmptyText(tr("Logs of the functions appear here while they run."));
    m_output->setEmptyText(tr("What the client prints appears here."));
    m_logs->view()->setColumns(true, true);
    m_output->view()->setColumns(true, false);
    m_tasksPage->setEmptyText(tr("No task has run yet. A task is one run of a container."));
    m_callsPage->setEmptyText(tr("No call yet. A call is one invocation of a function."));
    m_imagesPage->setEmptyText(tr("No image has been built yet."));
    auto* tasks
        = named(new QSplitter(Qt::Vertical, m_central), "tasks.view", tr("Tasks and calls"));
    tasks->addWidget(m_tasksPage);
    tasks->addWidget(m_callsPage);
    m_tasksView = tasks;
    for (QWidget* page :
         {static_cast<QWidget*>(m_welcome), static_cast<QWidget*>(m_editors), m_tasksView,
          static_cast<QWidget*>(m_cluster->deploymentsPage()),
          static_cast<QWidget*>(m_cluster->costPage()), static_cast<QWidget*>(m_imagesPage),
          static_cast<QWidget*>(m_cluster->targetsPage()), static_cast<QWidget*>(m_settings)})
        m_central->addWidget(page);
    auto* middle = named(new QWidget(this), "window.middle", tr("Pages"));
    auto* column = new QVBoxLayout(middle);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_cluster->banner());
    column->addWidget(m_central, 1);
    setCentralWidget(middle);
    m_activity->add(ProjectView, QStringLiteral("project"), tr("Project"),
                    QStringLiteral("project"));
    m_activity->add(AppView, QStringLiteral("app"), tr("App"), QStringLiteral("app"));
    m_activity->add(TasksView, QStringLiteral("tasks"), tr("Tasks"), QStringLiteral("tasks"));
    m_activity->add(DeploysView, QStringLiteral("deploys"), tr("Deploys"),
                    QStringLiteral("deploys"));
    m_activity->add(CostView, QStringLiteral("cost"), tr("Cost"), QStringLiteral("cost"));
    m_activity->add(ImagesView, QStringLiteral("images"), tr("Images"), QStringLiteral("images"));
    m_activity->add(TargetsView, QStringLiteral("targets"), tr("Targets"),
                    QStringLiteral("targets"));
    m_activity->setCurrent(ProjectView);
    connect(m_activity, &widgets::ActivityBar::activated, this, &MainWindow::showView);
}

QDockWidget* MainWindow::dock(const char* objectName, const QString& title, QWidget* content,
                              Qt::DockWidgetArea area)
{
    auto* made = named(new QDockWidget(title, this), objectName, title);
    made->setFeatures(QDockWidget::DockWidgetMovable);
    made->setWidget(content);
    if (area == Qt::BottomDockWidgetArea) {
        // The tab names it; a title bar would say it twice.
        made->setTitleBarWidget(named(new QWidget(made), "dock.untitled", title));
    } else {
        auto* caption = new QLabel(title.toUpper(), made);
        caption->setObjectName(QStringLiteral("caption"));
        caption->setAccessibleName(title);
        auto small = caption->font();
        small.setPointSizeF(small.pointSizeF() - 1.5);
        small.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
        caption->setFont(small);
        made->setTitleBarWidget(caption);
    }
    addDockWidget(area, made);
    return made;
}

void MainWindow::makeDocks()
{
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    setTabPosition(Qt::BottomDockWidgetArea, QTabWidget::North);
    auto* bar = new QToolBar(tr("Views"), this);
    widgets::name(bar, "activity.bar", tr("Views"));
    bar->setMovable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->addWidget(m_activity);
    bar->setStyleSheet(QStringLiteral("QToolBar { border: 0; padding: 0; spacing: 0 }"));
    m_activity->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    addToolBar(Qt::LeftToolBarArea, bar);
    auto* project = dock("dock.project", tr("Project"), m_projectPanel, Qt::LeftDockWidgetArea);
    auto* app = dock("dock.app", tr("App"), m_outlinePanel, Qt::LeftDockWidgetArea);
    auto* inspector = dock("dock.inspector", tr("Inspector"), m_inspector, Qt::RightDockWidgetArea);
    auto* logs = dock("dock.logs", tr("Logs"), m_logs, Qt::BottomDockWidgetArea);
    auto* result = dock("dock.result", tr("Result"), m_result, Qt::BottomDockWidgetArea);
    auto* problems
        = dock("dock.problems", tr("Problems"), m_problemsPanel, Qt::BottomDockWidgetArea);
    auto* output = dock("dock.output", tr("Run output"), m_output, Qt::BottomDockWidgetArea);
    tabifyDockWidget(logs, result);
    tabifyDockWidget(result, problems);
    tabifyDockWidget(problems, output);
    logs->raise();
    resizeDocks({project, inspector}, {230, 300}, Qt::Horizontal);
    resizeDocks({project, app}, {420, 380}, Qt::Vertical);
    resizeDocks({logs}, {290}, Qt::Vertical);
    for (auto* tabs : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
        tabs->setObjectName(QStringLiteral("dock.tabs"));
        tabs->setAccessibleName(tr("Panels"));
        tabs->setExpanding(false);
        tabs->setDrawBase(false);
    }
}

void MainWindow::begin(const QString& folder)
{
    m_session = m_parts.sessionFile.isEmpty() ? client::Session()
                                              : client::Session::load(m_parts.sessionFile);
    setTheme(m_session.theme);
    setFontSize(m_session.fontSize);
    m_settings->setPlaces(m_parts.sessionFile, m_parts.programs.home);
    if (!m_session.geometry.isEmpty())
        restoreGeometry(m_session.geometry);
    if (!m_session.docks.isEmpty())
        restoreState(m_session.docks, layoutVersion);
    m_welcome->setRecent(m_session.recent);
    m_welcome->setSampleAvailable(!m_parts.programs.samples.isEmpty());
    m_runBar->setRemembered(m_session.arguments, m_session.function);
    m_cluster->targets()->select(m_session.target);
    const auto wanted = folder.isEmpty() ? m_session.folder : QDir(folder).absolutePath();
    const bool same = wanted == m_session.folder;
    const auto tabs = m_session.tabs;
    const auto current = m_session.currentTab;
    m_begun = true;
    m_runToTakeUp = m_session.run;
    if (!wanted.isEmpty() && QFileInfo(wanted).isDir()) {
        openFolder(wanted);
        if (same)
            m_editors->restore(tabs, current);
    } else {
        m_central->setCurrentWidget(m_welcome);
        updateRunActions();
        takeUpRun();
    }
    QTimer::singleShot(0, this, [this] {
        m_link->open();
        checkMachine();
    });
}

void MainWindow::openFolder(const QString& folder)
{
    const auto path = QDir(folder).absolutePath();
    if (path != m_watch->folder())
        m_editors->closeAll();
    m_session.folder = path;
    m_session.addRecent(path);
    m_welcome->setRecent(m_session.recent);
    m_watch->open(path);
    m_central->setCurrentWidget(m_editors);
    m_activity->setCurrent(ProjectView);
    updateTitle();
    updateRunActions();
    remember();
    Q_EMIT folderOpened();
}

void MainWindow::closeFolder()
{
    m_editors->closeAll();
    m_session.folder.clear();
    m_watch->open({});
    m_tree.setTree({}, {});
    m_central->setCurrentWidget(m_welcome);
    m_runBar->setFunctions({});
    updateTitle();
    updateRunActions();
    remember();
}

void MainWindow::showView(int view)
{
    m_activity->setCurrent(view);
    QWidget* const work
        = m_watch->folder().isEmpty() ? static_cast<QWidget*>(m_welcome) : m_editors;
    QWidget* const page = view == TasksView ? m_tasksView
        : view == DeploysView               ? static_cast<QWidget*>(m_cluster->deploymentsPage())
        : view == CostView                  ? static_cast<QWidget*>(m_cluster->costPage())
        : view == TargetsView               ? static_cast<QWidget*>(m_cluster->targetsPage())
        : view == ImagesView                ? static_cast<QWidget*>(m_imagesPage)
        : view == SettingsView              ? static_cast<QWidget*>(m_settings)
                                            : work;
    m_central->setCurrentWidget(page);
    if (view == ProjectView)
        showDock("dock.project");
    else if (view == AppView)
        showDock("dock.app");
}

void MainWindow::showDock(const char* objectName)
{
    auto* wanted = findChild<QDockWidget*>(QLatin1String(objectName));
    wanted->show();
    wanted->raise();
    wanted->widget()->setFocus();
}

void MainWindow::setTheme(const QString& theme)
{
    m_session.theme = theme;
    widgets::applyTheme(*qApp,
                        theme == QLatin1String("light")      ? widgets::ThemeChoice::Light
                            : theme == QLatin1String("dark") ? widgets::ThemeChoice::Dark
                                                             : widgets::ThemeChoice::System);
    m_settings->set(m_session.theme, m_session.fontSize);
    m_status->setDaemon(m_link->state(), m_link->reason());
    remember();
}

void MainWindow::setFontSize(int points)
{
    m_session.fontSize = std::clamp(points, 7, 32);
    m_editors->setFontSize(m_session.fontSize);
    m_logs->view()->setFontSize(m_session.fontSize);
    m_output->view()->setFontSize(m_session.fontSize);
    m_settings->set(m_session.theme, m_session.fontSize);
    remember();
}

void MainWindow::updateTitle()
{
    const auto folder = m_watch->folder();
    setWindowTitle(folder.isEmpty() ? tr("Slipway")
                                    : tr("%1 · Slipway").arg(folder.section(u'/', -1)));
}

void MainWindow::remember()
{
    if (m_begun && !m_parts.sessionFile.isEmpty() && !m_rememberTimer.isActive())
        m_rememberTimer.start();
}

void MainWindow::gatherSession()
{
    m_session.geometry = saveGeometry();
    m_session.docks = saveState(layoutVersion);
    m_session.tabs = m_editors->tabs();
    m_session.currentTab = m_editors->currentIndex();
    m_session.target = m_cluster->targets()->currentName();
    m_session.function = m_runBar->pickedKey();
    m_session.arguments = m_runBar->remembered();
    if (m_runToTakeUp.isEmpty())
        m_session.run = m_run->run()->active() ? m_run->run()->runId() : QString();
}

void MainWindow::saveSession(bool wait)
{
    if (!m_begun || m_parts.sessionFile.isEmpty())
        return;
    gatherSession();
    client::orderedPool()->start(
        [session = m_session, file = m_parts.sessionFile] { session.save(file); });
    if (wait)
        client::orderedPool()->waitForDone(3000);
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_rememberTimer.stop();
    saveSession(true);
    event->accept();
}

void MainWindow::changeEvent(QEvent* event)
{
    QMainWindow::changeEvent(event);
    // Back from another program: git may have moved.
    if (event->type() == QEvent::ActivationChange && isActiveWindow() && m_begun)
        m_watch->rescan();
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    if (m_palette != nullptr)
        m_palette->hide();
    placeSheet();
    remember();
}

} // namespace app::shell
