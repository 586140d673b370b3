// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/ptx/Lexer.h"
#include "emulator/gpu/ptx/Module.h"
#include "emulator/gpu/ptx/NameScope.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulator::gpu::ptx {

/// Recursive descent over one module. The first error sticks and ends the text: every loop stops
/// at the end, so no step needs to look whether an earlier one failed. One thread, one use.
class Parser {
public:
    Parser(std::string_view text, std::string_view name);

    [[nodiscard]] Result<std::shared_ptr<const Module>> run();

private:
    // Parser.cpp: tokens, errors, module level
    void fail(ErrorCode code, std::uint32_t line, std::string_view message, std::string_view text);
    void failHere(std::string_view message);
    [[nodiscard]] bool failed() const { return m_error.has_value(); }
    bool accept(char punctuation);
    void expect(char punctuation);
    std::string takeIdentifier(std::string_view what);
    std::uint64_t takeInteger(std::string_view what);
    void skipPast(char punctuation);
    void moduleItem();
    void versionDirective();
    void fileDirective();
    void locDirective();
    void sectionDirective();

    // Variables.cpp: declarations and initialisers
    Variable declaration(Space space, Linkage linkage);
    void declarator(Variable& variable);
    void initialiser(Variable& variable);
    void initialItem(Variable& variable, std::uint64_t offset);
    void moduleVariables(Space space, Linkage linkage);
    void registerDeclaration();
    void localVariables(Space space);
    std::uint64_t constantExpression();
    std::uint64_t constantTerm(int depth);

    // FunctionParser.cpp: headers, bodies, scopes
    void function(bool isEntry, Linkage linkage);
    void parameterList(std::vector<std::uint32_t>& into, bool isEntry);
    void functionDirectives();
    void layOutParameters();
    void body();
    void statement();
    void bodyDirective(const Token& token);
    void label(const std::string& name);
    void defineLabel(const std::string& name);
    void prototype(std::string_view kind, const std::string& name);
    void closeScope();
    std::uint32_t addVariable(Variable variable);
    std::uint32_t addRegister(Type type);

    // InstructionParser.cpp
    void instruction();
    void modifiersOf(Instruction& instruction, std::string_view word, std::string_view suffix);
    void operandsOf(Instruction& instruction);
    Operand operand(bool nested);
    Operand simpleOperand();
    Operand nameOperand(const Token& word);
    Operand addressOperand();
    Operand vectorOperand(char close);
    std::optional<Operand> specialRegister(const Token& word);
    void addOffset(Operand& operand);
    void callOperands(Instruction& instruction);
    void guardOf(Instruction& instruction);
    std::optional<std::uint32_t> findRegister(std::string_view name) const;
    std::optional<std::uint32_t> findVariable(std::string_view name) const;

    std::string_view m_text;
    std::shared_ptr<Module> m_module;
    Lexer m_lexer;
    std::optional<Error> m_error;
    Function* m_function = nullptr;
    std::vector<NameScope> m_scopes;
    std::uint32_t m_parameterTop = 0;
    std::uint32_t m_sourceFile = 0;
    std::uint32_t m_sourceLine = 0;
};

} // namespace emulator::gpu::ptx
