// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Headers and bodies of .entry and .func (PTX ISA 5.1.6, 7.1, 11).

#include "emulator/gpu/ptx/Parser.h"

#include <algorithm>

namespace emulator::gpu::ptx {
namespace {

constexpr std::size_t deepestScope = 1000;

std::uint32_t alignUp(std::uint64_t value, std::uint32_t alignment)
{
    return static_cast<std::uint32_t>((value + alignment - 1) & ~std::uint64_t {alignment - 1});
}

} // namespace

std::optional<std::uint32_t> NameScope::findRegister(std::string_view name) const
{
    if (const auto exact = registers.find(name); exact != registers.end())
        return exact->second;
    std::size_t digits = name.size();
    while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
        --digits;
    // The prefix itself may end in digits: "%v2<4>" declares %v20 to %v23.
    for (; digits < name.size(); ++digits) {
        const std::string_view number = name.substr(digits);
        if (number.size() > 9 || (number.size() > 1 && number.front() == '0'))
            continue;
        std::uint32_t value = 0;
        for (const char c : number)
            value = value * 10 + static_cast<std::uint32_t>(c - '0');
        for (const Range& range : ranges) {
            if (range.prefix == name.substr(0, digits) && value < range.count)
                return range.first + value;
        }
    }
    return std::nullopt;
}

void Parser::function(bool isEntry, Linkage linkage)
{
    Function made;
    made.isEntry = isEntry;
    made.linkage = linkage;
    made.line = m_lexer.peek().line;
    m_function = &made;
    m_scopes.assign(1, {});
    m_parameterTop = 0;
    m_sourceFile = 0;
    while (m_lexer.peek().is('.')) // ".func .attribute(…) name"
        functionDirectives();
    if (!isEntry && m_lexer.peek().is('('))
        parameterList(made.returns, false);
    made.name = takeIdentifier("a function's name");
    if (m_lexer.peek().is('('))
        parameterList(made.parameters, isEntry);
    layOutParameters();
    while (m_lexer.peek().is('.'))
        functionDirectives();
    if (!accept(';')) {
        made.isDefined = true;
        body();
    }
    m_function = nullptr;
    if (!failed())
        m_module->functions.push_back(std::move(made));
}

void Parser::parameterList(std::vector<std::uint32_t>& into, bool isEntry)
{
    expect('(');
    while (!failed() && !m_lexer.peek().is(')')) {
        expect('.');
        const std::string space = takeIdentifier(".param or .reg");
        if (!failed() && space != "param" && space != "reg")
            failHere("a parameter is .param or .reg");
        Variable variable
            = declaration(space == "reg" ? Space::Reg : Space::Param, Linkage::Internal);
        variable.isParameterOfEntry = isEntry;
        if (variable.space == Space::Reg) {
            variable.reg = addRegister(variable.type);
            m_scopes.front().registers[variable.name] = variable.reg;
        }
        const std::string name = variable.name;
        into.push_back(addVariable(std::move(variable)));
        if (into.size() > 4096)
            failHere("more than 4096 parameters");
        if (m_function->variables[into.back()].space == Space::Param && name != "_")
            m_scopes.front().variables[name] = into.back();
        if (!accept(','))
            break;
    }
    expect(')');
}

void Parser::layOutParameters()
{
    std::uint64_t top = 0;
    for (const auto* list : {&m_function->returns, &m_function->parameters}) {
        for (const std::uint32_t index : *list) {
            Variable& variable = m_function->variables[index];
            if (variable.space != Space::Param)
                continue;
            if (variable.size > (1U << 20U)) {
                failHere("the parameter is too large");
                return;
            }
            variable.offset = alignUp(top, variable.alignment);
            top = variable.offset + variable.size;
        }
    }
    if (m_function->isEntry) {
        m_function->parameterBytes = static_cast<std::uint32_t>(top);
        return;
    }
    m_parameterTop = static_cast<std::uint32_t>(top);
    m_function->frameParameterBytes = m_parameterTop;
}

void Parser::functionDirectives()
{
    expect('.');
    const Token token = m_lexer.peek();
    const std::string word = takeIdentifier("a directive");
    const auto dimensions = [this](std::array<std::uint32_t, 3>& into) {
        into = {1, 1, 1};
        for (std::uint32_t& value : into) {
            value
                = static_cast<std::uint32_t>(std::min<std::uint64_t>(takeInteger("a count"), ~0U));
            if (!accept(','))
                break;
        }
    };
    std::array<std::uint32_t, 3> ignored {};
    if (word == "maxntid")
        dimensions(m_function->maximumThreads);
    else if (word == "reqntid")
        dimensions(m_function->requiredThreads);
    else if (word == "minnctapersm" || word == "maxnctapersm" || word == "maxnreg")
        dimensions(ignored); // what a register allocator needs; there is none
    else if (word == "pragma")
        skipPast(';');
    else if (word == "attribute") {
        expect('(');
        skipPast(')');
    } else if (word == "noreturn" || word == "blocksareclusters") {
    } else if (word == "loc")
        locDirective();
    else
        fail(ErrorCode::Unsupported, token.line, "unknown directive of a function", "." + word);
}

void Parser::body()
{
    expect('{');
    m_scopes.back().parameterTop = m_parameterTop;
    // The outermost scope holds the parameters; the body's braces are its own.
    while (!failed() && m_lexer.peek().kind != Token::Kind::End) {
        if (accept('{')) {
            if (m_scopes.size() > deepestScope)
                return failHere("scopes nest too deeply");
            m_scopes.emplace_back().parameterTop = m_parameterTop;
        } else if (accept('}')) {
            closeScope();
            if (m_scopes.empty())
                return;
        } else {
            statement();
        }
    }
    if (!failed())
        failHere("expected '}'");
}

void Parser::closeScope()
{
    NameScope closed = std::move(m_scopes.back());
    m_scopes.pop_back();
    m_parameterTop = closed.parameterTop;
    for (NameScope::Pending& pending : closed.pending) {
        const auto found = closed.labels.find(pending.label);
        if (found == closed.labels.end()) {
            const auto table = closed.tables.find(pending.label);
            if (table != closed.tables.end() && !pending.inTable) {
                m_function->body[pending.instruction].operands[pending.entry].index = table->second;
            } else if (m_scopes.empty()) {
                return fail(ErrorCode::Invalid, pending.line, "branch to an unknown label",
                            pending.label);
            } else {
                m_scopes.back().pending.push_back(std::move(pending));
            }
        } else if (pending.inTable) {
            m_function->branchTables[pending.instruction][pending.entry] = found->second;
        } else {
            m_function->body[pending.instruction].operands[pending.entry].index = found->second;
        }
    }
}

void Parser::statement()
{
    if (accept(';'))
        return;
    if (accept('.')) {
        const Token directive = m_lexer.peek();
        takeIdentifier("a directive");
        return bodyDirective(directive);
    }
    instruction();
}

void Parser::bodyDirective(const Token& token)
{
    const std::string_view word = token.text;
    if (word == "reg")
        registerDeclaration();
    else if (word == "local")
        localVariables(Space::Local);
    else if (word == "shared")
        localVariables(Space::Shared);
    else if (word == "param")
        localVariables(Space::Param);
    else if (word == "const")
        localVariables(Space::Const);
    else if (word == "global")
        localVariables(Space::Global);
    else if (word == "loc")
        locDirective();
    else if (word == "pragma")
        skipPast(';');
    else if (word == "section")
        sectionDirective();
    else
        fail(ErrorCode::Unsupported, token.line, "unknown directive in a function",
             "." + std::string(word));
}

void Parser::label(const std::string& name)
{
    if (accept('.')) {
        const Token directive = m_lexer.peek();
        const std::string word = takeIdentifier("a directive");
        if (word == "callprototype" || word == "calltargets" || word == "branchtargets")
            return prototype(word, name);
        defineLabel(name);
        return bodyDirective(directive);
    }
    defineLabel(name);
}

void Parser::defineLabel(const std::string& name)
{
    if (!m_scopes.back()
             .labels.emplace(name, static_cast<std::uint32_t>(m_function->body.size()))
             .second)
        failHere("the label is defined twice: " + name);
}

void Parser::prototype(std::string_view kind, const std::string& name)
{
    if (kind == "callprototype" || kind == "calltargets")
        return skipPast(';'); // the callee's own header tells the same
    const auto table = static_cast<std::uint32_t>(m_function->branchTables.size());
    m_function->branchTables.emplace_back();
    m_scopes.back().tables[name] = table;
    do {
        NameScope::Pending pending;
        pending.label = takeIdentifier("a label");
        pending.instruction = table;
        pending.entry = static_cast<std::uint32_t>(m_function->branchTables[table].size());
        pending.inTable = true;
        pending.line = m_lexer.peek().line;
        m_function->branchTables[table].push_back(0);
        m_scopes.back().pending.push_back(std::move(pending));
    } while (!failed() && accept(','));
    expect(';');
}

std::uint32_t Parser::addVariable(Variable variable)
{
    m_function->variables.push_back(std::move(variable));
    return static_cast<std::uint32_t>(m_function->variables.size() - 1);
}

std::uint32_t Parser::addRegister(Type type)
{
    m_function->registers.push_back(type);
    return static_cast<std::uint32_t>(m_function->registers.size() - 1);
}

} // namespace emulator::gpu::ptx
