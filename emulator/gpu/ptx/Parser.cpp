// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#include "emulator/gpu/ptx/Parser.h"

#include <algorithm>
#include <limits>

namespace emulator::gpu::ptx {
namespace {

constexpr std::size_t largestText = std::size_t {1} << 31U;

std::string oneLine(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank)
            out += (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) ? '?' : c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
        if (out.size() >= 200)
            break;
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

} // namespace

std::string Module::textOf(const Instruction& instruction) const
{
    return oneLine(std::string_view(text).substr(instruction.textOffset, instruction.textLength));
}

std::string Module::locationOf(const Instruction& instruction) const
{
    if (instruction.sourceFile < files.size() && !files[instruction.sourceFile].empty()) {
        const std::string& path = files[instruction.sourceFile];
        return path.substr(path.rfind('/') + 1) + ":" + std::to_string(instruction.sourceLine);
    }
    return "PTX line " + std::to_string(instruction.line);
}

Result<std::shared_ptr<const Module>> parse(std::string_view text, std::string_view name)
{
    if (text.size() > largestText)
        return Error(ErrorCode::Unsupported, std::string(name) + ": more than 2 GiB of PTX");
    // The driver's interface passes PTX as a C string, often with its terminator.
    while (!text.empty() && text.back() == '\0')
        text.remove_suffix(1);
    return Parser(text, name).run();
}

Parser::Parser(std::string_view text, std::string_view name)
    : m_module(std::make_shared<Module>())
    , m_lexer({})
{
    m_module->name = name;
    m_module->text = text;
    m_text = m_module->text;
    m_lexer = Lexer(m_text);
}

Result<std::shared_ptr<const Module>> Parser::run()
{
    while (m_lexer.peek().kind != Token::Kind::End)
        moduleItem();
    if (!failed() && m_module->versionMajor == 0)
        failHere("no .version directive: this is not a PTX module");
    if (failed())
        return *std::move(m_error);
    return std::shared_ptr<const Module>(std::move(m_module));
}

void Parser::fail(ErrorCode code, std::uint32_t line, std::string_view message,
                  std::string_view text)
{
    if (!m_error) {
        std::string full = m_module->name + ":" + std::to_string(line) + ": ";
        full += message;
        if (const std::string shown = oneLine(text); !shown.empty())
            full += ": " + shown;
        m_error = Error(code, std::move(full));
    }
    m_lexer.stop();
}

void Parser::failHere(std::string_view message)
{
    const Token& token = m_lexer.peek();
    const std::string_view rest = m_text.substr(std::min<std::size_t>(token.offset, m_text.size()));
    const std::string_view shown = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    fail(ErrorCode::Invalid, token.line, message,
         token.kind == Token::Kind::End ? "end of text" : shown);
}

bool Parser::accept(char punctuation)
{
    if (!m_lexer.peek().is(punctuation))
        return false;
    m_lexer.take();
    return true;
}

void Parser::expect(char punctuation)
{
    if (!accept(punctuation))
        failHere(std::string("expected '") + punctuation + "'");
}

std::string Parser::takeIdentifier(std::string_view what)
{
    if (m_lexer.peek().kind != Token::Kind::Identifier) {
        failHere("expected " + std::string(what));
        return {};
    }
    return std::string(m_lexer.take().text);
}

std::uint64_t Parser::takeInteger(std::string_view what)
{
    if (m_lexer.peek().kind != Token::Kind::Integer) {
        failHere("expected " + std::string(what));
        return 0;
    }
    return m_lexer.take().bits;
}

void Parser::skipPast(char punctuation)
{
    while (m_lexer.peek().kind != Token::Kind::End && !m_lexer.take().is(punctuation)) { }
}

void Parser::moduleItem()
{
    if (accept(';'))
        return;
    Linkage linkage = Linkage::Internal;
    while (!failed()) {
        expect('.');
        const Token word = m_lexer.peek();
        const std::string name = takeIdentifier("a directive");
        if (name == "visible")
            linkage = Linkage::Visible;
        else if (name == "extern")
            linkage = Linkage::Extern;
        else if (name == "weak")
            linkage = Linkage::Weak;
        else if (name == "common")
            linkage = Linkage::Common;
        else if (name == "version")
            return versionDirective();
        else if (name == "target") {
            m_module->target = takeIdentifier("a target");
            while (accept(','))
                takeIdentifier("a target option");
            return;
        } else if (name == "address_size") {
            if (takeInteger("an address size") != 64 && !failed())
                fail(ErrorCode::Unsupported, word.line, "only 64-bit addresses are emulated",
                     ".address_size");
            return;
        } else if (name == "entry" || name == "func")
            return function(name == "entry", linkage);
        else if (name == "global")
            return moduleVariables(Space::Global, linkage);
        else if (name == "const")
            return moduleVariables(Space::Const, linkage);
        else if (name == "shared")
            return moduleVariables(Space::Shared, linkage);
        else if (name == "file")
            return fileDirective();
        else if (name == "loc")
            return locDirective();
        else if (name == "section")
            return sectionDirective();
        else if (name == "pragma" || name == "alias")
            return skipPast(';');
        else
            return fail(ErrorCode::Unsupported, word.line, "unknown directive", "." + name);
    }
}

void Parser::versionDirective()
{
    // "9.0" reads as one real number.
    const Token version = m_lexer.take();
    const std::size_t dot = version.text.find('.');
    if (version.kind != Token::Kind::Float || dot == std::string_view::npos)
        return fail(ErrorCode::Invalid, version.line, "expected a version", version.text);
    m_module->versionMajor = std::atoi(std::string(version.text.substr(0, dot)).c_str());
    m_module->versionMinor = std::atoi(std::string(version.text.substr(dot + 1)).c_str());
    if (m_module->versionMajor < 1 || m_module->versionMajor > 9)
        fail(ErrorCode::Unsupported, version.line, "PTX newer than version 9 is not known",
             version.text);
}

void Parser::fileDirective()
{
    const std::uint64_t number = takeInteger("a file number");
    if (m_lexer.peek().kind != Token::Kind::String)
        return failHere("expected a file name");
    const std::string path(m_lexer.take().text);
    if (number < 100'000) {
        if (m_module->files.size() <= number)
            m_module->files.resize(number + 1);
        m_module->files[number] = path;
    }
    while (accept(','))
        takeInteger("a time stamp or size");
}

void Parser::locDirective()
{
    m_sourceFile = static_cast<std::uint32_t>(takeInteger("a file number"));
    m_sourceLine = static_cast<std::uint32_t>(takeInteger("a line"));
    takeInteger("a column");
    // ", function_name $L__info_string0 + 4, inlined_at 1 12 3"
    while (accept(',')) {
        const std::string word = takeIdentifier("function_name or inlined_at");
        if (word == "function_name") {
            takeIdentifier("a label");
            if (accept('+'))
                takeInteger("an offset");
        } else {
            for (int i = 0; i < 3; ++i)
                takeInteger("a source position");
        }
    }
}

void Parser::sectionDirective()
{
    // DWARF: nothing in it changes what a kernel does.
    skipPast('{');
    skipPast('}');
}

} // namespace emulator::gpu::ptx
