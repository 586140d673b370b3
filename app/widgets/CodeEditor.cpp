// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/CodeEditor.h"

#include "app/widgets/Icons.h"
#include "app/widgets/RunChip.h"
#include "app/widgets/Syntax.h"
#include "app/widgets/Theme.h"

#include <QEvent>
#include <QRegularExpression>
#include <QScrollBar>
#include <QWheelEvent>
#include <Qsci/qscilexer.h>

#include <algorithm>

namespace app::widgets {

namespace {

constexpr int numberMargin = 0;
constexpr int symbolMargin = 1;
constexpr int foldMargin = 2;
enum Marker { ErrorMarker = 1, WarningMarker = 2, ChipMarker = 3 };
enum Indicator { ErrorIndicator = 8, WarningIndicator = 9 };

} // namespace

CodeEditor::CodeEditor(const QString& path, QWidget* parent)
    : QsciScintilla(parent)
    , m_path(path)
{
    setObjectName(QStringLiteral("editor.text"));
    setAccessibleName(tr("Text of %1").arg(fileName()));
    setFrameShape(QFrame::NoFrame);
    setUtf8(true);
    setEolMode(EolUnix);
    setIndentationsUseTabs(fileName() == QLatin1String("Makefile"));
    setTabWidth(4);
    setIndentationWidth(4);
    setAutoIndent(true);
    setBackspaceUnindents(true);
    setBraceMatching(SloppyBraceMatch);
    setCaretLineVisible(true);
    setCaretWidth(2);
    setScrollWidth(1);
    setScrollWidthTracking(true);
    setAutoCompletionSource(AcsDocument);
    setAutoCompletionThreshold(4);
    setAutoCompletionCaseSensitivity(true);
    SendScintilla(SCI_SETMULTIPLESELECTION, 1);
    SendScintilla(SCI_SETADDITIONALSELECTIONTYPING, 1);
    SendScintilla(SCI_SETEXTRAASCENT, 1);
    SendScintilla(SCI_SETEXTRADESCENT, 1);
    // Ctrl+D, Ctrl+L and others belong to the window's commands.
    SendScintilla(SCI_CLEARCMDKEY, ('L' & 0xff) | (SCMOD_CTRL << 16));
    setLexer(lexerFor(path, this));
    setUpMargins();
    applyColours();

    m_editTimer.setSingleShot(true);
    m_editTimer.setInterval(300);
    connect(&m_editTimer, &QTimer::timeout, this, &CodeEditor::edited);
    connect(this, &QsciScintilla::textChanged, &m_editTimer, qOverload<>(&QTimer::start));
    connect(this, &QsciScintilla::linesChanged, this, &CodeEditor::updateLineNumberWidth);
    m_chipTimer.setSingleShot(true);
    m_chipTimer.setInterval(0);
    connect(&m_chipTimer, &QTimer::timeout, this, &CodeEditor::placeChips);
    connect(this, &QsciScintillaBase::SCN_UPDATEUI, &m_chipTimer, qOverload<>(&QTimer::start));
    connect(this, &QsciScintilla::textChanged, &m_chipTimer, qOverload<>(&QTimer::start));
    connect(verticalScrollBar(), &QScrollBar::valueChanged, &m_chipTimer,
            qOverload<>(&QTimer::start));
    connect(horizontalScrollBar(), &QScrollBar::valueChanged, &m_chipTimer,
            qOverload<>(&QTimer::start));
}

void CodeEditor::setPlain()
{
    delete lexer();
    setLexer(nullptr);
    setFolding(NoFoldStyle);
    setReadOnly(true);
    applyColours();
}

void CodeEditor::setUpMargins()
{
    setMarginType(numberMargin, QsciScintilla::NumberMargin);
    setMarginLineNumbers(numberMargin, true);
    setMarginType(symbolMargin, QsciScintilla::SymbolMargin);
    setMarginWidth(symbolMargin, 16);
    setMarginMarkerMask(symbolMargin, (1 << ErrorMarker) | (1 << WarningMarker));
    setFolding(PlainFoldStyle, foldMargin);
    setMarginWidth(foldMargin, 14);
    markerDefine(Invisible, ChipMarker);
    indicatorDefine(SquiggleIndicator, ErrorIndicator);
    indicatorDefine(SquiggleIndicator, WarningIndicator);
}

void CodeEditor::applyColours()
{
    const auto& colours = coloursOf(palette());
    const auto font = codeFont(m_fontSize);
    setFont(font);
    setPaper(colours.base);
    setColor(colours.text);
    if (lexer() != nullptr)
        colourLexer(lexer(), colours, font);
    SendScintilla(SCI_STYLESETBACK, STYLE_DEFAULT, colours.base);
    setMarginsFont(font);
    setMarginsBackgroundColor(colours.margin);
    setMarginsForegroundColor(colours.muted);
    setMarginBackgroundColor(foldMargin, colours.base);
    setFoldMarginColors(colours.base, colours.base);
    for (int marker = int(SC_MARKNUM_FOLDEREND); marker <= int(SC_MARKNUM_FOLDEROPEN); ++marker) {
        SendScintilla(SCI_MARKERSETFORE, static_cast<unsigned long>(marker), colours.muted);
        SendScintilla(SCI_MARKERSETBACK, static_cast<unsigned long>(marker), colours.muted);
    }
    setCaretForegroundColor(colours.text);
    setCaretLineBackgroundColor(colours.currentLine);
    setSelectionBackgroundColor(colours.selection);
    resetSelectionForegroundColor();
    setMatchedBraceBackgroundColor(colours.selection);
    setMatchedBraceForegroundColor(colours.text);
    setUnmatchedBraceForegroundColor(colours.error);
    setIndentationGuides(true);
    setIndentationGuidesForegroundColor(colours.border);
    setIndentationGuidesBackgroundColor(colours.base);
    markerDefine(icon(QStringLiteral("error"), IconColour::Error).pixmap(14, 14), ErrorMarker);
    markerDefine(icon(QStringLiteral("warning"), IconColour::Warning).pixmap(14, 14),
                 WarningMarker);
    setIndicatorForegroundColor(colours.error, ErrorIndicator);
    setIndicatorForegroundColor(colours.warning, WarningIndicator);
    updateLineNumberWidth();
    setProblems(m_problems);
    m_chipTimer.start();
}

void CodeEditor::updateLineNumberWidth()
{
    setMarginWidth(numberMargin, QStringLiteral(" %1").arg(std::max(lines(), 100)));
}

void CodeEditor::setFontSize(int points)
{
    m_fontSize = points;
    applyColours();
}

void CodeEditor::goTo(int line, int column)
{
    const int target = std::clamp(line - 1, 0, std::max(0, lines() - 1));
    setCursorPosition(target, column);
    ensureLineVisible(target);
    const int shown = static_cast<int>(SendScintilla(SCI_LINESONSCREEN));
    setFirstVisibleLine(std::max(0, target - shown / 3));
    setFocus();
}

void CodeEditor::setProblems(const QVector<models::Problem>& problems)
{
    m_problems = problems;
    markerDeleteAll(ErrorMarker);
    markerDeleteAll(WarningMarker);
    const int last = std::max(0, lines() - 1);
    for (const auto indicator : {ErrorIndicator, WarningIndicator})
        clearIndicatorRange(0, 0, last, lineLength(last), indicator);
    for (const auto& problem : problems) {
        const int line = problem.line - 1;
        if (line < 0 || line > last)
            continue;
        const bool error = problem.severity == models::Problem::Severity::Error;
        markerAdd(line, error ? ErrorMarker : WarningMarker);
        const auto content = text(line);
        int from = 0;
        while (from < content.size() && content[from].isSpace())
            ++from;
        fillIndicatorRange(line, from, line, static_cast<int>(content.trimmed().size()) + from,
                           error ? ErrorIndicator : WarningIndicator);
    }
}

void CodeEditor::clearChips()
{
    for (const auto& chip : m_chips) {
        delete chip.run;
        delete chip.deploy;
        delete chip.note;
    }
    m_chips.clear();
    markerDeleteAll(ChipMarker);
}

void CodeEditor::setRunnable(const QVector<models::OutlineEntry>& functions)
{
    const bool same = functions.size() == m_chips.size()
        && std::equal(functions.begin(), functions.end(), m_chips.begin(),
                      [](const auto& entry, const auto& chip) {
                          return entry.name == chip.function;
                      });
    if (same) {
        for (qsizetype i = 0; i < functions.size(); ++i) {
            auto& chip = m_chips[i];
            markerDeleteHandle(chip.marker);
            chip.line = functions[i].line - 1;
            chip.marker = markerAdd(chip.line, ChipMarker);
        }
        m_chipTimer.start();
        return;
    }
    clearChips();
    for (const auto& entry : functions) {
        Chip chip;
        chip.function = entry.name;
        chip.line = entry.line - 1;
        chip.marker = markerAdd(chip.line, ChipMarker);
        chip.run = new RunChip(tr("Run"), viewport());
        chip.run->setObjectName(QStringLiteral("editor.run.") + entry.name);
        chip.run->setAccessibleName(tr("Run %1").arg(entry.name));
        chip.run->setToolTip(tr("Run %1").arg(models::signature(entry)));
        if (entry.kind != models::OutlineEntry::Kind::EntryPoint) {
            chip.deploy = new RunChip(tr("Deploy"), viewport());
            chip.deploy->setMark(RunChip::Mark::Arrow);
            chip.deploy->setObjectName(QStringLiteral("editor.deploy.") + entry.name);
            chip.deploy->setAccessibleName(tr("Deploy the app of %1").arg(entry.name));
            chip.deploy->setToolTip(
                tr("Show what deploying this app would do. The price is of one replica of %1, an "
                   "estimate from list prices.")
                    .arg(entry.name));
            chip.deploy->hide();
            connect(chip.deploy, &RunChip::clicked, this,
                    [this, function = entry.name] { Q_EMIT deployRequested(function); });
        }
        chip.note = new RunChip(QString(), viewport());
        chip.note->setObjectName(QStringLiteral("editor.note.") + entry.name);
        chip.note->setAccessibleName(tr("Last run of %1").arg(entry.name));
        chip.note->setNote(true);
        chip.run->hide();
        chip.note->hide();
        connect(chip.run, &RunChip::clicked, this,
                [this, function = entry.name] { Q_EMIT runRequested(function); });
        m_chips.push_back(chip);
    }
    m_chipTimer.start();
}

void CodeEditor::setNote(const QString& function, const QString& note)
{
    m_notes[function] = note;
    m_chipTimer.start();
}

void CodeEditor::setPrices(const QHash<QString, QString>& prices)
{
    m_prices = prices;
    m_chipTimer.start();
}

void CodeEditor::placeChips()
{
    for (auto& chip : m_chips) {
        const int moved = markerLine(chip.marker);
        if (moved >= 0)
            chip.line = moved;
        const bool shown = chip.line < lines()
            && SendScintilla(SCI_GETLINEVISIBLE, static_cast<unsigned long>(chip.line)) != 0;
        const auto end
            = SendScintilla(SCI_GETLINEENDPOSITION, static_cast<unsigned long>(chip.line));
        const int y = static_cast<int>(SendScintilla(SCI_POINTYFROMPOSITION, 0UL, end));
        const int height = static_cast<int>(
            SendScintilla(SCI_TEXTHEIGHT, static_cast<unsigned long>(chip.line)));
        if (!shown || y < -height || y > viewport()->height()) {
            for (auto* part : {chip.run, chip.deploy, chip.note})
                if (part != nullptr)
                    part->hide();
            continue;
        }
        auto font = codeFont(std::max(7, m_fontSize - 1));
        chip.run->setFont(font);
        chip.note->setFont(font);
        chip.note->setText(m_notes.value(chip.function));
        int x = static_cast<int>(SendScintilla(SCI_POINTXFROMPOSITION, 0UL, end)) + 14;
        const int runWidth = chip.run->sizeHint().width();
        int deployWidth = 0;
        if (chip.deploy != nullptr) {
            const auto price = m_prices.value(chip.function);
            chip.deploy->setFont(font);
            chip.deploy->setText(price.isEmpty() ? tr("Deploy") : tr("Deploy %1").arg(price));
            deployWidth = chip.deploy->sizeHint().width() + 6;
        }
        int noteWidth = chip.note->text().isEmpty() ? 0 : chip.note->sizeHint().width() + 6;
        const int room = viewport()->width() - 8;
        if (x + runWidth + deployWidth + noteWidth > room)
            noteWidth = 0; // the code is worth more than the note
        if (x + runWidth + deployWidth > room)
            deployWidth = 0;
        x = std::max(0, std::min(x, room - runWidth));
        chip.run->setGeometry(x, y + 1, runWidth, height - 2);
        chip.run->show();
        if (chip.deploy != nullptr) {
            chip.deploy->setVisible(deployWidth > 0);
            chip.deploy->setGeometry(x + runWidth + 6, y + 1, std::max(0, deployWidth - 6),
                                     height - 2);
        }
        x += deployWidth;
        chip.note->setVisible(noteWidth > 0);
        chip.note->setGeometry(x + runWidth + 6, y + 1, std::max(0, noteWidth - 6), height - 2);
    }
}

bool CodeEditor::find(const QString& text, bool backwards, bool caseSensitive,
                      bool regularExpression)
{
    if (text.isEmpty())
        return false;
    int line = -1;
    int column = -1;
    if (hasSelectedText()) {
        int lineTo = 0;
        int columnTo = 0;
        getSelection(&line, &column, &lineTo, &columnTo);
        if (!backwards) {
            line = lineTo;
            column = columnTo;
        }
    } else
        getCursorPosition(&line, &column);
    return findFirst(text, regularExpression, caseSensitive, false, true, !backwards, line, column,
                     true, false, true);
}

bool CodeEditor::replaceLiteral(int line, const QString& literal, const QString& with)
{
    const QRegularExpression quoted(
        QStringLiteral("(?<=[\"'])%1(?=[\"'])").arg(QRegularExpression::escape(literal)));
    const auto match = quoted.match(text(line - 1));
    if (!match.hasMatch() || isReadOnly())
        return false;
    setSelection(line - 1, static_cast<int>(match.capturedStart()), line - 1,
                 static_cast<int>(match.capturedEnd()));
    replaceSelectedText(with);
    return true;
}

int CodeEditor::replaceAll(const QString& find, const QString& with, bool caseSensitive,
                           bool regularExpression)
{
    const QRegularExpression expression(regularExpression ? find : QRegularExpression::escape(find),
                                        caseSensitive ? QRegularExpression::MultilineOption
                                                      : QRegularExpression::MultilineOption
                                                | QRegularExpression::CaseInsensitiveOption);
    if (find.isEmpty() || !expression.isValid())
        return 0;
    auto changed = text();
    int count = 0;
    for (auto it = expression.globalMatch(changed); it.hasNext(); it.next())
        ++count;
    if (count == 0)
        return 0;
    if (regularExpression)
        changed.replace(expression, with);
    else
        changed.replace(find, with, caseSensitive ? Qt::CaseSensitive : Qt::CaseInsensitive);
    int line = 0;
    int column = 0;
    getCursorPosition(&line, &column);
    beginUndoAction();
    SendScintilla(SCI_TARGETWHOLEDOCUMENT);
    const auto utf8 = changed.toUtf8();
    SendScintilla(SCI_REPLACETARGET, static_cast<unsigned long>(utf8.size()), utf8.constData());
    endUndoAction();
    setCursorPosition(std::min(line, lines() - 1), 0);
    return count;
}

void CodeEditor::changeEvent(QEvent* event)
{
    QsciScintilla::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColours();
}

void CodeEditor::resizeEvent(QResizeEvent* event)
{
    QsciScintilla::resizeEvent(event);
    m_chipTimer.start();
}

/// Ctrl and the wheel change the size in the settings, not here.
void CodeEditor::wheelEvent(QWheelEvent* event)
{
    if (event->modifiers() & Qt::ControlModifier)
        event->ignore();
    else
        QsciScintilla::wheelEvent(event);
}

} // namespace app::widgets
