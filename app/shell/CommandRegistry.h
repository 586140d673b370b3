// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/widgets/CommandPalette.h"
#include "app/widgets/Icons.h"

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QObject>

#include <functional>

class QMenuBar;

namespace app::shell {

/// A thing the window can do: decided once, offered by menus, shortcuts, palette and toolbar.
struct Command {
    QString id; ///< "run.start"
    QString menu; ///< "Run"; a trailing "/" begins a new group: "Run/"
    QString title;
    QKeySequence shortcut;
    QString icon; ///< of resources/icons; may be empty
    std::function<void()> run;
    widgets::IconColour colour = widgets::IconColour::Text;
};

/// All commands of the window. One thread.
class CommandRegistry : public QObject {
    Q_OBJECT

public:
    explicit CommandRegistry(QWidget* window);

    QAction* add(const Command& command);
    [[nodiscard]] QAction* action(const QString& id) const { return m_actions.value(id); }
    [[nodiscard]] QList<QAction*> actions() const;
    /// Makes the menus in the order in which they were first named.
    void fill(QMenuBar* bar) const;
    /// What the palette offers: all that is enabled now.
    [[nodiscard]] QVector<widgets::PaletteEntry> paletteEntries() const;

private:
    QWidget* m_window;
    QVector<Command> m_commands;
    QHash<QString, QAction*> m_actions;
};

} // namespace app::shell
