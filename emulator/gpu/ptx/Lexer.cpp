// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/ptx/Lexer.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace emulator::gpu::ptx {
namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
bool isHexDigit(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool startsWord(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
bool continuesWord(char c)
{
    return startsWord(c) || isDigit(c);
}

} // namespace

Lexer::Lexer(std::string_view text)
    : m_text(text)
{
    next();
}

Token Lexer::take()
{
    const Token taken = m_token;
    next();
    return taken;
}

void Lexer::stop()
{
    m_position = m_text.size();
    m_token = {};
    m_token.line = m_line;
    m_token.offset = static_cast<std::uint32_t>(m_text.size());
}

std::string_view Lexer::takeSuffix(const Token& word)
{
    std::size_t end = word.offset + word.text.size();
    const std::size_t start = end;
    while (end < m_text.size()
           && (continuesWord(m_text[end]) || m_text[end] == '.' || m_text.substr(end, 2) == "::"
               || (end > start && m_text[end - 1] == ':' && m_text[end] == ':')))
        ++end;
    if (end == start)
        return {};
    m_position = end;
    m_line = word.line;
    next();
    return m_text.substr(start, end - start);
}

void Lexer::skipBlanks()
{
    while (m_position < m_text.size()) {
        const char c = m_text[m_position];
        if (c == '\n') {
            ++m_line;
            ++m_position;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' || c == '\0') {
            ++m_position;
        } else if (m_text.substr(m_position, 2) == "//") {
            m_position = std::min(m_text.find('\n', m_position), m_text.size());
        } else if (m_text.substr(m_position, 2) == "/*") {
            const std::size_t end = m_text.find("*/", m_position + 2);
            const std::size_t stop = end == std::string_view::npos ? m_text.size() : end + 2;
            m_line += static_cast<std::uint32_t>(
                std::count(m_text.begin() + static_cast<std::ptrdiff_t>(m_position),
                           m_text.begin() + static_cast<std::ptrdiff_t>(stop), '\n'));
            m_position = stop;
        } else {
            return;
        }
    }
}

void Lexer::next()
{
    const std::size_t before = m_position;
    skipBlanks();
    m_token = {};
    m_token.line = m_line;
    m_token.glued = before == m_position;
    m_token.offset = static_cast<std::uint32_t>(m_position);
    if (m_position >= m_text.size())
        return;
    const std::size_t start = m_position;
    const char c = m_text[start];
    if (startsWord(c)) {
        while (m_position < m_text.size() && continuesWord(m_text[m_position]))
            ++m_position;
        m_token.kind = Token::Kind::Identifier;
        m_token.text = m_text.substr(start, m_position - start);
    } else if (isDigit(c)) {
        number();
    } else if (c == '"') {
        const std::size_t end = std::min(m_text.find('"', start + 1), m_text.size());
        m_token.kind = Token::Kind::String;
        m_token.text = m_text.substr(start + 1, end - start - 1);
        m_line += static_cast<std::uint32_t>(
            std::count(m_token.text.begin(), m_token.text.end(), '\n'));
        m_position = std::min(end + 1, m_text.size());
    } else {
        m_token.kind = Token::Kind::Punctuation;
        m_token.text = m_text.substr(start, 1);
        ++m_position;
    }
}

void Lexer::number()
{
    const std::size_t start = m_position;
    const auto at = [this](std::size_t i) { return i < m_text.size() ? m_text[i] : '\0'; };
    const auto digits = [&](std::size_t from, auto accepts) {
        while (accepts(at(from)))
            ++from;
        return from;
    };
    const auto value = [&](std::size_t from, std::size_t to, int base) {
        std::uint64_t bits = 0;
        std::from_chars(m_text.data() + from, m_text.data() + to, bits, base);
        return bits;
    };
    const char kind = at(start) == '0' ? at(start + 1) : '\0';
    m_token.kind = Token::Kind::Integer;
    if (((kind | 0x20) == 'f' || (kind | 0x20) == 'd') && isHexDigit(at(start + 2))) {
        m_position = digits(start + 2, isHexDigit);
        m_token.kind = Token::Kind::Float;
        m_token.isSingle = (kind | 0x20) == 'f';
        m_token.bits = value(start + 2, m_position, 16);
    } else if ((kind | 0x20) == 'x') {
        m_position = digits(start + 2, isHexDigit);
        m_token.bits = value(start + 2, m_position, 16);
    } else if ((kind | 0x20) == 'b') {
        m_position = digits(start + 2, isDigit);
        m_token.bits = value(start + 2, m_position, 2);
    } else {
        m_position = digits(start, isDigit);
        const bool fraction = at(m_position) == '.' && isDigit(at(m_position + 1));
        const bool exponent = (at(m_position) | 0x20) == 'e';
        if (fraction || exponent || (at(m_position) == '.' && !startsWord(at(m_position + 1)))) {
            double real = 0;
            const auto end
                = std::from_chars(m_text.data() + start, m_text.data() + m_text.size(), real);
            m_position = static_cast<std::size_t>(end.ptr - m_text.data());
            m_token.kind = Token::Kind::Float;
            m_token.bits = std::bit_cast<std::uint64_t>(real);
        } else {
            const bool octal = at(start) == '0' && m_position > start + 1;
            m_token.bits = value(start, m_position, octal ? 8 : 10);
        }
    }
    if (m_token.kind == Token::Kind::Integer && (at(m_position) == 'U' || at(m_position) == 'u'))
        ++m_position;
    m_token.text = m_text.substr(start, m_position - start);
}

} // namespace emulator::gpu::ptx
