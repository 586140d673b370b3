// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "remote/registry/Challenge.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace remote::registry {
namespace {

/// Reads the grammar of RFC 9110: token, quoted-string, commas with optional blanks.
class Reader {
public:
    explicit Reader(std::string_view text)
        : m_text(text)
    {
    }

    void skip(std::string_view characters)
    {
        while (!m_text.empty() && characters.find(m_text.front()) != std::string_view::npos)
            m_text.remove_prefix(1);
    }

    std::string token()
    {
        constexpr std::string_view others = "!#$%&'*+-.^_`|~";
        std::size_t size = 0;
        while (size < m_text.size()
               && (std::isalnum(static_cast<unsigned char>(m_text[size])) != 0
                   || others.find(m_text[size]) != std::string_view::npos))
            ++size;
        std::string token(m_text.substr(0, size));
        m_text.remove_prefix(size);
        return token;
    }

    std::optional<std::string> value()
    {
        if (!m_text.starts_with('"'))
            return token();
        std::string value;
        for (std::size_t at = 1; at < m_text.size(); ++at) {
            if (m_text[at] == '"') {
                m_text.remove_prefix(at + 1);
                return value;
            }
            if (m_text[at] == '\\' && ++at == m_text.size())
                break;
            value += m_text[at];
        }
        return std::nullopt;
    }

    bool take(char c)
    {
        if (!m_text.starts_with(c))
            return false;
        m_text.remove_prefix(1);
        return true;
    }

    [[nodiscard]] bool done() const { return m_text.empty(); }

private:
    std::string_view m_text;
};

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

} // namespace

std::vector<Challenge> parseChallenges(std::string_view header)
{
    std::vector<Challenge> challenges;
    Reader reader(header);
    for (;;) {
        reader.skip(" \t,");
        const auto word = lower(reader.token());
        if (word.empty())
            return challenges;
        reader.skip(" \t");
        if (!reader.take('=')) {
            challenges.push_back({word, {}});
            continue;
        }
        reader.skip(" \t");
        auto value = reader.value();
        if (!value || challenges.empty())
            return challenges;
        challenges.back().parameters.emplace(word, *std::move(value));
    }
}

} // namespace remote::registry
