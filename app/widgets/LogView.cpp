// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/LogView.h"

#include "app/widgets/Theme.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QDateTime>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>

namespace app::widgets {

using models::AnsiText;
using models::LogFilter;
using models::LogModel;

namespace {

constexpr int leftMargin = 8;
constexpr int timeLetters = 13;
constexpr int sourceLetters = 11;
constexpr std::uint64_t mostCopied = 200'000; // lines

QColor colourOf(int foreground, const Colours& colours)
{
    if (foreground < 0)
        return colours.text;
    if (foreground < 16)
        return colours.ansi[static_cast<std::size_t>(foreground)];
    return QColor((foreground >> 16) & 255, (foreground >> 8) & 255, foreground & 255);
}

} // namespace

LogView::LogView(QWidget* parent)
    : QAbstractScrollArea(parent)
{
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setBackgroundRole(QPalette::Base);
    setFontSize(10);
    connect(verticalScrollBar(), &QScrollBar::actionTriggered, this, [this] {
        // The user moved: follow only from the end.
        const auto* bar = verticalScrollBar();
        setFollowsEnd(bar->sliderPosition() >= bar->maximum());
    });
}

void LogView::setFontSize(int points)
{
    setFont(codeFont(points));
    viewport()->setFont(font());
    const QFontMetrics metrics(font());
    m_rowHeight = metrics.height() + 1;
    m_letter = metrics.horizontalAdvance(u'0');
    updateScrollBars();
    viewport()->update();
}

void LogView::setModel(LogModel* model)
{
    if (m_model)
        m_model->disconnect(this);
    m_model = model;
    connect(model, &LogModel::rowsInserted, this, &LogView::rowsChanged);
    connect(model, &LogModel::rowsAboutToBeRemoved, this,
            [this](const QModelIndex&, int, int last) {
                // Lines go at the top: what is looked at stays where it is.
                if (!m_followsEnd && !(m_filter && m_filter->active()))
                    verticalScrollBar()->setValue(verticalScrollBar()->value() - last - 1);
            });
    connect(model, &LogModel::rowsRemoved, this, &LogView::rowsChanged);
    connect(model, &LogModel::modelReset, this, [this] {
        m_widest = 0;
        m_anchor = m_caret = {};
        m_currentMatch.reset();
        m_followsEnd = true;
        rowsChanged();
    });
    rowsChanged();
}

void LogView::setFilter(LogFilter* filter)
{
    m_filter = filter;
    for (const auto signal : {&LogFilter::started, &LogFilter::found, &LogFilter::finished})
        connect(filter, signal, this, &LogView::rowsChanged);
}

void LogView::setSearch(LogFilter* search)
{
    m_search = search;
    connect(search, &LogFilter::started, this, [this] {
        m_currentMatch.reset();
        viewport()->update();
    });
}

void LogView::setColumns(bool time, bool source)
{
    m_showTime = time;
    m_showSource = source;
    viewport()->update();
}

std::size_t LogView::goneMatches() const
{
    const auto& matches = m_filter->matches();
    return static_cast<std::size_t>(
        std::lower_bound(matches.begin(), matches.end(), m_model->firstLine()) - matches.begin());
}

int LogView::shownRows() const
{
    if (!m_model)
        return 0;
    if (m_filter && m_filter->active())
        return static_cast<int>(m_filter->matches().size() - goneMatches());
    return m_model->rowCount();
}

std::uint64_t LogView::numberOf(int row) const
{
    if (m_filter && m_filter->active())
        return m_filter->matches()[goneMatches() + static_cast<std::size_t>(row)];
    return m_model->firstLine() + static_cast<std::uint64_t>(row);
}

int LogView::rowOf(std::uint64_t number) const
{
    if (m_filter && m_filter->active()) {
        const auto& matches = m_filter->matches();
        const auto at = std::lower_bound(matches.begin(), matches.end(), number);
        return static_cast<int>(at - matches.begin()) - static_cast<int>(goneMatches());
    }
    return static_cast<int>(number - std::min(number, m_model->firstLine()));
}

int LogView::textLeft() const
{
    return leftMargin
        + m_letter * ((m_showTime ? timeLetters : 0) + (m_showSource ? sourceLetters : 0));
}

void LogView::rowsChanged()
{
    updateScrollBars();
    if (m_followsEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    viewport()->update();
    Q_EMIT shownRowsChanged();
}

void LogView::updateScrollBars()
{
    const int page = std::max(1, viewport()->height() / m_rowHeight);
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setRange(0, std::max(0, shownRows() - page));
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setSingleStep(m_letter * 4);
    horizontalScrollBar()->setRange(0, std::max(0, m_widest + leftMargin - viewport()->width()));
}

void LogView::setFollowsEnd(bool follow)
{
    if (follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    if (follow == m_followsEnd)
        return;
    m_followsEnd = follow;
    Q_EMIT followsEndChanged(follow);
}

std::optional<int> LogView::goToMatch(int direction)
{
    if (!m_model || !m_search || m_search->matches().empty())
        return {};
    const auto& matches = m_search->matches();
    const auto size = static_cast<std::ptrdiff_t>(matches.size());
    std::ptrdiff_t at = 0;
    if (m_currentMatch) {
        at = std::lower_bound(matches.begin(), matches.end(), *m_currentMatch) - matches.begin();
        at = (at + direction + size) % size;
    } else {
        const auto top = shownRows() > 0
            ? numberOf(std::min(verticalScrollBar()->value(), shownRows() - 1))
            : 0;
        at = std::lower_bound(matches.begin(), matches.end(), top) - matches.begin();
        if (at == size)
            at = 0;
    }
    m_currentMatch = matches[static_cast<std::size_t>(at)];
    setFollowsEnd(false);
    const int row = rowOf(*m_currentMatch);
    const int page = verticalScrollBar()->pageStep();
    if (row < verticalScrollBar()->value() || row >= verticalScrollBar()->value() + page)
        verticalScrollBar()->setValue(row - page / 2);
    viewport()->update();
    return static_cast<int>(at);
}

QString LogView::plainText(std::uint64_t number) const
{
    return models::readAnsi(m_model->store()->line(number).text).text;
}

std::pair<LogView::Position, LogView::Position> LogView::orderedSelection() const
{
    return {std::min(m_anchor, m_caret), std::max(m_anchor, m_caret)};
}

void LogView::paintEvent(QPaintEvent*)
{
    QPainter painter(viewport());
    const auto& colours = coloursOf(palette());
    painter.fillRect(viewport()->rect(), colours.base);
    if (!m_model)
        return;
    painter.setFont(font());
    const int rows = shownRows();
    const int widest = m_widest;
    for (int row = verticalScrollBar()->value(), top = 0; row < rows && top < viewport()->height();
         ++row, top += m_rowHeight)
        paintRow(painter, row, top);
    if (m_widest > widest)
        QMetaObject::invokeMethod(this, [this] { updateScrollBars(); }, Qt::QueuedConnection);
}

void LogView::paintRow(QPainter& painter, int row, int top)
{
    const auto& colours = coloursOf(palette());
    const auto number = numberOf(row);
    const auto record = m_model->store()->line(number);
    const auto text = models::readAnsi(record.text);
    const int shift = horizontalScrollBar()->value();
    const QFontMetrics metrics(font());
    const int baseline = top + metrics.ascent();
    const int left = textLeft() - shift;
    const auto stripeOf = [&](int from, int letters) {
        return QRect(left + metrics.horizontalAdvance(text.text.left(from)), top,
                     metrics.horizontalAdvance(text.text.mid(from, letters)), m_rowHeight);
    };
    if (m_currentMatch == number)
        painter.fillRect(0, top, viewport()->width(), m_rowHeight, colours.hover);
    if (m_search && m_search->active()) {
        auto mark = colours.warning;
        mark.setAlphaF(m_currentMatch == number ? 0.55F : 0.28F);
        for (const auto& [from, length] : m_search->positions(text.text))
            painter.fillRect(stripeOf(from, length), mark);
    }
    const auto [first, last] = orderedSelection();
    if (first != last && number >= first.line && number <= last.line) {
        const int from = number == first.line ? first.column : 0;
        const int to = number == last.line ? last.column : static_cast<int>(text.text.size());
        auto area = stripeOf(from, to - from);
        if (number != last.line)
            area.setRight(std::max(area.right() + m_letter / 2, left + m_letter / 2));
        painter.fillRect(area, colours.selection);
    }
    int x = leftMargin - shift;
    if (m_showTime) {
        painter.setPen(colours.muted);
        painter.drawText(x, baseline,
                         record.time == 0 ? QString()
                                          : QDateTime::fromMSecsSinceEpoch(record.time / 1000)
                                                .toString(QStringLiteral("HH:mm:ss.zzz")));
        x += timeLetters * m_letter;
    }
    if (m_showSource) {
        painter.setPen(colours.accent);
        painter.drawText(x, baseline,
                         QString::fromStdString(record.source).left(sourceLetters - 1));
    }
    painter.setPen(record.descriptor == 2       ? colours.error
                       : record.descriptor == 3 ? colours.muted
                                                : colours.text);
    paintText(painter, text, {left, baseline});
    m_widest = std::max(m_widest, textLeft() + metrics.horizontalAdvance(text.text));
}

void LogView::paintText(QPainter& painter, const AnsiText& text, QPoint baseline)
{
    if (text.spans.isEmpty()) {
        painter.drawText(baseline, text.text);
        return;
    }
    const auto& colours = coloursOf(palette());
    const auto plain = painter.pen();
    const auto draw = [&](int from, int length) {
        if (length <= 0)
            return;
        const auto piece = text.text.mid(from, length);
        painter.drawText(baseline, piece);
        baseline.rx() += painter.fontMetrics().horizontalAdvance(piece);
    };
    int at = 0;
    for (const auto& span : text.spans) {
        draw(at, span.start - at);
        auto colour = span.foreground < 0 ? plain.color() : colourOf(span.foreground, colours);
        if (span.faint)
            colour.setAlphaF(0.6F);
        auto styled = font();
        styled.setBold(span.bold);
        styled.setItalic(span.italic);
        styled.setUnderline(span.underline);
        painter.setFont(styled);
        painter.setPen(colour);
        draw(span.start, span.length);
        painter.setFont(font());
        painter.setPen(plain);
        at = span.start + span.length;
    }
    draw(at, static_cast<int>(text.text.size()) - at);
}

LogView::Position LogView::positionAt(QPoint point) const
{
    const int rows = shownRows();
    if (rows == 0)
        return {};
    const int row = std::clamp(verticalScrollBar()->value() + point.y() / m_rowHeight, 0, rows - 1);
    const auto number = numberOf(row);
    const auto text = plainText(number);
    const int x = point.x() - textLeft() + horizontalScrollBar()->value();
    const QFontMetrics metrics(font());
    int column = std::clamp((x + m_letter / 2) / m_letter, 0, static_cast<int>(text.size()));
    // Wide letters: walk to the true place.
    while (column > 0 && metrics.horizontalAdvance(text.left(column)) > x + m_letter / 2)
        --column;
    return {number, column};
}

void LogView::mousePressEvent(QMouseEvent* event)
{
    if (!m_model || event->button() != Qt::LeftButton)
        return;
    m_caret = positionAt(event->pos());
    if (!(event->modifiers() & Qt::ShiftModifier))
        m_anchor = m_caret;
    m_selecting = true;
    viewport()->update();
}

void LogView::mouseMoveEvent(QMouseEvent* event)
{
    if (!m_selecting)
        return;
    auto* bar = verticalScrollBar();
    if (event->pos().y() < 0 || event->pos().y() > viewport()->height()) {
        setFollowsEnd(false);
        bar->setValue(bar->value() + (event->pos().y() < 0 ? -1 : 1));
    }
    m_caret = positionAt(event->pos());
    viewport()->update();
}

void LogView::mouseReleaseEvent(QMouseEvent*)
{
    m_selecting = false;
    if (m_anchor == m_caret)
        return;
    if (auto* clipboard = QGuiApplication::clipboard(); clipboard->supportsSelection())
        clipboard->setText(selectedText(), QClipboard::Selection);
}

void LogView::mouseDoubleClickEvent(QMouseEvent* event)
{
    if (!m_model || shownRows() == 0)
        return;
    const auto at = positionAt(event->pos());
    const auto text = plainText(at.line);
    int from = at.column;
    int to = at.column;
    const auto inWord = [&](int i) { return text[i].isLetterOrNumber() || text[i] == u'_'; };
    while (from > 0 && inWord(from - 1))
        --from;
    while (to < text.size() && inWord(to))
        ++to;
    m_anchor = {at.line, from};
    m_caret = {at.line, to};
    viewport()->update();
}

QString LogView::selectedText() const
{
    const auto [first, last] = orderedSelection();
    if (!m_model || first == last)
        return {};
    QStringList lines;
    for (int row = rowOf(first.line); row < shownRows() && lines.size() < qsizetype(mostCopied);
         ++row) {
        const auto number = numberOf(row);
        if (number > last.line)
            break;
        auto text = plainText(number);
        if (number == last.line)
            text.truncate(last.column);
        if (number == first.line)
            text.remove(0, first.column);
        lines << text;
    }
    return lines.join(u'\n');
}

void LogView::selectAll()
{
    if (shownRows() == 0)
        return;
    m_anchor = {numberOf(0), 0};
    const auto last = numberOf(shownRows() - 1);
    m_caret = {last, static_cast<int>(plainText(last).size())};
    viewport()->update();
}

void LogView::copy() const
{
    const auto text = selectedText();
    if (!text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

void LogView::keyPressEvent(QKeyEvent* event)
{
    auto* bar = verticalScrollBar();
    if (event->matches(QKeySequence::Copy))
        copy();
    else if (event->matches(QKeySequence::SelectAll))
        selectAll();
    else if (event->key() == Qt::Key_Home)
        bar->triggerAction(QAbstractSlider::SliderToMinimum);
    else if (event->key() == Qt::Key_End)
        setFollowsEnd(true);
    else
        QAbstractScrollArea::keyPressEvent(event);
}

void LogView::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    menu.setObjectName(objectName() + QStringLiteral(".menu"));
    auto* copyAction = menu.addAction(tr("Copy"));
    copyAction->setEnabled(m_anchor != m_caret);
    auto* allAction = menu.addAction(tr("Select all"));
    const auto* chosen = menu.exec(event->globalPos());
    if (chosen == copyAction)
        copy();
    else if (chosen == allAction)
        selectAll();
}

void LogView::resizeEvent(QResizeEvent*)
{
    updateScrollBars();
    if (m_followsEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void LogView::scrollContentsBy(int, int)
{
    viewport()->update();
}

void LogView::changeEvent(QEvent* event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        viewport()->update();
}

} // namespace app::widgets
