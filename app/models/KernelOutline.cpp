// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/Outline.h"

#include <QRegularExpression>

namespace app::models {

namespace {

/// Blanks out comments, literals and launch bounds, keeping every line feed in its place.
QString withoutComments(const QString& source)
{
    static const QRegularExpression skipped(
        QStringLiteral(
            R"re(__launch_bounds__\s*\([^)]*\)|//[^\n]*|/\*.*?(?:\*/|\z)|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')re"),
        QRegularExpression::DotMatchesEverythingOption);
    auto text = source;
    auto matches = skipped.globalMatch(source);
    while (matches.hasNext()) {
        const auto match = matches.next();
        for (auto i = match.capturedStart(); i < match.capturedEnd(); ++i)
            if (text[i] != u'\n')
                text[i] = u' ';
    }
    return text;
}

} // namespace

Outline outlineOfKernels(const QString& source)
{
    static const QRegularExpression kernel(
        QStringLiteral(R"re(__global__\b[^;{(]*?\b([A-Za-z_]\w*)\s*\(([^)]*)\))re"));
    Outline outline;
    const auto text = withoutComments(source);
    auto matches = kernel.globalMatch(text);
    while (matches.hasNext()) {
        const auto match = matches.next();
        OutlineEntry entry;
        entry.kind = OutlineEntry::Kind::Kernel;
        entry.name = match.captured(1);
        entry.detail = QStringLiteral("kernel");
        entry.line = static_cast<int>(text.left(match.capturedStart()).count(u'\n')) + 1;
        for (const auto& part : match.captured(2).split(u',', Qt::SkipEmptyParts)) {
            static const QRegularExpression last(QStringLiteral(R"((\w+)\s*(?:\[[^\]]*\])?\s*$)"));
            OutlineParameter parameter;
            const auto name = last.match(part);
            parameter.name = name.captured(1);
            parameter.annotation = part.left(name.capturedStart()).simplified();
            entry.parameters.push_back(parameter);
        }
        outline.entries.push_back(entry);
    }
    return outline;
}

} // namespace app::models
