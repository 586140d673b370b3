// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/Outline.h"
#include "app/models/ProblemParser.h"

#include <QTimer>
#include <Qsci/qsciscintilla.h>

namespace app::widgets {

class RunChip;

/// The text of one file, with highlighting, folding, problem marks, and a Run chip beside each
/// function that can be run.
class CodeEditor : public QsciScintilla {
    Q_OBJECT

public:
    explicit CodeEditor(const QString& path, QWidget* parent = nullptr);

    [[nodiscard]] QString path() const { return m_path; }
    [[nodiscard]] QString fileName() const { return m_path.section(QLatin1Char('/'), -1); }
    /// Without a lexer and read-only: for files that are too large to be edited.
    void setPlain();
    void setFontSize(int points);
    void goTo(int line, int column = 0); ///< 1-based line
    /// Problems of this file.
    void setProblems(const QVector<models::Problem>& problems);
    void setRunnable(const QVector<models::OutlineEntry>& functions);
    /// What a replica of each function costs: "≈$3.95/h"; on its Deploy chip.
    void setPrices(const QHash<QString, QString>& prices);
    /// What the last run of a function was like; shown behind its chip.
    void setNote(const QString& function, const QString& note);

    /// Finds from the caret; wraps around. Whether there is a match.
    bool find(const QString& text, bool backwards, bool caseSensitive, bool regularExpression);
    int replaceAll(const QString& text, const QString& with, bool caseSensitive,
                   bool regularExpression);
    /// Writes `with` in place of the string literal "text" of a line; false when it is not there.
    bool replaceLiteral(int line, const QString& text, const QString& with); ///< 1-based line

Q_SIGNALS:
    void runRequested(const QString& function);
    void deployRequested(const QString& function);
    void edited(); ///< gathered: 0.3 s after the last change

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    struct Chip {
        QString function;
        int line = 0; ///< 0-based; kept by a marker while the text is edited
        int marker = -1;
        RunChip* run = nullptr;
        RunChip* deploy = nullptr; ///< null for an entry point, which is never deployed
        RunChip* note = nullptr;
    };

    void applyColours();
    void setUpMargins();
    void updateLineNumberWidth();
    void placeChips();
    void clearChips();

    QString m_path;
    int m_fontSize = 10;
    QTimer m_editTimer;
    QTimer m_chipTimer; ///< coalesces moves of the chips
    QVector<Chip> m_chips;
    QHash<QString, QString> m_prices;
    QHash<QString, QString> m_notes;
    QVector<models::Problem> m_problems;
};

} // namespace app::widgets
