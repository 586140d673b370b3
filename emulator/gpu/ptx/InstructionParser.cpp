// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

// Guard, opcode, modifiers, types and operands of one instruction (PTX ISA 4.3.2, 6, 8.2).

#include "emulator/gpu/ptx/Parser.h"

#include <algorithm>
#include <array>

namespace emulator::gpu::ptx {
namespace {

constexpr std::size_t mostOperands = 300;

struct SpecialName {
    std::string_view name;
    Special value;
};

constexpr std::array specialNames {
    SpecialName {"%tid.x", Special::TidX},
    SpecialName {"%tid.y", Special::TidY},
    SpecialName {"%tid.z", Special::TidZ},
    SpecialName {"%ntid.x", Special::NtidX},
    SpecialName {"%ntid.y", Special::NtidY},
    SpecialName {"%ntid.z", Special::NtidZ},
    SpecialName {"%ctaid.x", Special::CtaidX},
    SpecialName {"%ctaid.y", Special::CtaidY},
    SpecialName {"%ctaid.z", Special::CtaidZ},
    SpecialName {"%nctaid.x", Special::NctaidX},
    SpecialName {"%nctaid.y", Special::NctaidY},
    SpecialName {"%nctaid.z", Special::NctaidZ},
    SpecialName {"%laneid", Special::LaneId},
    SpecialName {"%warpid", Special::WarpId},
    SpecialName {"%nwarpid", Special::NWarpId},
    SpecialName {"%smid", Special::SmId},
    SpecialName {"%nsmid", Special::NSmId},
    SpecialName {"%gridid", Special::GridId},
    SpecialName {"%lanemask_eq", Special::MaskEq},
    SpecialName {"%lanemask_le", Special::MaskLe},
    SpecialName {"%lanemask_lt", Special::MaskLt},
    SpecialName {"%lanemask_ge", Special::MaskGe},
    SpecialName {"%lanemask_gt", Special::MaskGt},
    SpecialName {"%clock", Special::Clock},
    SpecialName {"%clock_hi", Special::ClockHi},
    SpecialName {"%clock64", Special::Clock64},
    SpecialName {"%globaltimer", Special::GlobalTimer},
    SpecialName {"%globaltimer_lo", Special::GlobalTimerLo},
    SpecialName {"%globaltimer_hi", Special::GlobalTimerHi},
    SpecialName {"%dynamic_smem_size", Special::DynamicSharedSize},
    SpecialName {"%total_smem_size", Special::TotalSharedSize},
    SpecialName {"%aggr_smem_size", Special::AggregatedSharedSize},
    // Without clusters each block is a cluster of its own (PTX ISA 10).
    SpecialName {"%clusterid.x", Special::CtaidX},
    SpecialName {"%clusterid.y", Special::CtaidY},
    SpecialName {"%clusterid.z", Special::CtaidZ},
    SpecialName {"%nclusterid.x", Special::NctaidX},
    SpecialName {"%nclusterid.y", Special::NctaidY},
    SpecialName {"%nclusterid.z", Special::NctaidZ},
    SpecialName {"%cluster_ctaid.x", Special::Zero},
    SpecialName {"%cluster_ctaid.y", Special::Zero},
    SpecialName {"%cluster_ctaid.z", Special::Zero},
    SpecialName {"%cluster_nctaid.x", Special::One},
    SpecialName {"%cluster_nctaid.y", Special::One},
    SpecialName {"%cluster_nctaid.z", Special::One},
    SpecialName {"%cluster_ctarank", Special::Zero},
    SpecialName {"%cluster_nctarank", Special::One},
    SpecialName {"%is_explicit_cluster", Special::Zero},
    SpecialName {"WARP_SZ", Special::WarpSize},
};

bool mayRepeat(Mod mod, Opcode opcode)
{
    return mod == Mod::Eviction || mod == Mod::XorSign
        || (opcode == Opcode::CpAsync && mod == Mod::Space);
}

} // namespace

void Parser::instruction()
{
    Instruction made;
    const Token first = m_lexer.peek();
    made.line = first.line;
    made.sourceFile = m_sourceFile;
    made.sourceLine = m_sourceLine;
    made.textOffset = first.offset;
    if (first.is('@'))
        guardOf(made);
    const Token word = m_lexer.peek();
    const std::string name = takeIdentifier("an instruction");
    if (failed())
        return;
    if (!first.is('@') && m_lexer.peek().is(':')) {
        m_lexer.take();
        return label(name);
    }
    const std::size_t end = std::min(m_text.find(';', word.offset), m_text.size());
    made.textLength = static_cast<std::uint32_t>(end - made.textOffset);
    modifiersOf(made, word.text, m_lexer.takeSuffix(word));
    if (failed())
        return;
    if (made.opcode == Opcode::Call)
        callOperands(made);
    else
        operandsOf(made);
    if (!failed() && !m_lexer.peek().is(';'))
        fail(ErrorCode::Invalid, made.line, "cannot read the operands", m_module->textOf(made));
    expect(';');
    const OpcodeInfo& info = infoOf(made.opcode);
    if (!failed()
        && (made.operands.size() < info.minOperands || made.operands.size() > info.maxOperands))
        fail(ErrorCode::Invalid, made.line,
             "wrong number of operands for " + std::string(info.name), m_module->textOf(made));
    if (!failed())
        m_function->body.push_back(std::move(made));
}

void Parser::guardOf(Instruction& instruction)
{
    expect('@');
    instruction.guardNegated = accept('!');
    const std::string name = takeIdentifier("a predicate");
    const auto found = findRegister(name);
    if (!failed() && (!found || m_function->registers[*found] != Type::Pred))
        return failHere("the guard is not a predicate register: " + name);
    instruction.guard = found.value_or(noRegister);
}

void Parser::modifiersOf(Instruction& instruction, std::string_view word, std::string_view suffix)
{
    const auto refuse = [&](std::string_view what) {
        fail(ErrorCode::Unsupported, instruction.line, what, m_module->textOf(instruction));
    };
    const OpcodeInfo* info = opcodeNamed(word);
    if (info == nullptr)
        return refuse("unsupported instruction '" + std::string(word) + "'");
    instruction.opcode = info->opcode;
    while (!suffix.empty()) {
        if (suffix.front() != '.')
            return refuse("cannot read the instruction");
        suffix.remove_prefix(1);
        const std::string_view part = suffix.substr(0, std::min(suffix.find('.'), suffix.size()));
        suffix.remove_prefix(part.size());
        if (const auto value = modifierNamed(part, info->modifiers)) {
            auto& slot = instruction.modifiers[static_cast<std::size_t>(value->mod)];
            if (slot != 0 && !mayRepeat(value->mod, info->opcode))
                return refuse("modifier '." + std::string(part) + "' contradicts another");
            slot = value->value;
        } else if (const auto type = typeNamed(part)) {
            if ((bit(*type) & info->types) == 0 || instruction.typeCount == info->maxTypes)
                return refuse("type '." + std::string(part) + "' is not supported here");
            instruction.types[instruction.typeCount++] = *type;
        } else {
            return refuse("unsupported modifier '." + std::string(part) + "' of '"
                          + std::string(word) + "'");
        }
    }
    if (instruction.typeCount < info->minTypes)
        refuse("the instruction lacks a type");
}

void Parser::operandsOf(Instruction& instruction)
{
    if (m_lexer.peek().is(';'))
        return;
    const bool branches = instruction.opcode == Opcode::Bra || instruction.opcode == Opcode::BrxIdx;
    do {
        const std::size_t place = instruction.operands.size();
        if (place == mostOperands)
            return failHere("too many operands");
        if (branches && place + 1 == infoOf(instruction.opcode).maxOperands) {
            NameScope::Pending pending;
            pending.label = takeIdentifier("a label");
            pending.instruction = static_cast<std::uint32_t>(m_function->body.size());
            pending.entry = static_cast<std::uint32_t>(place);
            pending.line = instruction.line;
            m_scopes.back().pending.push_back(std::move(pending));
            instruction.operands.push_back(Operand::of(Operand::Kind::Label));
        } else {
            instruction.operands.push_back(operand(false));
        }
    } while (!failed() && accept(','));
}

Operand Parser::operand(bool nested)
{
    if (accept('[')) {
        Operand made = addressOperand();
        expect(']');
        return made;
    }
    if (!nested && accept('{'))
        return vectorOperand('}');
    Operand made = simpleOperand();
    if (!failed() && accept('|')) {
        Operand pair = Operand::of(Operand::Kind::Pair);
        pair.elements.push_back(std::move(made));
        pair.elements.push_back(simpleOperand());
        return pair;
    }
    return made;
}

Operand Parser::simpleOperand()
{
    if (accept('!')) {
        Operand made = simpleOperand();
        made.negated = true;
        if (!failed() && made.kind != Operand::Kind::Register)
            failHere("'!' stands before a predicate only");
        return made;
    }
    Operand made;
    const Token token = m_lexer.peek();
    if (token.kind == Token::Kind::Identifier)
        return nameOperand(m_lexer.take());
    const bool negative = token.is('-');
    if (negative)
        m_lexer.take();
    if (m_lexer.peek().kind == Token::Kind::Float) {
        const Token real = m_lexer.take();
        made.kind = Operand::Kind::Float;
        made.isSingle = real.isSingle;
        made.bits = real.bits;
        if (negative)
            made.bits ^= real.isSingle ? 0x8000'0000U : std::uint64_t {1} << 63U;
        return made;
    }
    made.kind = Operand::Kind::Integer;
    made.bits = constantExpression();
    if (negative)
        made.bits = 0 - made.bits;
    return made;
}

Operand Parser::nameOperand(const Token& word)
{
    Operand made;
    if (word.text == "_") {
        made.kind = Operand::Kind::Sink;
        return made;
    }
    if (const auto found = findRegister(word.text)) {
        made.kind = Operand::Kind::Register;
        made.index = *found;
        return made;
    }
    if (auto special = specialRegister(word))
        return *std::move(special);
    if (const auto found = findVariable(word.text)) {
        made.kind = Operand::Kind::Variable;
        made.index = *found;
    } else if (word.text.front() == '%') {
        fail(ErrorCode::Invalid, word.line, "undeclared register", word.text);
        return made;
    } else {
        made.kind = Operand::Kind::Symbol;
        made.symbol = word.text;
    }
    addOffset(made);
    return made;
}

void Parser::addOffset(Operand& operand)
{
    if (m_lexer.peek().is('+') || m_lexer.peek().is('-'))
        operand.bits = constantExpression();
}

std::optional<Operand> Parser::specialRegister(const Token& word)
{
    std::string name(word.text);
    if (m_lexer.peek().is('.') && m_lexer.peek().glued)
        name += m_lexer.takeSuffix(word);
    Operand made;
    made.kind = Operand::Kind::Special;
    if (name.starts_with("%envreg")) {
        made.special = Special::Envreg;
        for (const char c : std::string_view(name).substr(7))
            made.index = (made.index * 10 + static_cast<std::uint32_t>(c - '0')) & 0xFFFFU;
        return made;
    }
    for (const SpecialName& known : specialNames) {
        if (known.name == name) {
            made.special = known.value;
            return made;
        }
    }
    return std::nullopt;
}

Operand Parser::addressOperand()
{
    Operand made = simpleOperand();
    made.isAddress = true;
    if (made.kind == Operand::Kind::Register)
        addOffset(made);
    if (!failed()
        && (made.kind == Operand::Kind::Float || made.kind == Operand::Kind::Sink
            || made.kind == Operand::Kind::Special))
        failHere("not an address");
    return made;
}

Operand Parser::vectorOperand(char close)
{
    Operand made = Operand::of(Operand::Kind::Vector);
    while (!failed() && !m_lexer.peek().is(close)) {
        if (made.elements.size() == mostOperands) {
            failHere("too many elements");
            break;
        }
        made.elements.push_back(operand(true));
        if (!accept(','))
            break;
    }
    expect(close);
    return made;
}

/// "call (returns), callee, (arguments), prototype;" with all but the callee optional. Operands
/// become callee, returns, arguments.
void Parser::callOperands(Instruction& instruction)
{
    Operand returns = Operand::of(Operand::Kind::Vector);
    Operand arguments = Operand::of(Operand::Kind::Vector);
    if (accept('(')) {
        returns = vectorOperand(')');
        expect(',');
    }
    Operand callee = simpleOperand();
    if (accept(',')) {
        if (accept('(')) {
            arguments = vectorOperand(')');
            if (accept(','))
                takeIdentifier("a prototype");
        } else {
            takeIdentifier("a prototype");
        }
    }
    instruction.operands.push_back(std::move(callee));
    instruction.operands.push_back(std::move(returns));
    instruction.operands.push_back(std::move(arguments));
}

std::optional<std::uint32_t> Parser::findRegister(std::string_view name) const
{
    for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope) {
        if (const auto found = scope->findRegister(name))
            return found;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Parser::findVariable(std::string_view name) const
{
    for (auto scope = m_scopes.rbegin(); scope != m_scopes.rend(); ++scope) {
        if (const auto found = scope->variables.find(name); found != scope->variables.end())
            return found->second;
    }
    return std::nullopt;
}

} // namespace emulator::gpu::ptx
