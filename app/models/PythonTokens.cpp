// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "app/models/PythonTokens.h"

#include <QSet>

namespace app::models {

namespace {

bool isNameStart(QChar c)
{
    return c.isLetter() || c == u'_';
}
bool isNamePart(QChar c)
{
    return c.isLetterOrNumber() || c == u'_';
}

class Tokenizer {
public:
    explicit Tokenizer(const QString& source)
        : m_source(source)
    {
    }

    QVector<PythonLine> lines();

private:
    [[nodiscard]] QChar at(qsizetype index) const
    {
        return index < m_source.size() ? m_source[index] : QChar();
    }

    void newLine()
    {
        ++m_line;
        m_lineStart = m_offset;
    }

    void endLogicalLine()
    {
        if (!m_current.tokens.isEmpty())
            m_lines.push_back(std::move(m_current));
        m_current = {};
        m_depth = 0;
    }

    void startPhysicalLine();
    bool startsStatement() const;
    void readString(qsizetype start);
    void add(PythonToken::Kind kind, qsizetype start, int line, qsizetype lineStart)
    {
        m_current.tokens.push_back({kind, m_source.mid(start, m_offset - start), line,
                                    static_cast<int>(start - lineStart)});
    }

    const QString& m_source;
    qsizetype m_offset = 0;
    qsizetype m_lineStart = 0;
    int m_line = 1;
    int m_depth = 0;
    PythonLine m_current;
    QVector<PythonLine> m_lines;
};

/// Inside brackets, a keyword at column 0 means that a bracket was forgotten.
bool Tokenizer::startsStatement() const
{
    static const QSet<QString> keywords {QStringLiteral("def"),    QStringLiteral("class"),
                                         QStringLiteral("import"), QStringLiteral("from"),
                                         QStringLiteral("async"),  QStringLiteral("return"),
                                         QStringLiteral("with"),   QStringLiteral("while")};
    if (at(m_offset) == u'@')
        return true;
    auto end = m_offset;
    while (isNamePart(at(end)))
        ++end;
    return keywords.contains(m_source.mid(m_offset, end - m_offset));
}

void Tokenizer::startPhysicalLine()
{
    if (m_depth > 0 && startsStatement())
        endLogicalLine();
    if (m_depth > 0 || !m_current.tokens.isEmpty())
        return;
    int indent = 0;
    while (at(m_offset) == u' ' || at(m_offset) == u'\t') {
        indent = at(m_offset) == u'\t' ? (indent / 8 + 1) * 8 : indent + 1;
        ++m_offset;
    }
    m_current.indent = indent;
}

void Tokenizer::readString(qsizetype start)
{
    const auto line = m_line;
    const auto lineStart = m_lineStart;
    const auto quote = at(m_offset);
    const bool triple = at(m_offset + 1) == quote && at(m_offset + 2) == quote;
    m_offset += triple ? 3 : 1;
    while (m_offset < m_source.size()) {
        const auto c = at(m_offset);
        if (c == u'\\') {
            ++m_offset;
            if (at(m_offset) == u'\n') {
                ++m_offset;
                newLine();
            } else
                ++m_offset;
        } else if (c == u'\n') {
            if (!triple)
                break; // an open string ends with its line
            ++m_offset;
            newLine();
        } else if (c == quote
                   && (!triple || (at(m_offset + 1) == quote && at(m_offset + 2) == quote))) {
            m_offset += triple ? 3 : 1;
            break;
        } else
            ++m_offset;
    }
    m_offset = std::min(m_offset, m_source.size());
    add(PythonToken::Kind::String, start, line, lineStart);
}

QVector<PythonLine> Tokenizer::lines()
{
    startPhysicalLine();
    while (m_offset < m_source.size()) {
        const auto c = at(m_offset);
        const auto start = m_offset;
        if (c == u'\n') {
            ++m_offset;
            if (m_depth == 0)
                endLogicalLine();
            newLine();
            startPhysicalLine();
        } else if (c == u'\\' && at(m_offset + 1) == u'\n') {
            m_offset += 2;
            newLine();
        } else if (c == u'#') {
            while (m_offset < m_source.size() && at(m_offset) != u'\n')
                ++m_offset;
        } else if (c.isSpace()) {
            ++m_offset;
        } else if (c == u'"' || c == u'\'') {
            readString(start);
        } else if (isNameStart(c)) {
            while (isNamePart(at(m_offset)))
                ++m_offset;
            const auto quote = at(m_offset);
            if (m_offset - start <= 2 && (quote == u'"' || quote == u'\''))
                readString(start);
            else
                add(PythonToken::Kind::Name, start, m_line, m_lineStart);
        } else if (c.isDigit()) {
            while (isNamePart(at(m_offset)) || at(m_offset) == u'.'
                   || ((at(m_offset) == u'-' || at(m_offset) == u'+')
                       && at(m_offset - 1).toLower() == u'e' && at(start + 1) != u'x'))
                ++m_offset;
            add(PythonToken::Kind::Number, start, m_line, m_lineStart);
        } else {
            if (c == u'(' || c == u'[' || c == u'{')
                ++m_depth;
            else if (c == u')' || c == u']' || c == u'}')
                m_depth = std::max(0, m_depth - 1);
            m_offset += c == u'-' && at(m_offset + 1) == u'>' ? 2 : 1;
            add(PythonToken::Kind::Operator, start, m_line, m_lineStart);
        }
    }
    endLogicalLine();
    return std::move(m_lines);
}

} // namespace

QVector<PythonLine> pythonLines(const QString& source)
{
    return Tokenizer(source).lines();
}

QVector<QVector<PythonToken>> splitArguments(const QVector<PythonToken>& tokens, qsizetype& at)
{
    QVector<QVector<PythonToken>> parts;
    QVector<PythonToken> part;
    int depth = 0;
    for (; at < tokens.size(); ++at) {
        const auto& text = tokens[at].text;
        const bool operators = tokens[at].kind == PythonToken::Kind::Operator;
        if (operators && (text == u'(' || text == u'[' || text == u'{'))
            ++depth;
        else if (operators && (text == u')' || text == u']' || text == u'}') && --depth < 0)
            break;
        if (operators && depth == 0 && text == u',') {
            parts.push_back(std::move(part));
            part = {};
        } else
            part.push_back(tokens[at]);
    }
    if (!part.isEmpty())
        parts.push_back(std::move(part));
    return parts;
}

QString stringContent(const PythonToken& token)
{
    if (token.kind != PythonToken::Kind::String)
        return token.text;
    auto start = qsizetype {0};
    while (start < token.text.size() && isNameStart(token.text[start]))
        ++start;
    const auto quote = start < token.text.size() ? token.text[start] : QChar();
    const auto width
        = token.text.mid(start, 3) == QString(3, quote) && token.text.size() >= start + 6
        ? qsizetype {3}
        : qsizetype {1};
    auto content = token.text.mid(start + width);
    if (content.endsWith(token.text.mid(start, width)))
        content.chop(width);
    return content;
}

} // namespace app::models
