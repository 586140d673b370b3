// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>
#include <QIcon>

#include <functional>

class QLineEdit;
class QListWidget;

namespace app::widgets {

/// Something that the palette offers.
struct PaletteEntry {
    QString title;
    QString detail; ///< the shortcut, the folder of a file
    QIcon icon;
    std::function<void()> activate;
};

/// A list over the window that is narrowed by typing: commands, files, functions.
class CommandPalette : public QFrame {
    Q_OBJECT

public:
    explicit CommandPalette(QWidget* window);

    /// Opens at the top of the window; the entries are those of this moment.
    void open(QVector<PaletteEntry> entries, const QString& query = {});

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void narrow();
    void accept();

    QLineEdit* m_query;
    QListWidget* m_list;
    QVector<PaletteEntry> m_entries;
};

} // namespace app::widgets
