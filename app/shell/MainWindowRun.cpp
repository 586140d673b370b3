// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/client/Background.h"
#include "app/models/Arguments.h"
#include "app/pages/EditorArea.h"
#include "app/pages/InspectorPanel.h"
#include "app/pages/OutlinePanel.h"
#include "app/pages/ProblemsPanel.h"
#include "app/pages/ProjectPanel.h"
#include "app/pages/RecordPage.h"
#include "app/pages/SettingsPage.h"
#include "app/pages/WelcomePage.h"
#include "app/shell/ClusterViews.h"
#include "app/shell/CommandRegistry.h"
#include "app/shell/MainWindow.h"
#include "app/shell/ResultPresenter.h"
#include "app/shell/RunBar.h"
#include "app/shell/StatusLine.h"
#include "app/widgets/ActivityBar.h"
#include "app/widgets/CodeEditor.h"
#include "app/widgets/ValueView.h"

#include <QDockWidget>
#include <QUuid>

namespace app::shell {

using models::RunState;

void MainWindow::connectRun()
{
    connect(m_run->run(), &models::RunModel::stateChanged, this, &MainWindow::runStateChanged);
    connect(m_run, &client::RunSession::metricsChanged, this,
            [this] { m_inspector->setMetrics(m_run->metrics()); });
    connect(m_run, &client::RunSession::costChanged, this,
            [this] { m_inspector->setCost(m_run->costMicros()); });
    connect(m_run, &client::RunSession::problemsChanged, this, &MainWindow::showProblems);
    if (auto cards = emulator::gpu::cards::Catalogue::builtIn())
        m_cardCheck.emplace(*std::move(cards));
    auto* presenter = new ResultPresenter(m_run, m_result, this);
    connect(presenter, &ResultPresenter::shown, this, [this](bool success) {
        if (success)
            showDock("dock.result");
    });
    connect(m_link, &client::DaemonLink::stateChanged, this,
            [this] { m_status->setDaemon(m_link->state(), m_link->reason()); });
    connect(m_runBar, &RunBar::pickedChanged, this, &MainWindow::updateRunActions);
    connect(m_runBar, &RunBar::pickedChanged, this, &MainWindow::remember);
    connect(m_runBar, &RunBar::argumentsAccepted, this, &MainWindow::startRun);

    const auto stop = [this](const QString& id) {
        client::inBackground(
            this,
            [port = m_cluster->targets()->link()->port(), id = id.toStdString()] {
                return port->stop(id);
            },
            [this](const emulator::Result<std::string>& said) {
                m_status->say(QString::fromStdString(said ? *said : said.error().message()));
                m_cluster->targets()->link()->refresh();
            });
    };
    m_tasksPage->setAction(tr("Stop task"), [this](const QString& key) {
        for (const auto& task : m_cluster->targets()->link()->snapshot().tasks)
            if (QString::fromStdString(task.id) == key)
                return task.state != emulator::model::TaskState::Finished;
        return false;
    });
    m_callsPage->setAction(tr("Stop call"), [this](const QString& key) {
        for (const auto& call : m_cluster->targets()->link()->snapshot().calls)
            if (QString::fromStdString(call.id) == key)
                return call.finishedAt == 0;
        return false;
    });
    connect(m_tasksPage, &pages::RecordPage::actionRequested, this, stop);
    connect(m_callsPage, &pages::RecordPage::actionRequested, this, stop);
}

void MainWindow::connectFiles()
{
    const auto open = [this](const QString& file, int line) {
        showView(ProjectView);
        m_editors->open(file, line);
    };
    connect(m_projectPanel, &pages::ProjectPanel::openRequested, this,
            [open](const QString& file) { open(file, 0); });
    connect(m_outlinePanel, &pages::OutlinePanel::openRequested, this, open);
    connect(m_problemsPanel, &pages::ProblemsPanel::openRequested, this, open);
    connect(m_problemsPanel, &pages::ProblemsPanel::replaceRequested, this,
            [this](const models::Problem& problem, const QString& replacement) {
                showView(ProjectView);
                m_editors->replaceText(problem.file, problem.line, problem.written, replacement);
            });
    connect(m_outlinePanel, &pages::OutlinePanel::runRequested, this, &MainWindow::runFunction);
    connect(m_editors, &pages::EditorArea::runRequested, this, &MainWindow::runFunction);
    connect(m_editors, &pages::EditorArea::edited, m_watch, &client::ProjectWatch::setEditedText);
    connect(m_editors, &pages::EditorArea::saved, m_watch, &client::ProjectWatch::rescan);
    connect(m_editors, &pages::EditorArea::failed, m_status, &StatusLine::say);
    connect(m_editors, &pages::EditorArea::changed, this, &MainWindow::remember);
    connect(m_editors, &pages::EditorArea::currentChanged, this, [this] {
        if (m_editors->current() != nullptr)
            m_projectPanel->reveal(m_editors->current()->path());
    });
    connect(m_watch, &client::ProjectWatch::scanned, this, &MainWindow::takeUpRun);
    connect(m_watch, &client::ProjectWatch::gitChanged, this,
            [this] { m_status->setGit(m_tree.git()); });
    // A burst of outlines is shown once.
    auto* outlined = new QTimer(this);
    outlined->setSingleShot(true);
    outlined->setInterval(0);
    connect(&m_outline, &QAbstractItemModel::modelReset, outlined, qOverload<>(&QTimer::start));
    connect(outlined, &QTimer::timeout, this, [this] {
        m_runBar->setFunctions(m_outline.runnable());
        updatePrices();
        m_editors->setOutline(m_outline);
        checkSources();
        updateRunActions();
    });
    connect(m_welcome, &pages::WelcomePage::openRequested, this, &MainWindow::chooseFolder);
    connect(m_welcome, &pages::WelcomePage::folderRequested, this, &MainWindow::openFolder);
    connect(m_welcome, &pages::WelcomePage::sampleRequested, this, &MainWindow::openSample);
    connect(m_settings, &pages::SettingsPage::themeChosen, this, &MainWindow::setTheme);
    connect(m_settings, &pages::SettingsPage::fontSizeChosen, this, &MainWindow::setFontSize);
}

void MainWindow::updateRunActions()
{
    const bool active = m_run->run()->active();
    m_commands->action(QStringLiteral("run.start"))
        ->setEnabled(!active && m_runBar->picked() != nullptr);
    m_commands->action(QStringLiteral("run.caret"))
        ->setEnabled(!active && m_editors->current() != nullptr);
    m_commands->action(QStringLiteral("run.stop"))->setEnabled(active);
    const bool folder = !m_watch->folder().isEmpty();
    m_commands->action(QStringLiteral("deploy.plan"))->setEnabled(!m_outline.runnable().isEmpty());
    for (const auto* id : {"file.save", "file.saveAll", "file.closeTab", "file.closeFolder",
                           "edit.replace", "edit.line", "tools.file"})
        m_commands->action(QLatin1String(id))->setEnabled(folder);
    m_commands->action(QStringLiteral("file.sample"))
        ->setEnabled(!m_parts.programs.samples.isEmpty());
}

void MainWindow::runFunction(const QString& file, const QString& function)
{
    if (m_run->run()->active())
        m_status->say(tr("%1 is still running; stop it first").arg(m_run->run()->function()));
    else if (m_runBar->pick(file, function))
        startRun();
}

void MainWindow::runAtCaret()
{
    const auto* editor = m_editors->current();
    if (editor == nullptr)
        return;
    int line = 0;
    int column = 0;
    editor->getCursorPosition(&line, &column);
    QString best;
    for (const auto& entry : m_outline.outline(editor->path()).runnable()) {
        const auto start = entry.decoratorLine > 0 ? entry.decoratorLine : entry.line;
        if (start <= line + 1)
            best = entry.name;
    }
    if (best.isEmpty())
        m_status->say(tr("No function that can be run stands at or above the caret"));
    else
        runFunction(editor->path(), best);
}

/// Files are saved first: what runs is what is seen.
void MainWindow::startRun()
{
    const auto* picked = m_runBar->picked();
    if (picked == nullptr || m_run->run()->active())
        return;
    const auto arguments = models::runArguments(m_runBar->argumentLine(), picked->entry);
    if (!arguments) {
        const auto why = QString::fromStdString(arguments.error().message());
        m_runBar->setArgumentError(why);
        m_status->say(why);
        findChild<QWidget*>(QStringLiteral("run.arguments"))->setFocus();
        return;
    }
    client::RunRequest request;
    request.slip = m_parts.programs.slip;
    request.runs = m_parts.programs.home + QStringLiteral("/runs");
    request.runId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    request.folder = m_watch->folder();
    request.file = picked->file;
    request.target = m_cluster->targets()->currentName();
    request.function = picked->entry.name;
    request.arguments = *arguments;
    request.projectFiles = m_tree.files();
    request.places = {m_outline.outlines(), request.file, request.function};
    const auto gpu = gpuOf(request.file, request.function);
    m_editors->saveAllThen([this, request, gpu](bool written) {
        if (!written)
            return; // the editor has said why
        m_inspector->setGpu(gpu);
        m_run->start(request);
    });
}

/// A method asks for what its class asks for.
QString MainWindow::gpuOf(const QString& file, const QString& function) const
{
    QString gpu;
    for (const auto& app : m_outline.outline(file).entries)
        for (const auto& child : app.children)
            if (child.name == function
                || (child.kind == models::OutlineEntry::Kind::Class
                    && function.startsWith(child.name + u'.')))
                gpu = child.gpu;
    return gpu;
}

void MainWindow::takeUpRun()
{
    if (m_runToTakeUp.isEmpty())
        return;
    const auto folder
        = m_parts.programs.home + QStringLiteral("/runs/") + std::exchange(m_runToTakeUp, {});
    client::inBackground(
        this, [folder] { return client::RunRecord::read(folder); },
        [this](const emulator::Result<client::RunRecord>& record) {
            if (!record || m_run->run()->active()) {
                remember();
                return;
            }
            const auto& [file, function] = std::tie(record->request.file, record->request.function);
            m_runBar->pick(file, function);
            m_inspector->setGpu(gpuOf(file, function));
            m_run->takeUp(*record, m_tree.files(), {m_outline.outlines(), file, function});
        });
}

void MainWindow::runStateChanged(RunState state)
{
    updateRunActions();
    if (state == RunState::Preparing || models::isFinal(state))
        saveSession(false); // a window that is killed now must find the run again, or must not
    if (state == RunState::Preparing)
        showDock("dock.output");
    else if (state == RunState::Running)
        showDock("dock.logs");
    else if (state == RunState::Failed)
        showDock(m_problems.rowCount() > 0 ? "dock.problems" : "dock.output");
    if (!models::isFinal(state))
        return;
    auto note = tr("last %1").arg(models::durationText(m_run->run()->elapsedSeconds()));
    if (state != RunState::Succeeded)
        note = models::runStateText(state).toLower();
    else if (m_run->metrics().peakMemoryBytes() > 0)
        note += QStringLiteral(" · ") + models::sizeText(m_run->metrics().peakMemoryBytes());
    m_editors->setNote(m_run->request().file, m_run->request().function, note);
}

void MainWindow::checkSources()
{
    QVector<models::Problem> found;
    const auto& outlines = m_outline.outlines();
    for (auto it = outlines.begin(); m_cardCheck && it != outlines.end(); ++it)
        found += m_cardCheck->problems(it.key(), *it);
    if (std::exchange(m_sourceProblems, found) != found)
        showProblems();
}

void MainWindow::showProblems()
{
    const auto problems = models::joined(m_sourceProblems, m_run->problems());
    m_problems.setProblems(problems);
    m_editors->setProblems(problems);
    findChild<QDockWidget*>(QStringLiteral("dock.problems"))
        ->setWindowTitle(problems.isEmpty() ? tr("Problems")
                                            : tr("Problems (%1)").arg(problems.size()));
}

void MainWindow::takeSnapshot()
{
    const auto& snapshot = m_cluster->targets()->link()->snapshot();
    m_tasks.set(snapshot.tasks);
    m_calls.set(snapshot.calls);
    m_images.set(snapshot.images);
    m_cost.set(snapshot.cost);
    m_status->setTasks(m_tasks.running());
    m_status->setCost(m_cost.totalMicros(), m_cluster->targets()->isLocal());
    m_activity->setCount(TasksView, m_tasks.running());
    m_tasksPage->setSummary(tr("%1 running").arg(m_tasks.running()));
}

} // namespace app::shell
