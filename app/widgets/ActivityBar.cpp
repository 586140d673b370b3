// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/ActivityBar.h"

#include "app/widgets/Icons.h"
#include "app/widgets/Naming.h"

#include <QButtonGroup>
#include <QToolButton>
#include <QVBoxLayout>

namespace app::widgets {

ActivityBar::ActivityBar(QWidget* parent)
    : QWidget(parent)
    , m_group(new QButtonGroup(this))
    , m_layout(new QVBoxLayout(this))
{
    name(this, "activity", tr("Views"));
    setAttribute(Qt::WA_StyledBackground);
    setFixedWidth(64);
    m_layout->setContentsMargins(0, 6, 0, 6);
    m_layout->setSpacing(2);
    m_layout->addStretch();
    m_group->setExclusive(true);
    connect(m_group, &QButtonGroup::idClicked, this, &ActivityBar::activated);
}

void ActivityBar::add(int id, const QString& name, const QString& title, const QString& iconName)
{
    auto* button = new QToolButton(this);
    button->setObjectName(QStringLiteral("activity.") + name);
    button->setAccessibleName(title);
    button->setProperty("title", title);
    button->setText(title);
    button->setIcon(icon(iconName));
    button->setIconSize({20, 20});
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setCheckable(true);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_group->addButton(button, id);
    m_layout->insertWidget(m_layout->count() - 1, button);
}

void ActivityBar::setCurrent(int id)
{
    if (auto* button = m_group->button(id)) {
        button->setChecked(true);
        return;
    }
    // A page that is not in the bar: none is current.
    m_group->setExclusive(false);
    for (auto* button : m_group->buttons())
        button->setChecked(false);
    m_group->setExclusive(true);
}

void ActivityBar::setCount(int id, int count)
{
    auto* button = m_group->button(id);
    if (button == nullptr)
        return;
    const auto title = button->property("title").toString();
    button->setText(count > 0 ? QStringLiteral("%1 %2").arg(title).arg(count) : title);
}

} // namespace app::widgets
