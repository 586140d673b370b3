// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/ProblemParser.h"

#include "app/models/AnsiText.h"

#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace app::models {

namespace {

/// What stands inside a box of the client: "│ text │" → "text".
QString unboxed(const QString& line)
{
    static const QRegularExpression border(QStringLiteral("^[\\s│|]*│|[│╮╯][\\s]*$"));
    auto text = line;
    if (text.contains(u'│'))
        text.remove(border);
    return text.trimmed();
}

QString originOf(const QString& message)
{
    static const QRegularExpression card(
        QStringLiteral(
            "\\bgpu\\b.*(unknown|invalid|not)|(unknown|invalid|no such).*\\b(gpu|card)\\b"),
        QRegularExpression::CaseInsensitiveOption);
    if (message.contains(card))
        return QStringLiteral("GPU");
    if (message.contains(QLatin1String("Image build"), Qt::CaseInsensitive))
        return QStringLiteral("Image");
    return QStringLiteral("Python");
}

} // namespace

ProblemParser::ProblemParser(const QString& projectFolder, const QStringList& files,
                             SourcePlaces places)
    : m_folder(projectFolder)
    , m_files(files)
    , m_places(std::move(places))
{
}

QString ProblemParser::inProject(const QString& file) const
{
    if (m_folder.isEmpty())
        return file;
    if (file.startsWith(m_folder + u'/'))
        return file;
    QString best;
    for (const auto& known : m_files)
        if ((file == known || file.endsWith(u'/' + known)) && known.size() > best.size())
            best = known;
    return best.isEmpty() ? QString() : m_folder + u'/' + best;
}

void ProblemParser::addFrame(const QString& file, int line)
{
    m_inTraceback = true;
    m_frames.push_back({file, line});
}

ProblemParser::Frame ProblemParser::place() const
{
    for (auto frame = m_frames.rbegin(); frame != m_frames.rend(); ++frame) {
        const auto file = inProject(frame->file);
        if (!file.isEmpty())
            return {file, frame->line};
    }
    return {};
}

void ProblemParser::report(Problem problem)
{
    problem.message = problem.message.simplified();
    if (problem.message.size() > 500)
        problem.message = problem.message.left(499) + u'…';
    const auto same = std::find_if(m_problems.begin(), m_problems.end(), [&](const auto& known) {
        return known.message == problem.message
            && (known.line == problem.line || known.line == 0 || problem.line == 0);
    });
    if (same == m_problems.end())
        m_problems.push_back(problem);
    else if (same->line == 0)
        *same = problem; // the same failure, this time with its place
}

bool ProblemParser::matchFrame(const QString& line)
{
    static const QRegularExpression plain(QStringLiteral("^File \"([^\"]+)\", line (\\d+)"));
    static const QRegularExpression rich(
        QStringLiteral("^(/\\S[^:]*|\\S+\\.py):(\\d+) in (\\S.*)$"));
    if (line.startsWith(QLatin1String("Traceback"))
        || line.contains(QLatin1String("─ Traceback (most recent call last) ─"))) {
        m_frames.clear();
        m_inTraceback = true;
        return true;
    }
    auto match = plain.match(line);
    if (!match.hasMatch())
        match = rich.match(line);
    if (!match.hasMatch())
        return false;
    addFrame(match.captured(1), match.captured(2).toInt());
    return true;
}

bool ProblemParser::matchException(const QString& line)
{
    static const QRegularExpression exception(QStringLiteral(
        "^((?:[A-Za-z_]\\w*\\.)*[A-Z]\\w*(?:Error|Exception|Interrupt|Exit|Warning|Timeout|Failure|"
        "NotFound|Invalid|Iteration)\\w*)(?::\\s*(.*))?$"));
    const auto match = exception.match(line);
    if (!match.hasMatch() || (!m_inTraceback && match.captured(2).isEmpty()))
        return false;
    if (match.captured(1).endsWith(QLatin1String("KeyboardInterrupt"))) {
        m_inTraceback = false;
        m_frames.clear();
        return true;
    }
    const auto at = place();
    const auto name = match.captured(1).section(u'.', -1);
    const auto message
        = match.captured(2).isEmpty() ? name : name + QLatin1String(": ") + match.captured(2);
    report({Problem::Severity::Error, message, at.file, at.line, originOf(message)});
    m_inTraceback = false;
    m_frames.clear();
    return true;
}

bool ProblemParser::matchDiagnostic(const QString& line)
{
    // nvcc: file.cu(12): error: …   gcc and Slipway's checks: file.cu:12: error: …
    static const QRegularExpression diagnostic(
        QStringLiteral("^(\\S+\\.(?:cu|cuh|h|hpp|cpp|c|py))[(:](\\d+)(?:[,:]\\d+)?\\)?:\\s*(error|"
                       "warning)\\b[^:]*:"
                       "\\s*(.+)$"));
    const auto match = diagnostic.match(line);
    if (match.hasMatch()) {
        const auto file = inProject(match.captured(1));
        report({match.captured(3) == QLatin1String("error") ? Problem::Severity::Error
                                                            : Problem::Severity::Warning,
                match.captured(4), file.isEmpty() ? match.captured(1) : file,
                match.captured(2).toInt(), QStringLiteral("CUDA")});
        return true;
    }
    return false;
}

/// The control plane names the card as it is written: gpu="H900": there is no such card. …
bool ProblemParser::matchCard(const QString& line)
{
    static const QRegularExpression card(QStringLiteral("(gpu=\"([^\"]+)\": .*)$"));
    const auto match = card.match(line);
    if (!match.hasMatch())
        return false;
    const auto [file, at] = m_places.card(match.captured(2));
    report({Problem::Severity::Error, match.captured(1), file, at, QStringLiteral("GPU")});
    m_inTraceback = false;
    m_frames.clear();
    return true;
}

/// Follows the log of a build ("=> RUN …") and gathers the message of its failure, which the client
/// wraps at the width of its terminal.
bool ProblemParser::matchBuild(const QString& line)
{
    static const QRegularExpression step(QStringLiteral("^=> (?!CACHED )(.+)$"));
    static const QRegularExpression failed(
        QStringLiteral("Image build for im-\\S+ (failed|terminated|was)\\b.*"));
    static const QRegularExpression beyond(QStringLiteral("^(cost \\$|╰|╭|Traceback |=> )"));
    if (!m_buildFailure.isEmpty()) {
        if (!line.contains(beyond)) {
            m_buildFailure << line;
            return true;
        }
        endBuild();
    }
    if (const auto match = step.match(line); match.hasMatch()) {
        m_instruction = match.captured(1);
        return true;
    }
    if (const auto match = failed.match(line); match.hasMatch()) {
        m_buildFailure << match.captured();
        return true;
    }
    return false;
}

void ProblemParser::endBuild()
{
    static const QRegularExpression said(
        QStringLiteral("^Dockerfile line \\d+: (?:\"(.*)\" ended with|([A-Z]+):)"));
    static const QRegularExpression introduction(
        QStringLiteral("^Image build for im-\\S+ failed with the exception: *(?=.)"));
    if (m_buildFailure.isEmpty())
        return;
    auto message = m_buildFailure.join(u' ').simplified().remove(introduction);
    m_buildFailure.clear();
    const auto match = said.match(message);
    auto instruction = m_instruction;
    if (match.hasCaptured(1))
        instruction = match.captured(1);
    else if (match.hasCaptured(2) && !instruction.startsWith(match.captured(2) + u' '))
        instruction = match.captured(2); // refused before any step was begun
    const auto [file, line] = m_places.imageStep(instruction);
    if (!message.startsWith(QLatin1String("Image build")))
        message.prepend(QLatin1String("Image build failed: "));
    report({Problem::Severity::Error, message, file, line, QStringLiteral("Image")});
    m_inTraceback = false;
    m_frames.clear();
}

void ProblemParser::feed(const QString& line)
{
    const auto raw = line.toUtf8();
    const auto plain = readAnsi({raw.constData(), static_cast<std::size_t>(raw.size())}).text;
    const auto text = unboxed(plain);
    if (text.isEmpty() || matchBuild(text) || matchFrame(text) || matchCard(text)
        || matchException(text) || matchDiagnostic(text))
        return;
    // The client's box "╭─ Error ─╮": its first line is the message.
    static const QRegularExpression top(QStringLiteral("^╭─+ (Error|Usage).*─+"));
    if (top.match(text).hasMatch()) {
        m_inTraceback = false;
        m_frames.clear();
        m_frames.push_back({QStringLiteral("\x01"), 0}); // the next boxed line is a message
        return;
    }
    if (!m_inTraceback && m_frames.size() == 1 && m_frames[0].file == QLatin1String("\x01")) {
        m_frames.clear();
        report({Problem::Severity::Error, text, {}, 0, originOf(text)});
    }
}

void ProblemParser::finish()
{
    endBuild();
    m_inTraceback = false;
    m_frames.clear();
}

} // namespace app::models
