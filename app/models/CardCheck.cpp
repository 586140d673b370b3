// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/CardCheck.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace app::models {

namespace {

constexpr int mostReplacements = 3;

/// The number of letters to insert, leave out or change (Levenshtein's distance).
int distance(const QString& from, const QString& to)
{
    std::vector<int> row(static_cast<std::size_t>(to.size()) + 1);
    std::iota(row.begin(), row.end(), 0);
    for (qsizetype i = 0; i < from.size(); ++i) {
        int diagonal = std::exchange(row[0], static_cast<int>(i) + 1);
        for (std::size_t j = 1; j < row.size(); ++j) {
            const auto same = from[i] == to[static_cast<qsizetype>(j) - 1];
            const auto changed = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

void visit(const QVector<OutlineEntry>& entries, const auto& each)
{
    for (const auto& entry : entries) {
        for (const auto& choice : entry.gpuChoices)
            each(choice);
        visit(entry.children, each);
    }
}

} // namespace

CardCheck::CardCheck(emulator::gpu::cards::Catalogue catalogue)
    : m_catalogue(std::move(catalogue))
{
}

/// "H900:2" → "H100:2", "H200:2": the nearest names first, none that shares less than half.
QStringList CardCheck::similar(const QString& written) const
{
    const auto name = written.section(u':', 0, 0).toUpper().remove(u'!');
    const auto rest = written.mid(written.section(u':', 0, 0).size());
    QVector<std::pair<int, QString>> near;
    for (const auto& card : m_catalogue.cards()) {
        const auto id = QString::fromStdString(card.id);
        if (const auto steps = distance(name, id); 2 * steps <= std::max(name.size(), id.size()))
            near.emplaceBack(steps, id + rest);
    }
    std::ranges::stable_sort(near, {}, [](const auto& pair) { return pair.first; });
    QStringList names;
    for (const auto& [steps, id] : near)
        if (names.size() < mostReplacements)
            names << id;
    return names;
}

QVector<Problem> CardCheck::problems(const QString& file, const Outline& outline) const
{
    QVector<Problem> found;
    visit(outline.entries, [&](const SourceText& choice) {
        const auto request = m_catalogue.request(choice.text.toStdString());
        if (request)
            return;
        Problem problem {Problem::Severity::Error,
                         QString::fromStdString(request.error().message()), file, choice.line,
                         QStringLiteral("GPU")};
        if (request.error().code() == emulator::ErrorCode::NotFound) {
            problem.written = choice.text;
            problem.replacements = similar(choice.text);
        }
        if (!found.contains(problem)) // a constant may be used twice
            found.push_back(problem);
    });
    return found;
}

QVector<Problem> joined(QVector<Problem> first, const QVector<Problem>& second)
{
    const auto known = first;
    for (const auto& problem : second)
        if (problem.line == 0 || std::ranges::none_of(known, [&](const Problem& other) {
                return other.file == problem.file && other.line == problem.line
                    && other.origin == problem.origin;
            }))
            first.push_back(problem);
    return first;
}

} // namespace app::models
