// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/FindBar.h"

#include "app/widgets/CodeEditor.h"
#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QStyle>
#include <QToolButton>

namespace app::widgets {

namespace {

QToolButton* textButton(QWidget* parent, const char* objectName, const QString& text,
                        const QString& tip)
{
    auto* button = named(new QToolButton(parent), objectName, tip);
    button->setText(text);
    button->setToolTip(tip);
    button->setAutoRaise(true);
    return button;
}

} // namespace

FindBar::FindBar(QWidget* parent)
    : QWidget(parent)
    , m_text(named(new QLineEdit(this), "find.text", tr("Find in this file")))
    , m_replacement(named(new QLineEdit(this), "find.replacement", tr("Replace with")))
    , m_case(textButton(this, "find.case", QStringLiteral("Aa"), tr("Match case")))
    , m_expression(
          textButton(this, "find.expression", QStringLiteral(".*"), tr("Regular expression")))
    , m_replace(textButton(this, "find.replace", tr("Replace"), tr("Replace this match")))
    , m_replaceAll(textButton(this, "find.replaceAll", tr("All"), tr("Replace all matches")))
    , m_message(named(new QLabel(this), "find.message", tr("Search result")))
{
    name(this, "find.bar", tr("Find and replace"));
    m_text->setPlaceholderText(tr("Find"));
    m_replacement->setPlaceholderText(tr("Replace with"));
    m_text->installEventFilter(this);
    m_replacement->installEventFilter(this);
    m_case->setCheckable(true);
    m_expression->setCheckable(true);
    auto* previous = textButton(this, "find.previous", {}, tr("Previous match in the file"));
    previous->setIcon(icon(QStringLiteral("up")));
    auto* next = textButton(this, "find.next", {}, tr("Next match in the file"));
    next->setIcon(icon(QStringLiteral("down")));
    auto* close = textButton(this, "find.close", {}, tr("Close the find bar"));
    close->setIcon(icon(QStringLiteral("close")));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 8, 4);
    layout->setSpacing(4);
    layout->addWidget(m_text, 2);
    for (auto* widget : {m_case, m_expression, previous, next})
        layout->addWidget(widget);
    layout->addWidget(m_replacement, 2);
    layout->addWidget(m_replace);
    layout->addWidget(m_replaceAll);
    layout->addWidget(m_message, 1);
    layout->addWidget(close);
    connect(previous, &QToolButton::clicked, this, [this] { find(true); });
    connect(next, &QToolButton::clicked, this, [this] { find(false); });
    connect(m_replace, &QToolButton::clicked, this, &FindBar::replaceOne);
    connect(m_replaceAll, &QToolButton::clicked, this, &FindBar::replaceAll);
    connect(close, &QToolButton::clicked, this, &FindBar::closed);
    hide();
}

void FindBar::open(bool replace)
{
    m_replacement->setVisible(replace);
    m_replace->setVisible(replace);
    m_replaceAll->setVisible(replace);
    if (m_editor != nullptr && m_editor->hasSelectedText()
        && !m_editor->selectedText().contains(u'\n'))
        m_text->setText(m_editor->selectedText());
    m_message->clear();
    show();
    m_text->setFocus();
    m_text->selectAll();
}

void FindBar::find(bool backwards)
{
    if (m_editor == nullptr)
        return;
    const bool found
        = m_editor->find(m_text->text(), backwards, m_case->isChecked(), m_expression->isChecked());
    m_message->setText(found || m_text->text().isEmpty() ? QString() : tr("No match"));
}

void FindBar::replaceOne()
{
    if (m_editor == nullptr || m_editor->isReadOnly())
        return;
    if (m_editor->hasSelectedText()
        && m_editor->selectedText().compare(
               m_text->text(), m_case->isChecked() ? Qt::CaseSensitive : Qt::CaseInsensitive)
            == 0)
        m_editor->replaceSelectedText(m_replacement->text());
    find(false);
}

void FindBar::replaceAll()
{
    if (m_editor == nullptr || m_editor->isReadOnly())
        return;
    const int count = m_editor->replaceAll(m_text->text(), m_replacement->text(),
                                           m_case->isChecked(), m_expression->isChecked());
    m_message->setText(tr("%1 replaced").arg(count));
}

bool FindBar::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->key() == Qt::Key_Escape) {
            Q_EMIT closed();
            return true;
        }
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            if (watched == m_replacement)
                replaceOne();
            else
                find(key->modifiers() & Qt::ShiftModifier);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace app::widgets
