// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include <array>

class QApplication;

namespace app::widgets {

/// The colours of one look. Widgets take them by their palette, so that a change of the theme
/// reaches each by its palette's change.
struct Colours {
    QColor window, base, stripe, text, muted, border, hover, pressed, selection;
    QColor accent, accentHover, scroll;
    QColor success, warning, error, chip, chipText;
    QColor keyword, string, number, comment, decorator, type, currentLine, margin;
    QColor graphCpu, graphMemory, graphGpu, graphGpuMemory, graphCost;
    std::array<QColor, 16> ansi; ///< the terminal's palette
};

enum class ThemeChoice { Light, Dark, System };

[[nodiscard]] const Colours& lightColours();
[[nodiscard]] const Colours& darkColours();
[[nodiscard]] const Colours& coloursOf(const QPalette& palette);

/// Fusion, the palette and the style sheet of resources/themes. `System` follows what the
/// desktop's palette was when the program started.
void applyTheme(QApplication& application, ThemeChoice choice);

/// The font of code and logs.
[[nodiscard]] QFont codeFont(int points);

} // namespace app::widgets
