// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/image/Dockerfile.h"

#include "emulator/base/Json.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace emulator::image {
namespace {

constexpr std::array<std::string_view, 17> known {
    "FROM",  "RUN",  "COPY",  "ADD",    "ENV",    "ARG",        "WORKDIR",     "ENTRYPOINT", "CMD",
    "SHELL", "USER", "LABEL", "EXPOSE", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "MAINTAINER",
};

std::string_view trim(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

/// Takes --name=value words off the front.
void takeFlags(Instruction& instruction)
{
    std::string_view rest = trim(instruction.arguments);
    while (rest.starts_with("--")) {
        const auto end = std::min(rest.find_first_of(" \t"), rest.size());
        const auto word = rest.substr(2, end - 2);
        const auto equals = word.find('=');
        instruction.flags.emplace_back(std::string(word.substr(0, equals)),
                                       equals == std::string_view::npos
                                           ? std::string()
                                           : std::string(word.substr(equals + 1)));
        rest = trim(rest.substr(end));
    }
    instruction.arguments = std::string(rest);
}

void takeList(Instruction& instruction)
{
    if (!instruction.arguments.starts_with('['))
        return;
    const auto json = parseJson(instruction.arguments);
    if (!json || !json->is_array())
        return; // the shell form: [ is a command
    for (const auto& word : *json) {
        if (!word.is_string()) {
            instruction.list.clear();
            return;
        }
        instruction.list.push_back(word.get<std::string>());
    }
    instruction.isList = true;
}

bool hasHeredoc(const Instruction& instruction)
{
    return instruction.keyword == "RUN" && instruction.arguments.starts_with("<<");
}

} // namespace

Result<std::vector<Instruction>> parseDockerfile(std::string_view text)
{
    std::vector<Instruction> instructions;
    const auto lines = linesOf(text);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto first = trim(lines[i]);
        if (first.empty() || first.starts_with('#'))
            continue;
        Instruction instruction;
        instruction.line = static_cast<int>(i) + 1;
        std::string whole(first);
        while (whole.ends_with('\\') && i + 1 < lines.size()) {
            whole.pop_back();
            const auto next = trim(lines[++i]);
            if (next.starts_with('#'))
                whole += '\\'; // a comment between continued lines is skipped
            else
                whole += next;
        }
        if (whole.ends_with('\\'))
            whole.pop_back();
        const auto end = std::min(whole.find_first_of(" \t"), whole.size());
        instruction.keyword = whole.substr(0, end);
        std::ranges::transform(instruction.keyword, instruction.keyword.begin(), [](char c) {
            return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        });
        const auto where = "line " + std::to_string(instruction.line) + ": ";
        if (std::ranges::find(known, instruction.keyword) == known.end())
            return Error(ErrorCode::Unsupported,
                         where + "unknown instruction " + instruction.keyword);
        instruction.arguments = std::string(trim(std::string_view(whole).substr(end)));
        takeFlags(instruction);
        if (hasHeredoc(instruction)) {
            auto word = instruction.arguments.substr(2);
            std::erase_if(word, [](char c) { return c == '-' || c == '"' || c == '\''; });
            while (++i < lines.size() && trim(lines[i]) != word)
                instruction.heredoc.append(lines[i]).append("\n");
            if (i >= lines.size())
                return Error(ErrorCode::Invalid, where + "the heredoc has no closing " + word);
        } else {
            takeList(instruction);
        }
        if (instruction.arguments.empty())
            return Error(ErrorCode::Invalid, where + instruction.keyword + " wants arguments");
        instructions.push_back(std::move(instruction));
    }
    return instructions;
}

std::string expand(std::string_view text, const std::map<std::string, std::string>& variables)
{
    const auto valueOf = [&](std::string_view name) {
        const auto found = variables.find(std::string(name));
        return found == variables.end() ? std::string() : found->second;
    };
    const auto isName
        = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '$') {
            out += text[++i];
        } else if (text[i] != '$' || i + 1 == text.size()) {
            out += text[i];
        } else if (text[i + 1] == '{') {
            const auto end = text.find('}', i);
            if (end == std::string_view::npos)
                return out.append(text.substr(i));
            const auto inner = text.substr(i + 2, end - i - 2);
            const auto colon = inner.find(':');
            auto value = valueOf(inner.substr(0, colon));
            if (colon != std::string_view::npos && colon + 1 < inner.size()) {
                const auto word = inner.substr(colon + 2);
                if (inner[colon + 1] == '-' && value.empty())
                    value = expand(word, variables);
                else if (inner[colon + 1] == '+')
                    value = value.empty() ? std::string() : expand(word, variables);
            }
            out += value;
            i = end;
        } else {
            auto end = i + 1;
            while (end < text.size() && isName(text[end]))
                ++end;
            if (end == i + 1) {
                out += text[i];
            } else {
                out += valueOf(text.substr(i + 1, end - i - 1));
                i = end - 1;
            }
        }
    }
    return out;
}

std::vector<std::string> splitWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    bool inWord = false;
    char quote = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
            word += text[++i];
            inWord = true;
        } else if (quote != 0) {
            if (c == quote)
                quote = 0;
            else
                word += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
            inWord = true;
        } else if (c == ' ' || c == '\t') {
            if (inWord)
                words.push_back(std::move(word));
            word.clear();
            inWord = false;
        } else {
            word += c;
            inWord = true;
        }
    }
    if (inWord)
        words.push_back(std::move(word));
    return words;
}

} // namespace emulator::image
