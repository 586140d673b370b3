// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/pages/EditorArea.h"

#include "app/client/Background.h"
#include "app/widgets/CodeEditor.h"
#include "app/widgets/FindBar.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QTabBar>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <memory>

namespace app::pages {

using widgets::CodeEditor;

EditorArea::EditorArea(QWidget* parent)
    : QWidget(parent)
    , m_tabs(widgets::named(new QTabWidget(this), "editor.tabs", tr("Open files")))
    , m_findBar(new widgets::FindBar(this))
{
    widgets::name(this, "editor", tr("Editor"));
    m_tabs->setDocumentMode(true);
    m_tabs->setMovable(true);
    m_tabs->tabBar()->setObjectName(QStringLiteral("editor.tabBar"));
    m_tabs->tabBar()->setAccessibleName(tr("Open files"));
    m_tabs->tabBar()->setElideMode(Qt::ElideMiddle);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(m_findBar);
    connect(m_findBar, &widgets::FindBar::closed, this, [this] {
        m_findBar->hide();
        if (current() != nullptr)
            current()->setFocus();
    });
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        m_findBar->setEditor(current());
        Q_EMIT currentChanged();
        Q_EMIT changed();
    });
}

CodeEditor* EditorArea::current() const
{
    return qobject_cast<CodeEditor*>(m_tabs->currentWidget());
}
int EditorArea::currentIndex() const
{
    return m_tabs->currentIndex();
}

CodeEditor* EditorArea::editorOf(const QString& path) const
{
    for (int i = 0; i < m_tabs->count(); ++i) {
        auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(i));
        if (editor != nullptr && editor->path() == path)
            return editor;
    }
    return nullptr;
}

bool EditorArea::hasUnsaved() const
{
    for (int i = 0; i < m_tabs->count(); ++i)
        if (qobject_cast<CodeEditor*>(m_tabs->widget(i))->isModified())
            return true;
    return false;
}

void EditorArea::open(const QString& path, int line, int column)
{
    if (auto* editor = editorOf(path)) {
        m_tabs->setCurrentWidget(editor);
        if (line > 0)
            editor->goTo(line, column);
        else
            editor->setFocus();
        return;
    }
    const bool underWay = m_opening.contains(path);
    m_opening[path] = {line, column};
    if (underWay)
        return;
    client::inBackground(
        this,
        [path] {
            return std::make_shared<emulator::Result<client::TextFile>>(client::readTextFile(path));
        },
        [this, path](const std::shared_ptr<emulator::Result<client::TextFile>>& read) {
            const auto [wantedLine, wantedColumn] = m_opening.take(path);
            if (!*read) {
                Q_EMIT failed(QString::fromStdString(read->error().message()));
                return;
            }
            auto* editor = add(**read, true);
            if (wantedLine > 0)
                editor->goTo(wantedLine, wantedColumn);
            else
                editor->setFocus();
            if (const auto next = m_whenOpen.take(path))
                next();
        });
}

void EditorArea::replaceText(const QString& path, int line, const QString& text,
                             const QString& with)
{
    open(path, line);
    auto* editor = editorOf(path);
    if (editor == nullptr)
        m_whenOpen[path] = [this, path, line, text, with] { replaceText(path, line, text, with); };
    else if (!editor->replaceLiteral(line, text, with))
        Q_EMIT failed(tr("Line %1 does not say \"%2\" any more").arg(line).arg(text));
}

CodeEditor* EditorArea::add(const client::TextFile& file, bool inFront)
{
    auto* editor = new CodeEditor(file.path, m_tabs);
    editor->setFontSize(m_fontSize);
    if (file.large)
        editor->setPlain();
    editor->setText(file.text);
    editor->setReadOnly(file.readOnly);
    editor->setModified(false);
    QVector<models::Problem> own;
    for (const auto& problem : m_problems)
        if (problem.file == file.path)
            own << problem;
    editor->setProblems(own);
    editor->setPrices(m_prices.value(file.path));
    editor->setRunnable(m_outlines.value(file.path).runnable());
    const int index = m_tabs->addTab(editor, editor->fileName());
    m_tabs->setTabToolTip(index, file.path);
    auto* closeButton = new QToolButton(m_tabs);
    closeButton->setObjectName(QStringLiteral("editor.close.") + editor->fileName());
    closeButton->setAccessibleName(tr("Close %1").arg(editor->fileName()));
    closeButton->setIcon(widgets::icon(QStringLiteral("close"), widgets::IconColour::Muted));
    closeButton->setIconSize({10, 10});
    closeButton->setAutoRaise(true);
    closeButton->setFixedSize(18, 18);
    closeButton->setStyleSheet(QStringLiteral("padding: 0px"));
    m_tabs->tabBar()->setTabButton(index, QTabBar::RightSide, closeButton);
    connect(closeButton, &QToolButton::clicked, editor,
            [this, editor] { close(m_tabs->indexOf(editor)); });
    connect(editor, &QsciScintilla::modificationChanged, this, [this, editor] {
        updateTitle(editor);
        Q_EMIT changed();
    });
    connect(editor, &QsciScintilla::cursorPositionChanged, this, &EditorArea::changed);
    connect(editor, &CodeEditor::edited, this, [this, editor] {
        Q_EMIT edited(editor->path(), editor->text());
        Q_EMIT changed();
    });
    connect(editor, &CodeEditor::deployRequested, this,
            [this, editor] { Q_EMIT deployRequested(editor->path()); });
    connect(editor, &CodeEditor::runRequested, this, [this, editor](const QString& function) {
        Q_EMIT runRequested(editor->path(), function);
    });
    if (inFront)
        m_tabs->setCurrentWidget(editor);
    return editor;
}

void EditorArea::updateTitle(CodeEditor* editor)
{
    m_tabs->setTabText(m_tabs->indexOf(editor),
                       editor->fileName()
                           + (editor->isModified() ? QStringLiteral(" ●") : QString()));
}

void EditorArea::restore(const QVector<client::Session::Tab>& tabs, int current)
{
    restoreNext(tabs, current);
}

/// One after another, so that the order of the tabs is kept.
void EditorArea::restoreNext(QVector<client::Session::Tab> tabs, int current)
{
    if (tabs.isEmpty()) {
        m_tabs->setCurrentIndex(std::min(current, m_tabs->count() - 1));
        return;
    }
    const auto tab = tabs.takeFirst();
    client::inBackground(
        this,
        [path = tab.path] {
            return std::make_shared<emulator::Result<client::TextFile>>(client::readTextFile(path));
        },
        [this, tab, tabs,
         current](const std::shared_ptr<emulator::Result<client::TextFile>>& read) {
            if (*read || !tab.journal.isNull()) {
                client::TextFile file;
                file.path = tab.path;
                if (*read)
                    file = **read;
                auto* editor = add(file, false);
                if (!tab.journal.isNull() && tab.journal != file.text) {
                    editor->selectAll();
                    editor->replaceSelectedText(tab.journal);
                }
                editor->setCursorPosition(tab.line, tab.column);
                editor->setFirstVisibleLine(tab.firstVisibleLine);
            }
            restoreNext(tabs, current);
        });
}

QVector<client::Session::Tab> EditorArea::tabs() const
{
    QVector<client::Session::Tab> open;
    for (int i = 0; i < m_tabs->count(); ++i) {
        const auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(i));
        client::Session::Tab tab;
        tab.path = editor->path();
        editor->getCursorPosition(&tab.line, &tab.column);
        tab.firstVisibleLine = editor->firstVisibleLine();
        if (editor->isModified())
            tab.journal = editor->text().isNull() ? QStringLiteral("") : editor->text();
        open << tab;
    }
    return open;
}

void EditorArea::saveEditor(CodeEditor* editor, const std::function<void(bool)>& done)
{
    const auto path = editor->path();
    const auto text = editor->text();
    client::inBackground(
        editor,
        [path, text] {
            const auto written = client::writeTextFile(path, text);
            return written ? QString() : QString::fromStdString(written.error().message());
        },
        [this, editor, path, text, done](const QString& error) {
            if (error.isEmpty()) {
                if (editor->text() == text)
                    editor->setModified(false);
                Q_EMIT saved(path);
            } else
                Q_EMIT failed(error);
            if (done)
                done(error.isEmpty());
        },
        client::orderedPool());
}

void EditorArea::save()
{
    if (current() != nullptr && current()->isModified())
        saveEditor(current(), {});
}

void EditorArea::saveAll()
{
    saveAllThen({});
}

void EditorArea::saveAllThen(const std::function<void(bool)>& done)
{
    QVector<CodeEditor*> changedEditors;
    for (int i = 0; i < m_tabs->count(); ++i)
        if (auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(i)); editor->isModified())
            changedEditors << editor;
    if (changedEditors.isEmpty()) {
        if (done)
            done(true);
        return;
    }
    auto left = std::make_shared<qsizetype>(changedEditors.size());
    auto good = std::make_shared<bool>(true);
    for (auto* editor : changedEditors)
        saveEditor(editor, [left, good, done](bool written) {
            *good = *good && written;
            if (--*left == 0 && done)
                done(*good);
        });
}

/// An unsaved file is written before its tab goes: nothing typed is lost, nothing is asked.
void EditorArea::close(int index)
{
    auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(index));
    if (editor == nullptr)
        return;
    const auto remove = [this, editor](bool written) {
        if (!written)
            return;
        m_tabs->removeTab(m_tabs->indexOf(editor));
        editor->deleteLater();
        Q_EMIT changed();
    };
    if (editor->isModified())
        saveEditor(editor, remove);
    else
        remove(true);
}

void EditorArea::closeCurrent()
{
    close(m_tabs->currentIndex());
}

void EditorArea::closeAll()
{
    while (m_tabs->count() > 0) {
        auto* editor = m_tabs->widget(0);
        m_tabs->removeTab(0);
        editor->deleteLater();
    }
}

void EditorArea::find(bool replace)
{
    m_findBar->setEditor(current());
    m_findBar->open(replace);
}

void EditorArea::goToLine(int line)
{
    if (current() != nullptr)
        current()->goTo(line);
}

void EditorArea::setFontSize(int points)
{
    m_fontSize = points;
    for (int i = 0; i < m_tabs->count(); ++i)
        qobject_cast<CodeEditor*>(m_tabs->widget(i))->setFontSize(points);
}

void EditorArea::setProblems(const QVector<models::Problem>& problems)
{
    m_problems = problems;
    for (int i = 0; i < m_tabs->count(); ++i) {
        auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(i));
        QVector<models::Problem> own;
        for (const auto& problem : problems)
            if (problem.file == editor->path())
                own << problem;
        editor->setProblems(own);
    }
}

void EditorArea::setOutline(const models::AppOutlineModel& outline)
{
    m_outlines.clear();
    for (const auto& runnable : outline.runnable())
        m_outlines[runnable.file] = outline.outline(runnable.file);
    for (int i = 0; i < m_tabs->count(); ++i) {
        auto* editor = qobject_cast<CodeEditor*>(m_tabs->widget(i));
        editor->setPrices(m_prices.value(editor->path()));
        editor->setRunnable(m_outlines.value(editor->path()).runnable());
    }
}

void EditorArea::setNote(const QString& path, const QString& function, const QString& note)
{
    if (auto* editor = editorOf(path))
        editor->setNote(function, note);
}

} // namespace app::pages
