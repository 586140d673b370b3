// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/Dockerfile.h"

#include "emulator/base/Json.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace emulator::image {
namespace {

constexpr std::array keywords {"ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
                               "EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
                               "RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR"};

bool isBlank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && isBlank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && isBlank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> splitLines(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        if (!line.empty() && line.back() == '\r')
            line.remove_suffix(1);
        lines.push_back(line);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::string upper(std::string_view word)
{
    std::string result(word);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

Error at(int line, const std::string& message)
{
    return {ErrorCode::Invalid, "Dockerfile line " + std::to_string(line) + ": " + message};
}

/// Reads the lines of one Dockerfile, front to back.
class Reader {
public:
    explicit Reader(std::string_view text)
        : m_lines(splitLines(text))
    {
    }

    Result<std::vector<Instruction>> read()
    {
        readDirectives();
        std::vector<Instruction> instructions;
        while (m_next < m_lines.size()) {
            const auto line = trimmed(m_lines[m_next]);
            if (line.empty() || line.front() == '#') {
                ++m_next;
                continue;
            }
            TRY_ASSIGN(auto instruction, readInstruction());
            instructions.push_back(std::move(instruction));
        }
        return instructions;
    }

private:
    /// "# escape=`" and "# syntax=…" may stand only before everything else.
    void readDirectives()
    {
        for (const auto raw : m_lines) {
            auto line = trimmed(raw);
            if (line.empty() || line.front() != '#')
                return;
            line = trimmed(line.substr(1));
            const auto equals = line.find('=');
            if (equals == std::string_view::npos)
                return;
            const auto value = trimmed(line.substr(equals + 1));
            if (upper(trimmed(line.substr(0, equals))) == "ESCAPE" && value == "`")
                m_escape = '`';
        }
    }

    /// Joins continuation lines; comments and empty lines between them do not end it.
    std::string readLogicalLine()
    {
        std::string joined;
        bool more = true;
        for (bool first = true; more && m_next < m_lines.size(); first = false) {
            const auto line = m_lines[m_next++];
            if (!first && (trimmed(line).empty() || trimmed(line).front() == '#'))
                continue;
            auto end = line.size();
            while (end > 0 && isBlank(line[end - 1]))
                --end;
            more = end > 0 && line[end - 1] == m_escape;
            joined += more ? line.substr(0, end - 1) : line;
        }
        return joined;
    }

    Result<Instruction> readInstruction()
    {
        Instruction instruction;
        instruction.line = static_cast<int>(m_next) + 1;
        const auto joined = readLogicalLine();
        auto rest = trimmed(joined);
        const auto end = std::min(rest.find_first_of(" \t"), rest.size());
        instruction.keyword = upper(rest.substr(0, end));
        if (std::ranges::find(keywords, instruction.keyword) == keywords.end())
            return at(instruction.line,
                      "unknown instruction \"" + std::string(rest.substr(0, end)) + "\"");
        rest = trimmed(rest.substr(end));
        readFlags(instruction, rest);
        instruction.text = std::string(rest);
        if (rest.starts_with('['))
            readList(instruction);
        if (instruction.keyword == "RUN" || instruction.keyword == "COPY"
            || instruction.keyword == "ADD")
            TRY(readDocuments(instruction));
        if (instruction.text.empty() && instruction.keyword != "CMD"
            && instruction.keyword != "ENTRYPOINT")
            return at(instruction.line, instruction.keyword + " needs at least one argument");
        return instruction;
    }

    static void readFlags(Instruction& instruction, std::string_view& rest)
    {
        constexpr std::array flagged {"ADD", "COPY", "FROM", "HEALTHCHECK", "RUN"};
        if (std::ranges::find(flagged, instruction.keyword) == flagged.end())
            return;
        while (rest.starts_with("--")) {
            const auto end = std::min(rest.find_first_of(" \t"), rest.size());
            const auto flag = rest.substr(2, end - 2);
            const auto equals = flag.find('=');
            instruction.flags.emplace_back(
                flag.substr(0, equals),
                equals == std::string_view::npos ? "" : flag.substr(equals + 1));
            rest = trimmed(rest.substr(end));
        }
    }

    /// A text that begins like a list but is none is an ordinary text: RUN [ -e x ] && y.
    static void readList(Instruction& instruction)
    {
        const auto json = parseJson(instruction.text);
        if (!json || !json->is_array())
            return;
        std::vector<std::string> list;
        for (const auto& item : *json) {
            if (!item.is_string())
                return;
            list.push_back(item.get<std::string>());
        }
        instruction.list = std::move(list);
    }

    Result<> readDocuments(Instruction& instruction)
    {
        for (auto& [document, stripTabs] : announced(instruction.text)) {
            for (;;) {
                if (m_next >= m_lines.size())
                    return at(instruction.line,
                              "the here-document <<" + document.name + " has no end");
                auto line = m_lines[m_next++];
                while (stripTabs && line.starts_with('\t'))
                    line.remove_prefix(1);
                if (line == document.name)
                    break;
                document.text += std::string(line) + '\n';
            }
            instruction.documents.push_back(std::move(document));
        }
        return {};
    }

    /// The here-documents that a text announces: <<NAME, <<-NAME, <<"NAME".
    static std::vector<std::pair<HereDocument, bool>> announced(std::string_view text)
    {
        std::vector<std::pair<HereDocument, bool>> found;
        char quote = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (quote != 0) {
                quote = text[i] == quote ? '\0' : quote;
                continue;
            }
            if (text[i] == '\'' || text[i] == '"') {
                quote = text[i];
                continue;
            }
            if (!text.substr(i).starts_with("<<"))
                continue;
            auto rest = text.substr(i + 2);
            const bool stripTabs = rest.starts_with('-');
            rest.remove_prefix(stripTabs ? 1 : 0);
            const bool quoted = rest.starts_with('"') || rest.starts_with('\'');
            const char delimiter = quoted ? rest.front() : '\0';
            rest.remove_prefix(quoted ? 1 : 0);
            std::size_t size = 0;
            while (size < rest.size()
                   && (std::isalnum(static_cast<unsigned char>(rest[size])) != 0
                       || rest[size] == '_'
                       || (quoted ? rest[size] != delimiter : rest[size] == '.')))
                ++size;
            if (size > 0 && std::isdigit(static_cast<unsigned char>(rest.front())) == 0)
                found.emplace_back(HereDocument {std::string(rest.substr(0, size)), {}, !quoted},
                                   stripTabs);
            // Past the word and its closing quote; "<<<" is a here-string, not a document.
            i = static_cast<std::size_t>(rest.data() - text.data()) + size + (quoted ? 1 : 0) - 1;
            if (i + 1 < text.size() && text[i + 1] == '<')
                ++i;
        }
        return found;
    }

    std::vector<std::string_view> m_lines;
    std::size_t m_next = 0;
    char m_escape = '\\';
};

} // namespace

Result<std::vector<Instruction>> parseDockerfile(std::string_view text)
{
    return Reader(text).read();
}

} // namespace emulator::image
