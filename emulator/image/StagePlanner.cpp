// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0
#include "emulator/image/StagePlanner.h"

#include "emulator/base/Bytes.h"

#include <array>
#include <charconv>
#include <filesystem>

namespace emulator::image {
namespace {

constexpr std::string_view defaultPath
    = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string joined(const std::vector<std::string>& words, std::string_view separator)
{
    std::string result;
    for (const auto& word : words)
        result += (result.empty() ? "" : std::string(separator)) + word;
    return result;
}

std::string firstLine(const Instruction& instruction)
{
    return instruction.keyword + " " + instruction.text;
}

bool isArchive(std::string_view name)
{
    constexpr std::array endings {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz"};
    for (const std::string_view ending : endings)
        if (name.ends_with(ending))
            return true;
    return false;
}

/// "#!/usr/bin/env python3" → {"/usr/bin/env", "python3"}; these take a program after -c.
Result<std::vector<std::string>> interpreterOf(const Instruction& instruction,
                                               const std::string& script)
{
    auto words = splitWords(std::string_view(script).substr(2, script.find('\n') - 2));
    const auto name
        = words.empty() ? std::string() : std::filesystem::path(words.back()).filename().string();
    if (!name.ends_with("sh") && !name.starts_with("python"))
        return planError(instruction, ErrorCode::Unsupported,
                         "a here-document for \"" + name
                             + "\"; COPY the script and RUN it instead");
    words.emplace_back("-c");
    words.push_back(script);
    return words;
}

} // namespace

Error planError(const Instruction& instruction, ErrorCode code, std::string_view message)
{
    return {code,
            "Dockerfile line " + std::to_string(instruction.line) + ": " + instruction.keyword
                + ": " + std::string(message)};
}

std::string keyOf(const std::vector<std::string>& parts)
{
    std::string all;
    for (const auto& part : parts)
        all += std::to_string(part.size()) + ":" + part;
    return sha256Hex(all);
}

Result<> StagePlanner::take(const Instruction& instruction)
{
    const auto& keyword = instruction.keyword;
    if (keyword == "RUN")
        return run(instruction);
    if (keyword == "COPY" || keyword == "ADD")
        return copy(instruction);
    if (keyword == "ENV")
        return pairs(instruction, m_stage.config.environment);
    if (keyword == "LABEL")
        return pairs(instruction, m_stage.config.labels);
    if (keyword == "ARG")
        return argument(instruction);
    if (keyword == "WORKDIR")
        return workFolder(instruction);
    if (keyword == "SHELL")
        return shell(instruction);
    if (keyword == "USER") {
        TRY_ASSIGN(m_stage.config.user, expanded(instruction));
    } else if (keyword == "CMD") {
        m_stage.config.command = commandOf(instruction);
    } else if (keyword == "ENTRYPOINT") {
        m_stage.config.entrypoint = commandOf(instruction);
        m_stage.config.command.clear();
    } else if (keyword == "ONBUILD") {
        return planError(instruction, ErrorCode::Unsupported,
                         "triggers are not supported; write the instruction where it is needed");
    } else {
        m_scope.notes.push_back(firstLine(instruction) + ": noted, has no effect here");
    }
    return {};
}

Variables StagePlanner::variables() const
{
    auto result = m_arguments;
    for (const auto& [name, value] : m_stage.config.environment)
        result.insert_or_assign(name, value);
    return result;
}

Result<std::string> StagePlanner::expanded(const Instruction& instruction) const
{
    auto word = expandWord(instruction.text, variables());
    if (!word)
        return planError(instruction, word.error().code(), word.error().message());
    return word;
}

std::string StagePlanner::absolute(std::string_view path) const
{
    const auto& folder = m_stage.config.workingDirectory;
    std::filesystem::path full(folder.empty() ? "/" : folder);
    if (!path.empty())
        full /= path;
    auto result = full.lexically_normal().string();
    if (path.ends_with("/.") && !result.ends_with('/'))
        result += '/';
    return result;
}

void StagePlanner::add(const Instruction& instruction, decltype(Operation::what) what,
                       std::string_view key)
{
    m_stage.key = keyOf({m_stage.key, std::string(key)});
    m_stage.operations.push_back(
        {instruction.line, firstLine(instruction), m_stage.key, std::move(what)});
}

std::vector<std::string> StagePlanner::commandOf(const Instruction& instruction) const
{
    if (instruction.list)
        return *instruction.list;
    if (instruction.text.empty())
        return {};
    auto argv = m_stage.config.shell;
    argv.push_back(instruction.text);
    return argv;
}

Result<std::vector<std::string>> StagePlanner::runArgv(const Instruction& instruction) const
{
    const auto& documents = instruction.documents;
    if (documents.empty())
        return commandOf(instruction);
    auto argv = m_stage.config.shell;
    if (documents.size() == 1 && instruction.text.starts_with("<<")
        && splitWords(instruction.text).size() == 1) {
        if (documents.front().text.starts_with("#!"))
            return interpreterOf(instruction, documents.front().text);
        argv.push_back(documents.front().text);
        return argv;
    }
    auto script = instruction.text + "\n";
    for (const auto& document : documents)
        script += document.text + document.name + "\n";
    argv.push_back(std::move(script));
    return argv;
}

Result<> StagePlanner::run(const Instruction& instruction)
{
    for (const auto& [name, value] : instruction.flags)
        if (name != "network" || value != "default")
            return planError(
                instruction, ErrorCode::Unsupported,
                "the flag --" + name + (value.empty() ? "" : "=" + value) + " is not supported; "
                    + (name == "mount" ? "COPY what the command needs" : "leave it out"));
    RunOperation operation;
    TRY_ASSIGN(operation.argv, runArgv(instruction));
    if (operation.argv.empty())
        return planError(instruction, ErrorCode::Invalid, "there is nothing to run");
    operation.environment = variables();
    operation.environment.try_emplace("PATH", defaultPath);
    operation.workingDirectory = absolute("");
    operation.user = m_stage.config.user;
    std::string environment;
    for (const auto& [name, value] : operation.environment)
        environment += name + "=" + value + '\0';
    const auto key = keyOf(
        {"run", keyOf(operation.argv), environment, operation.workingDirectory, operation.user});
    add(instruction, std::move(operation), key);
    return {};
}

Result<> StagePlanner::copyFlags(const Instruction& instruction, CopyOperation& operation)
{
    for (const auto& [name, raw] : instruction.flags) {
        TRY_ASSIGN(const auto value, expandWord(raw, variables()));
        if (name == "from" && instruction.keyword == "COPY") {
            TRY_ASSIGN(operation.stage, m_scope.findStage(value));
        } else if (name == "chown") {
            operation.owner = value;
        } else if (name == "chmod") {
            unsigned mode = 0;
            const auto* end = value.data() + value.size();
            const auto [parsed, error] = std::from_chars(value.data(), end, mode, 8);
            if (error != std::errc() || parsed != end || mode > 07777)
                return planError(instruction, ErrorCode::Invalid,
                                 "--chmod=" + value + " is not an octal mode like 755");
            operation.mode = mode;
        } else if (name != "link") {
            return planError(instruction, ErrorCode::Unsupported,
                             "the flag --" + name + " is not supported");
        }
    }
    return {};
}

Result<> StagePlanner::copy(const Instruction& instruction)
{
    CopyOperation operation;
    if (const auto flags = copyFlags(instruction, operation); !flags)
        return flags.error().message().starts_with("Dockerfile")
            ? flags.error()
            : planError(instruction, flags.error().code(), flags.error().message());
    std::vector<std::string> words;
    for (const auto& word : instruction.list ? *instruction.list : splitWords(instruction.text)) {
        if (!instruction.list && word.starts_with("<<"))
            continue;
        auto value = expandWord(word, variables());
        if (!value)
            return planError(instruction, value.error().code(), value.error().message());
        words.push_back(*std::move(value));
    }
    operation.documents = instruction.documents;
    for (auto& document : operation.documents)
        if (document.expand) {
            TRY_ASSIGN(document.text, expandText(document.text, variables()));
        }
    if (words.empty() || words.size() + operation.documents.size() < 2)
        return planError(instruction, ErrorCode::Invalid, "needs a source and a target");
    operation.target = absolute(words.back());
    words.pop_back();
    operation.sources = std::move(words);
    if (operation.sources.size() + operation.documents.size() > 1
        && !operation.target.ends_with('/'))
        return planError(instruction, ErrorCode::Invalid,
                         "with more than one source the target must be a folder and end in /");
    TRY_ASSIGN(const auto content, copyContent(instruction, operation));
    const auto key
        = keyOf({"copy", content, joined(operation.sources, "\n"), operation.target,
                 operation.owner, operation.mode ? std::to_string(*operation.mode) : ""});
    add(instruction, std::move(operation), key);
    return {};
}

Result<std::string> StagePlanner::copyContent(const Instruction& instruction,
                                              const CopyOperation& operation) const
{
    std::vector<std::string> parts;
    for (const auto& document : operation.documents)
        parts.push_back(document.name + "\n" + document.text);
    for (const auto& source : operation.sources) {
        if (instruction.keyword == "ADD"
            && (source.find("://") != std::string::npos || source.starts_with("git@")))
            return planError(instruction, ErrorCode::Unsupported,
                             "fetching " + source + " is not supported; RUN curl or git instead");
        if (instruction.keyword == "ADD" && isArchive(source))
            return planError(instruction, ErrorCode::Unsupported,
                             "unpacking " + source + " is not supported; COPY it and RUN tar -xf");
        if (operation.stage >= 0) {
            parts.push_back(m_scope.plan.stages.at(static_cast<std::size_t>(operation.stage)).key);
            continue;
        }
        const auto files = m_scope.input.context.matching(source);
        if (!files)
            return planError(instruction, files.error().code(), files.error().message());
        for (const auto& file : *files)
            parts.push_back(file.filename + "\n" + file.sha256 + "\n" + std::to_string(file.mode));
    }
    return keyOf(parts);
}

Result<> StagePlanner::pairs(const Instruction& instruction,
                             std::map<std::string, std::string>& target)
{
    // Every value sees the variables as they were before the instruction.
    const auto before = variables();
    const auto words = splitWords(instruction.text);
    const auto expand = [&](std::string_view text) -> Result<std::string> {
        auto value = expandWord(text, before);
        if (!value)
            return planError(instruction, value.error().code(), value.error().message());
        return value;
    };
    if (!words.empty() && words.front().find('=') == std::string::npos) {
        const auto& text = instruction.text;
        const auto end = text.find_first_of(" \t");
        if (end == std::string::npos)
            return planError(instruction, ErrorCode::Invalid,
                             "\"" + text + "\" has no value; write NAME=value");
        TRY_ASSIGN(target[words.front()],
                   expand(std::string_view(text).substr(text.find_first_not_of(" \t", end))));
        return {};
    }
    for (const auto& word : words) {
        const auto equals = word.find('=');
        if (equals == std::string::npos || equals == 0)
            return planError(instruction, ErrorCode::Invalid, "\"" + word + "\" is not NAME=value");
        TRY_ASSIGN(const auto name, expand(word.substr(0, equals)));
        TRY_ASSIGN(target[name], expand(std::string_view(word).substr(equals + 1)));
    }
    return {};
}

Result<> StagePlanner::argument(const Instruction& instruction)
{
    for (const auto& word : splitWords(instruction.text)) {
        const auto equals = word.find('=');
        const auto name = word.substr(0, equals);
        const auto& given = m_scope.input.recipe.buildArguments;
        if (const auto found = given.find(name); found != given.end()) {
            m_arguments.insert_or_assign(name, found->second);
        } else if (equals != std::string::npos) {
            auto value = expandWord(std::string_view(word).substr(equals + 1), variables());
            if (!value)
                return planError(instruction, value.error().code(), value.error().message());
            m_arguments.insert_or_assign(name, *std::move(value));
        } else if (const auto global = m_scope.globals.find(name);
                   global != m_scope.globals.end()) {
            m_arguments.insert_or_assign(name, global->second);
        }
    }
    return {};
}

Result<> StagePlanner::workFolder(const Instruction& instruction)
{
    TRY_ASSIGN(const auto path, expanded(instruction));
    auto folder = absolute(path);
    while (folder.size() > 1 && folder.ends_with('/'))
        folder.pop_back();
    m_stage.config.workingDirectory = folder;
    add(instruction, FolderOperation {folder}, keyOf({"folder", folder}));
    return {};
}

Result<> StagePlanner::shell(const Instruction& instruction)
{
    if (!instruction.list || instruction.list->empty())
        return planError(instruction, ErrorCode::Invalid,
                         "needs a list: SHELL [\"/bin/bash\", \"-c\"]");
    m_stage.config.shell = *instruction.list;
    return {};
}

} // namespace emulator::image
