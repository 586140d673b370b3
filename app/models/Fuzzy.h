// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QVector>

namespace app::models {

/// How well `query` matches as a subsequence of `text`, ignoring case.
struct FuzzyMatch {
    int score = -1; ///< below 0: it does not match
    QVector<int> positions; ///< of the letters that matched
};

/// Starts of words, capitals and runs weigh more than letters apart. An empty query matches all.
[[nodiscard]] FuzzyMatch fuzzyMatch(const QString& query, const QString& text);

} // namespace app::models
