// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/Words.h"

#include <cctype>

namespace emulator::image {
namespace {

constexpr int deepest = 20; ///< ${a:-${b:-…}}: more is nobody's intention

bool isNameStart(char c)
{
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool isNamePart(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Expands one text; `quotes` says whether ' " and \ have their meaning.
class Expander {
public:
    Expander(std::string_view text, const Variables& variables, bool quotes, int depth)
        : m_text(text)
        , m_variables(variables)
        , m_quotes(quotes)
        , m_depth(depth)
    {
    }

    Result<std::string> expand()
    {
        if (m_depth > deepest)
            return Error(ErrorCode::Invalid, "variables are nested too deeply");
        while (m_at < m_text.size()) {
            const char c = m_text[m_at];
            if (m_quotes && c == '\'' && !m_inDouble) {
                const auto end = m_text.find('\'', m_at + 1);
                if (end == std::string_view::npos)
                    return Error(ErrorCode::Invalid, "a ' is not closed");
                m_result += m_text.substr(m_at + 1, end - m_at - 1);
                m_at = end + 1;
            } else if (m_quotes && c == '"') {
                m_inDouble = !m_inDouble;
                ++m_at;
            } else if (c == '\\' && m_at + 1 < m_text.size()) {
                takeEscape();
            } else if (c == '$') {
                TRY(takeVariable());
            } else {
                m_result += c;
                ++m_at;
            }
        }
        if (m_inDouble)
            return Error(ErrorCode::Invalid, "a \" is not closed");
        return std::move(m_result);
    }

private:
    void takeEscape()
    {
        const char next = m_text[m_at + 1];
        const bool literal = m_quotes ? m_inDouble && next != '"' && next != '$' && next != '\\'
                                      : next != '$' && next != '\\';
        if (literal)
            m_result += '\\';
        m_result += next;
        m_at += 2;
    }

    Result<> takeVariable()
    {
        ++m_at;
        if (m_at < m_text.size() && m_text[m_at] == '{')
            return takeBraced();
        const auto begin = m_at;
        if (m_at < m_text.size() && isNameStart(m_text[m_at]))
            while (m_at < m_text.size() && isNamePart(m_text[m_at]))
                ++m_at;
        if (begin == m_at)
            m_result += '$';
        else if (const auto found
                 = m_variables.find(std::string(m_text.substr(begin, m_at - begin)));
                 found != m_variables.end())
            m_result += found->second;
        return {};
    }

    Result<> takeBraced()
    {
        auto end = ++m_at;
        for (int open = 1; end < m_text.size(); ++end) {
            open += m_text[end] == '{' ? 1 : m_text[end] == '}' ? -1 : 0;
            if (open == 0)
                break;
        }
        if (end >= m_text.size())
            return Error(ErrorCode::Invalid, "a ${ is not closed");
        const auto inside = m_text.substr(m_at, end - m_at);
        m_at = end + 1;
        std::size_t size = 0;
        while (size < inside.size() && isNamePart(inside[size]))
            ++size;
        const std::string name(inside.substr(0, size));
        if (name.empty())
            return Error(ErrorCode::Invalid, "${" + std::string(inside) + "} names no variable");
        TRY_ASSIGN(const auto value, modified(name, inside.substr(size)));
        m_result += value;
        return {};
    }

    Result<std::string> modified(const std::string& name, std::string_view modifier) const
    {
        const auto found = m_variables.find(name);
        const bool colon = modifier.starts_with(':');
        const bool given = found != m_variables.end() && !(colon && found->second.empty());
        const std::string value = found == m_variables.end() ? "" : found->second;
        if (modifier.empty())
            return value;
        const auto rest = modifier.substr(colon ? 1 : 0);
        const char kind = rest.empty() ? '\0' : rest.front();
        if (kind != '-' && kind != '+' && kind != '?')
            return Error(ErrorCode::Unsupported,
                         "the form ${" + name + std::string(modifier)
                             + "} is not supported; use :-, :+ or :?");
        if (kind == '?' && given)
            return value;
        TRY_ASSIGN(auto other,
                   Expander(rest.substr(1), m_variables, m_quotes, m_depth + 1).expand());
        if (kind == '?')
            return Error(ErrorCode::Invalid, name + ": " + (other.empty() ? "is not set" : other));
        if (kind == '+')
            return given ? other : std::string();
        return given ? value : other;
    }

    std::string_view m_text;
    const Variables& m_variables;
    bool m_quotes;
    int m_depth;
    std::size_t m_at = 0;
    bool m_inDouble = false;
    std::string m_result;
};

} // namespace

Result<std::string> expandWord(std::string_view text, const Variables& variables)
{
    return Expander(text, variables, true, 0).expand();
}

Result<std::string> expandText(std::string_view text, const Variables& variables)
{
    return Expander(text, variables, false, 0).expand();
}

std::vector<std::string> splitWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    char quote = 0;
    bool open = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
            if (open)
                words.push_back(std::move(word));
            word.clear();
            open = false;
            continue;
        }
        open = true;
        word += c;
        if (c == '\\' && quote != '\'' && i + 1 < text.size())
            word += text[++i];
        else if (quote == c)
            quote = 0;
        else if (quote == 0 && (c == '\'' || c == '"'))
            quote = c;
    }
    if (open)
        words.push_back(std::move(word));
    return words;
}

} // namespace emulator::image
