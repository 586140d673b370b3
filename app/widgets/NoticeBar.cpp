// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/NoticeBar.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QStyle>

namespace app::widgets {

namespace {

struct Look {
    const char* icon;
    IconColour colour;
    QColor Colours::* ink;
};

Look lookOf(NoticeBar::Kind kind)
{
    switch (kind) {
    case NoticeBar::Kind::Question:
        return {"question", IconColour::Accent, &Colours::accent};
    case NoticeBar::Kind::Success:
        return {"ok", IconColour::Success, &Colours::success};
    case NoticeBar::Kind::Warning:
        return {"warning", IconColour::Warning, &Colours::warning};
    case NoticeBar::Kind::Error:
        return {"error", IconColour::Error, &Colours::error};
    case NoticeBar::Kind::Info:
        break;
    }
    return {"clock", IconColour::Muted, &Colours::muted};
}

} // namespace

NoticeBar::NoticeBar(const QString& area, QWidget* parent)
    : QFrame(parent)
    , m_mark(new QLabel(this))
    , m_text(new QLabel(this))
    , m_buttons {new QPushButton(this), new QPushButton(this)}
    , m_close(new QPushButton(this))
{
    const auto child
        = [&](const char* name) { return area + QLatin1Char('.') + QLatin1String(name); };
    setObjectName(area);
    setAccessibleName(tr("Notice"));
    m_mark->setObjectName(child("mark"));
    m_text->setObjectName(child("text"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    for (int i = 0; i < 2; ++i) {
        m_buttons[i]->setObjectName(child(i == 0 ? "first" : "second"));
        m_buttons[i]->setAccessibleName(tr("Answer"));
        connect(m_buttons[i], &QPushButton::clicked, this, [this, i] {
            const auto run = m_actions.value(i).run;
            hide();
            if (run)
                run();
        });
    }
    m_close->setObjectName(child("close"));
    m_close->setAccessibleName(tr("Dismiss"));
    m_close->setToolTip(tr("Dismiss"));
    m_close->setIcon(icon(QStringLiteral("close"), IconColour::Muted));
    m_close->setProperty("link", true);
    connect(m_close, &QPushButton::clicked, this, &NoticeBar::dismiss);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 7, 10, 7);
    layout->setSpacing(10);
    layout->addWidget(m_mark);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_buttons[0]);
    layout->addWidget(m_buttons[1]);
    layout->addWidget(m_close);
    hide();
}

void NoticeBar::say(Kind kind, const QString& text, const QList<Button>& buttons)
{
    m_kind = kind;
    m_actions = buttons;
    m_text->setText(text);
    setAccessibleDescription(text);
    for (int i = 0; i < 2; ++i) {
        m_buttons[i]->setVisible(i < buttons.size());
        if (i >= buttons.size())
            continue;
        m_buttons[i]->setText(buttons[i].title);
        m_buttons[i]->setAccessibleName(buttons[i].title);
        m_buttons[i]->setProperty("primary", buttons[i].primary);
        m_buttons[i]->style()->unpolish(m_buttons[i]);
        m_buttons[i]->style()->polish(m_buttons[i]);
    }
    m_close->setVisible(m_closable);
    applyColours();
    show();
    if (kind == Kind::Question)
        m_buttons[0]->setFocus();
}

void NoticeBar::setText(const QString& text)
{
    m_text->setText(text);
    setAccessibleDescription(text);
}

QString NoticeBar::text() const
{
    return isHidden() ? QString() : m_text->text();
}

void NoticeBar::dismiss()
{
    hide();
    Q_EMIT dismissed();
}

void NoticeBar::setClosable(bool closable)
{
    m_closable = closable;
    m_close->setVisible(closable);
}

void NoticeBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && m_closable) {
        dismiss();
        return;
    }
    QFrame::keyPressEvent(event);
}

void NoticeBar::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColours();
}

/// The edge carries the colour of the kind; the words stay in the colour of text.
void NoticeBar::applyColours()
{
    const auto& colours = coloursOf(palette());
    const auto look = lookOf(m_kind);
    const auto ink = (colours.*look.ink).name();
    m_mark->setPixmap(icon(QLatin1String(look.icon), look.colour).pixmap(16, 16));
    if (property("ink") == ink + colours.base.name())
        return;
    setProperty("ink", ink + colours.base.name());
    setStyleSheet(QStringLiteral("app--widgets--NoticeBar { background: %1; border: 0; "
                                 "border-left: 3px solid %2; border-bottom: 1px solid %3; }")
                      .arg(colours.base.name(), ink, colours.border.name()));
}

} // namespace app::widgets
