// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/widgets/Theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QRegularExpression>
#include <QStyle>
#include <QStyleFactory>

namespace app::widgets {

const Colours& lightColours()
{
    static const Colours colours {
        .window = "#f3f4f6",
        .base = "#ffffff",
        .stripe = "#f8f9fb",
        .text = "#1f2328",
        .muted = "#6a737d",
        .border = "#d8dce2",
        .hover = "#e6e9ee",
        .pressed = "#d9dee5",
        .selection = "#d3e5fd",
        .accent = "#0b63ce",
        .accentHover = "#0a56b3",
        .scroll = "#c3c9d1",
        .success = "#1a8f3c",
        .warning = "#9a6700",
        .error = "#cf222e",
        .chip = "#ddf4ff",
        .chipText = "#0b57b0",
        .keyword = "#cf222e",
        .string = "#0a3069",
        .number = "#0550ae",
        .comment = "#6e7781",
        .decorator = "#953800",
        .type = "#8250df",
        .currentLine = "#f4f7fb",
        .margin = "#f6f7f9",
        .graphCpu = "#1f6feb",
        .graphMemory = "#e8830c",
        .graphGpu = "#16a34a",
        .graphGpuMemory = "#9333ea",
        .graphCost = "#d1437b",
        .ansi
        = {"#24292f", "#cf222e", "#116329", "#7d5600", "#0969da", "#8250df", "#1b7c83", "#57606a",
           "#6e7781", "#a40e26", "#1a7f37", "#9a6700", "#218bff", "#a475f9", "#3192aa", "#424a53"},
    };
    return colours;
}

const Colours& darkColours()
{
    static const Colours colours {
        .window = "#26282c",
        .base = "#1c1e21",
        .stripe = "#202327",
        .text = "#dfe2e6",
        .muted = "#8b939c",
        .border = "#3a3e44",
        .hover = "#33373d",
        .pressed = "#3d4249",
        .selection = "#264f78",
        .accent = "#4493f8",
        .accentHover = "#5ba3fb",
        .scroll = "#4b5159",
        .success = "#3fb950",
        .warning = "#d7a02f",
        .error = "#f47067",
        .chip = "#1d3450",
        .chipText = "#8cc4ff",
        .keyword = "#79b8ff",
        .string = "#e0a07c",
        .number = "#b5cea8",
        .comment = "#7d9a6d",
        .decorator = "#dcdc9d",
        .type = "#4ec9b0",
        .currentLine = "#23262b",
        .margin = "#212327",
        .graphCpu = "#58a6ff",
        .graphMemory = "#f0a03c",
        .graphGpu = "#3fca5f",
        .graphGpuMemory = "#bc8cff",
        .graphCost = "#f778ba",
        .ansi
        = {"#6e7681", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
           "#8b949e", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#f0f6fc"},
    };
    return colours;
}

const Colours& coloursOf(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() < 128 ? darkColours() : lightColours();
}

namespace {

QPalette paletteOf(const Colours& colours)
{
    QPalette palette;
    palette.setColor(QPalette::Window, colours.window);
    palette.setColor(QPalette::WindowText, colours.text);
    palette.setColor(QPalette::Base, colours.base);
    palette.setColor(QPalette::AlternateBase, colours.stripe);
    palette.setColor(QPalette::Text, colours.text);
    palette.setColor(QPalette::Button, colours.window);
    palette.setColor(QPalette::ButtonText, colours.text);
    palette.setColor(QPalette::BrightText, colours.error);
    palette.setColor(QPalette::ToolTipBase, colours.base);
    palette.setColor(QPalette::ToolTipText, colours.text);
    palette.setColor(QPalette::PlaceholderText, colours.muted);
    palette.setColor(QPalette::Highlight, colours.accent);
    palette.setColor(QPalette::HighlightedText, QColor(Qt::white));
    palette.setColor(QPalette::Link, colours.accent);
    palette.setColor(QPalette::Light, colours.base);
    palette.setColor(QPalette::Midlight, colours.hover);
    palette.setColor(QPalette::Mid, colours.border);
    palette.setColor(QPalette::Dark, colours.scroll);
    palette.setColor(QPalette::Shadow, colours.border);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, colours.muted);
    return palette;
}

QString styleSheetOf(const Colours& colours, bool dark)
{
    QFile file(QStringLiteral(":/themes/slipway.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    auto text = QString::fromUtf8(file.readAll());
    // The longer name first: @accentHover before @accent.
    const std::pair<const char*, QColor> names[] {
        {"@accentHover", colours.accentHover},
        {"@accent", colours.accent},
        {"@window", colours.window},
        {"@base", colours.base},
        {"@stripe", colours.stripe},
        {"@text", colours.text},
        {"@muted", colours.muted},
        {"@border", colours.border},
        {"@hover", colours.hover},
        {"@pressed", colours.pressed},
        {"@selection", colours.selection},
        {"@scroll", colours.scroll},
        {"@error", colours.error},
    };
    for (const auto& [name, colour] : names)
        text.replace(QLatin1String(name), colour.name());
    text.replace(QLatin1String("@down"),
                 dark ? QStringLiteral(":/themes/down-dark.svg")
                      : QStringLiteral(":/themes/down-light.svg"));
    return text;
}

} // namespace

void applyTheme(QApplication& application, ThemeChoice choice)
{
    static const bool systemIsDark
        = QApplication::style()->standardPalette().color(QPalette::Window).lightness() < 128;
    const bool dark
        = choice == ThemeChoice::Dark || (choice == ThemeChoice::System && systemIsDark);
    const auto& colours = dark ? darkColours() : lightColours();
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(paletteOf(colours));
    application.setStyleSheet(styleSheetOf(colours, dark));
}

QFont codeFont(int points)
{
    auto font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setStyleHint(QFont::Monospace);
    font.setFixedPitch(true);
    font.setPointSize(points);
    return font;
}

} // namespace app::widgets
