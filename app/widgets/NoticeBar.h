// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;

namespace app::widgets {

/// A sentence across the top of a page with what can be done about it: a question that is asked
/// inline, an offer to undo, a line that is gone. Hidden until it says something.
class NoticeBar : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Info, Question, Success, Warning, Error };
    struct Button {
        QString title;
        std::function<void()> run;
        bool primary = false;
    };

    /// `area` begins the object names: "deploys.notice".
    explicit NoticeBar(const QString& area, QWidget* parent = nullptr);

    /// Replaces what it said. At most two buttons; a click on one hides the bar first.
    void say(Kind kind, const QString& text, const QList<Button>& buttons = {});
    /// Only the words change: an age that grows.
    void setText(const QString& text);
    [[nodiscard]] QString text() const;
    void dismiss();
    /// Whether the bar can be closed without an answer (it can).
    void setClosable(bool closable);

Q_SIGNALS:
    void dismissed();

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void applyColours();

    Kind m_kind = Kind::Info;
    QLabel* m_mark;
    QLabel* m_text;
    QPushButton* m_buttons[2];
    QPushButton* m_close;
    bool m_closable = true;
    QList<Button> m_actions;
};

} // namespace app::widgets
