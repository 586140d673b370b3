// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVector>

#include <string_view>

namespace app::models {

/// A run of characters in one look.
struct AnsiSpan {
    int start = 0;
    int length = 0;
    int foreground = -1; ///< 0…15 of the terminal's palette, 0x1rrggbb true colour, -1 default
    bool bold = false;
    bool faint = false;
    bool italic = false;
    bool underline = false;
};

/// A log line without its escape sequences.
struct AnsiText {
    QString text;
    QVector<AnsiSpan> spans; ///< only where the look differs from plain; in order
};

/// Reads SGR sequences (ECMA-48 8.3.117); other sequences and control characters are dropped,
/// tabs become blanks up to the next multiple of eight.
[[nodiscard]] AnsiText readAnsi(std::string_view line);

} // namespace app::models
