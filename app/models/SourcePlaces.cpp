// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/SourcePlaces.h"

#include "app/models/ImageSteps.h"

namespace app::models {

using Kind = OutlineEntry::Kind;

namespace {

int lineOfCard(const QVector<OutlineEntry>& entries, const QString& text)
{
    for (const auto& entry : entries) {
        for (const auto& choice : entry.gpuChoices)
            if (choice.text == text)
                return choice.line;
        if (entry.gpuLine > 0 && entry.gpu == text)
            return entry.gpuLine;
        if (const auto line = lineOfCard(entry.children, text); line > 0)
            return line;
    }
    return 0;
}

/// The variable of the image that `function` runs in: its own, else its app's.
QString imageName(const Outline& outline, const QString& function)
{
    const auto name = function.section(u'.', 0, 0); // of a class, for its methods
    for (const auto& app : outline.entries)
        for (const auto& entry : app.children)
            if (entry.name == name)
                return entry.image.isEmpty() ? app.image : entry.image;
    return {};
}

} // namespace

SourcePlaces::SourcePlaces(const QMap<QString, Outline>& outlines, const QString& file,
                           const QString& function)
    : m_function(function)
{
    if (outlines.contains(file))
        m_sources.push_back({file, outlines[file]});
    for (auto it = outlines.begin(); it != outlines.end(); ++it)
        if (it.key() != file)
            m_sources.push_back({it.key(), *it});
}

SourcePlaces::Place SourcePlaces::card(const QString& text) const
{
    for (const auto& source : m_sources)
        if (const auto line = lineOfCard(source.outline.entries, text); line > 0)
            return {source.file, line};
    return {};
}

SourcePlaces::Place SourcePlaces::imageStep(const QString& instruction) const
{
    QVector<ImageStep> steps;
    QStringList files;
    for (const auto& source : m_sources)
        for (const auto& step : source.outline.imageSteps) {
            steps << step;
            files << source.file;
        }
    const auto index = instruction.isEmpty() ? -1 : stepOfInstruction(steps, instruction);
    return index < 0 ? imageOfFunction() : Place {files[index], steps[index].line};
}

SourcePlaces::Place SourcePlaces::imageOfFunction() const
{
    if (m_sources.isEmpty())
        return {};
    const auto& [file, outline] = m_sources.front();
    const auto wanted = imageName(outline, m_function);
    int first = 0;
    for (const auto& entry : outline.entries) {
        if (entry.kind != Kind::Image)
            continue;
        if (entry.name == wanted)
            return {file, entry.line};
        if (first == 0)
            first = entry.line;
    }
    return first > 0 ? Place {file, first} : Place {};
}

} // namespace app::models
