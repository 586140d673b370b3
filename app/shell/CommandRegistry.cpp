// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/shell/CommandRegistry.h"

#include <QMenu>
#include <QMenuBar>

namespace app::shell {

CommandRegistry::CommandRegistry(QWidget* window)
    : QObject(window)
    , m_window(window)
{
}

QAction* CommandRegistry::add(const Command& command)
{
    auto* action = new QAction(command.title, this);
    action->setObjectName(QStringLiteral("command.") + command.id);
    action->setShortcut(command.shortcut);
    if (!command.icon.isEmpty())
        action->setIcon(widgets::icon(command.icon, command.colour));
    connect(action, &QAction::triggered, this, [run = command.run] { run(); });
    m_window->addAction(action);
    m_commands.push_back(command);
    m_actions[command.id] = action;
    return action;
}

QList<QAction*> CommandRegistry::actions() const
{
    QList<QAction*> all;
    for (const auto& command : m_commands)
        all << m_actions[command.id];
    return all;
}

void CommandRegistry::fill(QMenuBar* bar) const
{
    QHash<QString, QMenu*> menus;
    for (const auto& command : m_commands) {
        const bool group = command.menu.endsWith(u'/');
        const auto title = group ? command.menu.chopped(1) : command.menu;
        auto*& menu = menus[title];
        if (menu == nullptr) {
            menu = bar->addMenu(QStringLiteral("&") + title);
            menu->setObjectName(QStringLiteral("menu.") + title.toLower());
            menu->setAccessibleName(title);
        } else if (group)
            menu->addSeparator();
        menu->addAction(m_actions[command.id]);
    }
}

QVector<widgets::PaletteEntry> CommandRegistry::paletteEntries() const
{
    QVector<widgets::PaletteEntry> entries;
    for (const auto& command : m_commands) {
        auto* action = m_actions[command.id];
        if (!action->isEnabled() || command.id == QLatin1String("tools.palette"))
            continue;
        const auto menu = command.menu.endsWith(u'/') ? command.menu.chopped(1) : command.menu;
        entries.push_back({menu + QStringLiteral(": ") + action->text(),
                           action->shortcut().toString(QKeySequence::NativeText), action->icon(),
                           [action] { action->trigger(); }});
    }
    return entries;
}

} // namespace app::shell
