// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/models/AnsiText.h"
#include "app/models/LogFilter.h"
#include "app/models/LogModel.h"

#include <QAbstractScrollArea>
#include <QPointer>

#include <optional>

namespace app::widgets {

/// Shows a LogModel of any length: rows of one height, painted as they are looked at. Follows
/// the end while it is at the end. Lines are named by their number, so a selection and the place
/// survive a filter and lines that are dropped.
class LogView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit LogView(QWidget* parent = nullptr);

    void setModel(models::LogModel* model);
    /// Shows only the lines that it finds; all while it has no pattern.
    void setFilter(models::LogFilter* filter);
    /// Marks what it finds.
    void setSearch(models::LogFilter* search);
    void setColumns(bool time, bool source);
    void setFontSize(int points);

    [[nodiscard]] bool followsEnd() const { return m_followsEnd; }
    void setFollowsEnd(bool follow);
    /// Goes to the next (+1) or previous (-1) found line and gives its place among them, from 0.
    std::optional<int> goToMatch(int direction);

    [[nodiscard]] int shownRows() const;
    [[nodiscard]] QString selectedText() const;
    void selectAll();
    void copy() const;

Q_SIGNALS:
    void followsEndChanged(bool follows);
    void shownRowsChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Position {
        std::uint64_t line = 0;
        int column = 0;
        auto operator<=>(const Position&) const = default;
    };

    [[nodiscard]] std::uint64_t numberOf(int row) const;
    [[nodiscard]] int rowOf(std::uint64_t number) const; ///< the first row not before it
    [[nodiscard]] std::size_t goneMatches() const;
    [[nodiscard]] int textLeft() const;
    [[nodiscard]] Position positionAt(QPoint point) const;
    [[nodiscard]] QString plainText(std::uint64_t number) const;
    void updateScrollBars();
    void rowsChanged();
    void paintRow(QPainter& painter, int row, int top);
    void paintText(QPainter& painter, const models::AnsiText& text, QPoint baseline);
    [[nodiscard]] std::pair<Position, Position> orderedSelection() const;

    QPointer<models::LogModel> m_model;
    QPointer<models::LogFilter> m_filter;
    QPointer<models::LogFilter> m_search;
    bool m_showTime = true;
    bool m_showSource = true;
    bool m_followsEnd = true;
    int m_rowHeight = 16;
    int m_letter = 8; ///< width of one
    int m_widest = 0; ///< of the lines painted so far
    Position m_anchor;
    Position m_caret;
    bool m_selecting = false;
    std::optional<std::uint64_t> m_currentMatch;
};

} // namespace app::widgets
