// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Declarations: registers, variables, their initial values (PTX ISA 5.3, 5.4).

#include "emulator/gpu/ptx/Parser.h"

#include <bit>
#include <limits>

namespace emulator::gpu::ptx {
namespace {

constexpr std::uint32_t mostRegisters = 1U << 20U; ///< of one function
constexpr std::uint64_t largestVariable = std::uint64_t {1} << 40U;
constexpr int deepestExpression = 50;

} // namespace

/// ".align 8 .v2 .f32 name[4][2]": what follows the state space. Leaves an initialiser alone.
Variable Parser::declaration(Space space, Linkage linkage)
{
    Variable variable;
    variable.space = space;
    variable.linkage = linkage;
    variable.line = m_lexer.peek().line;
    std::uint32_t vector = 1;
    std::uint32_t alignment = 0;
    while (accept('.')) {
        const Token token = m_lexer.peek();
        const std::string word = takeIdentifier("a type or .align");
        if (word == "align" || word == "ptr") {
            // ".param .u64 .ptr .global .align 4 p" tells what p points to, not how p lies.
            if (word == "align")
                alignment = static_cast<std::uint32_t>(takeInteger("an alignment"));
            else
                while (accept('.')) {
                    if (takeIdentifier("a state space") == "align")
                        takeInteger("an alignment");
                }
        } else if (word == "attribute") {
            expect('(');
            skipPast(')');
        } else if (word == "v2" || word == "v4") {
            vector = word == "v2" ? 2 : 4;
        } else if (const auto type = typeNamed(word)) {
            variable.type = *type;
        } else {
            fail(ErrorCode::Unsupported, token.line, "unknown type in a declaration", "." + word);
        }
    }
    if (alignment == 0)
        alignment = std::max(1U, sizeOf(variable.type) * vector);
    if (!std::has_single_bit(alignment) || alignment > (1U << 20U)) {
        if (!failed())
            failHere("an alignment is a power of two");
        alignment = 1;
    }
    variable.alignment = alignment;
    variable.size = std::uint64_t {sizeOf(variable.type)} * vector;
    declarator(variable);
    return variable;
}

void Parser::declarator(Variable& variable)
{
    variable.name = takeIdentifier("a name");
    const std::uint64_t element = sizeOf(variable.type);
    if (!failed() && element == 0 && variable.space != Space::Reg)
        failHere("a variable needs a type with a size");
    while (accept('[')) {
        const std::uint64_t count = m_lexer.peek().is(']') ? 0 : constantExpression();
        if (count != 0 && variable.size > largestVariable / count) {
            failHere("the variable is too large");
            return;
        }
        variable.size *= count;
        expect(']');
    }
}

void Parser::initialiser(Variable& variable)
{
    // Nested braces of multi-dimensional arrays only group; values follow one another.
    std::uint64_t offset = 0;
    if (!m_lexer.peek().is('{')) {
        initialItem(variable, 0);
        return;
    }
    int depth = 0;
    do {
        while (accept('{'))
            ++depth;
        if (!m_lexer.peek().is('}')) {
            initialItem(variable, offset);
            offset += sizeOf(variable.type);
        }
        while (depth > 0 && accept('}'))
            --depth;
    } while (!failed() && depth > 0 && accept(','));
    if (depth > 0)
        expect('}');
    if (variable.size == 0)
        variable.size = offset; // "x[] = {…}"
    if (!failed() && offset > variable.size)
        failHere("more initial values than elements");
}

void Parser::initialItem(Variable& variable, std::uint64_t offset)
{
    Initial item;
    item.offset = offset;
    item.size = sizeOf(variable.type);
    if (m_lexer.peek().kind == Token::Kind::Integer && m_lexer.peek().text.starts_with("0x")
        && m_lexer.peek().text.size() <= 18) {
        // A mask: 0xFF00(symbol) is one octet of an address.
        const Token mask = m_lexer.take();
        if (accept('(')) {
            item.generic = m_lexer.peek().isWord("generic");
            if (item.generic) {
                m_lexer.take();
                expect('(');
            }
            item.symbol = takeIdentifier("a symbol");
            if (item.generic)
                expect(')');
            if (m_lexer.peek().is('+') || m_lexer.peek().is('-'))
                item.bits = constantExpression();
            expect(')');
            item.shift
                = static_cast<std::uint8_t>(mask.bits == 0 ? 0 : std::countr_zero(mask.bits));
        } else {
            item.bits = mask.bits;
        }
        variable.initial.push_back(std::move(item));
        return;
    }
    if (m_lexer.peek().kind == Token::Kind::Identifier) {
        item.symbol = takeIdentifier("a symbol");
        if (item.symbol == "generic") {
            expect('(');
            item.generic = true;
            item.symbol = takeIdentifier("a symbol");
            expect(')');
        }
        if (m_lexer.peek().is('+') || m_lexer.peek().is('-'))
            item.bits = constantExpression();
    } else {
        bool negative = accept('-');
        if (m_lexer.peek().kind == Token::Kind::Float) {
            const Token real = m_lexer.take();
            double value = real.isSingle
                ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(real.bits)))
                : std::bit_cast<double>(real.bits);
            value = negative ? -value : value;
            if (variable.type == Type::F32)
                item.bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
            else
                item.bits = real.isSingle && variable.type != Type::F64
                    ? real.bits
                    : std::bit_cast<std::uint64_t>(value);
        } else {
            const std::uint64_t value = constantExpression();
            item.bits = negative ? 0 - value : value;
            if (variable.type == Type::F32)
                item.bits = std::bit_cast<std::uint32_t>(
                    static_cast<float>(static_cast<std::int64_t>(item.bits)));
            else if (variable.type == Type::F64)
                item.bits = std::bit_cast<std::uint64_t>(
                    static_cast<double>(static_cast<std::int64_t>(item.bits)));
        }
    }
    // Zeros need no record: variables begin zeroed.
    if (item.bits != 0 || !item.symbol.empty())
        variable.initial.push_back(std::move(item));
}

void Parser::moduleVariables(Space space, Linkage linkage)
{
    Variable variable = declaration(space, linkage);
    const std::uint64_t single = sizeOf(variable.type);
    while (!failed()) {
        if (accept('='))
            initialiser(variable);
        m_module->variables.push_back(variable);
        if (!accept(','))
            break;
        variable.initial.clear();
        variable.size = single;
        declarator(variable);
    }
    expect(';');
}

void Parser::registerDeclaration()
{
    Type type = Type::None;
    std::uint32_t vector = 1;
    while (accept('.')) {
        const std::string word = takeIdentifier("a type");
        const auto named = typeNamed(word);
        if (word == "v2" || word == "v4")
            vector = word == "v2" ? 2 : 4;
        else if (named)
            type = *named;
        else if (!failed())
            failHere("unknown register type ." + word);
    }
    if (!failed() && (type == Type::None || vector != 1))
        failHere("a register needs a scalar type");
    while (!failed()) {
        const std::string name = takeIdentifier("a register");
        std::uint32_t count = 1;
        const bool range = accept('<');
        if (range) {
            const std::uint64_t asked = takeInteger("a count");
            count = asked > mostRegisters ? mostRegisters + 1 : static_cast<std::uint32_t>(asked);
            expect('>');
        }
        if (m_function->registers.size() + count > mostRegisters) {
            failHere("more than a million registers");
            return;
        }
        const auto first = static_cast<std::uint32_t>(m_function->registers.size());
        m_function->registers.insert(m_function->registers.end(), count, type);
        if (range)
            m_scopes.back().ranges.push_back({name, count, first});
        else
            m_scopes.back().registers[name] = first;
        if (!accept(','))
            break;
    }
    expect(';');
}

void Parser::localVariables(Space space)
{
    Variable variable = declaration(space, Linkage::Internal);
    const std::uint64_t single = sizeOf(variable.type);
    while (!failed()) {
        if (accept('='))
            initialiser(variable);
        if (space == Space::Param) {
            if (variable.size > (1U << 20U)) {
                failHere("the parameter is too large");
                return;
            }
            const std::uint32_t mask = variable.alignment - 1;
            variable.offset = (m_parameterTop + mask) & ~mask;
            m_parameterTop = static_cast<std::uint32_t>(variable.offset + variable.size);
            if (m_parameterTop > (1U << 24U)) {
                failHere("the parameters are too large");
                return;
            }
            m_function->frameParameterBytes
                = std::max(m_function->frameParameterBytes, m_parameterTop);
        }
        m_scopes.back().variables[variable.name] = addVariable(variable);
        if (!accept(','))
            break;
        variable.initial.clear();
        variable.size = single;
        declarator(variable);
    }
    expect(';');
}

/// Sums of integers and their negations: what compilers write where a constant may stand.
std::uint64_t Parser::constantExpression()
{
    std::uint64_t value = 0;
    if (!m_lexer.peek().is('+') && !m_lexer.peek().is('-'))
        value = constantTerm(0);
    while (!failed()) {
        if (accept('+'))
            value += constantTerm(0);
        else if (accept('-'))
            value -= constantTerm(0);
        else
            break;
    }
    return value;
}

std::uint64_t Parser::constantTerm(int depth)
{
    if (depth > deepestExpression) {
        failHere("the expression nests too deeply");
        return 0;
    }
    if (accept('-'))
        return 0 - constantTerm(depth + 1);
    if (accept('~'))
        return ~constantTerm(depth + 1);
    if (accept('+'))
        return constantTerm(depth + 1);
    return takeInteger("a number");
}

} // namespace emulator::gpu::ptx
