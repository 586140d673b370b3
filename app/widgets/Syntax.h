// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QsciLexer;
class QObject;
class QFont;

namespace app::widgets {

struct Colours;

/// A lexer for the file's kind by its name, or null for plain text.
[[nodiscard]] QsciLexer* lexerFor(const QString& fileName, QObject* parent);

/// Gives the lexer the theme's colours and the font.
void colourLexer(QsciLexer* lexer, const Colours& colours, const QFont& font);

} // namespace app::widgets
