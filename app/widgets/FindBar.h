// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace app::widgets {

class CodeEditor;

/// The bar below the editor that finds and replaces in it.
class FindBar : public QWidget {
    Q_OBJECT

public:
    explicit FindBar(QWidget* parent = nullptr);

    /// The editor that is searched; null hides the bar's effect.
    void setEditor(CodeEditor* editor) { m_editor = editor; }
    /// Shows the bar with the selected text in it.
    void open(bool replace);

Q_SIGNALS:
    void closed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void find(bool backwards);
    void replaceOne();
    void replaceAll();

    CodeEditor* m_editor = nullptr;
    QLineEdit* m_text;
    QLineEdit* m_replacement;
    QToolButton* m_case;
    QToolButton* m_expression;
    QToolButton* m_replace;
    QToolButton* m_replaceAll;
    QLabel* m_message;
};

} // namespace app::widgets
