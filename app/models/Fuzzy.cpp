// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/Fuzzy.h"

namespace app::models {

namespace {

bool startsWord(const QString& text, qsizetype at)
{
    return at == 0 || !text[at - 1].isLetterOrNumber()
        || (text[at].isUpper() && text[at - 1].isLower());
}

/// Greedy from `from`: prefers, for each letter, the next start of a word.
FuzzyMatch matchFrom(const QString& query, const QString& text, qsizetype from)
{
    FuzzyMatch match {0, {}};
    qsizetype at = from;
    for (const auto letter : query) {
        if (letter.isSpace())
            continue;
        qsizetype found = -1;
        for (auto i = at; i < text.size(); ++i) {
            if (text[i].toLower() != letter.toLower())
                continue;
            if (found < 0)
                found = i;
            if (i == at || startsWord(text, i)) {
                found = i;
                break;
            }
        }
        if (found < 0)
            return {};
        const bool run = !match.positions.isEmpty() && match.positions.back() == found - 1;
        match.score += run ? 12 : startsWord(text, found) ? 10 : 1;
        match.positions.push_back(static_cast<int>(found));
        at = found + 1;
    }
    return match;
}

} // namespace

FuzzyMatch fuzzyMatch(const QString& query, const QString& text)
{
    if (query.trimmed().isEmpty())
        return {0, {}};
    FuzzyMatch best;
    for (qsizetype from = 0; from < text.size(); ++from) {
        if (text[from].toLower() != query.trimmed()[0].toLower())
            continue;
        auto match = matchFrom(query, text, from);
        if (match.score < 0) // a greedy jump may have gone past letters that were needed
            continue;
        match.score = match.score * 4 + (from == 0 ? 8 : 0) - static_cast<int>(text.size()) / 8;
        if (match.score > best.score)
            best = match;
    }
    if (best.score >= 0)
        return best;
    qsizetype at = 0;
    FuzzyMatch plain {1, {}};
    for (const auto letter : query) {
        if (letter.isSpace())
            continue;
        at = text.indexOf(letter, at, Qt::CaseInsensitive);
        if (at < 0)
            return {};
        plain.positions.push_back(static_cast<int>(at++));
    }
    return plain;
}

} // namespace app::models
