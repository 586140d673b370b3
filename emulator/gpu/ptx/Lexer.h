// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace emulator::gpu::ptx {

/// One word of PTX (PTX ISA 4.2 to 4.5).
struct Token {
    enum class Kind : std::uint8_t { End, Identifier, Integer, Float, String, Punctuation };

    Kind kind = Kind::End;
    bool isSingle = false; ///< 0f…: bits hold those of a float, else of a double
    bool glued = false; ///< no white space before it
    std::string_view text; ///< of a string: without its quotes
    std::uint64_t bits = 0;
    std::uint32_t line = 1;
    std::uint32_t offset = 0;

    [[nodiscard]] bool is(char punctuation) const
    {
        return kind == Kind::Punctuation && text.front() == punctuation;
    }
    [[nodiscard]] bool isWord(std::string_view word) const
    {
        return kind == Kind::Identifier && text == word;
    }
};

/// Splits PTX text into tokens; comments and white space vanish. One token of look-ahead.
class Lexer {
public:
    explicit Lexer(std::string_view text);

    [[nodiscard]] const Token& peek() const { return m_token; }
    Token take();

    /// The rest of a word that began with the token just taken: ".global.v4.f32", "::cta" too.
    /// Empty when white space or other punctuation follows.
    std::string_view takeSuffix(const Token& word);

    /// Makes every further token End: how a parser that has failed stops.
    void stop();

private:
    void skipBlanks();
    void next();
    void number();

    std::string_view m_text;
    std::size_t m_position = 0;
    std::uint32_t m_line = 1;
    Token m_token;
};

} // namespace emulator::gpu::ptx
