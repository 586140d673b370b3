// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/client/Files.h"
#include "app/client/Session.h"
#include "app/models/AppOutlineModel.h"
#include "app/models/ProblemParser.h"

#include <QHash>
#include <QWidget>

#include <functional>

class QTabWidget;

namespace app::widgets {
class CodeEditor;
class FindBar;
} // namespace app::widgets

namespace app::pages {

/// The open files in tabs. Files are read and written on background threads.
class EditorArea : public QWidget {
    Q_OBJECT

public:
    explicit EditorArea(QWidget* parent = nullptr);

    /// Opens a file, or goes to its tab; then to the line where one is given.
    void open(const QString& path, int line = 0, int column = 0);
    /// Opens a file and writes `with` in place of the string literal `text` of that line.
    void replaceText(const QString& path, int line, const QString& text, const QString& with);
    void restore(const QVector<client::Session::Tab>& tabs, int current);
    [[nodiscard]] QVector<client::Session::Tab> tabs() const;
    [[nodiscard]] int currentIndex() const;

    void save();
    void saveAll();
    /// Writes all changed files, then calls `done`; with false when one could not be written.
    void saveAllThen(const std::function<void(bool)>& done);
    void closeCurrent();
    void closeAll();
    void find(bool replace);
    void goToLine(int line);
    [[nodiscard]] widgets::CodeEditor* current() const;
    [[nodiscard]] widgets::CodeEditor* editorOf(const QString& path) const;
    [[nodiscard]] bool hasUnsaved() const;

    void setFontSize(int points);
    void setProblems(const QVector<models::Problem>& problems);
    /// What a replica costs, by path and function; before setOutline().
    void setPrices(const QHash<QString, QHash<QString, QString>>& prices) { m_prices = prices; }
    /// Brings the chips up to date.
    void setOutline(const models::AppOutlineModel& outline);
    void setNote(const QString& path, const QString& function, const QString& note);

Q_SIGNALS:
    void currentChanged();
    void edited(const QString& path, const QString& text);
    void saved(const QString& path);
    void runRequested(const QString& path, const QString& function);
    void deployRequested(const QString& path);
    void failed(const QString& sentence);
    void changed(); ///< something that a session remembers

private:
    widgets::CodeEditor* add(const client::TextFile& file, bool inFront);
    void saveEditor(widgets::CodeEditor* editor, const std::function<void(bool)>& done);
    void updateTitle(widgets::CodeEditor* editor);
    void close(int index);
    void restoreNext(QVector<client::Session::Tab> tabs, int current);

    QTabWidget* m_tabs;
    widgets::FindBar* m_findBar;
    int m_fontSize = 10;
    QVector<models::Problem> m_problems;
    QHash<QString, models::Outline> m_outlines;
    QHash<QString, QHash<QString, QString>> m_prices; ///< by path and function
    QHash<QString, QPair<int, int>> m_opening; ///< files on their way: where to go then
    QHash<QString, std::function<void()>> m_whenOpen; ///< and what to do there
};

} // namespace app::pages
