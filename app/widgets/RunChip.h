// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace app::widgets {

/// A small clickable label beside a line of code: "▶ Run", "↑ Deploy". Painted by itself.
class RunChip : public QAbstractButton {
    Q_OBJECT

public:
    explicit RunChip(const QString& text, QWidget* parent = nullptr);

    enum class Mark { Triangle, Arrow };
    void setMark(Mark mark) { m_mark = mark; } ///< what stands before the text

    /// A plain note: not clickable, paler.
    void setNote(bool note);

    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    bool m_note = false;
    Mark m_mark = Mark::Triangle;
};

} // namespace app::widgets
