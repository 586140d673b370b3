// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ImageSteps.h"

#include <QHash>

#include <algorithm>

namespace app::models {

namespace {

/// How a method's arguments come back in the instructions that it makes.
enum class Trace {
    Base, ///< starts a chain: FROM, and the set-up that goes with it
    File, ///< a Dockerfile of the user's: any instruction
    Packages, ///< each as a word of the command
    Commands, ///< whole, behind RUN
    Instructions, ///< whole
    Values, ///< somewhere in it
};

struct Method {
    Trace trace = Trace::Values;
    const char* mark = ""; ///< what the instruction must contain
};

const QHash<QString, Method>& methods()
{
    static const QHash<QString, Method> all {
        {QStringLiteral("debian_slim"), {Trace::Base}},
        {QStringLiteral("from_registry"), {Trace::Base}},
        {QStringLiteral("from_aws_ecr"), {Trace::Base}},
        {QStringLiteral("from_gcp_artifact_registry"), {Trace::Base}},
        {QStringLiteral("from_scratch"), {Trace::Base}},
        {QStringLiteral("micromamba"), {Trace::Base}},
        {QStringLiteral("from_dockerfile"), {Trace::File}},
        {QStringLiteral("pip_install"), {Trace::Packages, "pip install"}},
        {QStringLiteral("pip_install_private_repos"), {Trace::Packages, "pip install"}},
        {QStringLiteral("pip_install_from_requirements"), {Trace::Values, "requirements.txt"}},
        {QStringLiteral("pip_install_from_pyproject"), {Trace::Values, "pip install"}},
        {QStringLiteral("uv_pip_install"), {Trace::Packages, "uv"}},
        {QStringLiteral("uv_sync"), {Trace::Values, "uv"}},
        {QStringLiteral("poetry_install_from_file"), {Trace::Values, "poetry"}},
        {QStringLiteral("apt_install"), {Trace::Packages, "apt-get"}},
        {QStringLiteral("micromamba_install"), {Trace::Packages, "micromamba"}},
        {QStringLiteral("run_commands"), {Trace::Commands, "RUN"}},
        {QStringLiteral("dockerfile_commands"), {Trace::Instructions}},
        {QStringLiteral("env"), {Trace::Values, "ENV"}},
        {QStringLiteral("workdir"), {Trace::Values, "WORKDIR"}},
        {QStringLiteral("shell"), {Trace::Values, "SHELL"}},
        {QStringLiteral("entrypoint"), {Trace::Values, "ENTRYPOINT"}},
        {QStringLiteral("cmd"), {Trace::Values, "CMD"}},
        {QStringLiteral("add_local_file"), {Trace::Values, "COPY"}},
        {QStringLiteral("add_local_dir"), {Trace::Values, "COPY"}},
        {QStringLiteral("add_local_python_source"), {Trace::Values, "COPY"}},
    };
    return all;
}

/// Degrees of certainty; a share of the arguments found again is added.
constexpr int lastResort = 1;
constexpr int possible = 2;
constexpr int likely = 100;
constexpr int certain = 1000;

QStringList commandWords(const QString& instruction)
{
    QStringList words;
    for (auto word : instruction.split(u' ', Qt::SkipEmptyParts)) {
        word.remove(u'\'').remove(u'"');
        words << word;
    }
    return words;
}

int packageFit(const ImageStep& step, const QString& instruction)
{
    const auto there = commandWords(instruction);
    int found = 0;
    int all = 0;
    for (const auto& text : step.words)
        for (const auto& word : commandWords(text)) {
            ++all;
            found += there.contains(word) ? 1 : 0;
        }
    if (there.back() == QLatin1String("update")) // of the lists, before the packages come
        return possible;
    if (found == 0)
        return step.literal && all > 0 ? 0 : possible;
    return certain + likely * found / all;
}

/// A command that the user wrote is shown up to its first line's end.
int commandFit(const ImageStep& step, const QString& command)
{
    int best = step.literal ? 0 : possible;
    for (const auto& text : step.words)
        for (const auto& line : text.split(u'\n', Qt::SkipEmptyParts)) {
            const auto written = line.simplified();
            if (written == command
                || (written.endsWith(u'\\') && command.startsWith(written.chopped(1).trimmed())))
                best = std::max(best, 2 * certain);
            else if (!command.contains(u' ') && written.startsWith(command + u' '))
                best = std::max(best, certain); // its keyword alone is known
            else if (written.size() > 2 && command.contains(written))
                best = std::max(best, likely);
        }
    return best;
}

int valueFit(const ImageStep& step, const QString& instruction)
{
    const auto found = std::ranges::count_if(step.words, [&](const QString& word) {
        return word.size() > 1 && instruction.contains(word);
    });
    return found > 0 ? certain + static_cast<int>(found) : likely;
}

int fit(const ImageStep& step, const QString& instruction)
{
    const auto method = methods().value(step.method);
    if (instruction.startsWith(QLatin1String("COPY --from=")) && instruction.contains(u'/')
        && step.method.startsWith(QLatin1String("uv_")))
        return likely + possible; // brings uv itself
    if (!instruction.contains(QLatin1String(method.mark)))
        return 0;
    switch (method.trace) {
    case Trace::Base: {
        const bool named = std::ranges::any_of(step.words, [&](const QString& word) {
            return word.size() > 2 && instruction.contains(word);
        });
        if (instruction.startsWith(QLatin1String("FROM")))
            return named ? certain : likely;
        return std::max(commandFit({{}, 0, step.words}, instruction), lastResort);
    }
    case Trace::File:
        return possible;
    case Trace::Packages:
        return packageFit(step, instruction);
    case Trace::Commands:
        return instruction.startsWith(QLatin1String("RUN"))
            ? commandFit(step, instruction.mid(4).simplified())
            : 0;
    case Trace::Instructions:
        return commandFit(step, instruction.simplified());
    case Trace::Values:
        return valueFit(step, instruction);
    }
    return 0;
}

} // namespace

bool isImageMethod(const QString& name)
{
    return methods().contains(name);
}

int stepOfInstruction(const QVector<ImageStep>& steps, const QString& instruction)
{
    int best = -1;
    int bestFit = 0;
    for (int i = 0; i < steps.size(); ++i)
        if (const auto found = fit(steps[i], instruction); found > bestFit) {
            best = i;
            bestFit = found;
        }
    return best;
}

} // namespace app::models
