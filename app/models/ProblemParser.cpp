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

ProblemParser::ProblemParser(const QString& projectFolder, const QStringList& files)
    : m_folder(projectFolder)
    , m_files(files)
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
    static const QRegularExpression build(
        QStringLiteral("(Image build .* failed.*|build of im-\\S+ failed.*)"));
    const auto match = diagnostic.match(line);
    if (match.hasMatch()) {
        const auto file = inProject(match.captured(1));
        report({match.captured(3) == QLatin1String("error") ? Problem::Severity::Error
                                                            : Problem::Severity::Warning,
                match.captured(4), file.isEmpty() ? match.captured(1) : file,
                match.captured(2).toInt(), QStringLiteral("CUDA")});
        return true;
    }
    const auto failed = build.match(line);
    if (failed.hasMatch() && !m_inTraceback) {
        report({Problem::Severity::Error, failed.captured(1), {}, 0, QStringLiteral("Image")});
        return true;
    }
    return false;
}

void ProblemParser::feed(const QString& line)
{
    const auto raw = line.toUtf8();
    const auto plain = readAnsi({raw.constData(), static_cast<std::size_t>(raw.size())}).text;
    const auto text = unboxed(plain);
    if (text.isEmpty() || matchFrame(text) || matchException(text) || matchDiagnostic(text))
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
    m_inTraceback = false;
    m_frames.clear();
}

} // namespace app::models
