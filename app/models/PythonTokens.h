// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVector>

namespace app::models {

/// A token of Python source.
struct PythonToken {
    enum class Kind { Name, Number, String, Operator };

    Kind kind = Kind::Operator;
    QString text;
    int line = 0; ///< 1-based
    int column = 0;
};

/// A logical line: brackets and backslashes join physical ones (Python reference 2.1.5).
struct PythonLine {
    int indent = 0; ///< columns; a tab counts to the next multiple of eight
    QVector<PythonToken> tokens;
};

/// Splits a source into logical lines without comments and blanks. Never fails: an open bracket
/// ends where a line at column 0 starts a statement, an open string at its line's end.
[[nodiscard]] QVector<PythonLine> pythonLines(const QString& source);

/// Splits at commas outside brackets, from `at` (behind the opening one) to the closing one, where
/// it leaves `at`.
[[nodiscard]] QVector<QVector<PythonToken>> splitArguments(const QVector<PythonToken>& tokens,
                                                           qsizetype& at);

/// The text of a string literal without prefix and quotes; the token's own text for others.
[[nodiscard]] QString stringContent(const PythonToken& token);

} // namespace app::models
