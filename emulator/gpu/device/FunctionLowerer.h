// SPDX-FileCopyrightText: The Slipway authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "emulator/gpu/device/Image.h"
#include "emulator/gpu/device/Reach.h"

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace emulator::gpu::device {

/// Decodes one function. The first error sticks. One use.
class FunctionLowerer {
public:
    FunctionLowerer(const LoadedModule::Image& image, const Reach& reach, std::uint32_t function);

    [[nodiscard]] Result<std::unique_ptr<Code>> run();

private:
    /// Types of an instruction's destination and sources.
    struct Signature {
        ptx::Type d = ptx::Type::None;
        std::array<ptx::Type, 4> sources {};
    };

    void layOut();
    void instruction(const ptx::Instruction& instruction);
    void ordinary(const ptx::Instruction& instruction);
    void compare(const ptx::Instruction& instruction);
    void move(const ptx::Instruction& instruction);
    void memory(const ptx::Instruction& instruction);
    void atomic(const ptx::Instruction& instruction);
    void warpWide(const ptx::Instruction& instruction);
    void barrier(const ptx::Instruction& instruction);
    void branch(const ptx::Instruction& instruction);
    void call(const ptx::Instruction& instruction);
    void address(Op& op, const ptx::Operand& operand, bool generic);
    void asyncCopy(const ptx::Instruction& instruction);
    void stack(const ptx::Instruction& instruction);
    Signature signatureOf(const ptx::Instruction& instruction) const;
    Handler handlerOf(const ptx::Instruction& instruction) const;

    Op start(const ptx::Instruction& instruction) const;
    void emit(Op op);
    Row registerRow(std::uint32_t index) const { return m_rows[index]; }
    Row temporary(std::uint32_t size);
    Row constant(std::uint64_t bits, std::uint32_t size);
    Row source(const ptx::Operand& operand, ptx::Type type);
    Row predicateSource(const ptx::Operand& operand);
    Row resized(Row from, std::uint32_t fromSize, std::uint32_t toSize, bool withSign);
    Row destination(const ptx::Operand& operand, ptx::Type type);
    Row predicateDestination(const ptx::Operand& operand);
    void flushDestinations();
    std::uint64_t immediate(const ptx::Operand& operand, ptx::Type type) const;
    std::optional<std::uint64_t> addressOf(const ptx::Operand& operand, bool generic);
    CallPlan::Value valueAt(const ptx::Operand& operand, std::uint32_t size);
    void refuse(const ptx::Instruction& instruction, std::string_view why,
                ErrorCode code = ErrorCode::Unsupported);

    const LoadedModule::Image& m_image;
    const Reach& m_reach;
    const ptx::Module& m_module;
    const ptx::Function& m_function;
    const LoadedModule::Image::Scope& m_scope;
    std::unique_ptr<Code> m_code;
    std::optional<Error> m_error;
    const ptx::Instruction* m_instruction = nullptr;
    std::vector<Row> m_rows; ///< by register
    std::vector<std::uint32_t> m_starts; ///< first op of each instruction
    std::uint32_t m_registersEnd = 0;
    std::uint32_t m_temporaryTop = 0;
    std::map<std::pair<std::uint32_t, std::uint64_t>, Row> m_constants;
    std::map<const ptx::Variable*, std::uint32_t> m_localOffsets;
    std::vector<Op> m_after; ///< widening of narrow results, behind the instruction itself
};

} // namespace emulator::gpu::device
